from dataclasses import replace

import numpy as np
import pytest

from xaigeo.agreement import explainer_noise
from xaigeo.agreement.completeness import completeness_gap
from xaigeo.audit.item import Missing
from xaigeo.audit.runner import audit


def test_f1_counts_sums_within_the_tolerance(build, agreeing, evidence):
    assert evidence(build.make_attributions(agreeing, additive=True)).outcome("F1").value == 1.0
    off = build.make_attributions(agreeing, additive=True, gap=0.05)
    found = evidence(off).outcome("F1")
    gap = completeness_gap(off)
    assert found.value == pytest.approx((gap <= 0.01).mean())
    assert found.value < 0.99
    assert f"{int((gap <= 0.01).sum())} of 144 explanations add up" in found.reason


def test_the_gap_has_no_unit(build, agreeing):
    small = build.make_attributions(agreeing, additive=True, gap=0.01)
    large = build.make_attributions(1000 * agreeing, additive=True, gap=0.01)
    np.testing.assert_allclose(completeness_gap(small), completeness_gap(large))
    # Attributions 1 % short of the output's distance from the base miss it by 1/101 of it.
    assert completeness_gap(small).max() == pytest.approx(0.01 / 1.01)


def test_a_constant_model_has_no_gap(build):
    constant = build.make_attributions(np.zeros((2, 3, 4)), additive=True)
    assert (completeness_gap(constant) == 0).all()


def test_f1_is_not_for_every_method(build, agreeing, evidence):
    found = evidence(build.make_attributions(agreeing, method="lime")).outcome("F1")
    assert isinstance(found, Missing)
    assert found.reason.startswith("No result is of a method whose attributions should add up")


def test_f1_names_the_worst_method(build, agreeing, evidence):
    good = build.make_attributions(agreeing, additive=True)
    bad = build.make_attributions(agreeing, additive=True, gap=0.5, method="integrated_gradients")
    found = evidence(good, bad).outcome("F1")
    assert found.reason.startswith("For integrated_gradients")
    assert found.evidence["share_by_method"]["kernel_shap"] == 1.0


def test_f2_is_the_noise_of_repeats(everything, evidence):
    found = evidence(*everything).outcome("F2")
    expected = explainer_noise([everything[1], everything[3]])
    assert found.value == pytest.approx(expected.ratio)
    assert found.evidence["kernel_shap"]["difference_ratio"] == pytest.approx(
        expected.difference_ratio
    )
    assert "the difference between two seeds carries" in found.reason
    assert found.reason.endswith("Covered: kernel_shap; not: lime.")
    assert found.low <= found.value <= found.high


def test_f2_needs_another_random_state(everything, evidence):
    found = evidence(everything[1], everything[2]).outcome("F2")
    assert isinstance(found, Missing)
    assert found.reason.startswith("No method was repeated with another random_state.")


def test_f2_does_not_pass_when_models_do_not_differ(build, agreeing, evidence, rng):
    same = np.repeat(agreeing[:1], 6, axis=0)
    repeats = [
        build.make_attributions(same + rng.normal(size=(1, 12, 5)), random_state=state)
        for state in range(2)
    ]
    assert evidence(*repeats).outcome("F2").value > 1e6


def test_f5_compares_backgrounds(build, agreeing, unrelated, evidence):
    first = build.make_attributions(agreeing)
    same = build.make_attributions(agreeing, background_seed=1)
    found = evidence(first, same).outcome("F5")
    assert found.value == pytest.approx(1.0)
    assert found.reason.endswith("intraclass correlation of 1. Covered: kernel_shap.")
    other = build.make_attributions(unrelated, background_seed=1)
    assert evidence(first, other).outcome("F5").value < 0.5


def test_f5_the_order_of_rows_makes_no_other_background(build, agreeing, evidence):
    first = build.make_attributions(agreeing)
    data = first.data.copy(deep=True)
    data["background"] = (data["background"].dims, first.array("background")[::-1].copy())
    told = first.provenance | {"background_sha256": "f" * 64}
    shuffled = replace(first, data=data, provenance=told)
    assert isinstance(evidence(first, shuffled).outcome("F5"), Missing)


def test_f2_and_f5_cannot_pass_without_the_judged_method(build, agreeing, rng, evidence):
    judged = build.make_attributions(agreeing)
    lime = [build.make_attributions(agreeing, method="lime", random_state=s) for s in range(2)]
    other = build.make_attributions(agreeing, method="lime", background_seed=1)
    found = evidence(judged, *lime, other)
    for name in ("F2", "F5"):
        assert found.outcome(name).at_best == "warn"
        assert found.outcome(name).reason.endswith(
            "Covered: lime; not: kernel_shap. The other items judge kernel_shap, so this cannot "
            "pass."
        )
    assert "it does not draw at random here" in found.outcome("F2").reason
    assert evidence(*lime, other).outcome("F2").at_best == "pass"


def test_copies_of_a_row_do_not_count(build, agreeing, evidence):
    one = build.make_attributions(np.repeat(agreeing[:, :1], 12, axis=1), additive=True)
    data = one.data.copy(deep=True)
    data["input"][1:] = data["input"][0].to_numpy()
    copied = replace(one, data=data)
    found = audit([copied], thresholds={"settings": {"n_bootstrap": 20}})
    answered = [f for f in found.findings if f.status != "not_evaluated" and f.least_rows]
    assert {f.id for f in answered} >= {"F1", "A1", "A2", "A3", "C1", "C2"}
    for finding in answered:
        if finding.id[0] == "M":  # on the background
            continue
        assert (finding.n_rows, finding.status) == (1, "warn"), finding.id
        assert "Copies of a row count once, which leaves 1 of 12 rows." in finding.reason


def test_f5_needs_two_backgrounds(everything, evidence):
    assert "All explanations use one background." in evidence(*everything).outcome("F5").reason
