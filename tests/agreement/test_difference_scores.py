import numpy as np
import pytest

from xaigeo.agreement.difference_scores import comparable_score, difference_scores
from xaigeo.ensemble.evaluation import Evaluation
from xaigeo.errors import InputError


def made(prediction, labels, task="classification"):
    return Evaluation(
        name="test",
        seeds=np.arange(len(prediction)),
        classes=tuple("abc"[: prediction.shape[-1]]),
        task=task,
        rows=np.zeros((len(labels), 1)),
        labels=np.asarray(labels),
        prediction=prediction,
    )


def test_two_classes_have_one_gap_between_logits(rng):
    logits = rng.normal(size=(3, 20, 2))
    grown = np.exp(logits)
    scores = difference_scores(made(grown / grown.sum(-1, keepdims=True), np.zeros(20, int)))
    assert scores.compared == ("b",)
    np.testing.assert_allclose(scores.values[0], logits[..., 1] - logits[..., 0], atol=1e-8)


def test_more_classes_have_each_its_odds_against_all_others(rng):
    prediction = rng.dirichlet([1, 1, 1], size=(2, 30))
    scores = difference_scores(made(prediction, rng.integers(0, 3, 30)))
    assert scores.compared == ("a", "b", "c")
    for c in range(3):
        p = prediction[..., c]
        np.testing.assert_allclose(scores.values[c], np.log(p / (1 - p)), atol=1e-8)


def test_the_true_class_is_that_of_each_row(rng):
    prediction, truth = rng.dirichlet([1, 1, 1], size=(2, 30)), rng.integers(0, 3, 30)
    scores = difference_scores(made(prediction, truth), "true_class")
    for s in range(2):
        for i in range(30):
            p = prediction[s, i, truth[i]]
            assert scores.values[0, s, i] == pytest.approx(np.log(p / (1 - p)), abs=1e-8)


def test_the_mean_of_some_is_that_of_their_logits(rng):
    logits = rng.normal(size=(4, 10, 3))
    grown = np.exp(logits)
    scores = difference_scores(made(grown / grown.sum(-1, keepdims=True), np.zeros(10, int)))
    mean = np.exp(logits[[0, 2]].mean(axis=0))
    for c in range(3):
        expected = np.log(mean[:, c] / np.delete(mean, c, axis=1).sum(axis=1))
        np.testing.assert_allclose(scores.of_mean(np.array([0, 2]))[c], expected, atol=1e-8)


def test_probabilities_of_none_are_clipped_and_counted():
    prediction = np.tile([[0.0, 1.0], [0.5, 0.5]], (3, 1, 1))
    scores = difference_scores(made(prediction, [0, 1]))
    assert scores.n_clipped == 3
    np.testing.assert_allclose(scores.values[0], [[12 * np.log(10), 0.0]] * 3)


def test_numbers_that_differ_in_their_last_bits_tie():
    values = np.array([0.1 + 0.2, 0.3, 0.1 * 3])[:, None, None] * np.ones((3, 4, 1))
    scores = difference_scores(made(values, np.zeros(4), "regression"))
    assert len(np.unique(scores.values)) == 1
    assert (scores.score, scores.compared) == ("prediction", ("a",))


def test_other_scores_are_refused(rng):
    given = made(rng.dirichlet([1, 1], size=(2, 5)), [0, 1, 0, 1, 0])
    with pytest.raises(InputError, match="score to be one of 'logit_gap', 'true_class', got 'p'"):
        difference_scores(given, "p")


def test_several_classes_are_compared_by_one_number_a_row(rng):
    truth = rng.integers(0, 2, 30)
    assert comparable_score(made(rng.dirichlet([1, 1], size=(2, 30)), truth)) == "logit_gap"
    assert comparable_score(made(rng.dirichlet([1, 1, 1], size=(2, 30)), truth)) == "true_class"
    targets = made(rng.normal(size=(2, 30, 3)), rng.normal(size=(30, 3)), task="regression")
    assert comparable_score(targets) == "logit_gap"
