from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from xaigeo.agreement.model_difference import model_difference
from xaigeo.agreement.trimming import acceptance_distance, alpha_hat
from xaigeo.ensemble.evaluation import Evaluation
from xaigeo.errors import InputError


def evaluation_of(logits, truth, *, task="classification", seeds=None, classes=None):
    """An evaluation of models with these outputs, shape (n_seeds, n_rows, n_outputs)."""
    grown = np.exp(logits - logits.max(axis=-1, keepdims=True))
    prediction = grown / grown.sum(axis=-1, keepdims=True)
    return Evaluation(
        name="test",
        seeds=np.arange(len(logits)) if seeds is None else np.asarray(seeds),
        classes=tuple("abcdefgh"[: logits.shape[-1]]) if classes is None else classes,
        task=task,
        rows=np.zeros((logits.shape[1], 1)),
        labels=np.asarray(truth),
        prediction=prediction if task == "classification" else logits,
    )


@pytest.fixture
def noisy(rng):
    """Six alike models of two classes on 400 rows, and a seventh that is surer."""

    def made(n_classes=2, n_rows=400, sure=2.0):
        truth = rng.integers(0, n_classes, n_rows)
        signal = 2.0 * np.eye(n_classes)[truth] + rng.normal(size=(n_rows, n_classes))
        logits = signal + 0.3 * rng.normal(size=(7, n_rows, n_classes))
        logits[6] *= sure
        return evaluation_of(logits, truth, seeds=[3, 5, 8, 9, 11, 12, 20])

    return made


def log_odds(evaluation, place):
    p = evaluation.prediction
    return np.log(p[..., place]) - np.log(np.delete(p, place, axis=-1).sum(axis=-1))


def test_each_seed_against_the_others_pooled(noisy):
    evaluation = noisy()
    found = model_difference(evaluation, n_bootstrap=10)
    gaps = log_odds(evaluation, 1)
    for place, row in enumerate(found.table.itertuples()):
        own = alpha_hat(np.delete(gaps, place, axis=0), gaps[place])
        assert row.seed == evaluation.seeds[place]
        assert row.alpha_hat == pytest.approx(own.alpha, abs=1e-9)
        assert row.distance == pytest.approx(own.distance)
        assert row.output == "b"
    assert found.delta == acceptance_distance(400)
    assert found.largest["seed"] == 20
    assert found.outliers == (20,)


def test_several_classes_report_the_largest(noisy):
    evaluation = noisy(3)
    found = model_difference(evaluation, n_bootstrap=10)
    assert found.delta == acceptance_distance(400, 0.01 / 3)
    for place, row in enumerate(found.table.itertuples()):
        each = []
        for name in range(3):
            odds = log_odds(evaluation, name)
            others = np.delete(odds, place, axis=0)
            each.append(alpha_hat(others, odds[place], delta=found.delta))
        best = max(range(3), key=lambda c: (each[c].alpha, each[c].distance))
        assert row.alpha_hat == pytest.approx(each[best].alpha, abs=1e-9)
        assert row.output == "abc"[best]


def test_the_true_class_is_one_score_whatever_the_classes(noisy):
    evaluation = noisy(3)
    found = model_difference(evaluation, score="true_class", n_bootstrap=10)
    odds = np.stack([log_odds(evaluation, c) for c in range(3)])
    own = odds[evaluation.labels, :, np.arange(400)].T
    expected = [alpha_hat(np.delete(own, s, axis=0), own[s]).alpha for s in range(7)]
    np.testing.assert_allclose(found.table["alpha_hat"], expected, atol=1e-9)
    assert (found.n_outputs, found.delta) == (1, acceptance_distance(400))


def test_the_mean_logit_ensemble_as_reference(noisy):
    evaluation = noisy(3)
    found = model_difference(evaluation, against="ensemble", n_bootstrap=10)
    for place, row in enumerate(found.table.itertuples()):
        logits = np.log(np.delete(evaluation.prediction, place, axis=0)).mean(axis=0)
        grown = np.exp(logits)
        expected = max(
            alpha_hat(
                np.log(grown[:, c] / np.delete(grown, c, axis=1).sum(axis=1)),
                log_odds(evaluation, c)[place],
                delta=found.delta,
            ).alpha
            for c in range(3)
        )
        assert row.alpha_hat == pytest.approx(expected, abs=1e-9)
    assert found.against == "ensemble"


