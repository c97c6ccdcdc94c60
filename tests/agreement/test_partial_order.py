import itertools

import numpy as np
import pytest

from xaigeo.agreement.partial_order import (
    agreed_signs,
    chain_levels,
    dominance,
    partial_order,
    transitive_part,
    transitive_reduction,
)
from xaigeo.errors import InputError


def is_transitive(before):
    n = len(before)
    triples = itertools.product(range(n), repeat=3)
    return all(before[a, c] for a, b, c in triples if before[a, b] and before[b, c])


def test_one_instance_against_a_loop(build, distinct):
    explanation = build.make_attributions(distinct)
    order = partial_order(explanation, instance=3)
    values = np.abs(distinct[:, 3])
    for j, k in itertools.permutations(range(6), 2):
        assert order.before[j, k] == all(row[j] > row[k] for row in values)
        assert order.support[j, k] == np.mean([row[j] > row[k] for row in values])
    assert is_transitive(order.before)
    assert order.n_withdrawn == 0
    assert order.n_pairs == 15
    assert order.n_ordered == sum(
        order.before[j, k] for j, k in itertools.permutations(range(6), 2)
    )


def test_the_mean_size_over_instances_is_ordered_by_default(build, distinct):
    order = partial_order(build.make_attributions(distinct))
    np.testing.assert_allclose(order.values, np.abs(distinct).mean(axis=1))
    assert order.instance is None
    assert not order.signs.any()


def test_seeds_alike_order_all_and_ties_stay_open(build):
    values = np.tile([5.0, -4.0, 3.0, 3.0, 0.0], (4, 2, 1))
    order = partial_order(build.make_attributions(values))
    assert order.n_ordered == order.n_pairs - 1
    assert not order.before[2, 3]
    assert not order.before[3, 2]
    assert order.levels.tolist() == [0, 1, 2, 2, 3]
    frame = order.to_frame()
    assert frame["feature"].tolist() == ["x0", "x1", "x2", "x3", "x4"]
    assert frame["n_open"].tolist() == [0, 0, 1, 1, 0]
    assert frame["n_before"].tolist() == [0, 1, 2, 2, 4]


def test_reversed_seeds_order_nothing(build):
    values = np.stack([np.tile([1.0, 2.0, 3.0], (2, 1)), np.tile([3.0, 2.0, 1.0], (2, 1))])
    order = partial_order(build.make_attributions(values))
    assert order.n_ordered == 0
    assert order.levels.tolist() == [0, 0, 0]


def test_a_difference_within_the_tolerance_does_not_count(build):
    values = np.tile([1.0, 0.9, 0.2], (3, 1, 1))
    order = partial_order(build.make_attributions(values), tolerance=0.15)
    assert order.n_ordered == 2
    assert not order.before[0, 1]


def test_a_circle_of_majorities_is_withdrawn_and_counted(build):
    # Condorcet: two thirds each say a > b, b > c and c > a.
    values = np.array([[3.0, 2.0, 1.0], [1.0, 3.0, 2.0], [2.0, 1.0, 3.0]])[:, None]
    order = partial_order(build.make_attributions(values), share=0.6)
    assert order.n_ordered == 0
    assert order.n_withdrawn == 3


def test_the_weaker_of_two_clashing_statements_goes():
    support = np.array([[0.0, 0.9, 0.4], [0.1, 0.0, 0.7], [0.6, 0.3, 0.0]])
    kept = transitive_part(support >= 0.7, support)
    assert kept[0, 1]
    assert not kept[1, 2]


def test_a_share_gives_an_order_that_the_share_states(build, rng):
    for _ in range(20):
        values = rng.normal(size=(7, 1, 8)) + np.linspace(2, 0, 8)
        order = partial_order(build.make_attributions(values), share=0.7)
        assert is_transitive(order.before)
        assert (order.support[order.before] >= 0.7 - 1e-9).all()
        assert not (order.before & order.before.T).any()
        whole = partial_order(build.make_attributions(values))
        assert whole.n_withdrawn == 0


def test_the_order_of_the_columns_does_not_matter(build, rng):
    values = rng.normal(size=(6, 1, 7))
    turned = rng.permutation(7)
    one = partial_order(build.make_attributions(values), share=0.6)
    other = partial_order(build.make_attributions(values[..., turned]), share=0.6)
    np.testing.assert_array_equal(one.before[np.ix_(turned, turned)], other.before)


def test_features_without_an_agreed_sign_are_left_out_when_signed(build):
    values = np.array([[5.0, 3.0, 1.0], [5.0, -3.0, 1.0]])[:, None]
    order = partial_order(build.make_attributions(values), instance=0, signed=True)
    assert order.signs.tolist() == [1, 0, 1]
    assert order.before[0, 2]
    assert order.n_ordered == 1
    unsigned = partial_order(build.make_attributions(values), instance=0)
    assert unsigned.n_ordered == 3


def test_reduction_and_levels_against_paths(rng):
    values = rng.normal(size=(3, 9))
    before = dominance(values) >= 1.0
    covers = transitive_reduction(before)
    for j, k in itertools.permutations(range(9), 2):
        between = any(before[j, m] and before[m, k] for m in range(9))
        assert covers[j, k] == (before[j, k] and not between)
    reached = covers.copy()
    for _ in range(9):
        reached |= (reached.astype(int) @ covers.astype(int)) > 0
    np.testing.assert_array_equal(reached, before)
    levels = chain_levels(before)
    assert all(levels[j] < levels[k] for j, k in np.argwhere(before))
    assert all(levels[k] == 0 or (levels[before[:, k]] == levels[k] - 1).any() for k in range(9))


def test_the_top_features_keep_their_order(build, distinct):
    order = partial_order(build.make_attributions(distinct), instance=0)
    top = order.top(3)
    largest = sorted(np.argsort(-np.abs(distinct[:, 0]).mean(axis=0))[:3])
    assert top.features == [f"x{j}" for j in largest]
    np.testing.assert_array_equal(top.before, order.before[np.ix_(largest, largest)])


def test_agreed_signs_have_no_sign_for_zero():
    values = np.array([[1.0, -1.0, 0.0, 1.0], [2.0, -1.0, 1.0, -1.0]])
    assert agreed_signs(values, 1.0).tolist() == [1, -1, 0, 0]


def test_messages(build, distinct):
    explanation = build.make_attributions(distinct)
    anchors = build.make_anchors(np.zeros((5, 7, 6)), np.ones((5, 7, 6)))
    with pytest.raises(InputError, match=r"features can be put in order, got Anchors \(anchors\)"):
        partial_order(anchors)
    with pytest.raises(InputError, match="features can be put in order, got list"):
        partial_order([explanation])
    for share in (0.5, 1.2, "all", True):
        with pytest.raises(InputError, match=r"share to be a number above 0.5 and at most 1, got"):
            partial_order(explanation, share=share)
    with pytest.raises(InputError, match="tolerance to be a number of at least 0"):
        partial_order(explanation, tolerance=-1)
    with pytest.raises(InputError, match=r"with signed=True, got mean sizes over instances"):
        partial_order(explanation, signed=True)
    sizes = build.make_attributions(
        np.abs(distinct), parameters={"absolute": True, "scale": "probability"}
    )
    with pytest.raises(InputError, match=r"with signed=True, got sizes alone"):
        partial_order(sizes, instance=0, signed=True)
    with pytest.raises(InputError, match=r"an instance of the explanation \(0, 1.*got 'x'"):
        partial_order(explanation, instance="x")
    with pytest.raises(InputError, match="at least two seeds"):
        partial_order(build.make_attributions(distinct[:1]))
