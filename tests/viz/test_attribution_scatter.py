from dataclasses import replace

import numpy as np
import pytest
import vl_convert

from xaigeo.errors import InputError
from xaigeo.viz.attribution_scatter import attribution_scatter
from xaigeo.viz.theme import AMOUNTS, CLASSES

NUMBER, CATEGORY = "bill_length_mm", "island"


@pytest.fixture(scope="module")
def shap(study):
    return study.by_method["kernel_shap"]


def last_colour(spec, make):
    return make.units_of(spec)[-1]["encoding"]["color"]


def test_numbers_in_their_units(shap, make):
    spec = attribution_scatter(shap, NUMBER, output="Gentoo").to_dict()
    tables = make.tables_of(spec)
    make.check_fields(spec, tables)
    j = shap.features.index(NUMBER)
    for i, row in enumerate(tables["dots"]):
        own = shap.array("attribution")[:, i, j, 2]
        assert row["x"] == pytest.approx(shap.array("input")[i, j])
        assert row["attribution"] == pytest.approx(np.median(own), rel=1e-4)
        assert row["low"] == pytest.approx(np.quantile(own, 0.1), rel=1e-4)
        assert row["high"] == pytest.approx(np.quantile(own, 0.9), rel=1e-4)
        votes = np.bincount(shap.predicted[:, i], minlength=3)
        assert votes[shap.outputs.index(row["predicted"])] == votes.max()
        assert row["value"].endswith(" mm")
    rug = {row["x"] for row in tables["rug"]}
    assert rug == set(np.unique(shap.array("background")[:, j]))
    assert make.units_of(spec)[-1]["encoding"]["x"]["title"] == "bill_length_mm (mm)"
    assert last_colour(spec, make)["scale"]["range"] == list(CLASSES[:3])
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_categories_side_by_side(shap, make):
    spec = attribution_scatter(shap, CATEGORY, colour_by=NUMBER).to_dict()
    tables = make.tables_of(spec)
    make.check_fields(spec, tables)
    known = [str(c) for c in shap.schema[CATEGORY].categories]
    assert {row["x"] for row in tables["dots"]} <= set(known)
    assert all(-1 <= row["offset"] <= 1 for row in tables["dots"])
    assert last_colour(spec, make)["scale"]["range"] == list(AMOUNTS)
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_colour_by_a_category_has_shapes_too(shap, make):
    spec = attribution_scatter(shap, NUMBER, colour_by=CATEGORY).to_dict()
    make.check_fields(spec, make.tables_of(spec))
    point = make.units_of(spec)[-1]["encoding"]
    known = [str(c) for c in shap.schema[CATEGORY].categories]
    assert point["color"]["scale"]["domain"] == point["shape"]["scale"]["domain"] == known
    assert len(set(point["color"]["scale"]["range"])) == len(known)


def test_finding(shap):
    j = shap.features.index(NUMBER)
    values = shap.array("attribution")[:, :, j, 0]
    title = " ".join(attribution_scatter(shap, NUMBER, "Adelie").to_dict()["title"]["text"])
    differ = sum(len(set(np.sign(values[:, i]))) > 1 for i in range(6))
    ending = f"differ in sign on {differ} of 6 rows" if differ else "agree on every sign"
    assert title.endswith(ending)
    assert "falls with the value" in title
    data = shap.data.copy(deep=True)
    data["attribution"][:] = 0.0
    nothing = attribution_scatter(replace(shap, data=data), NUMBER).to_dict()["title"]["text"]
    assert " ".join(nothing) == f"{NUMBER} changes the output of no seed on these rows"


def test_one_seed(shap, make):
    spec = attribution_scatter(shap, NUMBER, seed=1).to_dict()
    assert all(row["low"] == row["high"] for row in make.tables_of(spec)["dots"])
    assert "seed 1 alone" in " ".join(spec["title"]["subtitle"])
    assert "sign" not in " ".join(spec["title"]["text"])


def test_regression_is_coloured_by_the_prediction(make, study):
    model = make.regression_seeds(study.data.X)
    one = make.attributions(model, study.X, study.background, "kernel_shap")
    spec = attribution_scatter(one, NUMBER).to_dict()
    make.check_fields(spec, make.tables_of(spec))
    colour = last_colour(spec, make)
    assert colour["field"] == "amount"
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_errors(study, shap):
    with pytest.raises(InputError, match="Attributions for a scatter"):
        attribution_scatter(study.by_method["anchors"], NUMBER)
    with pytest.raises(InputError, match=r"a column of the schema .* 'bill'"):
        attribution_scatter(shap, "bill")
    with pytest.raises(InputError, match="a column of the schema"):
        attribution_scatter(shap, NUMBER, colour_by="x")
    with pytest.raises(InputError, match="an output of the explanation"):
        attribution_scatter(shap, NUMBER, "x")