def test_named_reference_seeds(noisy):
    evaluation = noisy()
    found = model_difference(evaluation, reference=[5, 3, 11, 9], n_bootstrap=50)
    gaps = log_odds(evaluation, 1)
    assert found.reference == (3, 5, 9, 11)
    assert found.table["seed"].tolist() == [8, 12, 20]
    expected = [alpha_hat(gaps[[0, 1, 3, 4]], gaps[s]).alpha for s in (2, 5, 6)]
    np.testing.assert_allclose(found.table["alpha_hat"], expected, atol=1e-9)
    labels = evaluation.predicted
    pairs = [np.mean(labels[2] != labels[r]) for r in (0, 1, 3, 4)]
    assert found.table["churn_pairs"][0] == pytest.approx(np.mean(pairs))
    assert found.outliers == (20,)


def test_bootstrap_equals_the_loop_over_drawn_rows(noisy):
    evaluation = noisy(n_rows=200, sure=5.0)
    found = model_difference(evaluation, n_bootstrap=20, random_state=4)
    gaps = log_odds(evaluation, 1)
    counts = np.random.default_rng(4).multinomial(200, np.full(200, 1 / 200), size=20)
    assert found.table["alpha_hat"].iloc[6] > 0
    for place in (0, 6):
        draws = []
        for count in counts:
            drawn = np.repeat(gaps, count, axis=1)
            alpha = alpha_hat(np.delete(drawn, place, axis=0), drawn[place]).alpha
            draws.append(1.0 if np.isnan(alpha) else alpha)
        draws = np.array(draws)
        row = found.table.iloc[place]
        value = row["alpha_hat"] + 1e-12
        below = (np.mean(draws < value - 2e-12) + np.mean(draws <= value)) / 2
        shift = 2 * norm.ppf(np.clip(below, 0.5 / 20, 1 - 0.5 / 20))
        low, high = np.quantile(draws, norm.cdf([shift - 1.959964, shift + 1.959964]))
        assert row["alpha_mean"] == pytest.approx(np.mean(draws), abs=1e-9)
        assert (row["alpha_low"], row["alpha_high"]) == pytest.approx((low, high), abs=1e-9)


def test_the_columns_beside_alpha(noisy):
    from sklearn.metrics import log_loss

    evaluation = noisy()
    table = model_difference(evaluation, n_bootstrap=10).table
    labels, truth = evaluation.predicted, evaluation.labels
    most = (labels.mean(axis=0) > 0.5).astype(int)
    for s, row in enumerate(table.itertuples()):
        others = [np.mean(labels[s] != labels[o]) for o in range(7) if o != s]
        assert row.churn_pairs == pytest.approx(np.mean(others))
        assert row.churn_ensemble == pytest.approx(np.mean(labels[s] != most))
        assert row.accuracy == pytest.approx(np.mean(labels[s] == truth))
        assert row.log_loss == pytest.approx(log_loss(truth, evaluation.prediction[s]))
        assert 0 < row.ece < 1


def test_regression_compares_predictions(rng):
    truth = rng.normal(size=(200, 2))
    values = truth + 0.1 * rng.normal(size=(5, 200, 2))
    values[4, :, 1] += 3.0
    given = evaluation_of(values, truth, task="regression", classes=("mass", "height"))
    found = model_difference(given, n_bootstrap=10)
    assert found.score == "prediction"
    assert found.table["output"].iloc[4] == "height"
    assert found.outliers == (4,)
    assert list(found.table.columns[-3:]) == ["r2", "rmse", "outlier"]
    against = model_difference(given, against="ensemble", n_bootstrap=10)
    mean = values[:4].mean(axis=0)[:, 1]
    expected = alpha_hat(mean, values[4, :, 1], delta=found.delta)
    assert against.table["distance"].iloc[4] == pytest.approx(expected.distance)


def test_equal_models_do_not_differ(rng):
    logits = np.repeat(rng.normal(size=(1, 80, 2)), 4, axis=0)
    logits[:, :40] *= 1e4  # half of the rows at the ends
    given = evaluation_of(logits, rng.integers(0, 2, 80))
    for against in ("pooled", "ensemble"):
        found = model_difference(given, against=against, n_bootstrap=10)
        assert (found.table[["alpha_hat", "distance", "alpha_high"]] == 0).all(axis=None)
        assert found.outliers == ()
        assert found.n_clipped >= 4 * 40


