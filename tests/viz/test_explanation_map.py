import re
from dataclasses import replace
from functools import cache

import pandas as pd
import pytest
import vl_convert

from xaigeo.errors import InputError
from xaigeo.geometry import explanation_plane, grand_tour, scene
from xaigeo.viz import explanation_map
from xaigeo.viz.explanation_map import explanation_map_tables, map_frame
from xaigeo.viz.map_layers import COLUMNS, MARK_TABLES, MORE_COLUMNS
from xaigeo.viz.map_tables import drawn_tables, largest_arrows
from xaigeo.viz.text_fit import text_px

# Tables that say what the layers of others draw, or that are words about them.
TOLD = {"box_members", "degenerate", "limits", "axes", "ellipse_outlines", "patch_outlines"}
OF_PLANES = ("patches", "box_outlines", "box_edges", "compass")


@pytest.fixture(scope="module")
def planes(study):
    """A scene in the principal components, an explanation plane and a tour's view."""
    lime, *others = study.explanations
    radius = lime.data["kernel_radius"].copy(deep=True)
    radius[:3] = 9.0  # wide enough to hold the boundaries of half of the rows
    given = [replace(lime, data=lime.data.assign(kernel_radius=radius)), *others]
    label = study.X.index[0]
    return {
        "pca": scene(given, view="pca", staircase=True),
        "plane": scene(given, view=explanation_plane(given[:2], instance=label)),
        "tour": scene(given, view=grand_tour(given, random_state=0).view(0.3)),
    }


@pytest.fixture(scope="module")
def drawn(the_scene, planes):
    """The maps of all views as specifications, each made when first asked for."""
    scenes = {"pair": the_scene} | planes
    return cache(lambda view: explanation_map(scenes[view]).to_dict())


@pytest.fixture(scope="module")
def spec(drawn):
    return drawn("pair")


@pytest.fixture(scope="module")
def of_anchors(the_scene):
    return explanation_map(the_scene, methods=["anchors"]).to_dict()


@pytest.fixture(scope="module")
def side_by_side(the_scene, planes):
    size = {"width": 300, "height": 260, "methods": ["lime", "counterfactuals", "anchors"]}
    return explanation_map(the_scene, **size) | explanation_map(planes["pca"], **size)


def params_by_bind(spec):
    return {p["bind"]["name"].strip(): p for p in spec["params"]}


def drawn_names(spec, make):
    """Return the tables over which a layer stands."""
    return {make.table_name(unit["data"]["name"]) for unit in make.units_of(spec)}


def test_every_field_is_in_the_data(spec, make):
    make.check_fields(spec, make.tables_of(spec))


@pytest.mark.parametrize("view", ["pca", "plane", "tour"])
def test_every_field_is_in_the_data_of_planes(drawn, view, make):
    spec = drawn(view)
    make.check_fields(spec, make.tables_of(spec))
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_data_are_the_rows_of_the_scene(spec, the_scene, make):
    tables = make.tables_of(spec)
    drawn = drawn_tables(the_scene)
    for name in MARK_TABLES:
        if name != "ellipse_outlines":
            assert len(tables[name]) == len(drawn[name]), name
    for name in ("points", "instances", "regions", "coverage_cells", "ellipses", "clusters"):
        assert len(tables[name]) == len(getattr(the_scene, name)), name
    lines = pd.DataFrame(tables["lines"])
    assert lines["x1"].astype(float).tolist() == pytest.approx(drawn["lines"]["x1"], rel=1e-4)
    assert set(map(str, lines["boundary"])) <= {"true", "false", "True", "False"}


@pytest.mark.parametrize("view", ["pair", "pca", "plane", "tour"])
def test_every_table_with_rows_is_drawn(the_scene, planes, drawn, view, make):
    shown = the_scene if view == "pair" else planes[view]
    names = drawn_names(drawn(view), make)
    filled = {name for name, table in shown.frames().items() if len(table)} - TOLD
    if view != "pair":
        filled -= {"boxes"}  # a row of it has no rectangle there; `box_outlines` draws it
        filled -= set() if (~shown.lines["boundary"]).any() else {"lines"}
        assert {"compass", "patches", "box_outlines"} <= names
    assert filled <= names
    assert {"whiskers", "box_members"} <= names


