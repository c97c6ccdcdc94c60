"""On which rows the seeds say which features lead, so that items about the top k can be told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from xaigeo.agreement.compared import ComparedAttributions
from xaigeo.agreement.compared_tokens import FEWEST_TOKENS, ComparedTokens, by_instance
from xaigeo.agreement.selection import selects_nothing
from xaigeo.audit.wording import counted, listed, verb

MOST_UNDEFINED = 0.5


@dataclass(frozen=True, eq=False, kw_only=True)
class LeadingRows:
    """Which rows an item about the top k rests on.

    Attributes
    ----------
    undefined : ndarray of bool, shape (n_instances,)
        A tie crosses place k in every seed, so that no seed says which features lead.
    short : ndarray of bool, shape (n_instances,)
        Texts of a single token, of which nothing could be chosen; they are left out.
    row : str
        What is explained, in the words of reasons: a "row", or a "text".
    """

    undefined: np.ndarray
    short: np.ndarray
    row: str = "row"

    @classmethod
    def of(cls, compared: ComparedAttributions) -> LeadingRows:
        """Return the rows of a comparison."""
        nothing = by_instance(lambda c: selects_nothing(c.values, c.k, c.spans), compared)
        if not isinstance(compared, ComparedTokens):
            return cls(undefined=nothing == 1, short=np.zeros(compared.n_instances, dtype=bool))
        short = compared.n_tokens < FEWEST_TOKENS
        return cls(undefined=(nothing == 1) & ~short, short=short, row="text")

    @classmethod
    def together(cls, several: Sequence[LeadingRows]) -> LeadingRows:
        """Return rows that are undefined, or short, in any of several comparisons."""
        short = np.logical_or.reduce([rows.short for rows in several])
        undefined = np.logical_or.reduce([rows.undefined for rows in several])
        return cls(undefined=undefined & ~short, short=short, row=several[0].row)

    @property
    def not_short(self) -> LeadingRows:
        """The rows of an item that ties leave defined: texts of a single token alone are out."""
        return replace(self, undefined=np.zeros_like(self.undefined))

    @property
    def usable(self) -> np.ndarray:
        """Rows on which the seeds say which features lead, shape (n_instances,)."""
        return np.asarray(~self.undefined & ~self.short)

    def refusal(self, k: int, methods: Sequence[str]) -> str | None:
        """Return why an item about the top k cannot be answered; None where it can."""
        if self.short.all():
            return "Every text has a single token, of which nothing could be chosen."
        if not mostly(self.undefined[~self.short]):
            return None
        return (
            f"On {int(self.undefined.sum())} of {counted(int((~self.short).sum()), self.row)} the "
            f"attributions by {listed(list(methods))} tie across place {k} in every seed, so no "
            f"seed says which {k} {'tokens' if self.row == 'text' else 'features'} lead."
        )

    @property
    def note(self) -> str:
        """Say how many rows are left out; empty where none is."""
        said = left_out(self.undefined, self.row)
        n = int(self.short.sum())
        if n:
            said += f" {counted(n, 'text')} of a single token {verb(n)} left out."
        return said


def mostly(undefined: np.ndarray) -> bool:
    """Return whether an item is undefined on too many rows to be answered."""
    return bool(undefined.mean() > MOST_UNDEFINED)


def left_out(undefined: np.ndarray, row: str = "row") -> str:
    """Say how many rows are left out for their ties; empty where none is."""
    n = int(undefined.sum())
    if not n:
        return ""
    return (
        f" {counted(n, f'further {row}')} {verb(n)} undefined, because attributions tie there; "
        "this cannot pass."
    )
