"""Which places of a ranking each feature holds, when attributions may tie."""

from __future__ import annotations

import numpy as np

from xaigeo.agreement.blocks import block_length

# First and last rank that each feature may hold.
Spans = tuple[np.ndarray, np.ndarray]

# Columns of a product of matrices that are made at a time.
WIDTH = 512


def rank_span(values: np.ndarray) -> Spans:
    """Return the first and last rank that each feature may hold, ranked by size.

    Rank 1 is the largest absolute value; tied features share a span of ranks.

    Parameters
    ----------
    values : ndarray, shape (..., n_features)

    Returns
    -------
    first, last : ndarray of int, shape (..., n_features)
    """
    rows = values.reshape(-1, values.shape[-1])
    first, last = np.empty(rows.shape, np.int32), np.empty(rows.shape, np.int32)
    step = block_length(48 * rows.shape[-1])
    for start in range(0, len(rows), step):
        some = slice(start, start + step)
        _write_spans(np.abs(rows[some]), first[some], last[some])
    return first.reshape(values.shape), last.reshape(values.shape)


def _write_spans(size: np.ndarray, first: np.ndarray, last: np.ndarray) -> None:
    order = np.argsort(-size, axis=-1)
    ranked = np.take_along_axis(size, order, axis=-1)
    starts = np.ones(ranked.shape, dtype=bool)
    starts[:, 1:] = ranked[:, 1:] != ranked[:, :-1]
    ends = np.ones(ranked.shape, dtype=bool)
    ends[:, :-1] = starts[:, 1:]
    n_features = ranked.shape[-1]
    rank = np.arange(1, n_features + 1, dtype=np.int32)
    low = np.maximum.accumulate(np.where(starts, rank, 0), axis=-1)
    high = np.where(ends, rank, n_features + 1)[:, ::-1]
    high = np.minimum.accumulate(high, axis=-1)[:, ::-1]
    np.put_along_axis(first, order, low, axis=-1)
    np.put_along_axis(last, order, high, axis=-1)


def membership(values: np.ndarray, k: int, spans: Spans | None = None) -> np.ndarray:
    """Return how far each feature belongs to the `k` largest, shape (..., n_features).

    1 inside, 0 outside; features that tie for the last places share them evenly, so the
    memberships always sum to `k` and the order of the columns does not matter. `spans` are
    those of `rank_span`, where they are known already.

    Examples
    --------
    >>> membership(np.array([3.0, -1.0, 1.0, 0.5]), k=2).tolist()
    [1.0, 0.5, 0.5, 0.0]
    """
    first, last = rank_span(values) if spans is None else spans
    return np.asarray(np.clip((k - first + 1) / (last - first + 1), 0.0, 1.0))


def rank_places(values: np.ndarray, k: int, spans: Spans | None = None) -> np.ndarray:
    """Return how far each feature holds each of the ranks 1..k, shape (..., n_features, k)."""
    first, last = (s[..., None] for s in (rank_span(values) if spans is None else spans))
    rank = np.arange(1, k + 1)
    return np.where((first <= rank) & (rank <= last), 1.0 / (last - first + 1), 0.0)


def by_sign(places: np.ndarray, signs: np.ndarray) -> np.ndarray:
    """Split places by sign along a new last axis; a zero has no sign and holds none."""
    return places[..., None] * np.stack([signs > 0, signs < 0], axis=-1)


def overlap(a: np.ndarray, b: np.ndarray, n_axes: int) -> np.ndarray:
    """Return the common part of two sets of places, summed over the last `n_axes` axes."""
    return np.asarray(np.minimum(a, b).sum(axis=tuple(range(-n_axes, 0))))


def mean_overlap(places: np.ndarray, n_axes: int) -> np.ndarray:
    """Return the mean of `overlap` over all pairs of seeds (axis 0).

    Of sorted values x₁ ≤ ... ≤ x_K, x_i is the smaller one in K − i pairs, so one sort along
    the seeds gives the sum over all pairs.
    """
    n_seeds = len(places)
    if n_seeds == 2:
        return overlap(places[0], places[1], n_axes)
    weight = np.arange(n_seeds - 1, -1, -1) / (n_seeds * (n_seeds - 1) / 2)
    total = np.tensordot(weight, np.sort(places, axis=0), axes=(0, 0))
    return np.asarray(total.sum(axis=tuple(range(-n_axes, 0))))


def mean_shared_members(values: np.ndarray, k: int, spans: Spans, *, signed: bool) -> np.ndarray:
    """Return the mean of `shared_members` over all pairs of seeds, shape (n_instances,)."""
    first, last = spans
    if (first != last).any():
        member = membership(values, k, spans)
        return mean_overlap(by_sign(member, values), 2) if signed else mean_overlap(member, 1)
    return _held_by_two(first <= k, values if signed else None)


def mean_shared_ranks(values: np.ndarray, k: int, spans: Spans, *, signed: bool) -> np.ndarray:
    """Return the mean of `shared_ranks` over all pairs of seeds, shape (n_instances,)."""
    first, last = spans
    if (first != last).any():
        places = rank_places(values, k, spans)
        if signed:
            return mean_overlap(by_sign(places, values[..., None]), 3)
        return mean_overlap(places, 2)
    given = values if signed else None
    return np.asarray(sum(_held_by_two(first == rank, given) for rank in range(1, k + 1)))


