import numpy as np
import pytest

from xaigeo.geometry.prediction import verdict


def one_hot(votes):
    return np.eye(3)[np.array(votes)]


def test_most_votes_decide_and_equal_ties_go_to_the_first():
    said = verdict(one_hot([[0, 2], [1, 2], [1, 0], [1, 0]]), ["a", "b", "c"], "classification")
    assert said.predicted.tolist() == ["b", "a"]
    assert said.agreement.tolist() == [0.75, 0.5]
    assert said.flip_rate.tolist() == [0.25, 0.5]
    assert said.classes.tolist() == ["b 3, a 1", "a 2, c 2"]


def test_a_tie_goes_to_the_larger_mean_output():
    prediction = np.array([[[0.6, 0.4]], [[0.1, 0.9]]])
    assert verdict(prediction, ["a", "b"], "classification").predicted.tolist() == ["b"]


def test_votes_equal_a_loop():
    prediction = np.random.default_rng(0).random((7, 11, 3))
    said = verdict(prediction, ["a", "b", "c"], "classification")
    for r in range(11):
        votes = [["a", "b", "c"][int(np.argmax(prediction[s, r]))] for s in range(7)]
        top = max(votes.count(name) for name in "abc")
        assert votes.count(said.predicted[r]) == top
        assert said.agreement[r] == pytest.approx(top / 7)


def test_a_regression_has_a_mean_and_no_votes():
    said = verdict(np.array([[[1.0], [4.0]], [[2.0], [4.0]]]), ["mass"], "regression")
    assert said.predicted.tolist() == [1.5, 4.0]
    assert np.isnan(said.agreement).all()
    assert np.isnan(said.flip_rate).all()
    assert said.classes.tolist() == ["1 to 2", "4 to 4"]
