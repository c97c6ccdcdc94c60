"""Compiled loops over mixed rows: a first layer read from tables instead of multiplied out.

A mixed row holds the instance's values in a mask's features and a background row's elsewhere.
Its first layer before the activation is that of the background row plus one vector for each
masked feature. Features are taken in groups of up to six: a table holds the sums of every
subset of a group, so a mask costs one addition a group instead of one product a feature (the
method of four Russians). A mask and its complement add up to a constant, so one sum serves both.

Background rows lie in the lanes, a tile of them at a time. The arrays of all loops:

- `weights` (n_units, n_inputs), `bias` (n_units,): the first layer; n_units is even.
- `other`, `delta` (n_tiles, n_inputs, n_lanes): background rows, and instance less background.
- `plan` (n_features, 3): for each feature its first input, the one after its last, and the
  place in its stage's table where its subsets start.
- `stages` (n_stages + 1,): the features of each stage, up to ten groups.
- `words` (n_pairs, n_stages): a mask of each pair, six bits a group.
- `rows` (n_pairs, 2): where the mask's and its complement's numbers go, or -1.
- `table`, `partial`, `ends`, `sums`: scratch.

The module needs numba; `mixtures` loads it.
"""

# numba's own types know neither intrinsics, which get one argument fewer than they declare, nor
# what a compiled function returns.
# mypy: ignore-errors

from __future__ import annotations

import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numba
from numba.core import types
from numba.extending import intrinsic, register_jitable

from xaigeo.ensemble import lanes
from xaigeo.ensemble.lanes import (
    dot,
    exp,
    larger,
    load,
    same,
    sigmoid,
    spread,
    store,
    where_negative,
)

# A group of features and the rows of its table; ten groups of six bits make a word.
GROUP_BITS = 6
GROUP_ROWS = 1 << GROUP_BITS
STAGE_GROUPS = 10
# Hidden units at a time: one read and write of an output's sum serves both.
UNITS = 2

ACTIVATIONS = ("ReLU", "LeakyReLU", "ELU", "Tanh", "Sigmoid", "SiLU")
RELU, LEAKY_RELU, ELU, TANH, SIGMOID, SILU = range(6)
HEADS = ("identity", "sigmoid", "softmax")
IDENTITY, SIGMOID_HEAD, SOFTMAX = range(3)

# numba sees that a file has changed, but not the files that it imports: this number is among
# the kernels' constants, which are part of the key in its cache.
EDITION = zlib.crc32(Path(lanes.__file__).read_bytes())


@register_jitable
def _activate(kind: int, x: Any, slope: Any) -> Any:
    if kind == RELU:
        return where_negative(x, same(x, 0), x)
    if kind == LEAKY_RELU:
        return where_negative(x, slope * x, x)
    if kind == ELU:
        return where_negative(x, slope * (exp(x) - same(x, 1)), x)
    if kind == TANH:
        half = sigmoid(x + x)
        return half + half - same(x, 1)
    if kind == SIGMOID:
        return sigmoid(x)
    return x * sigmoid(x)


@register_jitable
def _start(weights: Any, bias: Any, other: Any, tile: int, unit: int, ends: Any) -> None:
    """Write two units' sums for the empty mask to `ends`, and twice as much behind."""
    n_inputs = weights.shape[1]
    for e in range(UNITS):
        total = spread(bias[unit + e])
        for i in range(n_inputs):
            total = total + spread(weights[unit + e, i]) * load(other, tile * n_inputs + i)
        store(ends, e, total)
        store(ends, UNITS + e, total + total)