def test_as_many_marks_are_drawn_as_a_plane_has_rows(planes, drawn, make):
    pca = planes["pca"]
    tables = make.tables_of(drawn("pca"))
    several = pca.normals["n_seeds"] > 1
    assert len(tables["normals"]) == int(((pca.normals["layer"] == "seed") | several).sum())
    near = pca.lines["boundary"]
    lone = (pca.lines["layer"] != "seed") & (pca.lines["n_seeds"] == 1)
    assert len(tables["patches"]) == int((near & ~lone).sum())
    assert len(tables.get("lines", [])) == int((~near & ~lone).sum())
    for name in ("staircases", "box_outlines", "box_edges"):
        table = getattr(pca, name)
        alone = (table["layer"] != "seed") & (table["n_seeds"] == 1)
        assert len(tables[name]) == int((~alone).sum()), name
    assert len(tables["box_outlines"]) % (2 * len(pca.axes)) == 0


def test_sides_of_outlines_lead_from_vertex_to_vertex(planes):
    sides = explanation_map_tables(planes["pca"])["box_outlines"]
    for _, side in sides.groupby("mark"):
        x, x2 = side["x"].tolist(), side["x2"].tolist()
        assert x2 == [*x[1:], x[0]]


def test_a_box_tells_its_rule_to_its_outline(planes, drawn, make):
    tables = make.tables_of(drawn("pca"))
    rules = {str(row["mark"]): row["rule"] for row in tables["boxes"]}
    outlines = planes["pca"].box_outlines
    keys = ["layer", "seed", "instance"]
    boxes = planes["pca"].boxes.set_index(keys)["rule"]
    starts = outlines[outlines["order"] == 0].reset_index(drop=True)
    for mark, rule in rules.items():
        own = starts.loc[int(mark), keys]
        known = boxes.xs(own["instance"], level="instance")
        assert rule in set(known[known.index.get_level_values("layer") == own["layer"]])


def test_a_plane_has_equal_units_and_a_pair_the_limits_of_the_scene(planes, spec, the_scene):
    room = the_scene.limits.iloc[0]
    x = spec["layer"][0]["encoding"]["x"]
    assert x["title"] == "bill_length_mm (mm)"
    assert x["scale"]["domain"] == pytest.approx([room["x_low"], room["x_high"]], rel=1e-4)
    first = explanation_map(planes["pca"], width=300, height=200).to_dict()["layer"][0]["encoding"]
    (x_low, x_high), (y_low, y_high) = (first[a]["scale"]["domain"] for a in "xy")
    assert (x_high - x_low) / 300 == pytest.approx((y_high - y_low) / 200, rel=1e-3)


def test_a_row_is_picked_by_click_and_by_list(spec, study):
    pick = params_by_bind(spec)["Row"]
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
    assert len(pick["views"]) == 1


def test_the_first_row_is_the_one_asked_for_or_the_most_divided(the_scene, spec, study):
    wanted = study.X.index[-1]
    asked = explanation_map(the_scene, instance=wanted, methods=["lime"]).to_dict()
    assert params_by_bind(asked)["Row"]["value"] == [{"instance": wanted}]
    rows = the_scene.instances
    divided = rows["instance"][rows["flip_rate"].idxmax()]
    assert divided != wanted
    assert params_by_bind(spec)["Row"]["value"] == [{"instance": divided}]


def test_methods_can_be_chosen(the_scene, of_anchors, make):
    assert drawn_names(of_anchors, make) == {
        *("points", "instances", "boxes", "box_members", "coverage_cells", "regions"),
        *("captions", "readings"),
    }
    assert set(params_by_bind(of_anchors)) == {"Row", "Marks"}
    both = explanation_map(the_scene, methods=["anchors", "lime"]).to_dict()
    choice = params_by_bind(both)["Method"]
    assert choice["bind"]["options"] == ["lime", "anchors", "all methods"]
    assert choice["bind"]["labels"] == ["LIME", "Anchors", "all methods"]
    assert choice["value"] == "lime"


