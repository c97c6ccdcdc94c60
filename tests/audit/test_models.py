import numpy as np
import pytest

from xaigeo.agreement.calibration import calibration_error
from xaigeo.audit.item import Missing


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
    assert "best model has accuracy 1.000, the worst 0.940 (50 test rows)" in found.reason


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
    assert "On 4 of 50 test rows" in found.outcome("M2").reason
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


@pytest.mark.parametrize("name", ["M1", "M2", "M3"])
def test_one_model(build, agreeing, evidence, name):
    found = evidence(build.make_attributions(agreeing[:1])).outcome(name)
    assert isinstance(found, Missing)
    assert found.reason == "A single model has no other to be compared with."


def test_m5_says_what_it_does_not_do(everything, evidence):
    assert "does not compute α̂" in evidence(*everything).outcome("M5").reason