def _held_by_two(held: np.ndarray, signs: np.ndarray | None) -> np.ndarray:
    """Return how many features two seeds both hold, mean over pairs: of c seeds c(c − 1)/2 do."""
    n_seeds = len(held)
    counts = [
        part.sum(axis=0)
        for part in ([held] if signs is None else [held & (signs > 0), held & (signs < 0)])
    ]
    total = sum((count * (count - 1)).sum(axis=-1) for count in counts)
    return np.asarray(total / (n_seeds * (n_seeds - 1)))


def shared_members(values: np.ndarray, k: int, spans: Spans, *, signed: bool) -> np.ndarray:
    """Return the `overlap` of the memberships of every two seeds.

    Parameters
    ----------
    values : ndarray, shape (n_seeds, n_instances, n_features)
    k : int
    spans : pair of ndarray
        See `rank_span`.
    signed : bool
        Whether only features with the same sign count.

    Returns
    -------
    ndarray, shape (n_instances, n_seeds, n_seeds)

    Notes
    -----
    At most one group of ties crosses place k, and each of its features then belongs by one
    share f. So a seed's memberships are w = 1(inside) + f·1(at the edge), and
    Σ min(w_a, w_b) = w_a·w_b + (min(f_a, f_b) − f_a f_b) · (number of edge features of both):
    two products of matrices, the second only where there are ties.
    """
    member = np.ascontiguousarray(np.moveaxis(membership(values, k, spans), 1, 0))
    edge = (member > 0) & (member < 1)
    share = np.where(edge, member, 0.0).max(axis=-1)
    if signed:
        sign = np.moveaxis(values, 1, 0)
        member = _split(member, sign)
        edge = _split(edge, sign)
    shared = member @ member.swapaxes(-1, -2)
    if edge.any():
        a, b = share[:, :, None], share[:, None, :]
        shared += (np.minimum(a, b) - a * b) * _products(edge)
    return np.asarray(shared)


def shared_ranks(values: np.ndarray, k: int, spans: Spans, *, signed: bool) -> np.ndarray:
    """Return the `overlap` of the rank places 1..k of every two seeds.

    Shapes as in `shared_members`.

    Notes
    -----
    Without ties every rank is one feature's: a product of indicators counts what is held by
    both. A feature in a tie of t features holds each of their t ranks by 1/t, and of every rank
    that two seeds let it hold they have 1/max(t_a, t_b) in common.
    """
    first, last = (np.moveaxis(s, 1, 0) for s in spans)
    sign = np.moveaxis(values, 1, 0)
    if (first != last).any():
        return _shared_tied_ranks(first, last, k, sign if signed else None)
    n_instances, n_seeds, n_features = first.shape
    shared = np.zeros((n_instances, n_seeds, n_seeds))
    step = max(1, WIDTH // n_features)
    for start in range(1, k + 1, step):
        rank = np.arange(start, min(start + step, k + 1))[:, None]
        held = first[:, :, None] == rank
        if signed:
            held = _split(held, sign[:, :, None])
        shared += _products(held.reshape(n_instances, n_seeds, -1))
    return shared


def _shared_tied_ranks(
    first: np.ndarray, last: np.ndarray, k: int, sign: np.ndarray | None
) -> np.ndarray:
    """Return `shared_ranks` feature by feature, from (n_instances, n_seeds, n_features)."""
    share = 1.0 / (last - first + 1)
    parts = [share] if sign is None else [share * (sign > 0), share * (sign < 0)]
    parts = [_features_first(part) for part in parts]
    start, beyond = _features_first(first), _features_first(np.minimum(last, k) + 1)
    n_instances, n_seeds, n_features = first.shape
    shared = np.zeros((n_instances, n_seeds, n_seeds))
    held, common = np.empty(shared.shape, start.dtype), np.empty_like(shared)
    for j in range(n_features):
        # How many ranks up to k both seeds let the feature hold.
        np.minimum(beyond[j][:, :, None], beyond[j][:, None, :], out=held)
        held -= np.maximum(start[j][:, :, None], start[j][:, None, :])
        np.maximum(held, 0, out=held)
        for part in parts:
            # A seed whose feature has another sign holds nothing of this part.
            np.minimum(part[j][:, :, None], part[j][:, None, :], out=common)
            common *= held
            shared += common
    return shared


def _features_first(values: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(np.moveaxis(values, -1, 0))


def _split(places: np.ndarray, sign: np.ndarray) -> np.ndarray:
    """Return the places of positive features, then those of negative ones, on the last axis."""
    return np.concatenate([places * (sign > 0), places * (sign < 0)], axis=-1)


def _products(held: np.ndarray) -> np.ndarray:
    """Return how many cells every two seeds both hold; float32 counts exactly up to 2**24."""
    cells = held.astype(np.float32)
    return np.asarray(cells @ cells.swapaxes(-1, -2), dtype=np.float64)
