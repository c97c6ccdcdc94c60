from __future__ import annotations

import numpy as np

from xaigeo.explainers.shapley.legacy_draws import LegacyDraws


def joining_by_hand(stream, joiners, n_players, n_rows):
    """The draws of shap.SamplingExplainer, joiner by joiner."""
    masks, rows, last = [], [], None
    for joiner in joiners:
        if joiner != last:
            order, last = np.arange(n_players), joiner
        stream.shuffle(order)
        rows.append(stream.randint(n_rows))
        mask = np.zeros(n_players, dtype=bool)
        mask[order[: np.flatnonzero(order == joiner)[0] + 1]] = True
        masks.append(mask)
    return np.array(masks), np.array(rows)


def test_orders_shuffle_the_order_before():
    theirs = np.random.RandomState(1)
    order, expected = np.arange(9), []
    for _ in range(6):
        theirs.shuffle(order)
        expected.append(order.copy())
    np.testing.assert_array_equal(LegacyDraws(np.random.RandomState(1)).orders(9, 6), expected)


def test_subsets_are_the_first_of_new_permutations_and_the_stream_goes_on():
    sizes = np.array([1, 3, 8, 4, 0])
    ours, theirs = np.random.RandomState(2), np.random.RandomState(2)
    masks = LegacyDraws(ours).subsets(sizes, 8)
    for size, mask in zip(sizes, masks, strict=True):
        assert set(np.flatnonzero(mask)) == set(theirs.permutation(8)[:size])
    assert ours.randint(10**6) == theirs.randint(10**6)


def test_joining_draws_are_those_of_shap_however_they_are_cut():
    joiners = np.repeat([4, 0, 2, 5], [7, 3, 1, 4])
    masks, rows = joining_by_hand(np.random.RandomState(3), joiners, 6, 11)
    draws = LegacyDraws(np.random.RandomState(3))
    whole = draws.joining(joiners, 6, 11)
    np.testing.assert_array_equal(whole[0], masks)
    np.testing.assert_array_equal(whole[1], rows)
    draws = LegacyDraws(np.random.RandomState(3))
    parts = [draws.joining(part, 6, 11) for part in np.split(joiners, [2, 8, 12])]
    np.testing.assert_array_equal(np.concatenate([part[0] for part in parts]), masks)
    np.testing.assert_array_equal(np.concatenate([part[1] for part in parts]), rows)


def test_starting_over_forgets_the_joiner_but_not_the_stream():
    joiners = np.array([2, 2, 2])
    stream = np.random.RandomState(4)
    expected = [joining_by_hand(stream, joiners, 5, 3) for _ in range(2)]
    draws = LegacyDraws(np.random.RandomState(4))
    for masks, rows in expected:
        draws.start_over()
        ours = draws.joining(joiners, 5, 3)
        np.testing.assert_array_equal(ours[0], masks)
        np.testing.assert_array_equal(ours[1], rows)


def test_a_copy_is_read_on_its_own():
    draws = LegacyDraws(np.random.RandomState(5))
    draws.joining(np.array([1, 1]), 4, 9)
    other = draws.copy()
    one, two = (d.joining(np.array([1, 3, 3]), 4, 9) for d in (draws, other))
    np.testing.assert_array_equal(one[0], two[0])
    np.testing.assert_array_equal(one[1], two[1])
