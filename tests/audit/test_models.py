from dataclasses import replace

import numpy as np
import pytest

from xaigeo.agreement.calibration import calibration_error
from xaigeo.agreement.model_difference import model_difference
from xaigeo.agreement.trimming import acceptance_distance
from xaigeo.audit.finding import number
from xaigeo.audit.item import Missing
from xaigeo.audit.runner import audit
from xaigeo.audit.thresholds import read_thresholds

QUICK = read_thresholds({"settings": {"n_bootstrap": 20}})


@pytest.fixture
def flips(build):
    """Six models; seed 4 flips rows 0-2, seed 5 flips rows 2-3 of 50."""
    truth = np.arange(50) % 2
    labels = np.tile(truth, (6, 1))
    labels[4, :3] = 1 - truth[:3]
    labels[5, 2:4] = 1 - truth[2:4]
    return build.make_evaluation(labels, truth)


def test_m1_gap_of_accuracy(everything, evidence, flips):
    found = evidence(*everything, evaluation=flips).outcome("M1")
    assert found.value == pytest.approx(3 / 50)
    assert found.low <= found.value <= found.high
    assert "best model has accuracy 1, the worst 0.94 (50 test rows)" in found.reason


def test_m1_from_the_record(build, agreeing, record, evidence):
    scores = {"accuracy": [0.9, 0.9, 0.9, 0.9, 0.9, 0.87]}
    validation = {"name": "validation", "n_rows": 40, "scores": scores}
    explanation = build.make_attributions(agreeing, record=record | {"validation": validation})
    found = evidence(explanation).outcome("M1")
    assert found.value == pytest.approx(0.03)
    assert "40 validation rows" in found.reason


@pytest.mark.parametrize("scores", [{}, {"accuracy": [0.9]}, {"accuracy": [None] * 6}])
def test_m1_without_scores(build, agreeing, record, evidence, scores):
    explanation = build.make_attributions(
        agreeing, record=record | {"validation": {"scores": scores}}
    )
    found = evidence(explanation).outcome("M1")
    assert isinstance(found, Missing)
    assert "Pass evaluation=ensemble.evaluate(X_test, y_test)" in found.reason


def test_m2_and_m3(everything, evidence, flips):
    found = evidence(*everything, evaluation=flips)
    assert found.outcome("M2").value == pytest.approx(4 / 50)
    assert "On 4 of 50 test rows the models do not all give" in found.outcome("M2").reason
    assert found.outcome("M3").value == pytest.approx(3 / 50)
    assert "The model of seed 4 differs" in found.outcome("M3").reason
    for name in ("M2", "M3"):
        assert found.outcome(name).low <= found.outcome(name).value <= found.outcome(name).high


def test_m2_on_the_background_when_nothing_is_labelled(everything, evidence):
    found = evidence(*everything).outcome("M2")
    assert found.value == 0.0
    assert "20 background rows" in found.reason


def test_m4_is_the_worst_seed(everything, evidence, flips):
    found = evidence(*everything, evaluation=flips).outcome("M4")
    assert found.value == pytest.approx(calibration_error(flips.prediction, flips.labels).max())


def test_m4_needs_labels(everything, evidence):
    found = evidence(*everything).outcome("M4")
    assert isinstance(found, Missing)
    assert found.reason.startswith("Calibration needs labelled rows.")


def test_regression(build, agreeing, evidence, rng):
    explanation = build.make_attributions(agreeing, task="regression", outputs=("mass", "rest"))
    found = evidence(explanation)
    for name in ("M2", "M3", "M4"):
        assert isinstance(found.outcome(name), Missing)
    assert found.outcome("M2").reason == "A regression gives numbers, not classes that could flip."


@pytest.mark.parametrize("name", ["M1", "M2", "M3", "M5"])
def test_one_model(build, agreeing, evidence, name):
    found = evidence(build.make_attributions(agreeing[:1])).outcome(name)
    assert isinstance(found, Missing)
    assert found.reason == "A single model has no other to be compared with."


def shifted(build, n_rows, by=4.0):
    """Six models whose log-odds are alike, but for those of seed 4, which lie higher."""
    odds = np.random.default_rng(0).normal(size=n_rows)
    noise = np.random.default_rng(1).normal(size=(6, n_rows))
    scores = odds + 0.05 * noise
    scores[4] += by
    found = build.make_evaluation(np.zeros((6, n_rows), dtype=int), np.arange(n_rows) % 2)
    second = 1 / (1 + np.exp(-scores))
    return replace(found, prediction=np.stack([1 - second, second], axis=-1))


