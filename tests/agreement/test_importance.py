import numpy as np
import pytest

from xaigeo.agreement.importance import (
    attribution_values,
    first_places,
    importance,
    importance_ranks,
    output_places,
    overall_order,
    rank_likeness,
    shared_top,
)
from xaigeo.errors import InputError


def test_importance_equals_a_loop(tied):
    got = importance(tied)
    for s in range(5):
        for j in range(6):
            assert got[s, j] == pytest.approx(sum(abs(v) for v in tied[s, :, j]) / 7)


def test_ranks_equal_a_loop_with_ties(tied):
    sizes = importance(tied)
    got = importance_ranks(sizes)
    for s in range(5):
        for j in range(6):
            above = sum(other > sizes[s, j] for other in sizes[s])
            equal = sum(other == sizes[s, j] for other in sizes[s])
            assert got[s, j] == above + (equal + 1) / 2
    assert (got.sum(axis=1) == 21).all()


def test_first_places_count_only_a_feature_that_is_first_alone():
    sizes = np.array([[3.0, 1.0, 1.0], [2.0, 2.0, 0.0], [0.0, 1.0, 5.0]])
    assert first_places(sizes).tolist() == [1, 0, 1]


def test_shared_top_equals_a_loop(distinct):
    sizes = importance(distinct)
    for k in range(1, 7):
        tops = [set(np.argsort(-row)[:k].tolist()) for row in sizes]
        assert shared_top(sizes, k) == len(set.intersection(*tops))


def test_shared_top_leaves_out_ties_for_the_last_place_and_zeros():
    assert shared_top(np.array([[2.0, 1.0, 1.0]] * 3), 2) == 1
    assert shared_top(np.array([[2.0, 0.0, 0.0]] * 3), 3) == 1


def test_shared_top_refuses_no_features():
    with pytest.raises(InputError, match="k to be a whole number of at least 1"):
        shared_top(np.ones((2, 3)), 0)


def test_order_by_median_then_mean():
    sizes = np.array([[1.0, 1.0, 5.0], [1.0, 1.0, 6.0], [1.0, 4.0, 7.0]])
    assert overall_order(sizes).tolist() == [2, 1, 0]


def test_likeness_is_one_for_the_same_order_and_defined_for_ties():
    sizes = np.array([[3.0, 2.0, 1.0], [30.0, 2.0, 1.0], [1.0, 2.0, 3.0], [1.0, 1.0, 1.0]])
    got = rank_likeness(sizes)
    assert got[0, 1] == pytest.approx(1)
    assert got[0, 2] == pytest.approx(-1)
    assert got[3].tolist() == [0.0, 0.0, 0.0, 1.0]


def test_values_are_those_of_the_answer_of_most_seeds(build, rng):
    values = rng.normal(size=(3, 4, 5))
    labels = np.array([[0, 1, 1, 0], [0, 1, 0, 0], [1, 1, 0, 0]])
    explanation = build.make_attributions(values, labels=labels)
    assert output_places(explanation).tolist() == [0, 1, 0, 0]
    got = attribution_values(explanation)
    assert np.allclose(got[:, 1], values[:, 1])
    assert np.allclose(got[:, 0], -values[:, 0])  # class 0 mirrors class 1
    assert np.allclose(attribution_values(explanation, "no"), -values)


def test_rounding_is_zero(build):
    values = np.ones((2, 1, 3))
    values[0, 0, 1] = 1e-14
    assert attribution_values(build.make_attributions(values), "yes")[0, 0, 1] == 0


def test_unknown_output(build):
    with pytest.raises(InputError, match=r"an output of the explanation \(no, yes\).*'maybe'"):
        attribution_values(build.make_attributions(np.ones((2, 1, 3))), "maybe")


def test_a_regression_has_its_first_target(build):
    explanation = build.make_attributions(np.ones((2, 3, 4)), task="regression")
    assert output_places(explanation).tolist() == [0, 0, 0]


def test_an_explanation_is_no_array(build, texts, distinct, rng):
    mask = texts.ragged_mask([3, 4], 4)
    tokens = texts.make_tokens(build, texts.some_values(rng, 3, mask), mask)
    for given in (build.make_attributions(distinct), tokens):
        name = type(given).__name__
        with pytest.raises(
            InputError, match=rf"n_instances, n_features\), got {name}\. Pass those"
        ):
            importance(given)
        with pytest.raises(InputError, match=rf"array of sizes, .*, got {name}\. Pass what"):
            importance_ranks(given)
    with pytest.raises(InputError, match=r"got an array of shape \(5, 6\)"):
        importance(distinct[:, 0])
