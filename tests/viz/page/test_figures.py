import altair as alt
import pandas as pd
import pytest
from jsonschema import ValidationError

from xaigeo.agreement import summary
from xaigeo.viz.page import figures


@pytest.fixture(scope="module")
def maps(study):
    return {kind: figures.map_spec(study.explanations, kind) for kind in ("pair", "plane")}


@pytest.mark.parametrize("kind", ["pair", "plane"])
def test_map_reads_only_columns_that_the_script_makes(study, maps, make, kind):
    spec = maps[kind]
    names = {unit["data"]["name"] for unit in make.units_of(spec)}
    assert names >= {"points", "instances", "chosen"}
    assert names - {"points", "instances", "chosen"} <= figures.drawn_in(study.explanations, kind)
    assert "datasets" not in spec
    assert (spec["width"], spec["height"]) == ("container", "container")
    assert {p["name"] for p in spec["params"]} == {"x_low", "x_high", "y_low", "y_high"}


@pytest.mark.parametrize("kind", ["pair", "plane"])
def test_map_has_no_legend_since_the_page_writes_one(maps, make, kind):
    for unit in make.units_of(maps[kind]):
        for channel in ("color", "shape"):
            encoding = unit["encoding"].get(channel, {})
            assert "field" not in encoding or encoding["legend"] is None


def test_every_figure_follows_the_schema_of_vega_lite(study, make, maps):
    shap = study.by_method["kernel_shap"]
    scores = [spec for _, spec in figures.score_specs(summary(shap))]
    columns = ["bill_length_mm", "body_mass_g"]
    numbers = make.regression_seeds(study.data.X[columns])
    values = make.all_methods(numbers, study.X[columns], study.background[columns])
    specs = [
        *maps.values(),
        *(figures.map_spec(values, kind) for kind in maps),
        *(figures.strip_spec(study.by_method[name]) for name in ("lime", "kernel_shap")),
        figures.waterfall_spec(shap),
        figures.accuracy_spec(study.evaluation),
        figures.heatmap_spec(shap),
        *scores,
    ]
    for spec in specs:
        alt.LayerChart.validate(spec)
    with pytest.raises(ValidationError):
        alt.LayerChart.validate(maps["pair"] | {"layer": [{"mark": "pt"}]})


@pytest.mark.parametrize("method", ["kernel_shap", "anchors"])
def test_charts_with_data_of_their_own(study, make, method):
    specs = [spec for _, spec in figures.score_specs(summary(study.by_method[method]))]
    specs += [figures.accuracy_spec(study.evaluation)]
    specs += [figures.heatmap_spec(study.by_method["kernel_shap"])]
    for spec in specs:
        make.check_fields(spec, make.tables_of(spec))
        assert "config" not in spec


def test_strip_is_as_tall_as_there_are_features(study):
    for method in ("lime", "kernel_shap"):
        spec = figures.strip_spec(study.by_method[method])
        assert spec["height"] == len(study.model.schema.names) * figures.STRIP_ROW


def test_every_layer_of_the_strip_has_the_axis_that_the_script_sets(study):
    spec = figures.strip_spec(study.by_method["lime"])
    assert {param["name"] for param in spec["params"]} == {"low", "high"}
    for unit in spec["layer"]:
        assert unit["encoding"]["x"]["scale"]["domain"] == [{"expr": "low"}, {"expr": "high"}]


def test_score_specs_keep_directions_apart(study):
    table = summary(study.by_method["lime"], n_bootstrap=20)
    directions = [better for better, _ in figures.score_specs(pd.DataFrame(table))]
    assert directions == [True, False]


def test_scores_that_have_no_value_anywhere_make_no_chart(study):
    table = summary(study.by_method["lime"], n_bootstrap=5).assign(value=float("nan"))
    assert figures.score_specs(table) == []
