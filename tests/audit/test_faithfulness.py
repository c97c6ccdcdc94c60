import numpy as np
import pytest

from xaigeo.agreement import explainer_noise
from xaigeo.agreement.completeness import completeness_gap
from xaigeo.audit.item import Missing


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
    same = build.make_attributions(agreeing, background_sha256="f" * 64)
    found = evidence(first, same).outcome("F5")
    assert found.value == pytest.approx(1.0)
    other = build.make_attributions(unrelated, background_sha256="f" * 64)
    assert evidence(first, other).outcome("F5").value < 0.5


def test_f5_needs_two_backgrounds(everything, evidence):
    assert "All explanations use one background." in evidence(*everything).outcome("F5").reason
