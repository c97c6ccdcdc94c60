"""What it takes for an attribution to be shown, in words."""

from __future__ import annotations

from xaigeo.agreement.selective import Selective
from xaigeo.viz.number_text import number_text


def agreed_on(selection: Selective) -> str:
    """Return what seeds agree on where a cell is shown, such as "the sign"."""
    top = f"a place among the top {selection.k}"
    return {"sign": "the sign", "top_k": top, "both": f"the sign and {top}"}[selection.by]


def counted_as(selection: Selective) -> str:
    """Return which seeds are counted, as the title of a number."""
    top = f"top {selection.k}"
    return {
        "sign": "Seeds with the commoner sign",
        "top_k": f"Seeds with it in their {top}",
        "both": f"Seeds with it in their {top}, with the commoner sign",
    }[selection.by]


def rule_of(selection: Selective) -> str:
    """Return when a cell is shown, and how often in error, a sentence."""
    share = "half" if selection.share == 0.5 else f"{number_text(100 * selection.share)}%"
    level = f"{number_text(100 * selection.level)}%"
    row = selection.over == "instance"
    error = {
        "none": f"of those on which they do not, at most {level} are shown",
        "holm": f"at most {level} of {'rows' if row else 'such tables'} show anything in error",
        "benjamini_hochberg": f"of what is shown {'in a row' if row else 'in all'}, at most "
        f"{level} is expected to be in error",
    }[selection.correction]
    return (
        f"Shown where an exact binomial test tells that more than {share} of all seeds there could "
        f"be agree on {agreed_on(selection)}; {error}."
    )


def too_few(selection: Selective) -> str | None:
    """Return that there are too few seeds to show anything; None if there are not."""
    if selection.reason is None:
        return None
    fewest = f": {selection.fewest} are the fewest" if selection.fewest is not None else ""
    return (
        f"{selection.n_seeds} seeds are too few to show anything at level "
        f"{number_text(selection.level)}{fewest}"
    )
