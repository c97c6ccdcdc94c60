"""A page's sentences and charts, told of texts and words instead of rows and features."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from xaigeo.text.nouns import of_texts
from xaigeo.viz.chart_nouns import Told, told_chart

# Where parts of a page hold our own sentences; names, labels and texts of the user stand elsewhere.
SENTENCES = {"finding", "reading", "description", "label", "meaning"}
# Under it a picture says that it has the nouns of texts already, and words of texts as labels.
OWN = "own_nouns"


def told_of_texts(part: Any, kept: Collection[str]) -> Any:
    """Return part of a page with the nouns of texts in its sentences and charts.

    Parameters
    ----------
    part : dict, list or other
        Of a list of sentences each is changed, of a dict those under `SENTENCES`.
    kept : collection of str
        Names that are left as they are; only those that hold such a noun make a difference.
    """
    names = [name for name in kept if of_texts(name) != name]

    def told(sentence: str) -> str:
        return of_texts(sentence, names)

    if isinstance(part, list) and all(isinstance(one, str) for one in part):
        return [told(one) for one in part]
    return told(part) if isinstance(part, str) else _section(part, told)


def _section(part: Any, told: Told) -> Any:
    if isinstance(part, dict) and part.get(OWN):
        return part
    if isinstance(part, dict):
        return {
            key: told_chart(value, told)
            if key == "spec"
            else told(value)
            if key in SENTENCES and isinstance(value, str)
            else _section(value, told)
            for key, value in part.items()
        }
    return [_section(one, told) for one in part] if isinstance(part, list) else part
