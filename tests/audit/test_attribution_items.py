import numpy as np
import pytest

from xaigeo.agreement import summary
from xaigeo.agreement.selection import stability
from xaigeo.audit.item import Measured, Missing
from xaigeo.audit.thresholds import read_thresholds

ITEMS = ["A1", "A2", "A3", "A4", "A6", "A7"]


def test_seeds_that_agree_score_high_and_unrelated_ones_low(build, agreeing, unrelated, evidence):
    good = evidence(build.make_attributions(agreeing))
    bad = evidence(build.make_attributions(unrelated))
    for name in ("A1", "A2", "A3", "A4"):
        assert good.outcome(name).value > 0.95
    assert good.outcome("A6").value == 0.0
    assert bad.outcome("A1").judged < 0.5
    assert bad.outcome("A2").value < 0.4
    assert bad.outcome("A3").value < 0.9
    assert bad.outcome("A4").value < 0.5
    assert bad.outcome("A6").value > 0.5


@pytest.mark.parametrize(
    ("name", "score"), [("A1", "icc_agreement"), ("A2", "stability"), ("A3", "sign_consensus")]
)
def test_values_are_those_of_the_summary(build, unrelated, evidence, name, score):
    explanation = build.make_attributions(unrelated)
    found = evidence(explanation).outcome(name)
    row = summary(explanation).set_index("score").loc[score]
    for field in ("value", "low", "high", "null"):
        assert getattr(found, field) == pytest.approx(row[field])
    assert found.evidence["by_method"] == {"kernel_shap": pytest.approx(row["value"])}


def test_a1_is_judged_by_its_lower_bound(build, unrelated, evidence):
    found = evidence(build.make_attributions(unrelated)).outcome("A1")
    assert found.judged == found.low < found.value


def test_a1_needs_two_rows(build, agreeing, evidence):
    found = evidence(build.make_attributions(agreeing[:, :1])).outcome("A1")
    assert isinstance(found, Missing)
    assert "explain at least two rows" in found.reason


def test_nothing_varies(build, evidence):
    found = evidence(build.make_attributions(np.zeros((3, 4, 5))))
    assert found.outcome("A1").reason == (
        "The attributions do not vary, so no correlation is defined."
    )


def test_k_comes_from_the_thresholds(build, unrelated, evidence):
    thresholds = read_thresholds({"settings": {"k": 1}})
    found = evidence(build.make_attributions(unrelated), thresholds=thresholds).outcome("A2")
    assert found.value == pytest.approx(stability(unrelated, 1).mean())
    everything = read_thresholds({"settings": {"k": 5}})
    found = evidence(build.make_attributions(unrelated), thresholds=everything).outcome("A2")
    assert isinstance(found, Missing)


def test_a4_cannot_be_beyond_luck_with_too_little(build, agreeing, evidence):
    found = evidence(build.make_attributions(agreeing[:2, :, :2])).outcome("A4")
    assert isinstance(found, Missing)
    assert found.reason.startswith("With 2 seeds and 2 features, even full agreement")


def test_a6_leaves_rows_out_on_which_seeds_disagree(build, unrelated, evidence):
    labels = np.ones((6, 12), dtype=int)
    labels[0, :4] = 0
    found = evidence(build.make_attributions(unrelated, labels=labels)).outcome("A6")
    expected = stability(unrelated, 3)[4:] < 0.4
    assert found.value == pytest.approx(expected.mean())
    assert found.evidence["n_unanimous"] == 8
    assert len(found.evidence["rows"]) == min(10, expected.sum())


def test_a6_does_not_pass_on_nothing(build, agreeing, evidence):
    labels = np.ones((6, 12), dtype=int)
    labels[0] = 0
    found = evidence(build.make_attributions(agreeing, labels=labels)).outcome("A6")
    assert isinstance(found, Missing)


def test_a6_is_for_classes(build, agreeing, evidence):
    found = evidence(build.make_attributions(agreeing, task="regression")).outcome("A6")
    assert "A regression has no class" in found.reason


def test_a7_is_the_worst_pair_of_methods(build, agreeing, unrelated, evidence):
    found = evidence(
        build.make_attributions(agreeing),
        build.make_attributions(agreeing, method="lime"),
        build.make_attributions(unrelated, method="saliency"),
    ).outcome("A7")
    assert found.value < 0.8
    assert "saliency" in found.reason
    assert len(found.evidence["pairs"]) == 3
    assert found.null == pytest.approx(3 / 5)


def test_a7_needs_two_methods(build, agreeing, evidence):
    found = evidence(build.make_attributions(agreeing)).outcome("A7")
    assert isinstance(found, Missing)


