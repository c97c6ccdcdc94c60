"""What published code computes for agreement, written anew, with ties and zeros as it has them.

Where attributions tie or are zero these numbers are not those of the definitions; see
docs/agreement_scores.md for where, and tests/agreement/test_published_formulas.py for examples.
Formulas of OpenXAI (AI4LIFE-GROUP/OpenXAI, openxai/metrics.py at 56f05c4) take two arrays of
shape (n_instances, n_features) and give one value an instance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations

import numpy as np
from scipy.special import rel_entr
from scipy.stats import rankdata


def leading(values: np.ndarray, k: int) -> np.ndarray:
    """Return the places of the k largest sizes; of equal ones the first column wins.

    OpenXAI sorts with NumPy's default, which promises no order of equal values at all.
    """
    return np.argsort(-np.abs(values), axis=1, kind="stable")[:, :k]


def dense_ranks(values: np.ndarray) -> np.ndarray:
    """Return ranks by size, 1 the largest, that do not skip any number after a tie."""
    return rankdata(-np.abs(values), method="dense", axis=1)


def feature_agreement(a: np.ndarray, b: np.ndarray, k: int) -> np.ndarray:
    """Share of the k leading features that both lead."""
    both = leading(a, k)[:, :, None] == leading(b, k)[:, None, :]
    return both.any(axis=2).sum(axis=1) / k


def sign_agreement(a: np.ndarray, b: np.ndarray, k: int) -> np.ndarray:
    """Share of the k leading features that both lead with one sign; 0 counts as a sign."""
    both = leading(a, k)[:, :, None] == leading(b, k)[:, None, :]
    same = np.sign(at(a, leading(a, k)))[:, :, None] == np.sign(at(b, leading(b, k)))[:, None, :]
    return (both & same).any(axis=2).sum(axis=1) / k


def rank_agreement(a: np.ndarray, b: np.ndarray, k: int) -> np.ndarray:
    """Share of the k first places with the same feature in both, at the same dense rank."""
    return _same_place(a, b, k).sum(axis=1) / k


def signed_rank_agreement(a: np.ndarray, b: np.ndarray, k: int) -> np.ndarray:
    """As `rank_agreement`, with the same sign besides; 0 counts as a sign."""
    same = np.sign(at(a, leading(a, k))) == np.sign(at(b, leading(b, k)))
    return (_same_place(a, b, k) & same).sum(axis=1) / k


def rank_correlation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Pearson's correlation of dense ranks."""
    first, second = dense_ranks(a), dense_ranks(b)
    return np.array([_pearson(x, y) for x, y in zip(first, second, strict=True)])


def pairwise_rank_agreement(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Share of column pairs i < j for which "i ranks before j" is true in both or in neither."""
    first, second = dense_ranks(a), dense_ranks(b)
    pairs = list(combinations(range(a.shape[1]), 2))
    agreeing = np.zeros(len(a))
    for i, j in pairs:
        agreeing += (first[:, i] < first[:, j]) == (second[:, i] < second[:, j])
    return agreeing / len(pairs)


def sign_agreement_with_first_row(a: np.ndarray, b: np.ndarray, k: int) -> np.ndarray:
    """`sign_agreement` of every row of `a` with the first row of `b` (OpenXAI at 054a8f2)."""
    return sign_agreement(a, np.repeat(b[:1], len(b), axis=0), k)


def top_count(share: float, n_features: int) -> int:
    """Return how many features a share of them is, rounded up, in Jain (2019), listing 4.1."""
    return math.ceil(share * n_features)


def mean_entropy(distributions: Sequence[np.ndarray]) -> float:
    """Mean relative entropy of each pair of models once, the earlier against the later.

    ImperialNLP/ModelStability, temp-files/emb-entropy.py at 2b355b7.
    """
    pairs = combinations(distributions, 2)
    return float(np.mean([rel_entr(p / p.sum(), q / q.sum()).sum() for p, q in pairs]))


def selection_stability(chosen: np.ndarray) -> float:
    """Stability of selections (n_models, n_features) of 0 and 1.

    nogueirs/JMLR2018, python/stability/__init__.py at 9ccbea8.
    """
    n_models, n_features = chosen.shape
    often = chosen.mean(axis=0)
    share = often.sum() / n_features
    scatter = n_models / (n_models - 1) * (often * (1 - often)).mean()
    return float(1 - scatter / (share * (1 - share)))


def at(values: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return each row's values at its places."""
    return np.take_along_axis(values, places, axis=1)


def _same_place(a: np.ndarray, b: np.ndarray, k: int) -> np.ndarray:
    first, second = leading(a, k), leading(b, k)
    return (first == second) & (at(dense_ranks(a), first) == at(dense_ranks(b), second))


def _pearson(x: np.ndarray, y: np.ndarray) -> float:
    x, y = x - x.mean(), y - y.mean()
    length = math.sqrt(float(x @ x) * float(y @ y))
    return float(x @ y) / length if length else math.nan
