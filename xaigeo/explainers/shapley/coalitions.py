"""Which features a Shapley regression keeps: enumerated as far as the budget goes, then drawn."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import combinations
from math import comb

import numpy as np

from xaigeo.explainers.shapley.legacy_draws import LegacyDraws
from xaigeo.explainers.shapley.mask_keys import mask_keys


@dataclass(frozen=True, eq=False)
class Coalitions:
    """Sets of players with the weights of the Shapley kernel.

    Attributes
    ----------
    masks : ndarray of bool, shape (n_coalitions, n_players)
        Neither the empty set nor all players.
    weights : ndarray, shape (n_coalitions,)
        Sum to 1.
    n_enumerated : int
        How many, from the first on, are there in every draw of the same budget.
    """

    masks: np.ndarray
    weights: np.ndarray
    n_enumerated: int = 0

    @property
    def complete(self) -> bool:
        """Whether every proper coalition is here, so that Shapley values are exact."""
        return len(self.masks) == n_proper(len(self.masks.T))

    @cached_property
    def determining(self) -> bool:
        """Whether a fit to them has one solution: they tell all players apart."""
        players = self.masks.astype(np.float64)
        design = players[:, :-1] - players[:, -1:]
        rank = np.linalg.matrix_rank(design.T @ design, hermitian=True)
        return int(rank) == len(design.T)


def count_coalitions(n_players: int, n_samples: int | None) -> int:
    """Return the budget for so many players: ``2 n_players + 2048`` unless given, or all."""
    wanted = 2 * n_players + 2048 if n_samples is None else n_samples
    return min(wanted, n_proper(n_players))


def n_proper(n_players: int) -> int:
    """Return how many coalitions are neither empty nor all players."""
    return max(0, (1 << n_players) - 2)


def draw_coalitions(
    n_players: int, n_samples: int | None, random_state: np.random.RandomState
) -> Coalitions:
    """Return coalitions of two players or more, in shap's order and with shap's weights.

    Subset sizes are enumerated from the outside in, with their complements, while the budget
    covers their share of the kernel. What is left is drawn in pairs of a coalition and its
    complement, a repeated draw adding to the weight. The stream of `random_state` is read
    as `shap.KernelExplainer` (0.51) reads the global one.

    Notes
    -----
    Lundberg and Lee (2017), arXiv:1705.07874; paired draws: Covert and Lee (2021),
    arXiv:2012.01536.
    """
    n_samples = count_coalitions(n_players, n_samples)
    share = size_shares(n_players)
    masks, weights, n_sizes = _enumerated(n_players, n_samples)
    n_left = n_samples - len(masks)
    if n_sizes == len(share):
        return Coalitions(masks, weights, len(masks))
    drawn, counts = _drawn(n_players, n_left, share, n_sizes, random_state)
    left = counts * (share[n_sizes:].sum() / counts.sum())
    both = np.vstack([masks, drawn]), np.concatenate([weights, left])
    return Coalitions(*both, n_enumerated=len(masks))


def size_shares(n_players: int) -> np.ndarray:
    """Return the kernel's share of subset sizes 1, 2, ..., each with its complement's size."""
    sizes = np.arange(1, _n_sizes(n_players) + 1)
    share = (n_players - 1.0) / (sizes * (n_players - sizes))
    share[: _n_paired(n_players)] *= 2
    return np.asarray(share / share.sum())


def _n_sizes(n_players: int) -> int:
    return n_players // 2


def _n_paired(n_players: int) -> int:
    # With an even number of players the middle size is its own complement's size.
    return (n_players - 1) // 2


@lru_cache(maxsize=8)
def _enumerated(n_players: int, n_samples: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Return the masks and weights of all sizes that fit the budget, and how many sizes."""
    share = size_shares(n_players)
    remaining = share.copy()
    n_left, n_sizes = float(n_samples), 0
    masks: list[np.ndarray] = []
    weights: list[np.ndarray] = []
    for size in range(1, len(share) + 1):
        paired = size <= _n_paired(n_players)
        n_subsets = comb(n_players, size) * (2 if paired else 1)
        # The tolerance is shap's; without it a budget that fits exactly may not.
        if n_left * remaining[size - 1] / n_subsets < 1.0 - 1e-8:
            break
        n_sizes, n_left = size, n_left - n_subsets
        if remaining[size - 1] < 1.0:
            remaining /= 1 - remaining[size - 1]
        subsets = _subsets(n_players, size)
        if paired:
            subsets = np.stack([subsets, ~subsets], axis=1).reshape(-1, n_players)
        masks.append(subsets)
        weights.append(np.full(n_subsets, share[size - 1] / n_subsets))
    empty = np.empty((0, n_players), dtype=bool)
    answer = np.vstack([empty, *masks]), np.concatenate([np.empty(0), *weights])
    for array in answer:
        array.setflags(write=False)  # the cache hands the same arrays to every caller
    return *answer, n_sizes


def _subsets(n_players: int, size: int) -> np.ndarray:
    places = np.array(list(combinations(range(n_players), size)))
    masks = np.zeros((len(places), n_players), dtype=bool)
    np.put_along_axis(masks, places, True, axis=1)
    return masks


def _drawn(
    n_players: int,
    n_left: int,
    share: np.ndarray,
    n_sizes: int,
    random_state: np.random.RandomState,
) -> tuple[np.ndarray, np.ndarray]:
    """Return up to `n_left` coalitions of the sizes not enumerated, and how often each came."""
    n_paired = _n_paired(n_players)
    chance = share.copy()
    chance[:n_paired] /= 2  # each draw of a paired size brings its complement
    chance = chance[n_sizes:] / chance[n_sizes:].sum()
    sizes = random_state.choice(len(chance), 4 * n_left, p=chance) + n_sizes + 1
    draws = LegacyDraws(random_state)
    drawn = np.zeros((0, n_players), dtype=bool)
    for part in np.split(sizes, 4):  # the first is nearly always enough
        drawn = np.vstack([drawn, draws.subsets(part, n_players)])
        placed = _placed(drawn, sizes[: len(drawn)] <= n_paired, n_left)
        if len(placed[0]) == n_left:
            break
    return placed


def _placed(drawn: np.ndarray, paired: np.ndarray, n_left: int) -> tuple[np.ndarray, np.ndarray]:
    """Return different masks, those of a pair followed by their complement, and their counts."""
    _, first, same = np.unique(mask_keys(drawn), return_index=True, return_inverse=True)
    first = first[same.reshape(-1)]
    fresh = first == np.arange(len(drawn))
    ends = np.cumsum(fresh * (1 + paired))
    # Draws go on until every place is taken; the budget's last coalition may lack a complement.
    n_used = min(len(drawn), int(np.searchsorted(ends, n_left)) + 1)
    n_filled = min(n_left, int(ends[n_used - 1]))
    starts = ends - (1 + paired)
    places = starts[first[:n_used]]
    both = paired[:n_used] & (places + 1 < n_left)
    masks = np.empty((n_filled, drawn.shape[1]), dtype=bool)
    masks[places] = drawn[:n_used]
    masks[places[both] + 1] = ~drawn[:n_used][both]
    counts = np.bincount(np.concatenate([places, places[both] + 1]), minlength=n_filled)
    return masks, counts.astype(np.float64)
