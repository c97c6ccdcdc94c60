"""On which tokens of texts the seeds agree: each text is tested on its own tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from xaigeo.agreement.binomial_share import Directions, fewest_seeds, share_interval, share_p_value
from xaigeo.agreement.compared import Compared, ComparedAttributions
from xaigeo.agreement.compared_tokens import ComparedTokens
from xaigeo.agreement.multiple_tests import Correction, adjusted, strictest_level
from xaigeo.errors import InputError

# From a comparison to median, counted direction and count, each (n_instances, n_features).
Counted = Callable[[ComparedAttributions], tuple[np.ndarray, np.ndarray, np.ndarray]]


@dataclass(frozen=True, kw_only=True)
class TokenTests:
    """What is tested of every token, and how the tests of a text are corrected.

    Attributes
    ----------
    n_seeds : int
    level, share : float
    correction : {"holm", "benjamini_hochberg", "none"}
    over_all : bool
        Whether all texts are corrected together, and not each alone.
    directions : {1, 2}
    places : bool
        Whether a place among the top tokens is asked for; then a text of a single token, which
        every seed puts first, is not tested.
    """

    n_seeds: int
    level: float
    share: float
    correction: Correction
    over_all: bool
    directions: Directions
    places: bool

    def arrays(
        self, compared: Iterable[Compared], mask: np.ndarray, count_of: Counted
    ) -> dict[str, np.ndarray]:
        """Return the arrays of `Selective`, and `mask`, where a token is tested.

        Parameters
        ----------
        compared : iterable of ComparedTokens
            Consecutive batches of the texts.
        mask : ndarray of bool, shape (n_instances, n_tokens)
            Where there is a token that is compared.
        count_of : callable

        Raises
        ------
        InputError
            If no token of any text can be tested.
        """
        found = _empty(mask.shape)
        for where, part in self._parts(compared, mask):
            median, sign, count = count_of(part)
            p_value = share_p_value(count, self.n_seeds, self.share, directions=self.directions)
            low, high = share_interval(count, self.n_seeds, 1 - self.level)
            told = {
                "median": median,
                "sign": sign,
                "count": count,
                "low": low,
                "high": high,
                "p_value": p_value,
                "p_adjusted": adjusted(p_value, self.correction),
                "mask": np.ones(count.shape, dtype=bool),
            }
            for name, values in told.items():
                found[name][where] = values
        if not found["mask"].any():
            raise InputError(
                expected="a text of at least two tokens, of which seeds can choose the top ones",
                arrived="texts of a single token",
                do="Pass by='sign', or longer texts.",
            )
        if self.over_all:
            tested = found["mask"]
            found["p_adjusted"][tested] = adjusted(found["p_value"][tested][None], self.correction)[
                0
            ]
        return found

    def fewest(self, compared: Iterable[Compared], mask: np.ndarray) -> int | None:
        """Return the least number of seeds with which a token of some text can be shown."""
        parts = list(self._parts(compared, mask))
        total = sum(part.values[0].size for _, part in parts)
        needed = []
        for _, part in parts:
            n_tokens = part.values.shape[-1]
            n_tests = total if self.over_all else n_tokens
            most = n_tests * (part.k if self.places else n_tokens) // n_tokens
            strictest = strictest_level(self.level, self.correction, n_tests, most)
            needed.append(fewest_seeds(strictest, self.share, directions=self.directions))
        known = [n for n in needed if n is not None]
        return min(known) if known else None

    def _parts(
        self, compared: Iterable[Compared], mask: np.ndarray
    ) -> Iterator[tuple[tuple[np.ndarray, np.ndarray], ComparedAttributions]]:
        """Yield the comparison of texts of one length, and where their tokens stand."""
        start = 0
        for batch in compared:
            assert isinstance(batch, ComparedTokens)  # texts are compared
            for places, part in batch.by_length:
                n_tokens = part.values.shape[-1]
                if not (self.places and part.k == n_tokens):
                    rows = start + places
                    columns = np.stack([np.flatnonzero(mask[row]) for row in rows])
                    yield (rows[:, None], columns), part
            start += batch.n_instances


def _empty(shape: tuple[int, ...]) -> dict[str, np.ndarray]:
    found = {name: np.full(shape, np.nan) for name in ("low", "high", "p_value", "p_adjusted")}
    found |= {"sign": np.zeros(shape, dtype=np.int64), "count": np.zeros(shape, dtype=np.int64)}
    return found | {"median": np.zeros(shape), "mask": np.zeros(shape, dtype=bool)}
