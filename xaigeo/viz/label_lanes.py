"""Names above the parts of a bar, on lanes, so that none covers another or a leader line."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

GAP = 8.0  # between two names, in pixels
EDGE = 4.0  # from the end of a name to its leader line, in pixels


def label_lanes(
    anchors: Sequence[float], lengths: Sequence[float], width: float, n_lanes: int
) -> list[tuple[int, float] | None]:
    """Return lane and middle of each name, or None where there is no room.

    Names are placed in the order given. From its anchor a line leads straight up to each, so it may
    not pass through a name on a lane below. Of a few ways of placing them (from the lowest lane
    or from the highest, names above their anchor or with an end there) the one that finds room
    for most is taken, the plainest of several.

    Parameters
    ----------
    anchors : sequence of float
        Where the named part is, in pixels.
    lengths : sequence of float
        Of the names, in pixels.
    width : float
        Of the plot; names stay inside, and longer ones are left out.
    n_lanes : int
    """
    ways = [
        _placed(anchors, lengths, width, lanes, shifts)
        for lanes in (range(n_lanes), range(n_lanes - 1, -1, -1))
        for shifts in ((0, 1, -1), (-1, 1, 0), (1, -1, 0))
    ]
    return max(ways, key=lambda way: sum(place is not None for place in way))


def _placed(
    anchors: Sequence[float],
    lengths: Sequence[float],
    width: float,
    lanes: Sequence[int],
    shifts: Sequence[int],
) -> list[tuple[int, float] | None]:
    """Return the places of names that take the first free lane and shift in the order given."""
    placed: list[tuple[int, float, float, float]] = []  # lane, left, right, anchor
    answer: list[tuple[int, float] | None] = []
    for anchor, length in zip(anchors, lengths, strict=True):
        half = length / 2
        wishes = [anchor + shift * (half - EDGE) for shift in shifts]
        middles = [float(np.clip(wish, half, max(width - half, half))) for wish in wishes]
        free = (
            (lane, middle)
            for lane in lanes
            for middle in middles
            if _is_free(lane, middle - half, middle + half, anchor, placed)
        )
        place = next(free, None) if length <= width else None
        if place is not None:
            placed.append((place[0], place[1] - half, place[1] + half, anchor))
        answer.append(place)
    return answer


def spread_labels(positions: np.ndarray, gap: float, low: float, high: float) -> np.ndarray:
    """Return positions at least `gap` apart, in the same order, moved as little as need be.

    Names that meet are moved apart about their common middle, and stay between `low` and `high`
    where they fit.

    Parameters
    ----------
    positions : ndarray, shape (n_labels,)
    gap, low, high : float

    Examples
    --------
    >>> spread_labels(np.array([5.0, 5.0, 20.0]), 4.0, 0.0, 30.0).tolist()
    [3.0, 7.0, 20.0]
    """
    order = np.argsort(positions, kind="stable")
    blocks: list[list[float]] = []  # middle of the first name, names
    for place in order:
        blocks.append([float(positions[place]), 1.0])
        while len(blocks) > 1 and _end(blocks[-2], gap) > blocks[-1][0]:
            (a, n), (b, m) = blocks[-2:]
            # The mean of the wishes of all names in both.
            wish = (a * n + (b - n * gap) * m) / (n + m)
            blocks[-2:] = [[wish, n + m]]
    spread = np.concatenate([start + gap * np.arange(int(n)) for start, n in blocks])
    for i in range(len(spread)):
        spread[i] = max(spread[i], low + gap * i)
    for i in range(len(spread)):
        spread[-1 - i] = min(spread[-1 - i], high - gap * i)
    answer = np.empty(len(positions))
    answer[order] = spread
    return answer


def _end(block: list[float], gap: float) -> float:
    return block[0] + block[1] * gap


def _is_free(
    lane: int,
    left: float,
    right: float,
    anchor: float,
    placed: Sequence[tuple[int, float, float, float]],
) -> bool:
    for other, other_left, other_right, other_anchor in placed:
        if other == lane and left < other_right + GAP and other_left < right + GAP:
            return False
        if other < lane and other_left - 2 <= anchor <= other_right + 2:
            return False
        if other > lane and left - 2 <= other_anchor <= right + 2:
            return False
    return True
