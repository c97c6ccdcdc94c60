from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from xaigeo.agreement import same_answer_different_reason
from xaigeo.viz.page.agreement import (
    contrast_sentences,
    leading_sentence,
    measure_agreement,
    method_sentence,
    row_sentences,
)
from xaigeo.viz.page.reasons import contrast_sentence


@pytest.fixture(scope="module")
def agreement(study):
    return measure_agreement(study.explanations)


def test_the_leading_method_is_the_audit_s(agreement):
    assert agreement.leading == "kernel_shap"


def test_without_it_the_first_attributions_lead(study):
    given = [study.by_method[name] for name in ("anchors", "integrated_gradients", "lime")]
    assert measure_agreement(given).leading == "integrated_gradients"


def test_one_seed_has_no_agreement(study):
    assert measure_agreement([study.by_method["lime"].sel(seed=[0])]) is None


def test_flagged_rows_are_those_of_the_core(agreement, study):
    table = same_answer_different_reason(study.by_method["kernel_shap"])
    assert (
        agreement.flagged["instance"].tolist() == table.loc[table["flagged"], "instance"].tolist()
    )


def test_what_is_said_to_differ_is_the_top_features_not_the_first(agreement):
    rows = pd.DataFrame(
        {
            "instance": [7, 9],
            "stability": [0.2, 0.398],
            "flagged": True,
            "leading_features": ["bill (5)", "bill (3), island (2)"],
            "leading_share": [1.0, 0.6],
            "mean_cosine": [0.81, 0.2],
        }
    )
    assert contrast_sentences(replace(agreement, contrasts=rows)) == {
        7: "Yet their top 3 features differ (Kernel SHAP: stability 0.20, mean cosine "
        "0.81), though all rank bill first.",
        9: "Yet their top 3 features differ (Kernel SHAP: stability 0.398, mean cosine "
        "0.20); ranked first, by how many seeds: bill (3), island (2).",
    }
    assert contrast_sentences(replace(agreement, contrasts=rows.head(0))) == {}


def test_sentences_say_the_number_and_chance():
    assert leading_sentence("feature_agreement", 0.74, 0.5, 3) == (
        "Two seeds share 74% of their top 3 features; unrelated reasons would reach 50%"
    )
    assert leading_sentence("cross_validity", 0.6, np.nan, None) == (
        "The change that flips one seed also flips 60% of the others"
    )


def test_a_method_s_sentence_is_the_mean_over_rows(agreement, study):
    shap = study.by_method["kernel_shap"]
    mean = agreement.by_row["kernel_shap"]["feature_agreement"].mean()
    assert f"share {mean:.0%} of their top 3 features" in method_sentence(agreement, shap)


def test_every_row_has_a_sentence(agreement, study):
    for explanation in study.explanations:
        sentences = row_sentences(agreement, explanation)
        assert len(sentences) == len(explanation.instances)
        assert all(sentence.endswith(".") for sentence in sentences)


def test_scores_of_answers_are_not_scores_of_reasons(agreement):
    names = agreement.scores_at_rows("lime")
    assert "feature_agreement" in names
    assert not {"churn", "flip_rate"} & set(names)


def test_rows_led_by_one_feature_come_last_and_are_told_apart(agreement):
    rows = pd.DataFrame(
        {
            "instance": [7, 8, 9],
            "stability": [0.1, 0.2, 0.3],
            "flagged": True,
            "leading_features": ["bill (5)", "bill (3), island (2)", "island (4), bill (1)"],
            "leading_share": [1.0, 0.6, 0.8],
            "mean_cosine": [0.9, 0.2, 0.4],
        }
    )
    some = replace(agreement, contrasts=rows)
    assert some.flagged["instance"].tolist() == [8, 9, 7]
    assert some.led_by_one == [7]
    assert contrast_sentence(some).endswith(
        " On 1 of these all seeds put the same feature first (mean cosine 0.90): what differs is "
        "the rest."
    )
    assert "put the same" not in contrast_sentence(replace(agreement, contrasts=rows.tail(2)))
    assert " On all of these " in contrast_sentence(
        replace(agreement, contrasts=rows.assign(leading_share=1.0))
    )