def test_marks_are_those_of_seeds_consensus_or_both(spec):
    marks = params_by_bind(spec)["Marks"]
    assert marks["bind"]["options"] == ["seeds and consensus", "consensus", "seeds"]
    name = marks["name"]
    tests = {
        layer["data"]["name"].rsplit("_", 1)[0]: [t.get("filter") for t in layer["transform"]]
        for layer in spec["layer"]
        if "transform" in layer
    }
    own = f"({name} === 'seeds') === (datum.layer === 'seed')"
    assert f"{name} === 'seeds and consensus' || {own}" in tests["lines"]
    assert f"{name} !== 'seeds'" in tests["cones"]
    assert not any(name in str(one) for one in tests["regions"])


def test_a_single_seed_has_no_consensus_to_choose(study, make):
    one = scene(study.explanations, view=make.view, seeds=[0])
    spec = explanation_map(one).to_dict()
    assert "Marks" not in params_by_bind(spec)
    assert spec["title"]["subtitle"] == ["There is one seed, so there is no consensus."]
    assert spec["title"]["text"] == ["One seed's explanations of 6 rows"]
    assert make.tables_of(spec)["box_members"]
    said = make.tables_of(spec)["captions"][0]["said"]
    assert said == f"Row {study.X.index[0]}: the seed answers {one.instances['predicted'][0]}"
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_each_method_says_how_its_marks_are_read(drawn, of_anchors, make):
    def read(spec):
        rows = make.tables_of(spec)["readings"]
        return {row["method"]: row["said"].replace("\n", " ") for row in rows}

    assert set(read(of_anchors)) == {"anchors"}
    flat, plane = read(drawn("pair")), read(drawn("pca"))
    assert flat["lime"].startswith("LIME: a line is where")
    assert plane["lime"].startswith("LIME: a patch is the part")
    assert "a point inside the outline need not lie in the box" in plane["anchors"]
    assert flat["all methods"].startswith("All methods: choose one")


@pytest.mark.parametrize("width", [336, 560])
def test_no_line_of_text_is_wider_than_the_chart(the_scene, make, width):
    spec = explanation_map(the_scene, width=width, height=300).to_dict()
    assert (spec["width"], spec["height"]) == (width, 300)
    tables = make.tables_of(spec)
    taken = [text_px(line, 13) for line in spec["title"]["text"]]
    taken += [text_px(line, 11.5) for line in spec["title"]["subtitle"]]
    for name, size in (("captions", 12), ("readings", 11.5)):
        taken += [text_px(x, size) for row in tables[name] for x in row["said"].split("\n")]
    assert max(taken) <= width + 44


def test_title_states_the_finding(spec, the_scene, study, make):
    split = int((the_scene.instances["flip_rate"] > 0).sum())
    assert " ".join(spec["title"]["text"]) == (
        f"The seeds' answers differ on {split} of {len(the_scene.instances)} explained rows"
    )
    assert "Scatter of" in spec["description"]
    rows = the_scene.instances
    alike = rows.loc[rows["flip_rate"] == 0, "instance"].tolist()
    few = scene(study.explanations, view=make.view, instances=alike)
    assert " ".join(explanation_map(few).to_dict()["title"]["text"]) == (
        f"The seeds give the same answer on all {len(alike)} explained rows"
    )


def test_a_map_on_which_nothing_can_be_drawn_says_so(study, make):
    lime = study.by_method["lime"]
    level = replace(lime, data=lime.data.assign(attribution=lime.data["attribution"] * 0.0))
    chart = explanation_map(scene(level, view=make.view)).to_dict()
    assert drawn_names(chart, make) == {"points", "instances", "regions", "captions", "readings"}
    assert "Nothing is drawn, since no mark" in vl_convert.vegalite_to_svg(chart)


def test_seeds_without_a_direction_are_counted(study, make):
    lime = study.by_method["lime"]
    values = lime.data["attribution"].copy(deep=True)
    values[:2, 0] = 0.0
    partly = replace(lime, data=lime.data.assign(attribution=values))
    rows = make.tables_of(explanation_map(scene(partly, view=make.view)).to_dict())["captions"]
    said = {row["instance"]: row["said"].replace("\n", " ") for row in rows}
    label = lime.instances[0]
    assert said[label].endswith("LIME: 2 seeds have no direction here and no mark")
    assert "no direction" not in said[lime.instances[1]]