def test_m5_is_the_largest_alpha(everything, evidence, build):
    given = shifted(build, 1000)
    found = evidence(*everything, evaluation=given, thresholds=QUICK).outcome("M5")
    expected = model_difference(given, n_bootstrap=20)
    assert found.value == pytest.approx(expected.sizes.max())
    assert found.value > 0.15
    assert (found.low, found.high) == pytest.approx(
        (expected.largest["alpha_low"], expected.largest["alpha_high"])
    )
    assert found.reason.startswith(
        "The scores of the model of seed 4 are distributed least like the others' (log-odds of yes)"
    )
    assert "Outliers: seed 4." in found.reason
    assert found.evidence["outliers"] == [4]
    assert len(found.evidence["alpha_hat_by_seed"]) == 6


def test_m5_a_model_that_no_trimming_accepts_fails(everything, build):
    given = shifted(build, 300, by=100.0)
    found = audit(everything, evaluation=given, thresholds=QUICK)["M5"]
    assert (found.status, found.value) == ("fail", 1.0)
    assert "no trimming of its rows makes the rest so." in found.reason


@pytest.mark.parametrize(("n_rows", "at_best"), [(100, "warn"), (2000, "pass")])
def test_m5_few_rows_prove_nothing(everything, evidence, build, n_rows, at_best):
    given = shifted(build, n_rows, by=0.0)
    found = evidence(*everything, evaluation=given, thresholds=QUICK).outcome("M5")
    assert (found.value, found.at_best, found.n_rows) == (0.0, at_best, n_rows)
    delta = acceptance_distance(n_rows, 0.01)
    shown = f"{number(delta, 'share', (0.05, 0.15))}"
    assert f"a difference shows only where it moves more than {shown} of them" in found.reason
    assert "No model stands out from the others." in found.reason
    said = f"As up to {shown} may hide, this cannot pass." in found.reason
    assert said == (at_best == "warn")


def test_m5_says_that_it_compares_distributions(everything, evidence, build):
    given = shifted(build, 2000, by=0.0)
    flipped = given.prediction.copy()
    flipped[4] = flipped[4, ::-1]  # the same scores, of other rows
    given = replace(given, prediction=flipped)
    found = evidence(*everything, evaluation=given, thresholds=QUICK)
    assert found.outcome("M5").value == 0.0
    assert found.outcome("M3").value > 0.3
    assert found.outcome("M5").reason.endswith(
        "Models with equal distributions may still answer otherwise row by row: M3 counts that."
    )


def test_m5_of_models_that_are_all_far_apart(everything, build):
    given = shifted(build, 300, by=0.0)
    scores = 0.1 + 0.1 * np.arange(6)[:, None] * np.ones(300)  # six constants
    given = replace(given, prediction=np.stack([1 - scores, scores], axis=-1))
    found = audit(everything, evaluation=given, thresholds=QUICK)["M5"]
    assert (found.status, found.value) == ("fail", 1.0)
    assert (
        "The other models lie about as far from each other, so none of them stands out"
        in found.reason
    )


def test_m5_of_a_difference_that_may_be_the_rows_drawn(everything, evidence, build, rng):
    given = shifted(build, 60, by=0.0)
    scores = rng.normal(size=(6, 60))
    scores[4] += 0.95
    second = 1 / (1 + np.exp(-scores))
    given = replace(given, prediction=np.stack([1 - second, second], axis=-1))
    found = evidence(*everything, evaluation=given, thresholds=QUICK).outcome("M5")
    assert found.low < 0.05 < found.value
    assert "No model is named an outlier: by the intervals it may be the rows" in found.reason


def test_m5_of_one_row_can_show_nothing(everything, build):
    found = audit(everything, evaluation=shifted(build, 1), thresholds=QUICK)["M5"]
    assert found.status == "warn"
    assert "On 1 row no difference could show, however large." in found.reason
    assert "As up to 100% may hide, this cannot pass." in found.reason


def test_copies_of_labelled_rows_do_not_count(everything, build):
    given = shifted(build, 60)
    rows, labels = np.tile(given.rows[:2], (30, 1)), np.tile(given.labels[:2], 30)
    given = replace(given, rows=rows, labels=labels)
    found = audit(everything, evaluation=given, thresholds=QUICK)
    for name in ("M1", "M2", "M3", "M4", "M5"):
        assert (found[name].n_rows, found[name].status) == (2, found[name].status)
        assert found[name].status != "pass"
        assert "Copies of a row count once, which leaves 2 of 60 rows." in found[name].reason


def test_m5_needs_labelled_rows(everything, evidence):
    found = evidence(*everything).outcome("M5")
    assert isinstance(found, Missing)
    assert found.reason.startswith("α̂ compares the models' predictions on labelled rows.")
