"""Which explained rows the page holds, where there are more than a browser can carry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from xaigeo.explanations import Attributions, Explanation
from xaigeo.viz.page.agreement import Agreement
from xaigeo.viz.records import plain

# What the marks of all rows may take of the page, in bytes.
ROOM: Final = 3_200_000
# Bytes of a number (16 bits in base64), and of what is said of a rule or a change of one seed.
NUMBER, SAID = 8 / 3, 110


@dataclass(frozen=True, eq=False)
class ShownRows:
    """The part of explanations that the explorer shows.

    Attributes
    ----------
    explanations : list of Explanation
        Cut to the rows shown.
    agreement : Agreement or None
        With `by_row` cut to them; all else is over all rows.
    note : str
        How many of how many rows are shown, and how they were chosen; empty for all.
    """

    explanations: list[Explanation]
    agreement: Agreement | None
    note: str


def fitting_rows(explanations: Sequence[Explanation]) -> int:
    """Return how many rows a page can hold that still opens quickly, at least one."""
    bytes_a_row = 0.0
    for explanation in explanations:
        n_seeds, n_features = len(explanation.seeds), explanation.schema.n_features
        if isinstance(explanation, Attributions):
            n_outputs = len(explanation.outputs)
            # Of two classes the second is mostly the first with the other sign.
            held = 1 if n_outputs == 2 else n_outputs
            bytes_a_row += NUMBER * n_seeds * n_features * held
        else:
            bytes_a_row += SAID * n_seeds
    return max(1, int(ROOM / bytes_a_row))


def shown_rows(
    explanations: Sequence[Explanation], agreement: Agreement | None, max_rows: int | None
) -> ShownRows:
    """Return at most `max_rows` rows: half on which the seeds differ most, half spread evenly."""
    labels = list(dict.fromkeys(label for e in explanations for label in e.instances.tolist()))
    if max_rows is None or len(labels) <= max_rows:
        return ShownRows(list(explanations), agreement, "")
    difference = _difference(explanations, agreement)
    worst = sorted(labels, key=lambda label: difference[label])[: (max_rows + 1) // 2]
    chosen = set(worst)
    others = [label for label in labels if label not in chosen]
    n_even = max_rows - len(worst)
    chosen |= {others[k] for k in np.linspace(0, len(others) - 1, n_even).round().astype(int)}
    note = (
        f"This page shows {max_rows:,} of {len(labels):,} explained rows: the {len(worst):,} on "
        f"which the seeds' reasons or answers differ most, and {n_even:,} spread evenly over the "
        "others. The scores are over all rows."
    )
    kept = {e.method: [x for x in e.instances.tolist() if x in chosen] for e in explanations}
    cut = [e.sel(instance=kept[e.method]) for e in explanations if kept[e.method]]
    if agreement is not None:
        by_row = {name: table.loc[kept[name]] for name, table in agreement.by_row.items()}
        agreement = replace(agreement, by_row=by_row)
    return ShownRows(cut, agreement, note)


def _difference(
    explanations: Sequence[Explanation], agreement: Agreement | None
) -> dict[Any, tuple[bool, float, float]]:
    """Return a key by row that sorts rows by how much the seeds differ, most first."""
    flagged: set[Any] = set()
    steadiness: dict[Any, float] = {}
    if agreement is not None and agreement.leading is not None:
        flagged = set(map(plain, agreement.flagged["instance"]))
        values = agreement.by_row[agreement.leading]["feature_agreement"].fillna(1.0)
        steadiness = {plain(label): float(value) for label, value in values.items()}
    keys: dict[Any, tuple[bool, float, float]] = {}
    for explanation in explanations:
        votes = explanation.predicted
        counts = (votes[..., None] == np.arange(len(explanation.outputs))).sum(axis=0)
        most = counts.max(axis=1) / len(votes)
        for label, share in zip(explanation.instances.tolist(), most.tolist(), strict=True):
            key = plain(label)
            own = (key not in flagged, share, steadiness.get(key, 1.0))
            keys.setdefault(label, own)
    return keys