def test_arrow_heads_turn_by_size_and_domain_of_the_axes(spec, make):
    heads = [
        unit["mark"]["angle"]["expr"]
        for unit in spec["layer"]
        if make.table_name(unit["data"]["name"]) == "vectors" and "angle" in unit["mark"]
    ]
    assert heads[0].startswith("atan2((datum.x2 - datum.x) * 560 / ")


def test_only_the_largest_arrows_of_many_columns_are_drawn():
    vectors = pd.DataFrame(
        {
            "method": "m",
            "instance": 1,
            "role": ["component"] * 12 + ["resultant"],
            "feature": [*map(str, range(12)), None],
            "attribution": [*[0.1 * k for k in range(12)], 9.0],
        }
    )
    vectors.loc[3, "attribution"] = float("nan")
    kept = vectors[largest_arrows(vectors)]
    assert kept["feature"].tolist()[:-1] == [str(k) for k in (1, 2, *range(4, 12))]
    assert kept["role"].tolist()[-1] == "resultant"


@pytest.mark.parametrize("view", ["pair", "pca"])
def test_regression_colours_points_by_value(make, study, view):
    X = study.data.X[["bill_length_mm", "bill_depth_mm", "flipper_length_mm"]]
    model = make.regression_seeds(X)
    explanations = make.all_methods(model, X.iloc[:4], X)
    shown = scene(explanations, view=make.view if view == "pair" else "pca")
    spec = explanation_map(shown).to_dict()
    make.check_fields(spec, make.tables_of(spec))
    colours = [
        unit["encoding"]["color"]
        for unit in make.units_of(spec)
        if unit["encoding"].get("color", {}).get("field") == "predicted"
    ]
    assert {colour["type"] for colour in colours} == {"quantitative"}
    assert {colour["title"] for colour in colours} == {"Mean prediction of mass"}
    assert {colour["legend"]["orient"] for colour in colours} == {"bottom"}
    rows = shown.instances
    ends = [sorted(map(float, said.split(" to "))) for said in rows["classes"]]
    widest = max(range(4), key=lambda k: ends[k][1] - ends[k][0])
    assert " ".join(spec["title"]["text"]) == (
        "The seeds' predictions of mass lie furthest apart at row "
        f"{rows['instance'][widest]}: {rows['classes'][widest]}"
    )
    caption = make.tables_of(spec)["captions"][0]["said"]
    assert caption.startswith("Row 0: the seeds predict mass ")
    bars = make.tables_of(spec)["scale_bar"]
    assert any(row["label"].endswith(" mass") for row in bars)


def test_the_caption_says_how_many_of_how_many_seeds(the_scene, spec, make):
    rows = make.tables_of(spec)["captions"]
    said = {row["instance"]: row["said"].replace("\n", " ") for row in rows}
    for row in the_scene.instances.itertuples():
        agreeing = round(5 * (1 - row.flip_rate))
        told = f"Row {row.instance}: {agreeing} of 5 seeds answer {row.predicted}"
        assert said[row.instance] == told + (f" ({row.classes})" if agreeing < 5 else "")


def test_an_unknown_row_is_refused(the_scene):
    with pytest.raises(InputError, match=r"an instance of the scene .* got 'nobody'"):
        explanation_map(the_scene, instance="nobody")


def test_only_a_scene_is_drawn(study):
    for stranger in (None, study.by_method["lime"], study.explanations):
        with pytest.raises(InputError, match=r"a Scene to draw, got (NoneType|Attributions|list)"):
            explanation_map(stranger)


def test_a_size_is_a_number_of_pixels(the_scene):
    with pytest.raises(InputError, match="width"):
        explanation_map(the_scene, width="wide")
    with pytest.raises(InputError, match="height"):
        explanation_map(the_scene, height=10)


@pytest.mark.parametrize("methods", [["shape"], "lime", [], 3])
def test_unknown_methods_are_refused(the_scene, methods):
    with pytest.raises(InputError, match="a list of methods that the scene draws"):
        explanation_map(the_scene, methods=methods)


