from __future__ import annotations

import json
import re

import altair as alt
import numpy as np
import pandas as pd
import pytest

from tests.viz.text_results import token_result
from xaigeo import viz
from xaigeo.agreement import score_bins, seeds_needed, summary
from xaigeo.viz.chart_nouns import with_nouns

OF_TABLES = re.compile(r"(?<![\w.])(rows?|features?)(?!\w)", re.IGNORECASE)
SHOWN = ("title", "subtitle", "text", "description", "label", "meaning", "sort", "domain")


@pytest.fixture(scope="module")
def explained():
    values = np.random.default_rng(0).normal(size=(4, 6, 4))
    texts = [["a", "good", "film", w] for w in ("a", "b", "c", "d", "e", "f")]
    return token_result(texts, values, np.linspace(0.2, 0.9, 24).reshape(4, 6))


def shown(part, key=""):
    """Yield the texts of a chart that are read, those of tables among them."""
    if isinstance(part, str) and key in SHOWN:
        yield part
    if isinstance(part, list):
        for one in part:
            yield from shown(one, key)
    if isinstance(part, dict):
        for name, one in part.items():
            yield from shown(one, name)


CHARTS = {
    "score_by_row": viz.score_by_row,
    "seed_agreement_heatmap": viz.seed_agreement_heatmap,
    "prediction_deviation": viz.prediction_deviation,
    "prediction_spread": viz.prediction_spread,
    "prediction_deviation_comparison": lambda e: viz.prediction_deviation_comparison(
        {"plain": e, "other": e}
    ),
    "score_bins": lambda e: viz.score_bins(score_bins(e, n_bootstrap=50)),
    "score_bins of several": lambda e: viz.score_bins(
        {name: score_bins(e, n_bootstrap=50) for name in ("plain", "other")}
    ),
    "method_agreement": lambda e: viz.method_agreement([e, e]),
    "seed_curve": lambda e: viz.seed_curve(seeds_needed(e, n_bootstrap=50)),
    "agreement_scores": lambda e: viz.agreement_scores(summary(e, n_bootstrap=50)),
    "attribution_importance": viz.attribution_importance,
}


@pytest.mark.parametrize("name", CHARTS)
def test_charts_of_texts_speak_of_texts_and_words(explained, name):
    spec = CHARTS[name](explained).to_dict()
    said = list(shown(spec))
    assert len(said) > 3
    assert not [one for one in said if OF_TABLES.search(one)]


def test_names_of_ensembles_are_kept(explained):
    given = {"plain rows": explained, "more features": explained}
    for chart in (
        viz.prediction_deviation_comparison(given),
        viz.score_bins({name: score_bins(one, n_bootstrap=50) for name, one in given.items()}),
    ):
        said = " ".join(shown(chart.to_dict()))
        assert "against plain rows" in said
        assert "more features makes no clear change" in said
        assert "mean over texts" in said


def test_bins_of_tables_are_of_rows(study):
    told = shown(viz.score_bins(score_bins(study.by_method["kernel_shap"])).to_dict())
    assert any("a bin's rows" in one for one in told)


def test_a_summary_of_texts_tells_what_scores_of_words_mean(explained):
    meanings = summary(explained, n_bootstrap=50)["meaning"]
    assert not [one for one in meanings if OF_TABLES.search(one)]
    assert any("word" in one for one in meanings)


def test_names_fields_and_other_columns_stay(explained):
    table = pd.DataFrame({"row": ["row"], "label": ["row t0"], "told": ["a feature"]})
    chart = alt.Chart(alt.NamedData("dots"), title="Row t0, a feature").mark_text(text="row")
    chart = chart.encode(x=alt.X("row:N", title="Rows", sort=["row t0"]))
    spec = with_nouns(chart, {"dots": table}, explained).to_dict()
    assert spec["title"] == "Text t0, a word"
    assert spec["encoding"]["x"] == {
        "field": "row",
        "sort": ["text t0"],
        "title": "Texts",
        "type": "nominal",
    }
    (rows,) = spec["datasets"].values()
    assert rows == [{"row": "row", "label": "text t0", "told": "a feature"}]
    assert "row" in json.dumps(chart.to_dict())  # the chart given stays as it was


def test_classes_keep_their_names():
    made = token_result(
        [["a", "film"]], np.ones((2, 1, 2)), np.full((2, 1), 0.9), classes=("row", "feature")
    )
    chart = alt.Chart(alt.NamedData("dots"), title="“row” and “feature” on 2 rows").mark_point()
    assert with_nouns(chart, {}, made).to_dict()["title"] == "“row” and “feature” on 2 texts"
