"""A scene: explanations as marks on two columns of the data, or on any plane of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final

import numpy as np
import pandas as pd

from xaigeo.explanations import Explanation
from xaigeo.geometry.arrow_scale import SCALE_BAR, arrow_scales, scale_bars
from xaigeo.geometry.box import Box
from xaigeo.geometry.connector import Connector
from xaigeo.geometry.data_points import DataShadow, view_limits
from xaigeo.geometry.data_space import DataSpace
from xaigeo.geometry.line import Line
from xaigeo.geometry.mark import Canvas, Mark
from xaigeo.geometry.marks import Arrows, ModesLike, marks_of, modes_by_method
from xaigeo.geometry.output_choice import target_place
from xaigeo.geometry.scene_input import gather
from xaigeo.geometry.table import Columns, stack, table
from xaigeo.geometry.vectors import Vectors
from xaigeo.geometry.view import FeaturePair, Projection
from xaigeo.geometry.view_choice import ViewLike, chosen_view
from xaigeo.summary import facts_html

LIMITS: Final[Columns] = {
    "x_low": "float64",
    "x_high": "float64",
    "y_low": "float64",
    "y_high": "float64",
}


@dataclass(frozen=True, eq=False, kw_only=True)
class Scene:
    """Tidy tables of marks in a view, and the exact marks behind them.

    On a pair of columns all positions are in their original units, and lines and boxes are cut
    by the plane in which the other features stay at the instance. In a projection positions are
    in standard deviations, nothing is held, and every mark throws its shadow: boundaries are
    patches, boxes zonotopes, and each numeric feature has an arrow. Angles, distances and radii
    are standardised (background standard deviations) in both, so that nothing depends on units.
    Categories have no place on an axis; what they do is said in text, rule and members.

    `layer` is "seed" for one model's mark and otherwise names a summary over the seeds
    that predict one class (`group`), with their number in `n_seeds` and their share of all
    seeds in `share`; `seed` is then missing. Medians carry the quantiles 0.1 and 0.9. `mode` is
    the explanatory mode of a seed or a summary, if modes were given (otherwise 0): seeds of two
    modes are never averaged. `group` names it too, counting from one ("Gentoo, mode 2" for 1).

    Attributes
    ----------
    view : FeaturePair or Projection
    outputs : tuple of str
    task : str
    target : str
        Target of a regression that the scene speaks of; empty for a classification.
    points : DataFrame
        Background rows: background_row, x, y, predicted (most votes; a regression's mean),
        agreement (share of seeds that vote for it).
    instances : DataFrame
        Explained rows: as `points`, and flip_rate (share of seeds that predict another class),
        classes (all votes in words), methods.
    axes : DataFrame
        Numeric columns: feature, label, the step x, y in the view for one standard deviation,
        and its length, 1 where the whole feature lies in the view and 0 where none of it does.
    lines : DataFrame
        LIME. output (the contrast), predicted, group; the segment x1, y1, x2, y2 around
        foot_x, foot_y; boundary (whether the surrogate's boundary passes within the kernel's
        radius; if not, the segment is the level line through the instance); distance (in this
        plane, positive towards the normal) with its quantiles distance_low and distance_high,
        distance_all (in all features) and radius; local_r2; surrogate_agrees (whether the
        surrogate gives the model's own class); normal_x, normal_y and angle (degrees) of the
        standardised normal; for a consensus (layer "consensus") resultant_length of the
        normals in this plane, resultant_length_all in all features, cone_degrees (90 % of the
        seeds turn by less), n_degenerate (seeds without a direction). In a projection the foot
        and distance are those in all features, the segment is the longest across the normal,
        and normal_x, normal_y is the normal's direction in the view.
    patches, patch_outlines : DataFrame
        In a projection: the boundary within the kernel's radius, a flat ball of `radius` whose
        shadow is an ellipse with centre cx, cy and axis vectors x_major, ...; order, x, y.
    normals : DataFrame
        Arrows x, y to x2, y2 from the instance along the surrogate's normal, of equal `length`
        (standard deviations) in all features; share_in_view tells how much of it is seen; norm
        (output units for one standard deviation along it).
    cones : DataFrame
        side, order, x, y. On a pair of columns the bow tie swept by a consensus line turning by
        its cone; in a projection the shadow of the sector about its normal's arrow.
    regions : DataFrame
        Where an explainer sampled: kind "kernel" (the ball within which a local surrogate's
        weights exceed half) or "sampled" (the box of a rule's search), order, x, y.
    degenerate : DataFrame
        Surrogates without a direction, which `lines` cannot hold: norm, reason.
    vectors : DataFrame
        Arrows x, y to x2, y2. role "component" (along feature) or "resultant" (of those drawn);
        attribution in output units (a resultant's length), low and high its quantiles over
        seeds with the whisker ends low_x, low_y, high_x, high_y; slope (output units per
        original unit: the method's own, or attribution over deviation from the mean);
        sign_agreement (share of seeds with the median's sign), top_share (share of seeds to whom
        this feature counts most of all, seen or not); share_in_view (of all absolute
        attribution); completeness_gap (f(x) - base - sum, where the method promises 0).
    staircases : DataFrame
        The arrows head to tail by size, if asked for: order, feature, attribution.
    ellipses, ellipse_outlines : DataFrame
        90 % covariance ellipses of arrow tips (mark "vectors") and of counterfactual points
        ("connectors"): centre cx, cy and axis vectors x_major, ... in view units;
        semi_major, semi_minor, angle standardised. Outlines: order, x, y.
    scale_bar : DataFrame
        x, y, x2, y2, value and label of a bar for each method and axis.
    boxes : DataFrame
        Anchors (layers "seed", "intersection", "union"): x1, x2, y1, y2 clipped to the limits,
        open_left, open_right, open_bottom, open_top, precision, precision_low, coverage, met
        (a summary: whether all are), n_met, rule. In a projection the rectangle is missing.
    box_outlines : DataFrame
        In a projection: vertices order, x, y of each box's outline; open marks the edge from
        one vertex to the next where the box goes on beyond it and only the data end.
    box_edges : DataFrame
        In a projection of up to 6 numeric columns, for the layers "intersection" and "union":
        edges x, y to x2, y2 along feature, open where they lie in an open side.
    box_members : DataFrame
        background_rows (a tuple) that satisfy each rule in all features, n_rows.
    coverage_cells : DataFrame
        Rectangles with the number of seeds whose box covers them, n_seeds, and share (of the
        seeds of the group).
    connectors : DataFrame
        Counterfactuals x, y to x2, y2 (consensus: geometric median of the valid points nearest
        to the instance); candidate, cluster (of a valid point, else missing), target, flip_x,
        flip_y (where the class changes), valid, n_changed, distance, foreshortening, text
        (changes the axes do not show), cross_validity (share of other seeds that it also flips).
    clusters : DataFrame
        Counterfactuals that say the same: of an instance and target, with the same categories
        changed, no two farther apart than half the usual step. cluster (0 is what most seeds
        say), n_seeds, share (of all seeds), seeds (a tuple), n_points (candidates in it), the
        middle x, y (geometric median), n_changed and text (what most of its points change, in
        all features), distance (median), radius (standard deviations from the middle to the
        farthest point, in all features).
    limits : DataFrame
        One row, x_low, x_high, y_low, y_high: room for data and connectors.
    arrow_scale : dict
        Standard deviations drawn for one output unit, by method.
    marks : tuple of Mark
        The exact objects in all features.
    """

    view: FeaturePair | Projection
    outputs: tuple[str, ...]
    task: str
    target: str
    points: pd.DataFrame
    instances: pd.DataFrame
    axes: pd.DataFrame
    lines: pd.DataFrame
    patches: pd.DataFrame
    patch_outlines: pd.DataFrame
    normals: pd.DataFrame
    cones: pd.DataFrame
    degenerate: pd.DataFrame
    regions: pd.DataFrame
    vectors: pd.DataFrame
    staircases: pd.DataFrame
    ellipses: pd.DataFrame
    ellipse_outlines: pd.DataFrame
    scale_bar: pd.DataFrame
    boxes: pd.DataFrame
    box_outlines: pd.DataFrame
    box_edges: pd.DataFrame
    box_members: pd.DataFrame
    coverage_cells: pd.DataFrame
    connectors: pd.DataFrame
    clusters: pd.DataFrame
    limits: pd.DataFrame
    arrow_scale: dict[str, float]
    marks: tuple[Mark, ...]

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return all tables by name."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return {n: value for n, value in values.items() if isinstance(value, pd.DataFrame)}

    def __repr__(self) -> str:
        sizes = ", ".join(f"{len(t)} {name}" for name, t in self.frames().items() if len(t))
        view = self.view
        named = f"{view.x.name!r}, {view.y.name!r}" if isinstance(view, FeaturePair) else view.label
        return f"Scene({named}: {sizes})"

    def _repr_html_(self) -> str:
        facts: dict[str, object] = {
            "x": self.view.x_label,
            "y": self.view.y_label,
            "methods": ", ".join(mark.method for mark in self.marks),
            "scale of arrows": ", ".join(
                f"{method}: {value:.3g} standard deviations for one unit of output"
                for method, value in self.arrow_scale.items()
            ),
        }
        return facts_html(
            "Scene", facts | {name: f"{len(t)} rows" for name, t in self.frames().items()}
        )


def scene(
    explanations: Explanation | Sequence[Explanation],
    *,
    view: ViewLike,
    instances: Sequence[Any] | None = None,
    seeds: Sequence[int] | None = None,
    output: str | None = None,
    arrows: Arrows = "contribution",
    staircase: bool = False,
    scale: float | Mapping[str, float] | None = None,
    background: bool = True,
    modes: ModesLike = None,
) -> Scene:
    """Turn explanations into marks on two columns of the data, or on any plane of them.

    Parameters
    ----------
    explanations : Explanation or sequence of Explanation
        One of each method, of the same ensemble.
    view : pair of str, "pca", or Projection
        Numeric columns for x and y, with all others held at the instance; or a plane of all
        numeric columns: their principal components, an `explanation_plane`, a tour's view.
    instances, seeds : sequence of labels, optional
        Draw these alone.
    output : str, optional
        Output that lines and arrows speak of; each seed's predicted class unless named. Of a
        regression the target that all speak of; the first unless named.
    arrows : {"contribution", "slope"}
        Attributions as they are, or over the deviation from the mean: output units for one
        standard deviation, comparable with LIME.
    staircase : bool
        Also lay the arrows head to tail.
    scale : float or mapping from method to float, optional
        Standard deviations drawn for one output unit; chosen from the data unless given.
    background : bool
        Whether `points` holds the background rows.
    modes : Modes or mapping from method to Modes, optional
        Explanatory modes to summarise apart, of all methods or by method; see
        `explanatory_modes`.

    Returns
    -------
    Scene

    Raises
    ------
    InputError
        For explanations that do not belong together, columns that are not numeric, a projection
        of other features, unknown labels, or modes of other seeds or methods.

    Notes
    -----
    A LIME explanation over bins, or over another distance than the Euclidean one, has no
    boundary line: it is drawn as arrows.
    """
    every = gather(explanations, None, seeds)
    apart = modes_by_method(modes, [one.method for one in every])
    given = every if instances is None else gather(every, instances)
    space = DataSpace.of(given)
    plane = chosen_view(view, space)
    marks = marks_of(given, space.frame, output, arrows, apart)
    data = DataShadow(space, given, target_place(given[0], output))
    canvas = canvas_for(data, marks, plane, scale=scale, staircase=staircase)
    drawn = compose(data, marks, canvas)
    return drawn if background else replace(drawn, points=drawn.points.head(0))


def canvas_for(
    data: DataShadow,
    marks: Sequence[Mark],
    view: FeaturePair | Projection,
    *,
    limits: np.ndarray | None = None,
    scale: float | Mapping[str, float] | None = None,
    staircase: bool = False,
) -> Canvas:
    """Return what marks are drawn on; limits are those of the data unless given."""
    limits = view_limits(data, marks, view) if limits is None else limits
    vectors = [mark for mark in marks if isinstance(mark, Vectors)]
    return Canvas(
        view=view,
        frame=data.space.frame,
        limits=limits,
        background=data.space.rows,
        arrow_scale=arrow_scales(vectors, view, limits, scale),
        staircase=staircase,
    )


def compose(data: DataShadow, marks: tuple[Mark, ...], canvas: Canvas) -> Scene:
    """Return the scene of data and marks on a canvas."""
    view, limits, scales = canvas.view, canvas.limits, dict(canvas.arrow_scale)
    vectors = [mark for mark in marks if isinstance(mark, Vectors)]
    drawn = [mark.draw(canvas) for mark in marks]
    shown = data.space.explanation
    return Scene(
        view=view,
        outputs=tuple(shown.outputs),
        task=shown.task,
        target=shown.outputs[data.target] if shown.task == "regression" else "",
        scale_bar=stack(SCALE_BAR, [scale_bars(vectors, view, limits, scales)]),
        limits=table(LIMITS, dict(zip(LIMITS, limits.T.reshape(-1, 1), strict=True))),
        arrow_scale=scales,
        marks=marks,
        **data.tables(view),
        **{
            name: stack(wanted, [tables[name] for tables in drawn if name in tables])
            for name, wanted in mark_columns().items()
        },
    )


def mark_columns() -> dict[str, Columns]:
    """Return the tables that marks make, and their columns."""
    columns: dict[str, Columns] = {}
    for kind in (Line, Vectors, Box, Connector):
        columns |= kind.columns
    return columns