def test_a7_of_methods_that_name_no_features(build, agreeing, evidence):
    lime = build.make_attributions(agreeing, method="lime")
    nothing = build.make_attributions(np.zeros((6, 12, 5)))
    found = evidence(nothing, lime).outcome("A7")
    assert found == Missing(
        "The attributions by kernel_shap are one number everywhere, so they name no features."
    )
    both = evidence(nothing, build.make_attributions(np.zeros((6, 12, 5)), method="lime"))
    assert "by kernel_shap and lime are one number" in both.outcome("A7").reason
    tied = agreeing.copy()
    tied[:, :7] = 1.0
    found = evidence(build.make_attributions(tied), lime).outcome("A7")
    assert isinstance(found, Missing)
    assert "On 7 of 12 rows the attributions by kernel_shap tie across place 3" in found.reason
    whole = read_thresholds({"settings": {"k": 5}})
    found = evidence(build.make_attributions(agreeing), lime, thresholds=whole).outcome("A7")
    assert found == Missing("With k = 5 of as many features, nothing is selected.")


def test_a7_leaves_out_rows_that_tie(build, agreeing, evidence):
    tied = agreeing.copy()
    tied[:, :2] = 1.0
    lime = build.make_attributions(agreeing, method="lime")
    found = evidence(build.make_attributions(tied), lime).outcome("A7")
    assert (found.at_best, found.n_rows, found.value) == ("warn", 10, pytest.approx(1.0))
    assert "2 further rows are undefined" in found.reason


@pytest.mark.parametrize("name", ITEMS)
def test_one_model_or_no_attributions(build, agreeing, evidence, everything, name):
    alone = evidence(build.make_attributions(agreeing[:1])).outcome(name)
    assert alone == Missing("A single model has no other to agree with.")
    none = evidence(everything[4]).outcome(name)
    assert isinstance(none, Missing)
    assert none.reason.startswith("No attributions were passed")


def test_kernel_shap_is_judged_and_others_stand_beside(everything, evidence):
    found = evidence(*everything).outcome("A2")
    assert isinstance(found, Measured)
    assert found.evidence["method"] == "kernel_shap"
    assert list(found.evidence["by_method"]) == ["kernel_shap", "lime"]


@pytest.mark.parametrize("constant", [0.0, 1.0])
@pytest.mark.parametrize("name", ["A2", "A3", "A4", "A6"])
def test_constant_attributions_are_not_evaluated(build, evidence, name, constant):
    found = evidence(build.make_attributions(np.full((6, 12, 5), constant))).outcome(name)
    assert isinstance(found, Missing)
    assert found.reason == (
        "On 12 of 12 rows the attributions by kernel_shap tie across place 3 in every seed, so no "
        "seed says which 3 features lead."
    )


@pytest.mark.parametrize("name", ["A2", "A3", "A4", "A6"])
def test_some_undefined_rows_are_counted_and_cap_the_answer(build, agreeing, evidence, name):
    values = agreeing.copy()
    values[:, :2] = 1.0
    found = evidence(build.make_attributions(values)).outcome(name)
    assert found.at_best == "warn"
    assert "2 further rows are undefined, because attributions tie there" in found.reason
    assert found.n_rows == 10
    assert found.evidence["n_rows_undefined"] == 2


def test_a4_names_ties_where_they_are_the_cause(build, evidence):
    values = np.tile([4.0, 3.0, 2.0, 1.0], (2, 12, 1))
    assert evidence(build.make_attributions(values)).outcome("A4").value == 1.0
    # Three of four features lead together: lots drawn by two seeds name the same three too often.
    values[:, :6, :3] = 5.0
    found = evidence(build.make_attributions(values)).outcome("A4")
    assert found.value == pytest.approx(0.5)
    assert "On 6 of the others attributions tie in every seed" in found.reason
    values[:, :, :3] = 5.0
    nothing = evidence(build.make_attributions(values)).outcome("A4")
    assert isinstance(nothing, Missing)
    assert "with ties on 12 of 12 rows, even full agreement" in nothing.reason


@pytest.mark.parametrize("name", ["A1", "A2", "A3", "A4", "A6"])
def test_reasons_name_the_method(build, agreeing, evidence, name):
    found = evidence(build.make_attributions(agreeing, method="lime")).outcome(name)
    assert "lime" in found.reason


def test_sizes_have_no_direction_to_agree_on(build, agreeing, evidence):
    sizes = build.make_attributions(
        np.abs(agreeing), method="saliency", parameters={"absolute": True, "scale": "x"}
    )
    found = evidence(sizes).outcome("A3")
    assert isinstance(found, Missing)
    assert "The attributions by saliency are sizes without a sign" in found.reason
    both = evidence(build.make_attributions(agreeing), sizes).outcome("A3")
    assert list(both.evidence["by_method"]) == ["kernel_shap"]
