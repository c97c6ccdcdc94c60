"""Titles of the library's charts told by a page's own intervals, over texts and seeds."""

from collections.abc import Iterable
from typing import Any

from xaigeo.viz.text_fit import titled

# Width of a title in pixels: that of the plot and its axis.
ROOM = 500
# How notes begin that explain the library's own title, and over what its interval is.
OF_TITLE = ("No clear change", "In the title")


def retitled(chart: Any, finding: str, notes: Iterable[str], *, px: float = ROOM) -> Any:
    """Return the chart with another finding; the note on that of the library is replaced."""
    kept = [note for note in notes if not note.startswith(OF_TITLE)]
    kept.append("In the title: 95% interval over texts and seeds.")
    return chart.properties(title=titled(finding, [" ".join(kept)], px), description=f"{finding}.")