@register_jitable
def _fill(
    weights: Any, delta: Any, plan: Any, stages: Any, stage: int, n_groups: int, tile: int,
    unit: int, ends: Any, table: Any,
) -> None:  # fmt: skip
    """Write two units' sums of all subsets of a stage, and add its features behind in `ends`.

    What then stands there is the sum of the empty and the full mask: that of any mask and its
    complement.
    """
    n_inputs = weights.shape[1]
    empty_a, empty_b = load(ends, 0), load(ends, 1)
    both_a, both_b = load(ends, UNITS), load(ends, UNITS + 1)
    nought = same(empty_a, 0)
    for group in range(n_groups):
        begins = stage == 0 and group == 0
        store(table, group * GROUP_ROWS * UNITS, empty_a if begins else nought)
        store(table, group * GROUP_ROWS * UNITS + 1, empty_b if begins else nought)
    for f in range(stages[stage], stages[stage + 1]):
        step_a, step_b = nought, nought
        for i in range(plan[f, 0], plan[f, 1]):
            moved = load(delta, tile * n_inputs + i)
            step_a = step_a + spread(weights[unit, i]) * moved
            step_b = step_b + spread(weights[unit + 1, i]) * moved
        both_a, both_b = both_a + step_a, both_b + step_b
        n_rows = plan[f, 2] % GROUP_ROWS
        place, without = plan[f, 2] * UNITS, (plan[f, 2] - n_rows) * UNITS
        for row in range(0, n_rows * UNITS, UNITS):
            store(table, place + row, load(table, without + row) + step_a)
            store(table, place + row + 1, load(table, without + row + 1) + step_b)
    store(ends, UNITS, both_a)
    store(ends, UNITS + 1, both_b)


@intrinsic(prefer_literal=True)
def _look_up(typing: Any, table: Any, word: Any, unit: Any, n_groups: Any) -> Any:
    """Return a word's sum for one of two units: its row of every group's table."""
    kind = lanes.Lanes(table.dtype)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        # Written out: as a loop, its index arithmetic took as long as the sums.
        def number(value: int) -> Any:
            return context.get_constant(types.intp, value)

        total = None
        for group in range(n_groups.literal_value):
            bits = builder.lshr(args[1], number(group * GROUP_BITS))
            row = builder.and_(bits, number(GROUP_ROWS - 1))
            place = builder.mul(row, number(UNITS))
            place = builder.add(place, number(group * GROUP_ROWS * UNITS + unit.literal_value))
            value = lanes.read(context, builder, table, args[0], place)
            total = value if total is None else builder.fadd(total, value)
        return total

    return kind(table, types.intp, unit, n_groups), generate


@register_jitable
def _earlier_stages(
    weights: Any, delta: Any, plan: Any, stages: Any, words: Any, tile: int, unit: int,
    ends: Any, table: Any, partial: Any,
) -> None:  # fmt: skip
    """Write two units' sums over all stages but the last to `partial`."""
    for stage in range(len(stages) - 2):
        _fill(weights, delta, plan, stages, stage, STAGE_GROUPS, tile, unit, ends, table)
        for u in range(len(words)):
            a = _look_up(table, words[u, stage], 0, STAGE_GROUPS)
            b = _look_up(table, words[u, stage], 1, STAGE_GROUPS)
            if stage:
                a, b = a + load(partial, u * UNITS), b + load(partial, u * UNITS + 1)
            store(partial, u * UNITS, a)
            store(partial, u * UNITS + 1, b)


@register_jitable
def _weigh(
    second: Any, unit: int, n_outputs: int, p: Any, q: Any, a: Any, b: Any, sums: Any, row: int
) -> None:
    """Add two units' part of a row's outputs; p and q are the weights of the first output."""
    place = row * n_outputs
    store(sums, place, load(sums, place) + a * p + b * q)
    for o in range(1, n_outputs):
        part = a * spread(second[o, unit]) + b * spread(second[o, unit + 1])
        store(sums, place + o, load(sums, place + o) + part)


@register_jitable
def _finish(head: int, n_outputs: int, tile: int, sums: Any, shares: Any, means: Any) -> None:
    """Add the tile's outputs, (n_rows, n_outputs), to their sums in float64."""
    flat = means.reshape(-1)
    for row in range(len(means)):
        place = row * n_outputs
        if head == SOFTMAX:
            top = load(sums, place)
            for o in range(1, n_outputs):
                top = larger(top, load(sums, place + o))
            total = same(top, 0)
            for o in range(n_outputs):
                weight = exp(load(sums, place + o) - top)
                total = total + weight
                store(sums, place + o, weight)
            for o in range(n_outputs):
                flat[place + o] += dot(load(sums, place + o) / total, shares, tile)
        else:
            for o in range(n_outputs):
                value = load(sums, place + o)
                if head == SIGMOID_HEAD:
                    value = sigmoid(value)
                flat[place + o] += dot(value, shares, tile)


