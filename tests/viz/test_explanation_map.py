from dataclasses import replace

import pandas as pd
import pytest
import vl_convert

from xaigeo.errors import InputError
from xaigeo.geometry import scene
from xaigeo.viz import explanation_map
from xaigeo.viz.map_layers import COLUMNS, MARK_TABLES
from xaigeo.viz.map_tables import drawn_tables


@pytest.fixture(scope="module")
def spec(the_scene):
    return explanation_map(the_scene).to_dict()


def test_every_field_is_in_the_data(spec, make):
    make.check_fields(spec, make.tables_of(spec))


def test_data_are_the_rows_of_the_scene(spec, the_scene, make):
    tables = make.tables_of(spec)
    assert set(tables) == {"points", "instances", "box_members", *MARK_TABLES}
    drawn = drawn_tables(the_scene)
    for name in drawn:
        assert len(tables[name]) == len(drawn[name]), name
    drawn = pd.DataFrame(tables["lines"])
    assert drawn["x1"].astype(float).tolist() == pytest.approx(
        drawn_tables(the_scene)["lines"]["x1"].tolist(), rel=1e-4
    )
    assert set(map(str, drawn["boundary"])) <= {"true", "false", "True", "False"}


def test_axes_carry_units_and_the_limits_of_the_scene(spec, the_scene):
    x = spec["layer"][0]["encoding"]["x"]
    assert x["title"] == "bill_length_mm (mm)"
    room = the_scene.limits.iloc[0]
    assert x["scale"]["domain"] == pytest.approx([room["x_low"], room["x_high"]], rel=1e-4)


def test_a_row_is_picked_by_click_and_by_list(spec, study):
    pick = next(p for p in spec["params"] if p["name"] == "pick")
    assert pick["select"] == {
        "type": "point",
        "fields": ["instance"],
        "on": "click",
        "toggle": False,
        "clear": False,
    }
    assert pick["bind"] == {
        "input": "select",
        "options": study.X.index.tolist(),
        "name": "Row ",
    }


def test_the_first_row_is_the_one_asked_for_or_the_most_divided(the_scene, study):
    wanted = study.X.index[-1]

    def first(chart):
        return next(p for p in chart.to_dict()["params"] if p["name"] == "pick")["value"]

    assert first(explanation_map(the_scene, instance=wanted)) == [{"instance": wanted}]
    rows = the_scene.instances
    divided = rows["instance"][rows["flip_rate"].idxmax()]
    assert first(explanation_map(the_scene)) == [{"instance": divided}]


def test_methods_can_be_chosen(the_scene, make):
    one = explanation_map(the_scene, methods=["anchors"]).to_dict()
    assert set(make.tables_of(one)) == {"points", "instances", "boxes", "box_members"}
    assert [p["name"] for p in one["params"]] == ["pick", "seeds_shown"]
    both = explanation_map(the_scene, methods=["anchors", "lime"]).to_dict()
    choice = next(p for p in both["params"] if p["name"] == "method_shown")
    assert choice["bind"]["options"] == ["lime", "anchors", "all"]
    assert choice["value"] == "lime"


def test_only_marks_that_can_be_drawn_are_explained(the_scene):
    one = explanation_map(the_scene, methods=["anchors"]).to_dict()["title"]["subtitle"]
    assert [line.split(":")[0] for line in one] == ["Thin", "Anchors"]
    every = explanation_map(the_scene).to_dict()["title"]["subtitle"]
    assert [line.split(":")[0] for line in every] == [
        "Thin",
        "LIME",
        "Kernel SHAP",
        "Integrated gradients",
        "Anchors",
        "Counterfactuals",
    ]


def test_title_states_the_finding(spec, the_scene):
    split = int((the_scene.instances["flip_rate"] > 0).sum())
    assert spec["title"]["text"] == (
        f"The seeds' answers differ on {split} of {len(the_scene.instances)} explained rows"
    )
    assert "Scatter of" in spec["description"]


