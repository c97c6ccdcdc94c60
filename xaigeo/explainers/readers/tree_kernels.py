"""Shapley values of trees, leaf by leaf for many rows at once, compiled by numba.

A leaf's path puts one condition on each of its *players* (columns, or single inputs of the
model). Which of them a row fails is one integer, a bit a player, that is worked out for all
rows together on the way down. What the leaf contributes to a row's Shapley values is then a
formula of these bits alone.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

# Bits of the integer that says which players of a leaf's path a row fails.
MOST_PLAYERS = 62


class Nodes(NamedTuple):
    """The arrays of a `Forest` that the kernels read."""

    left: np.ndarray
    right: np.ndarray
    feature: np.ndarray
    threshold: np.ndarray
    value: np.ndarray
    cover: np.ndarray
    category_set: np.ndarray
    goes_left: np.ndarray
    roots: np.ndarray


@njit(cache=True)
def leaf_sums(nodes, inputs):  # type: ignore[no-untyped-def]
    """Return the sums of the leaves that rows fall into, shape (n_rows, n_outputs).

    `inputs` has shape (n_inputs, n_rows).
    """
    n_outputs = nodes.value.shape[1]
    total = np.zeros((inputs.shape[1], n_outputs))
    for row in range(inputs.shape[1]):
        for root in nodes.roots:
            node = root
            while nodes.left[node] >= 0:
                goes = _goes_left(nodes, node, inputs[nodes.feature[node], row])
                node = nodes.left[node] if goes else nodes.right[node]
            for k in range(n_outputs):
                total[row, k] += nodes.value[node, k]
    return total


@njit(cache=True)
def deepest_path(nodes, owners):  # type: ignore[no-untyped-def]
    """Return the depth of the deepest leaf and the most different players on one path."""
    n_nodes = len(nodes.left)
    depth = np.zeros(n_nodes, np.int64)
    parent = np.full(n_nodes, -1, np.int64)
    seen = np.full(owners.max() + 1, -1, np.int64)
    deepest, most = 0, 0
    stack = np.empty(n_nodes + 1, np.int64)
    for root in nodes.roots:
        stack[0] = root
        size = 1
        while size:
            size -= 1
            node = stack[size]
            if nodes.left[node] >= 0:
                for child in (nodes.left[node], nodes.right[node]):
                    parent[child] = node
                    depth[child] = depth[node] + 1
                    stack[size] = child
                    size += 1
                continue
            n_players = 0
            above = parent[node]
            while above >= 0:
                player = owners[nodes.feature[above]]
                if seen[player] != node:
                    seen[player] = node
                    n_players += 1
                above = parent[above]
            deepest, most = max(deepest, depth[node]), max(most, n_players)
    return deepest, most


@njit(cache=True)
def interventional(nodes, owners, rows, references, weights, depth):  # type: ignore[no-untyped-def]
    """Return Shapley values against reference rows, shape (n_rows, n_players, n_outputs).

    `rows` and `references` are inputs, (n_inputs, n_rows) and (n_inputs, n_references);
    `weights` (n_rows, n_references) weighs each pair; `depth` is that of the deepest leaf.

    Where the reference fails a players of a leaf and the row b others, the leaf's value v is
    reached with the reference's players taken from the row and the row's from the reference:
    each of the first gets v (a - 1)! b! / (a + b)!, each of the second loses
    v a! (b - 1)! / (a + b)!. Where both fail one player, no mixture reaches the leaf.
    """
    n_rows, n_references = rows.shape[1], references.shape[1]
    n_outputs = nodes.value.shape[1]
    phi = np.zeros((n_rows, owners.max() + 1, n_outputs))
    gain, loss = _pair_weights(depth + 1)
    own = np.zeros((depth + 1, n_rows), np.int64)
    other = np.zeros((depth + 1, n_references), np.int64)
    path = np.zeros((depth + 1, depth + 1), np.int64)
    length = np.zeros(depth + 1, np.int64)
    # Rows that fail the same players of a leaf are one, where all pairs weigh alike.
    alike = bool((weights == weights[0, 0]).all())
    mine, theirs = np.zeros(n_rows, np.int64), np.zeros(n_references, np.int64)
    place, group = np.zeros(n_rows, np.int64), np.zeros(n_references, np.int64)
    n_failed, counted = np.zeros(n_references, np.int64), np.zeros(n_references)
    amounts = np.zeros((n_rows, depth + 1))
    stack = np.empty((2 * depth + 3, 3), np.int64)
    for root in nodes.roots:
        stack[0, 0], stack[0, 1], stack[0, 2] = root, 0, -1
        size = 1
        while size:
            size -= 1
            node, level, above = stack[size, 0], stack[size, 1], stack[size, 2]
            if above >= 0:
                bit = _extend_path(path, length, level, owners[nodes.feature[above]])
                left = node == nodes.left[above]
                _note_failures(nodes, above, left, bit, rows, own, level)
                _note_failures(nodes, above, left, bit, references, other, level)
            if nodes.left[node] >= 0:
                size = _push_children(nodes, node, level, stack, size)
                continue
            n = length[level]
            n_mine = _distinct(own[level], alike, mine, place)
            n_theirs = _distinct(other[level], alike, theirs, group)
            counted[:n_theirs] = 0.0
            for z in range(n_references):
                counted[group[z]] += weights[0, z]
            for u in range(n_theirs):
                n_failed[u] = _count(theirs[u])
            for u in range(n_mine):
                b = _count(mine[u])
                amounts[u, :n] = 0.0
                lost = 0.0
                for v in range(n_theirs):
                    failed = theirs[v]
                    if mine[u] & failed:
                        continue
                    a = n_failed[v]
                    weight = counted[v] if alike else weights[u, v]
                    lost += weight * loss[a, b]
                    plus = weight * gain[a, b]
                    p = 0
                    while failed:
                        if failed & 1:
                            amounts[u, p] += plus
                        failed >>= 1
                        p += 1
                for p in range(n):
                    if (mine[u] >> p) & 1:
                        amounts[u, p] = -lost
            for x in range(n_rows):
                for p in range(n):
                    share = amounts[place[x], p]
                    if share != 0.0:
                        for k in range(n_outputs):
                            phi[x, path[level, p], k] += share * nodes.value[node, k]
    return phi


@njit(cache=True)
def path_dependent(nodes, owners, rows, points, point_weights, depth):  # type: ignore[no-untyped-def]
    """Return path-dependent Shapley values, and the mean output (n_outputs,).

    A leaf's worth for a set of players is its value v if the row satisfies them all, times the
    shares r of training rows that went the leaf's way at the splits of the other players. With
    o = 1 where the row satisfies and else 0, player i's Shapley value is v (o_i - r_i) times the
    integral over t from 0 to 1 of the product over the other players p of r_p (1 - t) + o_p t.
    Gauss and Legendre's rule is exact for this polynomial with half as many points as players:
    row m of `points` and `point_weights` holds the rule of m points on the unit interval.
    """
    n_rows, n_outputs = rows.shape[1], nodes.value.shape[1]
    phi = np.zeros((n_rows, owners.max() + 1, n_outputs))
    mean = np.zeros(n_outputs)
    own = np.zeros((depth + 1, n_rows), np.int64)
    path = np.zeros((depth + 1, depth + 1), np.int64)
    shares = np.ones((depth + 1, depth + 1))
    length = np.zeros(depth + 1, np.int64)
    amount = np.zeros(depth + 1)
    stack = np.empty((2 * depth + 3, 3), np.int64)
    for root in nodes.roots:
        stack[0, 0], stack[0, 1], stack[0, 2] = root, 0, -1
        size = 1
        while size:
            size -= 1
            node, level, above = stack[size, 0], stack[size, 1], stack[size, 2]
            if above >= 0:
                before = length[level - 1]
                bit = _extend_path(path, length, level, owners[nodes.feature[above]])
                shares[level, :before] = shares[level - 1, :before]
                if bit == before:
                    shares[level, bit] = 1.0
                both = nodes.cover[nodes.left[above]] + nodes.cover[nodes.right[above]]
                shares[level, bit] *= nodes.cover[node] / both if both > 0 else 0.5
                left = node == nodes.left[above]
                _note_failures(nodes, above, left, bit, rows, own, level)
            if nodes.left[node] >= 0:
                size = _push_children(nodes, node, level, stack, size)
                continue
            n = length[level]
            reach = shares[level, :n].prod()
            for k in range(n_outputs):
                mean[k] += reach * nodes.value[node, k]
            known = np.int64(-1)
            for x in range(n_rows):
                if own[level, x] != known:  # neighbouring rows often fail the same players
                    known = own[level, x]
                    m = (n + 1) // 2
                    _integrate(known, shares[level, :n], points[m], point_weights[m], m, amount)
                for p in range(n):
                    for k in range(n_outputs):
                        phi[x, path[level, p], k] += amount[p] * nodes.value[node, k]
    return phi, mean


@njit(cache=True)
def _integrate(failed, shares, points, weights, n_points, amount):  # type: ignore[no-untyped-def]
    """Write each player's share of a leaf's value into `amount`; see `path_dependent`."""
    n = len(shares)
    amount[:n] = 0.0
    for q in range(n_points):
        t = points[q]
        product, n_zero = 1.0, 0
        for p in range(n):
            factor = shares[p] * (1.0 - t) + (0.0 if (failed >> p) & 1 else t)
            if factor > 0:
                product *= factor
            else:
                n_zero += 1
        for p in range(n):
            factor = shares[p] * (1.0 - t) + (0.0 if (failed >> p) & 1 else t)
            if n_zero == 0:
                amount[p] += weights[q] * product / factor
            elif n_zero == 1 and factor == 0:
                amount[p] += weights[q] * product
    for p in range(n):
        amount[p] *= (0.0 if (failed >> p) & 1 else 1.0) - shares[p]


@njit(cache=True)
def _goes_left(nodes, node, x):  # type: ignore[no-untyped-def]
    kind = nodes.category_set[node]
    if kind < 0:
        return x <= nodes.threshold[node]
    code = int(x)
    return 0 <= code < nodes.goes_left.shape[1] and nodes.goes_left[kind, code]


@njit(cache=True)
def _push_children(nodes, node, level, stack, size):  # type: ignore[no-untyped-def]
    for child in (nodes.right[node], nodes.left[node]):
        stack[size, 0], stack[size, 1], stack[size, 2] = child, level + 1, node
        size += 1
    return size


@njit(cache=True)
def _extend_path(path, length, level, player):  # type: ignore[no-untyped-def]
    """Copy the players of the level above, add one if it is new, and return its place."""
    n = length[level - 1]
    place = n
    for p in range(n):
        path[level, p] = path[level - 1, p]
        if path[level, p] == player:
            place = p
    if place == n:
        path[level, n] = player
        n += 1
    length[level] = n
    return place


@njit(cache=True)
def _note_failures(nodes, node, left, bit, inputs, failed, level):  # type: ignore[no-untyped-def]
    """Set the bit of a split's player in all rows that do not go to this child."""
    mark = np.int64(1) << bit
    x = inputs[nodes.feature[node]]
    if nodes.category_set[node] < 0:
        threshold = nodes.threshold[node]
        for row in range(len(x)):
            failed[level, row] = failed[level - 1, row] | (
                0 if (x[row] <= threshold) == left else mark
            )
        return
    for row in range(len(x)):
        failed[level, row] = failed[level - 1, row] | (
            0 if _goes_left(nodes, node, x[row]) == left else mark
        )


