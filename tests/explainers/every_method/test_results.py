"""What every method's answer holds, shows, keeps and goes on to."""

from __future__ import annotations

import json
from dataclasses import fields

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import xaigeo as xg
from xaigeo.explainers import EXPLAINERS
from xaigeo.explanations import COMMON, Anchors, Attributions, Counterfactuals

ATTRIBUTING = [n for n in EXPLAINERS.builtin if EXPLAINERS.get(n).result is Attributions]
attributing = pytest.mark.parametrize("method", ATTRIBUTING, indirect=True, scope="session")


def test_arrays_have_the_documented_dimensions(found, cases):
    shapes = COMMON | found.required | found.optional
    assert set(found.required) | set(COMMON) <= set(found.data) <= set(shapes)
    for name, array in found.data.items():
        assert array.dims == shapes[name], name
    assert found.data.sizes["seed"] == 2
    assert found.data.sizes["instance"] == 3
    assert found.features == list(cases.data().columns)
    assert found.instances.tolist() == ["row 0", "row 1", "row 2"]
    np.testing.assert_array_equal(found.array("input"), found.schema.encode(cases.data().iloc[:3]))


def test_numbers_are_finite_where_they_may_not_be_open(found):
    open_ended = {"slope", "lower", "upper", "price", "flip_fraction", "data_precision"}
    open_ended |= {"condition_lower", "condition_upper", "plausibility", "neighbour_distance"}
    open_ended |= {"answer_lower", "answer_upper"}
    for name in set(found.data) - open_ended:
        if not name.startswith("trace_"):
            assert np.isfinite(found.array(name)).all(), name


@attributing
def test_attributions_add_up_as_the_method_says(found, method, ensemble_of, case, cases):
    if not EXPLAINERS.get(method).additive:
        assert not found.additive
        return
    assert found.additive
    given = {name: found.array(name) for name in ("base_value", "explained_value")}
    gap = given["base_value"] + found.array("attribution").sum(axis=2)
    gap -= given["explained_value"]
    if "convergence_delta" in found.data:
        np.testing.assert_allclose(gap, found.array("convergence_delta"), atol=1e-12)
    else:
        np.testing.assert_allclose(gap, 0, atol=1e-9)
    if "convergence_delta" in found.data and "std_error" in found.data:
        # Errors of a sum are at most the sum of errors, whatever their correlation.
        assert (np.abs(gap) <= 5 * found.array("std_error").sum(axis=2)).all()
    ensemble, X = ensemble_of(case.kinds[0]), cases.data().iloc[:3]
    explained, outputs = given["explained_value"], ensemble.outputs(X)
    if found.scale == "logit":  # of pipelines, which have no logits of their own
        explained, outputs = (v - v[..., :1] for v in (explained, np.log(outputs)))
    np.testing.assert_allclose(explained, outputs, rtol=0, atol=1e-9)


def test_provenance_is_complete_and_json(found, method):
    kind = EXPLAINERS.get(method)
    told = found.provenance
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert told["method"] == found.method == method
    assert set(told["parameters"]) == {field.name for field in fields(kind)}
    assert told["random_state"] == 4
    assert told["engine"] == "batched"
    assert told["additive"] == kind.additive
    assert {"python", "xaigeo", "numpy", *kind.packages} == set(told["versions"])
    assert "not installed" not in told["versions"].values()
    assert told["ensemble"]["seeds"] == found.seeds.tolist()
    assert told["ensemble"]["classes"] == found.outputs
    assert len(told["background_sha256"]) == 64
    assert isinstance(told["resolved"], dict)
    if "scale" in told["parameters"]:
        assert told["parameters"]["scale"] in ("probability", "logit")


def test_the_recorded_parameters_give_the_same_answer(found, method, ask):
    again = {n: v for n, v in found.provenance["parameters"].items() if v is not None}
    xr.testing.assert_identical(ask(**again).data, found.data)


