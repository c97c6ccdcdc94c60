"""The order of features on which the seeds agree, and no more of an order than that."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from xaigeo import dims
from xaigeo.agreement.compared import ComparedAttributions, compare
from xaigeo.errors import InputError
from xaigeo.explanations import Attributions, Explanation
from xaigeo.explanations.of_table import check_of_table
from xaigeo.options import check_flag, is_number

# A share of seeds that is exactly the wanted one may come out a unit in the last place below.
ROUNDING = 1e-9


@dataclass(frozen=True, eq=False, kw_only=True)
class PartialOrder:
    """Which features count for more than which, where the seeds agree on it.

    Attributes
    ----------
    features : list of str
    values : ndarray, shape (n_seeds, n_features)
        What each seed says: attributions of one instance, or mean sizes over instances.
    support : ndarray, shape (n_features, n_features)
        Share of the seeds by which the row's feature is larger than the column's.
    before : ndarray of bool, shape (n_features, n_features)
        The order: the row's feature comes before the column's. Irreflexive and transitive.
    signs : ndarray of int, shape (n_features,)
        The sign on which the seeds agree, 0 where they do not.
    instance : label or None
        None for the mean over all instances.
    share, tolerance : float
    signed : bool
        Whether features without an agreed sign were left out of the order.
    n_withdrawn : int
        Statements that `share` of the seeds make and that are not in the order, because
        together with others they would imply what fewer seeds say.
    """

    features: list[str]
    values: np.ndarray
    support: np.ndarray
    before: np.ndarray
    signs: np.ndarray
    instance: Any
    share: float
    tolerance: float
    signed: bool
    n_withdrawn: int

    @property
    def n_pairs(self) -> int:
        """Number of pairs of features."""
        return len(self.features) * (len(self.features) - 1) // 2

    @property
    def n_ordered(self) -> int:
        """Number of pairs of features of which one comes before the other."""
        return int(self.before.sum())

    @cached_property
    def covers(self) -> np.ndarray:
        """The transitive reduction, shape (n_features, n_features): edges of a Hasse diagram."""
        return transitive_reduction(self.before)

    @cached_property
    def levels(self) -> np.ndarray:
        """Length of the longest chain above each feature, shape (n_features,); 0 at the top."""
        return chain_levels(self.before)

    @cached_property
    def sizes(self) -> np.ndarray:
        """Mean size over seeds, shape (n_features,)."""
        return np.asarray(np.abs(self.values).mean(axis=0))

    def top(self, n: int) -> PartialOrder:
        """Return the order among the `n` features of largest mean size."""
        return self.among(np.sort(np.argsort(-self.sizes, kind="stable")[:n]))

    def among(self, kept: np.ndarray) -> PartialOrder:
        """Return the order among the features at some places."""
        grid = np.ix_(kept, kept)
        return PartialOrder(
            features=[self.features[j] for j in kept],
            values=self.values[:, kept],
            support=self.support[grid],
            before=self.before[grid],
            signs=self.signs[kept],
            instance=self.instance,
            share=self.share,
            tolerance=self.tolerance,
            signed=self.signed,
            n_withdrawn=self.n_withdrawn,
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row per feature, by level and then by falling mean size.

        Columns: feature, level, sign, size (mean over seeds), low and high (of the seeds),
        n_before and n_after (features that come before and after it), n_open (features whose
        place beside it is open).
        """
        above, below = self.before.sum(axis=0), self.before.sum(axis=1)
        frame = pd.DataFrame(
            {
                dims.FEATURE: self.features,
                "level": self.levels,
                "sign": self.signs,
                "size": self.sizes,
                "low": np.abs(self.values).min(axis=0),
                "high": np.abs(self.values).max(axis=0),
                "n_before": above,
                "n_after": below,
                "n_open": len(self.features) - 1 - above - below,
            }
        )
        by = frame.assign(falling=-frame["size"]).sort_values(["level", "falling"], kind="stable")
        return by.drop(columns="falling").reset_index(drop=True)


def partial_order(
    explanation: Attributions,
    *,
    instance: Any = None,
    output: str | int | None = None,
    share: float = 1.0,
    tolerance: float = 0.0,
    signed: bool = False,
) -> PartialOrder:
    """Return the order of features by importance on which the seeds agree.

    Parameters
    ----------
    explanation : Attributions
    instance : label, optional
        The instance whose |φ| are ordered. By default each seed's mean |φ| over all instances.
    output : str or int, optional
        By default, at each instance, the class that most seeds predict.
    share : float
        Above 0.5 and at most 1: the share of the seeds that must say so. 1 means all of them.
    tolerance : float
        A feature counts for more than another where its size is larger by more than this, in
        units of the attributions.
    signed : bool
        Leave features on whose sign fewer than `share` of the seeds agree out of the order, as
        Laberge et al. do. For one instance only, and attributions that have a sign.

    Returns
    -------
    PartialOrder

    Raises
    ------
    InputError
        For a single seed, no attributions, texts, an unknown instance or output, or a share,
        tolerance or sign that cannot be.

    Notes
    -----
    Feature j comes before k where every seed s has |φ_sj| > |φ_sk| + tolerance (Laberge et al.
    2023, "Partial order in chaos", arXiv:2110.13369). Such a relation is transitive. One that
    only a share of the seeds must state need not be, and may run in a circle. There, where two
    statements together imply a third that too few seeds make, the weaker of the two is withdrawn
    (both, if alike), until none is left: every statement that remains is made by `share` of the
    seeds, and so is all that follows from several of them. Removal does not depend on the order
    of the features.

    Examples
    --------
    >>> before = transitive_reduction(np.array([[0, 1, 1], [0, 0, 1], [0, 0, 0]], dtype=bool))
    >>> before.astype(int).tolist()
    [[0, 1, 0], [0, 0, 1], [0, 0, 0]]
    """
    _check(explanation, share, tolerance, signed, instance)
    compared = compare(explanation, output=output)
    assert isinstance(compared, ComparedAttributions)  # _check let no other kind pass
    if instance is None:
        values = np.abs(compared.values).mean(axis=1)
    else:
        values = compared.values[:, _place(explanation, instance)]
    support = dominance(values, tolerance)
    stated = support >= share - ROUNDING
    signs = agreed_signs(values, share)
    if signed:
        stated &= (signs != 0)[:, None] & (signs != 0)[None, :]
    before = transitive_part(stated, support)
    return PartialOrder(
        features=explanation.features,
        values=values,
        support=support,
        before=before,
        signs=signs if instance is not None and compared.signed else np.zeros_like(signs),
        instance=instance,
        share=float(share),
        tolerance=float(tolerance),
        signed=signed,
        n_withdrawn=int(stated.sum() - before.sum()),
    )


