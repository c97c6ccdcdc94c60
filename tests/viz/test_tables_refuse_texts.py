"""Charts of columns refuse explanations of texts, whose places are no columns."""

import numpy as np
import pytest

from tests.viz.text_results import token_result
from xaigeo import viz
from xaigeo.agreement import selective
from xaigeo.errors import InputError

OF_TABLES = [
    "anchor_intervals",
    "anchor_search",
    "attribution_beeswarm",
    "attribution_decision",
    "attribution_force",
    "attribution_heatmap",
    "attribution_scatter",
    "attribution_space_map",
    "attribution_strip",
    "attribution_waterfall",
    "counterfactual_changes",
    "counterfactual_html",
    "counterfactual_table",
    "divided_rows",
    "precision_coverage",
    "rank_flow",
    "rule_features",
    "selective_attributions",
]


@pytest.fixture(scope="module")
def explained():
    values = np.random.default_rng(0).normal(size=(3, 2, 3))
    return token_result([["a", "good", "film"], ["a", "bad", "film"]], values, np.full((3, 2), 0.8))


@pytest.mark.parametrize("name", OF_TABLES)
def test_the_message_names_the_chart_of_texts(explained, name):
    more = ["a"] if name == "attribution_scatter" else []
    with pytest.raises(InputError) as told:
        getattr(viz, name)(explained, *more)
    assert str(told.value).startswith("Expected an explanation of the columns of a table for ")
    assert str(told.value).endswith(
        ", got TokenAttributions (kernel_shap), of the words of texts. Draw a text with "
        "xaigeo.viz.token_attributions(explanation, instance)."
    )


def test_a_selection_of_words_has_no_features_over_rows(explained):
    with pytest.raises(InputError, match="features that are the same in every row"):
        viz.selective_features(selective(explained))


def test_charts_that_compare_rows_take_texts(explained):
    for name in ("score_by_row", "seed_agreement_heatmap", "prediction_deviation"):
        assert getattr(viz, name)(explained).to_dict()["title"]
