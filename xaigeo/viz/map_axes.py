"""Where the explanation map is drawn: axes, and the directions of arrows on screen."""

from __future__ import annotations

from dataclasses import dataclass

import altair as alt

CONSENSUS = "datum.layer !== 'seed'"
SEED_HEAD, CONSENSUS_HEAD = 22, 90


@dataclass(frozen=True)
class Frame:
    """Where the map is drawn: labels, fixed domains and size of its two axes.

    Domains are fixed by the data, so the map does not jump from one instance to the next; marks
    that reach beyond are clipped. `width` and `height` are numbers, or the names of Vega signals
    when the chart fills its container; arrow heads need them to turn into the arrow's direction.
    """

    x_label: str
    y_label: str
    x_domain: tuple[float, float]
    y_domain: tuple[float, float]
    width: float | str
    height: float | str

    def axes(self) -> tuple[alt.X, alt.Y]:
        """Return the encodings of the fields `x` and `y`."""
        return (
            alt.X(
                "x:Q",
                title=self.x_label,
                scale=alt.Scale(domain=list(self.x_domain), nice=False, zero=False),
                axis=alt.Axis(tickCount=6),
            ),
            alt.Y(
                "y:Q",
                title=self.y_label,
                scale=alt.Scale(domain=list(self.y_domain), nice=False, zero=False),
                axis=alt.Axis(tickCount=6),
            ),
        )

    def heading(self) -> str:
        """Return the Vega expression of an arrow's direction on screen, clockwise from up."""
        dx, dy = self._step()
        return f"atan2({dx}, {dy}) * 180 / PI"

    def head_size(self) -> str:
        """Return the Vega expression of the area of an arrow's head, small for short arrows."""
        dx, dy = self._step()
        length = f"(pow({dx}, 2) + pow({dy}, 2))"
        return f"min({length} / 4, {CONSENSUS} ? {CONSENSUS_HEAD} : {SEED_HEAD})"

    def _step(self) -> tuple[str, str]:
        """Return the expressions of an arrow's reach to the right and upwards, in pixels."""
        return (
            f"(datum.x2 - datum.x) * {self.width} / {self.x_domain[1] - self.x_domain[0]!r}",
            f"(datum.y2 - datum.y) * {self.height} / {self.y_domain[1] - self.y_domain[0]!r}",
        )
