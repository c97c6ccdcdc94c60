from copy import deepcopy
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import vl_convert

from xaigeo.errors import InputError
from xaigeo.viz.attribution_heatmap import attribution_heatmap
from xaigeo.viz.theme import NEGATIVE, POSITIVE, RAMP


@pytest.fixture(scope="module")
def shap(study):
    return study.by_method["kernel_shap"]


def test_cells_and_outputs(shap, make):
    spec = attribution_heatmap(shap, output="Gentoo").to_dict()
    tables = make.tables_of(spec)
    make.check_fields(spec, tables)
    values = shap.array("attribution")[..., 2]
    for row in tables["cells"]:
        i, j = shap.instances.tolist().index(row["instance"]), shap.features.index(row["label"])
        own = values[:, i, j]
        assert row["attribution"] == pytest.approx(np.median(own), rel=1e-4)
        assert row["one_sign"] == (len(set(np.sign(own))) == 1)
    for row in tables["outputs"]:
        i = shap.instances.tolist().index(row["instance"])
        own = shap.array("explained_value")[:, i, 2]
        assert row["output"] == pytest.approx(np.median(own), rel=1e-4)
        assert row["high"] == pytest.approx(np.quantile(own, 0.9), rel=1e-4)
    scales = [u["encoding"].get("color", {}).get("scale", {}) for u in make.units_of(spec)]
    scale = next(s for s in scales if s)
    assert scale["range"] == [NEGATIVE, RAMP[0], POSITIVE]
    assert scale["domain"][0] == -scale["domain"][2]
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_places_are_the_same_above_and_below(shap, make):
    tables = make.tables_of(attribution_heatmap(shap).to_dict())
    above = {row["instance"]: row["place"] for row in tables["outputs"]}
    assert all(row["place"] == above[row["instance"]] for row in tables["cells"])
    assert sorted(above.values()) == list(range(len(shap.instances)))


def test_like_rows_are_neighbours(shap, make):
    data = shap.data.copy(deep=True)
    data["attribution"][:, ::2] = 1.0
    data["attribution"][:, 1::2] = -1.0
    tables = make.tables_of(attribution_heatmap(replace(shap, data=data)).to_dict())
    cells = [row for row in tables["cells"] if row["rank"] == 0]
    signs = [row["attribution"] for row in sorted(cells, key=lambda row: row["place"])]
    assert sum(a != b for a, b in pairwise(signs)) == 1


def test_limits_are_told(shap, make):
    spec = attribution_heatmap(shap, max_features=2, max_rows=4).to_dict()
    tables = make.tables_of(spec)
    assert len(tables["cells"]) == 8
    assert len(tables["outputs"]) == 4
    said = " ".join(spec["title"]["subtitle"])
    assert f"Largest 2 of {len(shap.features)} features" in said
    assert "4 of 6 rows, evenly taken." in said


def test_finding(shap):
    values = shap.array("attribution")[..., 0]
    largest = np.bincount(
        np.abs(np.median(values, axis=0)).argmax(axis=1), minlength=len(shap.features)
    )
    differ = sum(
        len(set(np.sign(values[:, i, j]))) > 1 for i in range(6) for j in range(len(shap.features))
    )
    title = " ".join(attribution_heatmap(shap, output="Adelie").to_dict()["title"]["text"])
    assert title.startswith(shap.features[largest.argmax()])
    assert f"in {largest.max()} of 6 rows" in title
    assert title.endswith(f"on {differ} of {values[0].size} attributions")


def test_sizes_have_one_colour_and_no_dots(shap, make):
    provenance = deepcopy(shap.provenance)
    provenance["parameters"]["absolute"] = True
    data = shap.data.copy(deep=True)
    data["attribution"] = abs(data["attribution"])
    spec = attribution_heatmap(replace(shap, data=data, provenance=provenance)).to_dict()
    scales = [u["encoding"].get("color", {}).get("scale", {}) for u in make.units_of(spec)]
    assert [s["range"] for s in scales if s] == [list(RAMP)]
    assert "Dot:" not in " ".join(spec["title"]["subtitle"])


def test_one_row_nothing_and_regression(shap, make, study):
    data = shap.data.copy(deep=True)
    data["attribution"][:] = 0.0
    title = attribution_heatmap(replace(shap, data=data)).to_dict()["title"]["text"]
    assert "No feature changes the output" in " ".join(title)
    spec = attribution_heatmap(shap.at([0])).to_dict()
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")
    model = make.regression_seeds(study.data.X)
    one = make.attributions(model, study.X, study.background, "kernel_shap")
    words = " ".join(attribution_heatmap(one).to_dict()["title"]["subtitle"])
    assert "prediction of “mass”" in words


def test_errors(study, shap):
    with pytest.raises(InputError, match="Attributions for a heat map of attributions"):
        attribution_heatmap(study.by_method["anchors"])
    with pytest.raises(InputError, match="max_rows to be a whole number"):
        attribution_heatmap(shap, max_rows=0)
    with pytest.raises(InputError, match="an output of the explanation"):
        attribution_heatmap(shap, output="x")