def dominance(values: np.ndarray, tolerance: float = 0.0) -> np.ndarray:
    """Return the share of seeds by which one feature is larger than another.

    Parameters
    ----------
    values : ndarray, shape (n_seeds, n_features)
    tolerance : float

    Returns
    -------
    ndarray, shape (n_features, n_features)
        Row larger than column, by size.
    """
    size = np.abs(values)
    return np.asarray((size[:, :, None] - size[:, None, :] > tolerance).mean(axis=0))


def agreed_signs(values: np.ndarray, share: float) -> np.ndarray:
    """Return the sign that at least a share of the seeds give each feature, else 0."""
    positive = (values > 0).mean(axis=0) >= share - ROUNDING
    negative = (values < 0).mean(axis=0) >= share - ROUNDING
    return np.asarray(positive.astype(np.int64) - negative.astype(np.int64))


def transitive_part(stated: np.ndarray, support: np.ndarray) -> np.ndarray:
    """Return a transitive part of a relation, the weaker of clashing statements withdrawn.

    Parameters
    ----------
    stated : ndarray of bool, shape (n, n)
        Never both of (j, k) and (k, j).
    support : ndarray, shape (n, n)
    """
    kept = stated.copy()
    while True:
        withdrawn = np.zeros_like(kept)
        for middle in range(len(kept)):
            clash = kept[:, middle, None] & kept[None, middle, :] & ~kept
            first = clash & (support[:, middle, None] <= support[None, middle, :])
            second = clash & (support[:, middle, None] >= support[None, middle, :])
            withdrawn[:, middle] |= first.any(axis=1)
            withdrawn[middle] |= second.any(axis=0)
        if not withdrawn.any():
            return kept
        kept &= ~withdrawn


def transitive_reduction(before: np.ndarray) -> np.ndarray:
    """Return the pairs of an order with nothing in between, shape (n, n)."""
    steps = before.astype(np.int64)
    return np.asarray(before & ~(steps @ steps > 0))


def chain_levels(before: np.ndarray) -> np.ndarray:
    """Return the length of the longest chain above each member of an order, shape (n,)."""
    levels = np.zeros(len(before), dtype=np.int64)
    # Whoever comes later has more before it, so by then its predecessors are known.
    for j in np.argsort(before.sum(axis=0), kind="stable"):
        above = before[:, j]
        levels[j] = levels[above].max() + 1 if above.any() else 0
    return levels


def _place(explanation: Attributions, instance: Any) -> int:
    known = explanation.instances.tolist()
    label = instance.item() if isinstance(instance, np.generic) else instance
    if label not in known:
        raise InputError(
            expected=f"an instance of the explanation ({', '.join(map(str, known[:8]))}"
            f"{', ...' if len(known) > 8 else ''})",
            arrived=repr(instance),
            do="Look at .instances for the labels that exist.",
        )
    return int(known.index(label))


def _check(explanation: Any, share: Any, tolerance: Any, signed: Any, instance: Any) -> None:
    check_of_table(explanation, "the order of features")
    if not isinstance(explanation, Attributions):
        method = f" ({explanation.method})" if isinstance(explanation, Explanation) else ""
        raise InputError(
            expected="Attributions, whose features can be put in order",
            arrived=f"{type(explanation).__name__}{method}",
            do="Pass the result of a method such as 'lime' or 'kernel_shap'.",
        )
    if not is_number(share) or not 0.5 < share <= 1.0:
        raise InputError(
            expected="share to be a number above 0.5 and at most 1",
            arrived=repr(share),
            do="Pass share=1 for an order on which all seeds agree, or a majority such as 0.9.",
        )
    if not is_number(tolerance) or tolerance < 0:
        raise InputError(
            expected="tolerance to be a number of at least 0, in units of the attributions",
            arrived=repr(tolerance),
            do="Pass tolerance=0, or a difference that is too small to count.",
        )
    check_flag("signed", signed)
    if signed and (instance is None or not explanation.signed):
        raise InputError(
            expected="an instance, and attributions that have a sign, with signed=True",
            arrived="mean sizes over instances" if instance is None else "sizes alone",
            do="Name an instance, or leave signed out.",
        )
