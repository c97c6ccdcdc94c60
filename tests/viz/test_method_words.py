from dataclasses import replace

import pytest

from xaigeo.viz.method_words import BINNED, CHANGES, READINGS, REMOVALS, TITLES, words_for


@pytest.mark.parametrize(
    ("method", "mark"),
    [
        ("lime", "line"),
        ("kernel_shap", "arrows"),
        ("integrated_gradients", "arrows"),
        ("anchors", "box"),
        ("counterfactuals", "connector"),
    ],
)
def test_each_method_has_its_mark_and_a_reading(study, method, mark):
    words = words_for(study.by_method[method])
    assert (words.name, words.mark) == (method, mark)
    assert words.reading == READINGS[mark].format(wanted="")


def test_a_rule_promises_a_share_and_no_more(study):
    anchors = study.by_method["anchors"]
    parameters = anchors.provenance["parameters"] | {"threshold": 0.95}
    wanted = replace(anchors, provenance=anchors.provenance | {"parameters": parameters})
    assert "keeps its answer on at least the wanted share (95%)" in words_for(wanted).reading
    assert "at least the wanted share, unless" in words_for(anchors).reading


def test_a_counterfactual_is_said_to_be_made_up(study):
    reading = words_for(study.by_method["counterfactuals"]).reading
    assert "a made-up input, not a row of the data" in reading


def test_arrows_of_slopes_are_no_contributions(study):
    shap = study.by_method["kernel_shap"]
    parameters = shap.provenance["parameters"] | {"absolute": True}
    slopes = replace(shap, provenance=shap.provenance | {"parameters": parameters})
    assert words_for(slopes).reading == CHANGES
    assert "adds" not in CHANGES


def test_lime_without_a_boundary_line_is_arrows(study, make):
    lime = study.by_method["lime"]
    binned = words_for(make.binned(lime))
    assert (binned.title, binned.mark, binned.reading) == ("LIME", "arrows", BINNED)
    by_cosine = words_for(replace(lime, data=lime.data.drop_vars("kernel_radius")))
    assert (by_cosine.mark, by_cosine.reading) == ("arrows", CHANGES)


def test_a_method_from_elsewhere_keeps_its_name(study):
    other = replace(study.by_method["kernel_shap"], method="my_method")
    assert words_for(other).title == "my_method"


def test_taking_features_away_is_told_from_sharing_the_output(study):
    shap = study.by_method["kernel_shap"]
    provenance = shap.provenance | {"additive": False, "resolved": {"baseline": {"length": 1.0}}}
    removed = replace(shap, method="occlusion", provenance=provenance)
    assert words_for(removed).title == "Occlusion"
    assert words_for(removed).reading == REMOVALS


def test_every_builtin_method_has_a_title():
    from xaigeo.explainers import EXPLAINERS

    assert set(EXPLAINERS.builtin) <= set(TITLES)


def test_a_regression_has_a_level_line_and_no_answer(study, make):
    model = make.regression_seeds(study.data.X)
    X = study.data.X.iloc[:3]
    words = words_for(make.attributions(model, X, study.data.X, "lime"))
    for said in (words.reading, words.plane_reading):
        assert "boundary" not in said
        assert "answer" not in said
        assert "leads to higher predictions" in said
    assert "level line of one seed's local model" in words.reading
    shap = words_for(make.attributions(model, X, study.data.X, "kernel_shap"))
    assert "answer" not in shap.reading + shap.plane_reading
    assert "adds to the prediction (orange)" in shap.reading
