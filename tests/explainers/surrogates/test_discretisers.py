from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lime.discretize import DecileDiscretizer, EntropyDiscretizer, QuartileDiscretizer

from xaigeo.errors import InputError
from xaigeo.explainers.surrogates.discretisers import Bins, background_labels, bin_columns

THEIRS = {
    "quartile": QuartileDiscretizer,
    "decile": DecileDiscretizer,
    "entropy": EntropyDiscretizer,
}


def columns(seed=0, n=200):
    """Return columns that are smooth, skewed, whole numbers, mostly one value, and a category."""
    random = np.random.default_rng(seed)
    rows = np.column_stack(
        [
            random.normal(50, 5, n),
            random.lognormal(0, 2, n),
            random.integers(0, 5, n),
            np.where(random.random(n) < 0.8, 0.0, random.random(n)),
            random.integers(0, 3, n),
        ]
    )
    return rows.astype(float), np.array([False] * 4 + [True])


@pytest.mark.parametrize("kind", THEIRS)
def test_bins_and_the_values_drawn_in_them_are_those_of_lime(kind):
    rows, discrete = columns()
    labels = (rows[:, 0] > 52).astype(int) + (rows[:, 1] > 1)
    theirs = THEIRS[kind](rows, [4], list("abcde"), labels=labels, random_state=0)
    ours = bin_columns(rows, discrete, kind, labels)
    assert list(ours) == [0, 1, 2, 3]
    theirs.random_state, stream = np.random.RandomState(7), np.random.RandomState(7)
    for j, bins in ours.items():
        np.testing.assert_array_equal(bins.place(rows[:, j]), theirs.lambdas[j](rows[:, j]))
        np.testing.assert_allclose(bins.location, theirs.means[j])
        np.testing.assert_allclose(bins.scale, theirs.stds[j])
        places = np.random.default_rng(j).choice(bins.codes, 300)
        places = places[(bins.low != bins.high)[places]]
        expected = theirs.get_undiscretize_values(j, places)
        np.testing.assert_allclose(bins.draw(places, stream), expected, rtol=1e-9, atol=1e-12)


def test_bin_of_one_value_gives_that_value_where_lime_gives_zero():
    values = np.array([3.0] * 30 + [4.0, 5.0, 6.0, 7.0])
    bins = Bins.from_column(values, np.percentile(values, [25, 50, 75]))
    np.testing.assert_array_equal(bins.edges, [3.0])
    stream = np.random.RandomState(0)
    drawn = bins.draw(np.array([0, 1, 0, 1, 1]), stream)
    np.testing.assert_array_equal(drawn[[0, 2]], 3.0)
    assert ((drawn[[1, 3, 4]] > 3) & (drawn[[1, 3, 4]] <= 7)).all()
    assert stream.random_sample() == np.random.RandomState(0).random_sample(4)[3]
    theirs = QuartileDiscretizer(values[:, None], [], ["a"], random_state=0)
    assert theirs.get_undiscretize_values(0, np.array([0]))[0] == 0.0


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=40), st.sampled_from(["quartile", "decile"])
)
def test_values_stay_in_their_bins(values, kind):
    values = np.array(values)
    bins = bin_columns(values[:, None], np.array([False]), kind)[0]
    places = np.repeat(bins.codes, 20)
    drawn = bins.draw(places, np.random.RandomState(0))
    slack = 1e-9 * (1 + np.abs(values).max())
    assert (drawn >= bins.low[places] - slack).all()
    assert (drawn <= bins.high[places] + slack).all()


def test_bounds_are_the_edges_around_a_value():
    bins = Bins.from_column(np.arange(10.0), np.array([3.0, 6.0]))
    lower, upper = bins.bounds(np.array([-5.0, 3.0, 3.1, 6.0, 99.0]))
    np.testing.assert_array_equal(lower, [-np.inf, -np.inf, 3.0, 3.0, 6.0])
    np.testing.assert_array_equal(upper, [3.0, 3.0, 6.0, 6.0, np.inf])


def test_column_that_tells_nothing_is_cut_at_its_median():
    values = np.arange(11.0)[:, None]
    bins = bin_columns(values, np.array([False]), "entropy", np.zeros(11, dtype=int))
    np.testing.assert_array_equal(bins[0].edges, [5.0])


def test_labels_are_the_class_that_most_seeds_predict():
    votes = np.array([[0, 1, 2], [0, 1, 1], [1, 1, 0]])
    np.testing.assert_array_equal(
        background_labels(None, np.eye(3)[votes], "classification"),
        [0, 1, 0],  # three classes with a vote each: the first
    )
    assert background_labels(("a", "b", "a"), np.eye(3)[votes], "regression").tolist() == [
        "a",
        "b",
        "a",
    ]


def test_labels_of_another_number_raise():
    with pytest.raises(InputError, match="labels for 4 background rows, got 3 labels"):
        background_labels((0, 1, 0), np.zeros((2, 4, 2)), "classification")


def test_regression_has_no_labels_of_its_own():
    with pytest.raises(InputError, match=r"got a regression ensemble without labels.*quartile"):
        background_labels(None, np.zeros((2, 4, 1)), "regression")
