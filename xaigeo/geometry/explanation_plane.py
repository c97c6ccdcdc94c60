"""The plane that two explanations of an instance span."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from xaigeo.errors import InputError
from xaigeo.explanations import Anchors, Explanation
from xaigeo.geometry.connector import Connector
from xaigeo.geometry.data_space import DataSpace
from xaigeo.geometry.direction import mean_direction
from xaigeo.geometry.geometric_median import geometric_median
from xaigeo.geometry.groups import Groups
from xaigeo.geometry.line import Line
from xaigeo.geometry.mark import Mark
from xaigeo.geometry.marks import mark_of
from xaigeo.geometry.scene_input import gather
from xaigeo.geometry.standard_frame import StandardFrame
from xaigeo.geometry.vectors import Vectors
from xaigeo.geometry.view import Projection
from xaigeo.options import suggestion

# Sine of the angle below which two directions count as one.
PARALLEL: Final = 1e-6


def explanation_plane(
    explanations: Explanation | Sequence[Explanation],
    span: Sequence[str] | None = None,
    *,
    instance: Any,
    seed: int | None = None,
    output: str | None = None,
) -> Projection:
    """Return the plane of two explanations of an instance, in which both keep their length.

    A local surrogate gives its normal, an attribution its arrow, a counterfactual its step. The
    first one is the horizontal axis; the vertical one is what the second adds (Gram-Schmidt).

    Parameters
    ----------
    explanations : Explanation or sequence of Explanation
        One of each method, of the same ensemble.
    span : pair of str, optional
        Two methods; the first two that have a direction unless named.
    instance : label
    seed : int, optional
        One model's explanations. Unless given, the consensus of the seeds that give the answer
        most seeds give there: mean normal, median attribution, geometric median of the steps.
    output : str, optional
        Output that surrogates and attributions speak of; the predicted class unless named.

    Returns
    -------
    Projection

    Raises
    ------
    InputError
        For methods that are not there or have no direction (anchors; a flat surrogate; an
        attribution of categories alone; no valid counterfactual), or parallel directions.

    Notes
    -----
    Categories have no place on an axis, so the numeric part of each direction counts.
    """
    space = DataSpace.gathered(explanations)
    given = gather(explanations, [instance], None if seed is None else [seed])
    pair = _two_methods(given, span)
    found = [_direction(mark_of(e, space.frame, output), space.frame) for e in pair]
    for explanation, direction in zip(pair, found, strict=True):
        if direction is None:
            raise InputError(
                expected=f"a direction of {explanation.method!r} at {instance!r} among the "
                "numeric columns",
                arrived="none: the surrogate is flat, the attribution is 0 or the seeds' "
                "directions cancel, or no counterfactual is valid",
                do="Choose another instance, seed or method.",
            )
    first, second = (np.asarray(direction) for direction in found)
    across = second - (second @ first) * first
    across -= (across @ first) * first  # twice, so that round-off leaves no part of the first
    if np.linalg.norm(across) < PARALLEL:
        raise InputError(
            expected="two directions that span a plane",
            arrived=f"{pair[0].method!r} and {pair[1].method!r}, which are parallel at "
            f"{instance!r}",
            do="Choose another method or instance, or look at view='pca'.",
        )
    return Projection(
        np.column_stack([first, across / np.linalg.norm(across)]),
        f"along {pair[0].method} (SD)",
        f"what {pair[1].method} adds (SD)",
        f"plane of {pair[0].method} and {pair[1].method} at {instance}",
        features=tuple(space.schema.names),
    )


def _two_methods(given: Sequence[Explanation], span: Sequence[str] | None) -> list[Explanation]:
    """Return the two explanations that span the plane."""
    known = {e.method: e for e in given if not isinstance(e, Anchors)}
    if span is None:
        span = list(known)[:2]
    names = ", ".join(known) or "none"
    if isinstance(span, str) or len(span) != 2 or span[0] == span[1]:
        raise InputError(
            expected=f"two methods that have a direction ({names})",
            arrived=repr(span),
            do="Pass explanations of two of them, and span=(one, other) to choose. Anchors are "
            "boxes and have no direction.",
        )
    for name in span:
        if name not in known:
            raise InputError(
                expected=f"two methods that have a direction at the instance ({names})",
                arrived=repr(name),
                do=suggestion(name, known) or "Name two of the listed methods.",
            )
    return [known[name] for name in span]


def _direction(mark: Mark, frame: StandardFrame) -> np.ndarray | None:
    """Return the consensus of most seeds, of length 1; None where there is none."""
    groups = Groups.by(mark.predicted)
    seeds = np.flatnonzero(groups.members[groups.sizes.argmax()])
    if isinstance(mark, Line):
        normals = mark.normal[seeds, 0] * (mark.frame.scale / frame.scale)
        normals = normals[np.isfinite(normals).all(axis=1)]
        normals = normals / np.linalg.norm(normals, axis=1, keepdims=True)
        step = mean_direction(normals).direction if len(normals) else np.full(0, np.nan)
    elif isinstance(mark, Vectors):
        step = np.median(mark.attribution[seeds, 0], axis=0)
    else:
        assert isinstance(mark, Connector)  # anchors were left out
        valid = mark.nearest(mark.valid)[seeds, 0]
        steps = mark.nearest(mark.step)[seeds, 0][valid]
        step = geometric_median(steps) if len(steps) else np.full(0, np.nan)
    if not step.size or not np.isfinite(step).all():
        return None
    step = np.where(frame.discrete, 0.0, step)
    length = np.linalg.norm(step)
    return step / length if length > 0 else None
