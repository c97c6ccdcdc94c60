"""Compiled reading of numpy's legacy stream: shuffles and whole numbers, many at a time.

Import this module only where it is used: it loads numba. The stream is that of the Mersenne
Twister (MT19937; Matsumoto and Nishimura, 1998, doi:10.1145/272991.272995). ``RandomState``
takes a whole number up to `most` by masking 32 bits until one fits, and shuffles from the end.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

SIZE, SHIFT = 624, 397
UPPER, LOWER, TWIST = 0x80000000, 0x7FFFFFFF, 0x9908B0DF


@njit(cache=True)
def next_number(key: Any, place: int) -> Any:
    """Return the stream's next 32 bits, and the place of those to come."""
    if place == SIZE:
        for i in range(SIZE):
            y = (key[i] & UPPER) | (key[(i + 1) % SIZE] & LOWER)
            odd = TWIST if y & 1 else 0
            key[i] = key[(i + SHIFT) % SIZE] ^ (y >> 1) ^ odd
        place = 0
    y = np.uint64(key[place])
    y ^= y >> np.uint64(11)
    y ^= (y << np.uint64(7)) & np.uint64(0x9D2C5680)
    y ^= (y << np.uint64(15)) & np.uint64(0xEFC60000)
    y ^= y >> np.uint64(18)
    return np.int64(y & np.uint64(0xFFFFFFFF)), place + 1


@njit(cache=True)
def next_up_to(key: Any, place: int, most: int) -> Any:
    """Return a whole number from 0 to `most`, and the stream's place."""
    if most == 0:
        return 0, place
    mask = 1
    while mask < most:
        mask = 2 * mask + 1
    while True:
        number, place = next_number(key, place)
        if number & mask <= most:
            return number & mask, place


@njit(cache=True)
def shuffle(key: Any, place: int, items: Any) -> Any:
    """Shuffle items in place and return the stream's place."""
    for i in range(len(items) - 1, 0, -1):
        j, place = next_up_to(key, place, i)
        items[i], items[j] = items[j], items[i]
    return place


@njit(cache=True)
def draw_subsets(key: Any, place: int, sizes: Any, masks: Any) -> Any:
    """Mark the first `sizes` of a new permutation in each row of masks; return the place."""
    order = np.empty(masks.shape[1], dtype=np.int64)
    for draw in range(len(sizes)):
        for i in range(len(order)):
            order[i] = i
        place = shuffle(key, place, order)
        for i in range(sizes[draw]):
            masks[draw, order[i]] = True
    return place


@njit(cache=True)
def draw_joining(
    key: Any, place: int, joiners: Any, order: Any, last: int, n_rows: int, masks: Any, rows: Any
) -> Any:
    """Fill masks and rows as `LegacyDraws.joining` tells; return the stream's place."""
    for draw in range(len(joiners)):
        if joiners[draw] != last:
            last = joiners[draw]
            for i in range(len(order)):
                order[i] = i
        place = shuffle(key, place, order)
        rows[draw], place = next_up_to(key, place, n_rows - 1)
        for i in range(len(order)):
            masks[draw, order[i]] = True
            if order[i] == last:
                break
    return place