@pytest.mark.parametrize("view", ["pair", "pca"])
def test_tables_hold_no_column_beyond_those_read(the_scene, planes, view):
    columns = COLUMNS | MORE_COLUMNS
    shown = the_scene if view == "pair" else planes["pca"]
    for name, table in explanation_map_tables(shown).items():
        if name in columns and name != "points":
            assert set(table.columns) - {"mark"} == set(columns[name]) - {"mark"}, name


def test_vega_draws_it_with_the_rows_of_a_rule(spec, of_anchors):
    assert "LIME: a line" in vl_convert.vegalite_to_svg(spec)
    assert "Anchors: in its box" in vl_convert.vegalite_to_svg(of_anchors)


def test_two_maps_side_by_side_keep_their_own_names(side_by_side):
    joined = side_by_side.to_dict()
    names = [p["name"] for p in joined["params"]]
    assert len(names) == len(set(names))
    picks = [p for p in joined["params"] if "select" in p]
    assert len(picks) == 2
    assert picks[0]["views"] != picks[1]["views"]
    layers = [layer for part in joined["hconcat"] for layer in part["layer"]]
    views = [layer["name"] for layer in layers if "name" in layer]
    assert sorted(views) == sorted(view for pick in picks for view in pick["views"])
    svg = vl_convert.vegalite_to_svg(joined)
    assert set(re.findall("LIME: a (?:line|patch)", svg)) == {"LIME: a line", "LIME: a patch"}


@pytest.mark.parametrize(
    ("unit", "kind"),
    [("value", "arrows"), ("value per SD", "slopes"), ("(value per SD)²", "squares")],
)
def test_an_arrow_is_read_by_its_unit(the_scene, unit, kind):
    from xaigeo.viz.map_words import READINGS, mark_kind

    mark = next(m for m in the_scene.marks if type(m).__name__ == "Vectors")
    assert mark_kind(replace(mark, unit=unit)) == kind
    assert kind in READINGS


def test_a_regression_has_level_lines_and_no_answer(study, make):
    model = make.regression_seeds(study.data.X)
    given = make.attributions(model, study.data.X.iloc[:3], study.data.X, "lime")
    for view in (make.view, "pca"):
        spec = explanation_map(scene(given, view=view)).to_dict()
        (row,) = make.tables_of(spec)["readings"]
        said = row["said"].replace("\n", " ")
        assert "answer" not in said + " ".join(spec["title"]["subtitle"])
        assert "leads to higher predictions" in said
        assert ("level line" in said) == (view != "pca")


def test_a_projection_has_room_for_the_consensus_patches(planes):
    shown = planes["pca"]
    frame = map_frame(shown, width=560, height=430)
    limits = shown.limits.iloc[0]
    kept = shown.patch_outlines[shown.patch_outlines["layer"] != "seed"]
    for axis, (low, high) in (("x", frame.x_domain), ("y", frame.y_domain)):
        most = 0.3 * (limits[f"{axis}_high"] - limits[f"{axis}_low"])
        assert low - 1e-3 <= max(kept[axis].min(), limits[f"{axis}_low"] - most)
        assert high + 1e-3 >= min(kept[axis].max(), limits[f"{axis}_high"] + most)


@pytest.mark.browser
def test_both_of_two_maps_answer_to_clicks(the_scene, side_by_side, open_page, tmp_path):
    page = tmp_path / "two.html"
    side_by_side.save(page, inline=True, embed_options={"renderer": "svg"})
    opened = open_page(page)
    spec = side_by_side.to_dict()
    order = the_scene.instances["instance"].tolist()
    for pick in (p for p in spec["params"] if "select" in p):
        chosen = opened.page.locator(f"select[name={pick['name']}_instance]")
        rows = opened.page.locator(f"g.{pick['views'][0]}_marks > path")
        assert rows.count() == len(order)
        before = opened.page.locator("svg.marks").inner_html()
        first = chosen.evaluate("s => s.selectedOptions[0].text")
        place = next(k for k, label in enumerate(order) if str(label) != first)
        rows.nth(place).click(force=True)
        opened.page.wait_for_function(
            f"document.querySelector('select[name={pick['name']}_instance]')"
            f".selectedOptions[0].text === '{order[place]}'"
        )
        assert opened.page.locator("svg.marks").inner_html() != before
    assert opened.problems == []
