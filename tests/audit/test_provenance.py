import numpy as np
import pytest

from xaigeo.audit.item import Measured, Missing
from xaigeo.audit.provenance import relative_gap
from xaigeo.audit.registration import Registration
from xaigeo.audit.thresholds import read_thresholds


def test_p1_counts_models(everything, evidence):
    assert evidence(*everything).outcome("P1").value == 6


def test_p2_equal_hashes(everything, evidence):
    assert evidence(*everything).outcome("P2").value == 1


@pytest.mark.parametrize(
    ("key", "value", "name"),
    [
        ("architecture_sha256", ["c" * 64] * 5 + ["d" * 64], "the architecture"),
        ("data_sha256", "e" * 64, "the training data"),
        ("config_sha256", "e" * 64, "the configuration"),
    ],
)
def test_p2_names_what_differs(build, agreeing, record, evidence, key, value, name):
    first = build.make_attributions(agreeing, record=record)
    other = build.make_attributions(agreeing, record=record | {key: value}, method="lime")
    found = evidence(first, other).outcome("P2")
    assert found.value == 0
    assert name in found.reason


@pytest.mark.parametrize(
    "changes",
    [
        {"data_sha256": None},
        {"config_sha256": None},
        {"architecture_sha256": None},
        {"architecture_sha256": ["c" * 64, None, None, None, None, None]},
    ],
)
def test_p2_is_not_evaluated_when_something_is_unknown(build, agreeing, record, evidence, changes):
    found = evidence(build.make_attributions(agreeing, record=record | changes)).outcome("P2")
    assert isinstance(found, Missing)
    assert "Nothing is recorded of the" in found.reason


def test_p2_of_wrapped_models(build, agreeing, evidence):
    assert isinstance(evidence(build.make_attributions(agreeing)).outcome("P2"), Missing)


def test_p3_compares_reruns_of_one_random_state(everything, build, agreeing, record, evidence):
    assert evidence(*everything).outcome("P3").value == 0.0
    moved = build.make_attributions(agreeing * (1 + 1e-4), additive=True, record=record)
    found = evidence(everything[1], moved).outcome("P3")
    assert found.value == pytest.approx(1e-4)


def test_p3_needs_a_second_run(everything, evidence):
    # Another random state is no rerun.
    found = evidence(everything[1], everything[3]).outcome("P3")
    assert isinstance(found, Missing)
    assert found.reason.startswith("No run was repeated.")


def test_gap_of_open_bounds(build):
    lower, upper = np.full((2, 3, 2), -np.inf), np.full((2, 3, 2), 1.0)
    moved = upper.copy()
    moved[0, 0, 0] = 0.9
    same = build.make_anchors(lower, upper)
    assert relative_gap(same, build.make_anchors(lower, upper)) == 0.0
    assert relative_gap(same, build.make_anchors(lower, moved)) == pytest.approx(0.1)
    assert relative_gap(same, build.make_anchors(np.zeros((2, 3, 2)), upper)) == np.inf


def registered(at, thresholds=None, started=None):
    return Registration(
        thresholds_sha256=read_thresholds(thresholds).sha256, registered_at=at, started_at=started
    )


@pytest.mark.parametrize(
    ("registration", "value", "words"),
    [
        (registered("2029-12-31T00:00:00+00:00"), 1, "are those registered at"),
        (registered("2030-01-01T00:00:00+00:00"), 1, "are those registered at"),
        (registered("2030-01-01T01:00:00+02:00"), 1, "are those registered at"),
        (registered("2030-01-01T00:00:01+00:00"), 0, "after the run started"),
        (registered("2029-12-31T00:00:00+00:00", {"A1": {"pass": 0.9}}), 0, "hashes differ"),
        (registered("2029-12-31T00:00:00+00:00", None, "2029-01-01T00:00:00+00:00"), 0, "after"),
    ],
)
def test_p4(everything, evidence, registration, value, words):
    found = evidence(*everything, registration=registration).outcome("P4")
    assert found.value == value
    assert words in found.reason


def test_p4_needs_a_registration_and_a_start(everything, build, agreeing, evidence):
    found = evidence(*everything).outcome("P4")
    assert isinstance(found, Missing)
    assert "Call xaigeo.audit.register() before training" in found.reason
    unknown = evidence(
        build.make_attributions(agreeing), registration=registered("2029-12-31T00:00:00+00:00")
    ).outcome("P4")
    assert "do not record when the run started" in unknown.reason


def test_start_may_stand_in_the_explanations(build, agreeing, evidence):
    explanation = build.make_attributions(agreeing, started_at="2030-01-01T00:00:00+00:00")
    registration = registered("2029-12-31T00:00:00+00:00")
    found = evidence(explanation, registration=registration).outcome("P4")
    assert isinstance(found, Measured)
    assert found.value == 1