def test_the_tidy_frame_has_a_row_for_each_answer(found):
    frame = found.to_frame()
    sizes = found.data.sizes
    wanted = {
        Attributions: ("seed", "instance", "feature", "output"),
        Anchors: ("seed", "instance"),
        Counterfactuals: ("seed", "instance", "candidate"),
    }[type(found)]
    assert len(frame) == np.prod([sizes[dim] for dim in wanted])
    assert set(wanted) <= set(frame)
    assert not frame[list(wanted)].duplicated().any()
    if isinstance(found, Attributions):
        indexed = frame.set_index(["seed", "instance", "feature", "output"])["attribution"]
        for key in (frame.iloc[0], frame.iloc[-1]):
            place = {dim: key[dim] for dim in wanted}
            assert indexed[tuple(place.values())] == found.data["attribution"].sel(place).item()


@attributing
def test_lists_and_shap_take_attributions(found, cases):
    seed = int(found.seeds[1])
    listed = found.as_list(seed, "row 1")
    assert 0 < len(listed) <= len(found.features)
    sizes = [abs(value) for _, value in listed]
    assert sizes == sorted(sizes, reverse=True)
    explanation = found.to_shap(seed)
    assert explanation.values.shape == found.array("attribution").shape[1:]
    assert explanation.feature_names == list(cases.data().columns)


def test_a_store_gives_the_same_back(found, tmp_path):
    back = xg.load(found.save(tmp_path / "store"))
    assert type(back) is type(found)
    assert back.method == found.method
    assert back.schema == found.schema
    assert back.provenance == found.provenance
    xr.testing.assert_identical(back.data, found.data)
    lazy = xg.load(tmp_path / "store", lazy=True)
    pd.testing.assert_frame_equal(lazy.to_frame(), found.to_frame())


def test_a_part_is_the_part(found):
    seed = int(found.seeds[1])
    part = found.sel(seed=seed, instance=["row 2", "row 0"])
    assert type(part) is type(found)
    whole = found.data
    picked = {"seed": [1], "other_seed": [1], "instance": [2, 0]}
    picked = {dim: places for dim, places in picked.items() if dim in whole.dims}
    xr.testing.assert_identical(part.data, whole.isel(picked))
    assert set(part.to_frame()["instance"]) == {"row 0", "row 2"}


def test_agreement_is_summarised(found, method):
    table = xg.agreement.summary(found, n_bootstrap=20)
    assert set(table["method"]) == {method}
    scored = table.dropna(subset=["value"])
    assert len(scored)
    assert scored["value"].between(-1, np.inf).all()
    several = scored[scored["n_instances"] > 1]
    assert (several["low"] <= several["high"]).all()


def test_the_map_draws_the_answer(found, method):
    scene = xg.scene(found, view=("length", "count"))
    assert [mark.method for mark in scene.marks] == [method]
    chart = xg.viz.explanation_map(scene).to_dict()
    # Short tables are rows, long ones CSV.
    held = [
        row["method"] if isinstance(row, dict) else row.split(",")[0]
        for rows in chart["datasets"].values()
        for row in (rows.splitlines()[1:] if isinstance(rows, str) else rows)
        if not isinstance(row, dict) or "method" in row
    ]
    assert method in held


@attributing
def test_the_strip_draws_attributions(found):
    for output in (None, found.outputs[0]):
        assert xg.viz.attribution_strip(found, "row 1", output).to_dict()["layer"]


def test_one_page_reports_several_methods(cases, ensemble_of, tmp_path):
    some = ("lime", "kernel_shap", "integrated_gradients", "anchors", "counterfactuals")
    data, ensemble = cases.data(), ensemble_of("networks")
    answers = [
        xg.explain(
            ensemble,
            data.iloc[:3],
            name,
            background=data.iloc[10:22],
            random_state=4,
            **cases.CASES[name].settings("networks"),
        )
        for name in some
    ]
    page = xg.report(answers, tmp_path / "report.html").read_text()
    for title in ("LIME", "Kernel SHAP", "Integrated gradients", "Anchors", "Counterfactuals"):
        assert title in page