def test_none_accepts_is_an_answer(rng):
    logits = rng.normal(size=(4, 300, 2))
    logits[3] += [0.0, 30.0]
    found = model_difference(evaluation_of(logits, rng.integers(0, 2, 300)), n_bootstrap=10)
    last = found.table.iloc[3]
    assert np.isnan(last["alpha_hat"])
    assert not last["accepts"]
    assert (last["alpha_low"], last["alpha_high"]) == (1.0, 1.0)
    assert found.outliers == (3,)
    assert found.sizes[3] == 1.0
    assert found.largest["seed"] == 3


def test_where_all_models_differ_none_is_the_outlier(rng):
    logits = rng.normal(size=(8, 500, 2)) + np.linspace(-1.5, 1.5, 8)[:, None, None] * [0, 1]
    found = model_difference(evaluation_of(logits, rng.integers(0, 2, 500)), n_bootstrap=50)
    assert (found.table["alpha_low"] > 0.05).sum() >= 4
    assert found.outliers == ()


def test_two_models_have_no_odd_one(rng):
    logits = rng.normal(size=(2, 500, 2)) + np.array([0.0, 1.0])[:, None, None] * [0, 1]
    found = model_difference(evaluation_of(logits, rng.integers(0, 2, 500)), n_bootstrap=50)
    assert found.table["alpha_hat"].min() > 0.05
    assert found.outliers == ()


def test_says_what_a_test_set_can_show(noisy):
    assert model_difference(noisy(n_rows=100), n_bootstrap=2).visible == (
        "On 100 rows a difference shows only where it moves more than 24.0% of them (δ); α̂ = 0 is "
        "no proof of less than that."
    )


def test_a_line_and_a_table_for_notebooks(noisy):
    found = model_difference(noisy(n_rows=20), n_bootstrap=2)
    assert repr(found).startswith("ModelDifference(7 seeds on 20 test rows: no outlier, δ 0.")
    assert "alpha_hat" in found._repr_html_()


def test_seeds_can_come_in_any_order(noisy):
    evaluation = noisy()
    order = np.array([6, 2, 0, 5, 1, 4, 3])
    turned = replace(
        evaluation, seeds=evaluation.seeds[order], prediction=evaluation.prediction[order]
    )
    left, right = (model_difference(e, n_bootstrap=20).table for e in (evaluation, turned))
    pd.testing.assert_frame_equal(left.iloc[order].reset_index(drop=True), right)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"reference": [3, 5, 99]}, r"name seeds of the evaluation once .*, got \[99\]"),
        ({"reference": [3, 5, 5]}, r"got \[3, 5, 5\]\. Name seeds of the evaluation, each once"),
        ({"reference": 3}, "3 reference seeds or more, and a seed that is none, got 1 of 7 seeds"),
        ({"reference": [3, 5, 8, 9, 11, 12, 20]}, "got 7 of 7 seeds. Leave reference out"),
        ({"against": "mean"}, "against to be one of 'pooled', 'ensemble', got 'mean'"),
        ({"score": "gap"}, "score to be one of 'logit_gap', 'true_class', got 'gap'"),
        ({"epsilon": 0}, "epsilon to be a number between 0 and 1, got 0"),
        ({"limit": 2}, "limit to be a number from 0 to 1, got 2"),
        ({"random_state": None}, "random_state to be a whole number of at least 0, got None"),
        ({"random_state": "a"}, "random_state to be a whole number of at least 0, got 'a'"),
        ({"n_bootstrap": 1}, "n_bootstrap to be a whole number of at least 2, got 1"),
    ],
)
def test_what_cannot_be_compared_is_refused(noisy, options, message):
    with pytest.raises(InputError, match=message):
        model_difference(noisy(n_rows=20), **options)


def test_what_is_no_comparison_is_refused(noisy, rng):
    one = evaluation_of(rng.normal(size=(1, 20, 2)), np.zeros(20, dtype=int))
    with pytest.raises(InputError, match="two seeds or more, got one, which has no other"):
        model_difference(one)
    with pytest.raises(InputError, match="an Evaluation for the difference of models, got DataF"):
        model_difference(pd.DataFrame())
    broken = noisy(n_rows=20)
    broken.prediction[0, 3] = np.nan
    with pytest.raises(InputError, match="finite predictions of one row or more, got 2 that are"):
        model_difference(broken)
