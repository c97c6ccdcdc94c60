"""A scene: explanations as marks on two columns of the data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import pandas as pd

from xaigeo.explanations import Anchors, Attributions, Counterfactuals, Explanation
from xaigeo.geometry.arrow_scale import SCALE_BAR, arrow_scales, scale_bars
from xaigeo.geometry.attribution_meaning import has_boundary_line
from xaigeo.geometry.box import Box
from xaigeo.geometry.connector import Connector
from xaigeo.geometry.data_points import instance_table, point_table, view_limits
from xaigeo.geometry.line import Line
from xaigeo.geometry.mark import Canvas, Mark
from xaigeo.geometry.scene_input import gather
from xaigeo.geometry.standard_frame import StandardFrame
from xaigeo.geometry.table import Columns, stack, table
from xaigeo.geometry.vectors import Vectors
from xaigeo.geometry.view import FeaturePair
from xaigeo.summary import facts_html

LIMITS: Final[Columns] = {
    "x_low": "float64",
    "x_high": "float64",
    "y_low": "float64",
    "y_high": "float64",
}


@dataclass(frozen=True, eq=False, kw_only=True)
class Scene:
    """Tidy tables of marks in the units of two columns, and the exact marks behind them.

    All positions are in the original units of the columns on the two axes; angles, distances
    and radii are standardised (background standard deviations), so that nothing depends on
    units. `layer` is "seed" for one model's mark and otherwise names a summary over the seeds
    that predict one class (`group`), with their number in `n_seeds` and their share of all
    seeds in `share`; `seed` is then missing. Medians carry the quantiles 0.1 and 0.9.

    Attributes
    ----------
    view : FeaturePair
    outputs : tuple of str
    task : str
    points : DataFrame
        Background rows: background_row, x, y, predicted (most votes; a regression's mean),
        agreement (share of seeds that vote for it).
    instances : DataFrame
        Explained rows: as `points`, and flip_rate (share of seeds that predict another class),
        classes (all votes in words), methods.
    lines : DataFrame
        LIME. output (the contrast), predicted, group; the segment x1, y1, x2, y2 around
        foot_x, foot_y; boundary (whether the surrogate's boundary passes within the kernel's
        radius; if not, the segment is the level line through the instance); distance (in this
        plane, positive towards the normal) with its quantiles distance_low and distance_high,
        distance_all (in all features) and radius; local_r2; surrogate_agrees (whether the
        surrogate gives the model's own class); normal_x, normal_y and angle (degrees) of the
        standardised normal; for a consensus (layer "consensus") resultant_length of the
        normals in this plane, resultant_length_all in all features, cone_degrees (90 % of the
        seeds turn by less), n_degenerate (seeds without a direction).
    cones : DataFrame
        The bow tie swept by a consensus line turning by its cone: side, order, x, y.
    degenerate : DataFrame
        Surrogates without a direction, which `lines` cannot hold: norm, reason.
    vectors : DataFrame
        Arrows x, y to x2, y2. role "component" (along feature) or "resultant" (of the two);
        attribution in output units (a resultant's length), low and high its quantiles over
        seeds with the whisker ends low_x, low_y, high_x, high_y; slope (output units per
        original unit: the method's own, or attribution over deviation from the mean);
        sign_agreement (share of seeds with the median's sign); share_in_view (of all absolute
        attribution); completeness_gap (f(x) - base - sum, where the method promises 0).
    ellipses, ellipse_outlines : DataFrame
        90 % covariance ellipses of arrow tips (mark "vectors") and of counterfactual points
        ("connectors"): centre cx, cy and axis vectors x_major, ... in view units;
        semi_major, semi_minor, angle standardised. Outlines: order, x, y.
    scale_bar : DataFrame
        x, y, x2, y2, value and label of a bar for each method and axis.
    boxes : DataFrame
        Anchors (layers "seed", "intersection", "union"): x1, x2, y1, y2 clipped to the limits,
        open_left, open_right, open_bottom, open_top, precision, precision_low, coverage, met
        (a summary: whether all are), n_met, rule.
    box_members : DataFrame
        background_rows (a tuple) that satisfy each rule in all features, n_rows.
    coverage_cells : DataFrame
        Rectangles with the number of seeds whose box covers them, n_seeds, and share (of the
        seeds of the group).
    connectors : DataFrame
        Counterfactuals x, y to x2, y2 (consensus: geometric median of the valid points nearest
        to the instance); candidate, target, flip_x, flip_y (where the class changes), valid,
        n_changed, distance, foreshortening, text (changes the axes do not show),
        cross_validity (share of other seeds that it also flips).
    limits : DataFrame
        One row, x_low, x_high, y_low, y_high: room for data and connectors.
    arrow_scale : dict
        Standard deviations drawn for one output unit, by method.
    marks : tuple of Mark
        The exact objects in all features.
    """

    view: FeaturePair
    outputs: tuple[str, ...]
    task: str
    points: pd.DataFrame
    instances: pd.DataFrame
    lines: pd.DataFrame
    cones: pd.DataFrame
    degenerate: pd.DataFrame
    vectors: pd.DataFrame
    ellipses: pd.DataFrame
    ellipse_outlines: pd.DataFrame
    scale_bar: pd.DataFrame
    boxes: pd.DataFrame
    box_members: pd.DataFrame
    coverage_cells: pd.DataFrame
    connectors: pd.DataFrame
    limits: pd.DataFrame
    arrow_scale: dict[str, float]
    marks: tuple[Mark, ...]

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return all tables by name."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return {n: value for n, value in values.items() if isinstance(value, pd.DataFrame)}

    def __repr__(self) -> str:
        sizes = ", ".join(f"{len(t)} {name}" for name, t in self.frames().items() if len(t))
        return f"Scene({self.view.x.name!r}, {self.view.y.name!r}: {sizes})"

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
    view: Sequence[str],
    instances: Sequence[Any] | None = None,
    seeds: Sequence[int] | None = None,
    output: str | None = None,
    scale: float | Mapping[str, float] | None = None,
    background: bool = True,
) -> Scene:
    """Turn explanations into marks on two columns of the data.

    Parameters
    ----------
    explanations : Explanation or sequence of Explanation
        One of each method, of the same ensemble.
    view : pair of str
        Numeric columns for x and y; all others are held at the instance.
    instances, seeds : sequence of labels, optional
        Draw these alone.
    output : str, optional
        Output that lines and arrows speak of; each seed's predicted class unless named.
    scale : float or mapping from method to float, optional
        Standard deviations drawn for one output unit; chosen from the data unless given.
    background : bool
        Whether `points` holds the background rows.

    Returns
    -------
    Scene

    Raises
    ------
    InputError
        For explanations that do not belong together, columns that are not numeric, or unknown
        labels.

    Notes
    -----
    A LIME explanation over bins, or over another distance than the Euclidean one, has no
    boundary line: it is drawn as arrows.
    """
    given = gather(explanations, instances, seeds)
    widest = max(given, key=lambda e: len(e.array("background")))
    rows = widest.array("background")
    frame = StandardFrame.from_rows(widest.schema, rows)
    pair = FeaturePair.from_names(view, widest.schema, frame)
    marks = tuple(_mark(explanation, frame, output) for explanation in given)
    found = instance_table(given, pair)
    points = point_table(widest, pair)
    limits = view_limits(points, found, marks, pair)
    arrows = [mark for mark in marks if isinstance(mark, Vectors)]
    scales = arrow_scales(arrows, pair, limits, scale)
    canvas = Canvas(view=pair, limits=limits, background=rows, arrow_scale=scales)
    bars = scale_bars(arrows, pair, limits, scales)
    return Scene(
        view=pair,
        outputs=tuple(widest.outputs),
        task=widest.task,
        points=points if background else points.head(0),
        instances=found,
        scale_bar=bars if len(bars) else stack(SCALE_BAR, []),
        limits=table(LIMITS, dict(zip(LIMITS, limits.T.reshape(-1, 1), strict=True))),
        arrow_scale=scales,
        marks=marks,
        **_drawn(marks, canvas),
    )


def _mark(explanation: Explanation, frame: StandardFrame, output: str | None) -> Mark:
    if isinstance(explanation, Anchors):
        return Box.from_anchors(explanation, frame=frame)
    if isinstance(explanation, Counterfactuals):
        return Connector.from_counterfactuals(explanation, frame=frame)
    assert isinstance(explanation, Attributions)  # checked on entry
    if has_boundary_line(explanation):
        return Line.from_attributions(explanation, output=output)
    return Vectors.from_attributions(explanation, frame=frame, output=output)


def _drawn(marks: Iterable[Mark], canvas: Canvas) -> dict[str, pd.DataFrame]:
    columns: dict[str, Columns] = {}
    for kind in (Line, Vectors, Box, Connector):
        columns |= kind.columns
    drawn = [mark.draw(canvas) for mark in marks]
    return {
        name: stack(wanted, [tables[name] for tables in drawn if name in tables])
        for name, wanted in columns.items()
    }
