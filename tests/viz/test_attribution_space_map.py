from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import vl_convert

from xaigeo.errors import InputError
from xaigeo.geometry.attribution_space import attribution_space
from xaigeo.viz.attribution_space_map import (
    _apart,
    attribution_space_map,
    axis_title,
    space_finding,
    space_tables,
)


@pytest.fixture(scope="module")
def shap(study):
    return study.by_method["kernel_shap"]


def words_of(spec):
    return " ".join(spec["title"]["text"]), " ".join(spec["title"]["subtitle"])


@pytest.mark.parametrize("width", [640, 390])
def test_fields_rows_and_picture(shap, make, width):
    spec = attribution_space_map(shap, width=width).to_dict()
    tables = make.tables_of(spec)
    make.check_fields(spec, tables)
    assert ("vconcat" in spec) == (width == 390)
    space = attribution_space(shap)
    rows = tables["rows"]
    assert [row["instance"] for row in rows] == list(shap.instances)
    for column in ("data_x", "attribution_y", "seed_spread"):
        drawn = [row[column] for row in rows]
        np.testing.assert_allclose(drawn, space.frame[column], rtol=1e-3, atol=1e-6)
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_both_brushes_mark_rows_in_both_parts(shap):
    spec = attribution_space_map(shap).to_dict()
    names = [param["name"] for param in spec["params"]]
    assert len(set(names)) == 2
    for part in spec["hconcat"]:
        test = str(part["layer"][0]["encoding"]["opacity"])
        assert all(name in test for name in names)


def test_it_joins_with_another_of_its_kind(shap, study):
    both = attribution_space_map(shap) | attribution_space_map(study.by_method["lime"])
    spec = both.to_dict()
    assert len({param["name"] for param in spec["params"]}) == 4
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_axes_have_one_scale_and_hold_all_rows(shap):
    for part in attribution_space_map(shap).to_dict()["hconcat"]:
        encoding = part["layer"][0]["encoding"]
        x, y = (encoding[axis]["scale"]["domain"] for axis in "xy")
        assert x[1] - x[0] == pytest.approx(y[1] - y[0])


def test_classes_have_their_colours_and_regressions_amounts(shap, study, make):
    encoding = attribution_space_map(shap).to_dict()["hconcat"][0]["layer"][0]["encoding"]
    assert encoding["color"]["scale"]["domain"] == shap.outputs
    assert encoding["shape"]["scale"]["domain"] == shap.outputs
    model = make.regression_seeds(study.data.X)
    given = make.attributions(model, study.X, study.background, "kernel_shap")
    spec = attribution_space_map(given).to_dict()
    make.check_fields(spec, make.tables_of(spec))
    encoding = spec["hconcat"][0]["layer"][0]["encoding"]
    assert encoding["color"]["type"] == "quantitative"
    assert "shape" not in encoding


def test_the_finding_names_the_row_that_is_explained_least_like_others(shap):
    space = attribution_space(shap)
    frame = space.frame
    first = frame.loc[frame["distance"].idxmax()]
    times = first["distance"] / frame["distance"].median()
    assert space_finding(space) == (
        f"Row {first['instance']} is explained least like the others: {times:.1f} times as far "
        "from the nearest as usual"
    )
    alike = replace(space, frame=frame.assign(distance=1.0, outlier=1))
    assert space_finding(alike) == "None of 6 rows is explained less like the others than the rest"
    two = frame.assign(distance=[2.0, 2, 0, 0, 0, 0], outlier=[1, 1, 3, 3, 3, 3])
    assert space_finding(replace(space, frame=two)) == (
        "2 rows are explained least like the others"
    )


def test_the_farthest_rows_are_named_but_not_all_of_many_alike(shap):
    space = attribution_space(shap)
    rows = space_tables(space)["rows"]
    for place in ("data", "attribution"):
        named = rows[rows[f"{place}_label"] != ""]
        assert named["outlier"].max() <= 3
        assert named["outlier"].min() == 1
    many = pd.concat([space.frame] * 3, ignore_index=True).assign(outlier=1)
    assert (space_tables(replace(space, frame=many))["rows"]["data_label"] == "").all()


def test_a_label_is_left_out_where_it_would_lie_on_another():
    space = np.array([(0.0, 0.0), (0.1, 0.1), (9.0, 9.0)])
    assert _apart(space, ["321", "322", "7"], np.array([2, 1, 3])) == ["", "322", "7"]
    assert _apart(10 * np.eye(3)[:, :2], ["1", "2", "3"], np.array([1, 2, 3])) == ["1", "2", "3"]


def test_axis_titles_name_what_counts():
    loadings = pd.DataFrame(
        {
            "feature": ["a", "sex", "a very long name of a feature"],
            "category": [None, "male", None],
            "x": [0.1, -0.9, 0.4],
            "y": [1.0, 0.01, 0.0],
            "z": [0.0, 0.0, 0.0],
        }
    )
    assert axis_title(loadings, "x", 0.62, 18) == [
        "62% of the variance:",
        "− sex = male",
        "+ a very l…feature",
    ]
    assert axis_title(loadings, "y", 0.3, 18) == ["30% of the variance:", "+ a"]
    assert axis_title(loadings, "z", 0.0, 18) == ["No second direction"]


def test_one_seed(shap):
    spec = attribution_space_map(shap, seed=2, output="Gentoo").to_dict()
    assert "Kernel SHAP, seed 2: rows" in words_of(spec)[1]
    alone = attribution_space_map(shap.sel(seed=[1])).to_dict()
    assert "Larger:" not in words_of(alone)[1]
    assert "size" not in str(alone["hconcat"][0]["layer"][0]["encoding"]["size"].get("field"))


def test_messages(shap, study):
    with pytest.raises(InputError, match="Attributions for a map of attributions, got Anchors"):
        attribution_space_map(study.by_method["anchors"])
    with pytest.raises(InputError, match="at least 3 explained instances"):
        attribution_space_map(shap.at([0, 1]))


def test_round_off_between_equal_seeds_is_no_spread(shap, make):
    values = np.repeat(shap.array("attribution")[:1], len(shap.seeds), axis=0).copy()
    values *= 1 + 1e-8 * np.arange(len(shap.seeds))[:, None, None, None]
    data = shap.data.assign(attribution=(shap.data["attribution"].dims, values))
    spec = attribution_space_map(replace(shap, data=data)).to_dict()
    assert {row["seed_spread"] for row in make.tables_of(spec)["rows"]} == {0}
    assert "Spread of seeds" not in str(spec)
    assert "Larger" not in words_of(spec)[1]
