"""Which mark an explanation is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from xaigeo.explanations import Anchors, Attributions, Counterfactuals, Explanation
from xaigeo.geometry.attribution_meaning import has_boundary_line
from xaigeo.geometry.box import Box
from xaigeo.geometry.connector import Connector
from xaigeo.geometry.line import Line
from xaigeo.geometry.mark import Mark
from xaigeo.geometry.standard_frame import StandardFrame
from xaigeo.geometry.vectors import Vectors
from xaigeo.options import check_option

Arrows = Literal["contribution", "slope"]


def marks_of(
    given: Iterable[Explanation],
    frame: StandardFrame,
    output: str | None = None,
    arrows: Arrows = "contribution",
) -> tuple[Mark, ...]:
    """Return the exact marks of explanations, arrows as contributions or in slope form."""
    check_option("arrows", arrows, Arrows)
    marks = [mark_of(explanation, frame, output) for explanation in given]
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
