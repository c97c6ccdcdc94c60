from __future__ import annotations

import re

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from tests.text_models import TEXTS, linear_text_ensemble
from xaigeo.errors import InputError
from xaigeo.explainers import explain
from xaigeo.explainers.texts.lime import TextLimeExplainer
from xaigeo.explainers.texts.removal.hidden_words import WordGroups, draw_neighbourhood


@pytest.fixture(scope="module")
def pooled():
    return linear_text_ensemble(pooled=True, marked=True, n_outputs=3)


def naive_fit(ensemble, row, places, seed):
    """Return lime's fit of a drawn neighbourhood, row by row, as its paper has it."""
    stream = np.random.RandomState(seed)
    n = len(places)
    kept = np.ones((300, n))
    sizes = stream.randint(1, n + 1, 299)
    for draw, size in enumerate(sizes, start=1):
        kept[draw, stream.choice(n, size, replace=False)] = 0
    rows = np.repeat(row[None], 300, axis=0)
    rows[:, places] = np.where(kept > 0, row[places], -1)
    outputs = ensemble.outputs_encoded(rows)
    cosine = np.where(kept.any(axis=1), np.sqrt(kept.sum(axis=1) / n), 0.0)
    weights = np.sqrt(np.exp(-((100 * (1 - cosine)) ** 2) / 25**2))
    fits = [[Ridge(1.0).fit(kept, own[:, o], weights) for o in range(3)] for own in outputs]
    slopes = np.array([[fit.coef_ for fit in own] for own in fits]).swapaxes(1, 2)
    intercepts = np.array([[fit.intercept_ for fit in own] for own in fits])
    r2 = [
        [fit.score(kept, own[:, o], weights) for o, fit in enumerate(some)]
        for some, own in zip(fits, outputs, strict=True)
    ]
    return slopes, intercepts, np.array(r2)


def test_the_fit_is_that_of_a_plain_ridge_regression(pooled, monkeypatch):
    def stream(self, block, place, repeat):
        return np.random.RandomState(7)

    monkeypatch.setattr(TextLimeExplainer, "stream", stream)
    found = explain(pooled, TEXTS[:2], "lime", n_samples=300)
    for i in range(2):
        places = np.flatnonzero(found.mask[i])
        slopes, intercepts, r2 = naive_fit(pooled, found.array("input")[i], places, 7)
        assert found.array("attribution")[:, i, places] == pytest.approx(slopes)
        assert found.array("intercept")[:, i] == pytest.approx(intercepts)
        assert found.array("local_r2")[:, i] == pytest.approx(r2)
    assert not found.array("attribution")[:, ~found.mask].any()


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"bow": True},
        {"removal": "unknown", "n_repeats": 2},
        {"feature_selection": "auto", "num_features": 3},
        {"feature_selection": "auto", "bow": True, "num_features": 7},
        {"feature_selection": "lasso_path", "num_features": 3},
        {"scale": "logit", "alpha": 0.1, "kernel_width": 40.0},
    ],
)
def test_upstream_gives_the_same_on_the_same_draws(pooled, parameters):
    texts = [TEXTS[0], "fine"]
    both = [
        explain(pooled, texts, "lime", n_samples=120, random_state=3, engine=engine, **parameters)
        for engine in ("batched", "upstream")
    ]
    names = ["attribution", "intercept", "local_r2", "explained_value"]
    names += ["selected"] if "feature_selection" in parameters else []
    names += ["std_error"] if "n_repeats" in parameters else []
    for name in names:
        own, theirs = (one.array(name).astype(float) for one in both)
        assert own == pytest.approx(theirs, abs=1e-9), name


def test_a_linear_model_is_found_but_for_the_penalty():
    ensemble = linear_text_ensemble(n_outputs=3, marked=True)
    found = explain(ensemble, TEXTS, "lime", scale="logit", alpha=1e-9, random_state=0)
    rows = found.array("input").astype(int)
    weights = ensemble.members.weights[:, np.where(rows < 0, 0, rows)]
    expected = weights * found.mask[None, :, :, None]
    assert found.array("attribution") == pytest.approx(expected, abs=1e-6)
    assert found.array("local_r2") == pytest.approx(1.0)


def test_equal_tokens_share_their_words_coefficient_evenly(pooled):
    found = explain(pooled, ["good film good"], "lime", bow=True, n_samples=200, random_state=0)
    first, film, last = found.array("attribution")[:, 0, 1:4].swapaxes(0, 1)
    assert (first == last).all()
    assert (film != first).all()
    surrogate = found.array("intercept") + found.array("attribution").sum(axis=2)
    assert abs(surrogate - found.array("explained_value")).max() < 0.3


def test_words_are_numbered_by_their_first_token():
    class Text:
        words = ((4.0,), (7.0,), (4.0,), (2.0,), (7.0,))
        n_tokens = 5

    by_word = WordGroups.of(Text, by_word=True)
    assert by_word.owner.tolist() == [0, 1, 0, 2, 1]
    assert by_word.counts.tolist() == [2, 2, 1]
    assert WordGroups.of(Text, by_word=False).owner.tolist() == [0, 1, 2, 3, 4]


def test_equal_draws_are_counted():
    drawn = draw_neighbourhood(3, 500, np.random.RandomState(0))
    assert len(drawn.kept) == 8
    assert drawn.counts.sum() == 500
    assert drawn.kept[0].all()
    assert drawn.counts[0] == 1
    stream = np.random.RandomState(0)
    sizes = stream.randint(1, 4, 499)
    hidden = [stream.choice(3, size, replace=False) for size in sizes]
    nothing = sum(len(one) == 3 for one in hidden)
    assert drawn.counts[~drawn.kept.any(axis=1)].tolist() == [nothing]


def test_selection_is_told(pooled):
    found = explain(
        pooled,
        TEXTS,
        "lime",
        n_samples=100,
        feature_selection="highest_weights",
        num_features=2,
        random_state=0,
    )
    assert (found.array("selected").sum(axis=2) == 2).all()
    assert not found.array("attribution")[~found.array("selected").astype(bool)].any()
    assert len(found.as_list(0, 0)) == 2
    assert found.provenance["resolved"]["num_features"] == 2


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_samples": 5}, "Expected n_samples of at least 9 for a text of 7 words, got 5"),
        ({"n_samples": 1}, "Expected n_samples to be a whole number of at least 2"),
        ({"n_repeats": 0}, "Expected n_repeats to be a whole number of at least 1"),
        ({"kernel_width": 0.0}, "Expected kernel_width"),
        ({"alpha": -1.0}, "Expected alpha"),
        ({"feature_selection": "best"}, "'best'"),
        ({"num_features": 3}, "Expected num_features with a feature selection"),
        ({"num_features": 0, "feature_selection": "auto"}, "Expected num_features to be a whole"),
        ({"bow": 1}, "Expected bow to be True or False"),
    ],
)
def test_parameters_that_do_not_fit(pooled, parameters, message):
    with pytest.raises(InputError, match=re.escape(message)):
        explain(pooled, TEXTS, "lime", **parameters)