@cache
def means_kernel(
    n_groups: int, staged: bool, n_outputs: int, activation: int, head: int
) -> Callable[..., None]:
    """Return the loop over networks of one hidden layer; nothing of it is held in memory.

    Parameters
    ----------
    n_groups : int
        Groups of the last stage.
    staged : bool
        Whether there are stages before it.
    n_outputs : int
    activation, head : int
        Places in `ACTIVATIONS` and `HEADS`.
    """
    edition = EDITION

    def add_means(
        weights: Any, bias: Any, slope: Any, second: Any, second_bias: Any, other: Any,
        delta: Any, plan: Any, stages: Any, words: Any, rows: Any, shares: Any, ends: Any,
        table: Any, partial: Any, sums: Any, means: Any,
    ) -> int:  # fmt: skip
        """Add the sums of outputs over all tiles to `means`, (n_rows, n_outputs)."""
        last = len(stages) - 2
        for tile in range(len(other)):
            for row in range(len(means)):
                for o in range(n_outputs):
                    store(sums, row * n_outputs + o, spread(second_bias[o]))
            for unit in range(0, len(weights), UNITS):
                _start(weights, bias, other, tile, unit, ends)
                if staged:
                    _earlier_stages(
                        weights, delta, plan, stages, words, tile, unit, ends, table, partial
                    )
                _fill(weights, delta, plan, stages, last, n_groups, tile, unit, ends, table)
                both_a, both_b = load(ends, UNITS), load(ends, UNITS + 1)
                p, q, bend = spread(second[0, unit]), spread(second[0, unit + 1]), spread(slope)
                for u in range(len(words)):
                    a = _look_up(table, words[u, last], 0, n_groups)
                    b = _look_up(table, words[u, last], 1, n_groups)
                    if staged:
                        a, b = a + load(partial, u * UNITS), b + load(partial, u * UNITS + 1)
                    if rows[u, 0] >= 0:
                        c, d = _activate(activation, a, bend), _activate(activation, b, bend)
                        _weigh(second, unit, n_outputs, p, q, c, d, sums, rows[u, 0])
                    if rows[u, 1] >= 0:
                        c = _activate(activation, both_a - a, bend)
                        d = _activate(activation, both_b - b, bend)
                        _weigh(second, unit, n_outputs, p, q, c, d, sums, rows[u, 1])
            _finish(head, n_outputs, tile, sums, shares, means)
        return edition

    return _compiled(add_means)


@cache
def first_layer_kernel(n_groups: int, staged: bool) -> Callable[..., None]:
    """Return the loop that writes the first layer before its activation, for any network.

    See `means_kernel` for the parameters.
    """
    edition = EDITION

    def write_first_layer(
        weights: Any, bias: Any, other: Any, delta: Any, plan: Any, stages: Any, words: Any,
        rows: Any, tile: int, ends: Any, table: Any, partial: Any, units: Any,
    ) -> int:  # fmt: skip
        """Write a tile's units to `units`, (n_units, n_rows, n_lanes)."""
        last = len(stages) - 2
        for unit in range(0, len(weights), UNITS):
            _start(weights, bias, other, tile, unit, ends)
            if staged:
                _earlier_stages(
                    weights, delta, plan, stages, words, tile, unit, ends, table, partial
                )  # fmt: skip
            _fill(weights, delta, plan, stages, last, n_groups, tile, unit, ends, table)
            both_a, both_b = load(ends, UNITS), load(ends, UNITS + 1)
            front, behind = unit * units.shape[1], (unit + 1) * units.shape[1]
            for u in range(len(words)):
                a = _look_up(table, words[u, last], 0, n_groups)
                b = _look_up(table, words[u, last], 1, n_groups)
                if staged:
                    a, b = a + load(partial, u * UNITS), b + load(partial, u * UNITS + 1)
                if rows[u, 0] >= 0:
                    store(units, front + rows[u, 0], a)
                    store(units, behind + rows[u, 0], b)
                if rows[u, 1] >= 0:
                    store(units, front + rows[u, 1], both_a - a)
                    store(units, behind + rows[u, 1], both_b - b)
        return edition

    return _compiled(write_first_layer)


def _compiled(function: Callable[..., Any]) -> Callable[..., None]:
    options = {"nogil": True, "error_model": "numpy"}
    try:
        compiled: Callable[..., None] = numba.njit(function, cache=True, **options)
    except RuntimeError:  # no folder for the cache can be written
        compiled = numba.njit(function, **options)
    return compiled