def test_a_map_on_which_nothing_can_be_drawn_says_so(study, make):
    lime = study.by_method["lime"]
    level = replace(lime, data=lime.data.assign(attribution=lime.data["attribution"] * 0.0))
    chart = explanation_map(scene(level, view=make.view)).to_dict()
    assert set(make.tables_of(chart)) == {"points", "instances"}
    assert chart["description"].endswith(f"{len(lime.instances)} explained rows.")
    assert "Drawn: nothing, since no mark" in vl_convert.vegalite_to_svg(chart)


def test_arrow_heads_turn_by_size_and_domain_of_the_axes(spec):
    heads = next(unit for unit in spec["layer"] if unit.get("name") == "heads")
    assert heads["mark"]["angle"]["expr"].startswith("atan2((datum.x2 - datum.x) * 560 / ")


def test_regression_colours_points_by_value(make, study):
    X = study.data.X[["bill_length_mm", "bill_depth_mm", "flipper_length_mm"]]
    model = make.regression_seeds(X)
    explanations = make.all_methods(model, X.iloc[:4], X)
    spec = explanation_map(scene(explanations, view=make.view)).to_dict()
    make.check_fields(spec, make.tables_of(spec))
    colour = spec["layer"][0]["encoding"]["color"]
    assert (colour["field"], colour["type"]) == ("predicted", "quantitative")
    assert colour["title"] == "Mean prediction of mass"
    # Above the map is the caption.
    legends = [
        unit["encoding"]["color"].get("legend")
        for unit in make.units_of(spec)
        if unit["encoding"].get("color", {}).get("field") == "predicted"
    ]
    assert {legend["orient"] for legend in legends} == {"bottom"}
    finding = make.tables_of(spec)["instances"][0]["finding"]
    assert finding.startswith("Row 0: the seeds predict mass ")
    bars = make.tables_of(spec)["scale_bar"]
    assert any(row["label"].endswith(" mass") for row in bars)


def test_the_finding_says_how_many_of_how_many_seeds(the_scene, make):
    rows = make.tables_of(explanation_map(the_scene).to_dict())["instances"]
    for row in rows:
        agreeing = round(5 * (1 - row["flip_rate"]))
        said = f"Row {row['instance']}: {agreeing} of 5 seeds answer {row['predicted']}"
        assert row["finding"] == said + (f" ({row['classes']})" if agreeing < 5 else "")


def test_an_unknown_row_is_refused(the_scene):
    with pytest.raises(InputError, match=r"an instance of the scene .* got 'nobody'"):
        explanation_map(the_scene, instance="nobody")


def test_only_a_scene_is_drawn(study):
    for stranger in (None, study.by_method["lime"], study.explanations):
        with pytest.raises(InputError, match=r"a Scene to draw, got (NoneType|Attributions|list)"):
            explanation_map(stranger)


@pytest.mark.parametrize("methods", [["shape"], "lime", [], 3])
def test_unknown_methods_are_refused(the_scene, methods):
    with pytest.raises(InputError, match="a list of methods that the scene draws"):
        explanation_map(the_scene, methods=methods)


def test_layers_read_no_column_beyond_those_kept(spec, make):
    for unit in make.units_of(spec):
        name = make.table_name(unit["data"]["name"])
        if name in MARK_TABLES:
            assert set(pd.DataFrame(make.tables_of(spec)[name]).columns) == set(COLUMNS[name])


@pytest.mark.parametrize("methods", [None, ["anchors"]])
def test_vega_draws_it_with_the_rows_of_a_rule(the_scene, methods):
    svg = vl_convert.vegalite_to_svg(explanation_map(the_scene, methods=methods).to_dict())
    assert f"Drawn: {'LIME' if methods is None else 'Anchors'}" in svg
    assert 'class="mark-symbol role-mark members_marks"' in svg


@pytest.mark.parametrize(
    ("unit", "kind"),
    [("value", "arrows"), ("value per SD", "slopes"), ("(value per SD)²", "squares")],
)
def test_an_arrow_is_read_by_its_unit(the_scene, unit, kind):
    from xaigeo.viz.explanation_map import READINGS, _kind

    mark = next(m for m in the_scene.marks if type(m).__name__ == "Vectors")
    assert _kind(replace(mark, unit=unit)) == kind
    assert kind in READINGS
