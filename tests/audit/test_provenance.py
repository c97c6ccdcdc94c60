import numpy as np
import pytest

from xaigeo.audit.item import Measured, Missing
from xaigeo.audit.provenance import relative_gap
from xaigeo.store import load


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


def test_p2_compares_versions(build, agreeing, record, evidence):
    versions = [{"python": "3.11", "torch": "2.1"}, {"python": "3.11", "torch": "2.2"}]
    one, other = (
        build.make_attributions(agreeing, record=record | {"versions": told}, method=method)
        for told, method in zip(versions, ("kernel_shap", "lime"), strict=True)
    )
    found = evidence(one, other).outcome("P2")
    assert found.value == 0
    assert "in the versions of packages (torch 2.1 and 2.2)" in found.reason
    # What one record does not tell is no difference.
    silent = build.make_attributions(agreeing, record=record | {"versions": {}}, method="lime")
    assert evidence(one, silent).outcome("P2").value == 1


def test_p2_of_wrapped_models(build, agreeing, evidence):
    assert isinstance(evidence(build.make_attributions(agreeing)).outcome("P2"), Missing)


def test_p3_compares_reruns_of_one_random_state(everything, build, agreeing, record, evidence):
    assert evidence(*everything).outcome("P3").value == 0.0
    moved = build.make_attributions(agreeing * (1 + 1e-4), additive=True, record=record)
    found = evidence(everything[1], moved).outcome("P3")
    assert found.value == pytest.approx(1e-4)


def test_p3_names_the_methods_covered_and_left_out(everything, evidence):
    found = evidence(*everything).outcome("P3")
    assert "Covered: kernel_shap; not: anchors, counterfactuals, lime." in found.reason


@pytest.mark.parametrize(
    ("first", "second", "at_best", "words"),
    [
        ("2020-01-01", "2020-01-02", "pass", ""),
        ("2020-01-01", "2020-01-01", "warn", "The explanation was repeated, the training was not"),
        (None, None, "warn", "Nothing is recorded of when the models were trained"),
        ("2020-01-01", None, "warn", "Nothing is recorded of when the models were trained"),
    ],
)
def test_p3_needs_a_second_training(
    build, agreeing, record, evidence, first, second, at_best, words
):
    runs = [
        build.make_attributions(
            agreeing,
            record=record | {"started_at": None, "trained_at": when},
            created_at=f"2021-01-0{day}T00:00:00+00:00",
        )
        for day, when in ((1, first), (2, second))
    ]
    found = evidence(*runs).outcome("P3")
    assert (found.value, found.at_best) == (0.0, at_best)
    assert words in found.reason


def test_p3_one_store_loaded_twice_is_no_second_run(build, agreeing, evidence, tmp_path):
    build.make_attributions(agreeing).save(tmp_path / "one")
    found = evidence(load(tmp_path / "one"), load(tmp_path / "one")).outcome("P3")
    assert isinstance(found, Missing)
    assert found.reason.startswith("One result was passed twice, which is no second run.")


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


RUN = "2020-01-01T00:00:00+00:00"
EARLIER = "2019-12-31T00:00:00+00:00"


@pytest.mark.parametrize(
    ("registration", "value", "words"),
    [
        ({"at": EARLIER}, 1, "are those registered at"),
        ({"at": RUN}, 1, "are those registered at"),
        ({"at": "2020-01-01T01:00:00+02:00"}, 1, "are those registered at"),
        ({"at": "2020-01-01T00:00:01+00:00"}, 0, "after the run started"),
        ({"at": EARLIER, "thresholds": {"A1": {"pass": 0.9}}}, 0, "hashes differ"),
        ({"at": EARLIER, "started": "2019-01-01T00:00:00+00:00"}, 0, "after the run started"),
        # A caller's later start does not outdo what the results record.
        (
            {"at": "2021-01-01T00:00:00+00:00", "started": "2022-01-01T00:00:00+00:00"},
            0,
            f"after the run started at {RUN}",
        ),
        (
            {"at": "2999-01-01T00:00:00+00:00", "started": "2999-01-02T00:00:00+00:00"},
            0,
            "which has yet to come",
        ),
    ],
)
def test_p4(everything, evidence, registered, registration, value, words):
    found = evidence(*everything, registration=registered(**registration)).outcome("P4")
    assert found.value == value
    assert words in found.reason


def test_p4_no_run_starts_after_its_results_were_made(build, agreeing, evidence, registered):
    explanation = build.make_attributions(agreeing, created_at=RUN)
    late = registered(at="2021-01-01T00:00:00+00:00", started="2022-01-01T00:00:00+00:00")
    assert evidence(explanation, registration=late).outcome("P4").value == 0
    # When a result was made does not tell when the run started.
    assert isinstance(evidence(explanation, registration=registered()).outcome("P4"), Missing)


def test_p4_models_that_were_ready_before_the_registration(
    build, agreeing, record, evidence, registered
):
    told = record | {"started_at": None, "trained_at": EARLIER}
    explanation = build.make_attributions(agreeing, record=told)
    found = evidence(explanation, registration=registered(at=RUN, started=RUN)).outcome("P4")
    assert found.value == 0


def test_p4_needs_a_registration_and_a_start(everything, build, agreeing, evidence, registered):
    found = evidence(*everything).outcome("P4")
    assert isinstance(found, Missing)
    assert "Call xaigeo.audit.register() before training" in found.reason
    unknown = evidence(build.make_attributions(agreeing), registration=registered()).outcome("P4")
    assert "do not record when the run started" in unknown.reason


def test_start_may_stand_in_the_explanations(build, agreeing, evidence, registered):
    explanation = build.make_attributions(agreeing, started_at=RUN)
    found = evidence(explanation, registration=registered()).outcome("P4")
    assert isinstance(found, Measured)
    assert found.value == 1
