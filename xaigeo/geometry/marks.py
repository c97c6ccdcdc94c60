"""Which mark an explanation is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from xaigeo.errors import InputError
from xaigeo.explanations import Anchors, Attributions, Counterfactuals, Explanation
from xaigeo.geometry.attribution_meaning import has_boundary_line
from xaigeo.geometry.box import Box
from xaigeo.geometry.connector import Connector
from xaigeo.geometry.line import Line
from xaigeo.geometry.mark import Mark
from xaigeo.geometry.modes import Modes
from xaigeo.geometry.standard_frame import StandardFrame
from xaigeo.geometry.vectors import Vectors
from xaigeo.options import check_keywords, check_option

Arrows = Literal["contribution", "slope"]
ModesLike = Modes | Mapping[str, Modes] | None


def marks_of(
    given: Iterable[Explanation],
    frame: StandardFrame,
    output: str | None = None,
    arrows: Arrows = "contribution",
    modes: Mapping[str, Modes] | None = None,
) -> tuple[Mark, ...]:
    """Return the exact marks of explanations, arrows as contributions or in slope form.

    Seeds are kept apart by mode for the methods that `modes` names.
    """
    check_option("arrows", arrows, Arrows)
    marks = [mark_of(explanation, frame, output) for explanation in given]
    marks = [replace(mark, modes=_labels(mark, (modes or {}).get(mark.method))) for mark in marks]
    if arrows == "slope":
        marks = [mark.in_slope_form() if isinstance(mark, Vectors) else mark for mark in marks]
    return tuple(marks)


def mark_of(explanation: Explanation, frame: StandardFrame, output: str | None = None) -> Mark:
    """Return the exact mark of an explanation.

    LIME over bins, or over another distance than the Euclidean one, has no boundary line: it is
    drawn as arrows.
    """
    if isinstance(explanation, Anchors):
        return Box.from_anchors(explanation, frame=frame)
    if isinstance(explanation, Counterfactuals):
        return Connector.from_counterfactuals(explanation, frame=frame)
    assert isinstance(explanation, Attributions)  # checked on entry
    if has_boundary_line(explanation):
        return Line.from_attributions(explanation, output=output)
    return Vectors.from_attributions(explanation, frame=frame, output=output)


def modes_by_method(modes: ModesLike, methods: Sequence[str]) -> dict[str, Modes]:
    """Return the modes of each method: those of all methods, or those given by name.

    Raises
    ------
    InputError
        For other things than modes, or of a method that is not there.
    """
    if modes is None:
        return {}
    by_method = modes if isinstance(modes, Mapping) else dict.fromkeys(methods, modes)
    strangers = [type(one).__name__ for one in by_method.values() if not isinstance(one, Modes)]
    if strangers:
        raise InputError(
            expected="modes to be Modes, or Modes by method",
            arrived=", ".join(strangers),
            do="Pass what xaigeo.geometry.explanatory_modes returns.",
        )
    check_keywords("the modes of these explanations", by_method, methods)
    return dict(by_method)


def _labels(mark: Mark, modes: Modes | None) -> np.ndarray | None:
    """Return the mode of each seed of a mark."""
    if modes is None:
        return None
    known = dict(zip(modes.seeds.tolist(), modes.labels.tolist(), strict=True))
    missing = [seed for seed in mark.seeds.tolist() if seed not in known]
    if missing:
        raise InputError(
            expected=f"modes of the seeds of {mark.method!r}",
            arrived=f"modes without the seeds {', '.join(map(str, missing))}",
            do="Find modes of an explanation of the same seeds.",
        )
    return np.array([known[seed] for seed in mark.seeds.tolist()], dtype=np.int64)