@njit(cache=True)
def _distinct(bits, joined, found, place):  # type: ignore[no-untyped-def]
    """Write the different patterns of rows and each row's place among them; return how many.

    Where rows are not to be joined each is a pattern of its own.
    """
    n_found = 0
    for row in range(len(bits)):
        at = n_found
        if joined:
            for u in range(n_found):
                if found[u] == bits[row]:
                    at = u
                    break
        if at == n_found:
            found[at] = bits[row]
            n_found += 1
        place[row] = at
    return n_found


@njit(cache=True)
def _count(bits):  # type: ignore[no-untyped-def]
    count = 0
    while bits:
        bits &= bits - 1
        count += 1
    return count


@njit(cache=True)
def _pair_weights(size):  # type: ignore[no-untyped-def]
    """Return (a - 1)! b! / (a + b)! and a! (b - 1)! / (a + b)! for all a and b below `size`."""
    gain, loss = np.zeros((size, size)), np.zeros((size, size))
    for a in range(size):
        for b in range(size):
            if a:
                gain[a, b] = 1.0 / ((a + b) * _choose(a + b - 1, b))
            if b:
                loss[a, b] = 1.0 / ((a + b) * _choose(a + b - 1, a))
    return gain, loss


@njit(cache=True)
def _choose(n, k):  # type: ignore[no-untyped-def]
    value = 1.0
    for i in range(1, k + 1):
        value *= (n - k + i) / i
    return value
