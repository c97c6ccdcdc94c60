import itertools
from dataclasses import replace

import numpy as np
import pytest
import vl_convert

from xaigeo.agreement.partial_order import partial_order
from xaigeo.errors import InputError
from xaigeo.viz.feature_order import feature_order, feature_order_finding


@pytest.fixture(scope="module")
def shap(study):
    return study.by_method["kernel_shap"]


def words_of(spec):
    return " ".join(spec["title"]["text"]), " ".join(spec["title"]["subtitle"])


def test_fields_and_picture(shap, make):
    spec = feature_order(shap).to_dict()
    tables = make.tables_of(spec)
    make.check_fields(spec, tables)
    assert {row["label"] for row in tables["nodes"]} == set(shap.features)
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_the_finding_against_a_loop(shap):
    output = [int(np.bincount(column).argmax()) for column in shap.predicted.T]
    phi = shap.array("attribution")
    sizes = np.array(
        [
            [np.mean([abs(phi[s, i, j, o]) for i, o in enumerate(output)]) for j in range(6)]
            for s in range(len(shap.seeds))
        ]
    )
    agreed = sum(
        all(sizes[:, a] > sizes[:, b]) or all(sizes[:, b] > sizes[:, a])
        for a, b in itertools.combinations(range(6), 2)
    )
    text, subtitle = words_of(feature_order(shap).to_dict())
    assert text == f"All 5 seeds agree on the order of {agreed} of 15 pairs of features"
    assert "over 6 rows (Kernel SHAP)" in subtitle


def test_paths_of_lines_are_the_order(shap, make):
    order = partial_order(shap)
    edges = make.tables_of(feature_order(shap).to_dict())["edges"]
    ends = {}
    for row in edges:
        ends.setdefault(row["edge"], []).append(order.features.index(row["label"]))
    reached = np.zeros_like(order.before)
    for upper, lower in ends.values():
        reached[upper, lower] = True
    for _ in order.features:
        reached |= reached.astype(int) @ reached.astype(int) > 0
    np.testing.assert_array_equal(reached, order.before)


def test_nodes_fall_by_level_and_name_what_is_open(shap, make):
    nodes = make.tables_of(feature_order(shap).to_dict())["nodes"]
    levels = [row["level"] for row in nodes]
    assert levels == sorted(levels)
    for row in nodes:
        assert row["odd"] == (row["level"] % 2 == 1)
        named = [] if row["open"] == "none" else row["open"].split(", ")
        assert len(named) == row["n_open"]
        assert row["n_before"] + row["n_after"] + row["n_open"] == 5


def test_one_row_with_values_and_signs(shap, make):
    label = shap.instances[1]
    spec = feature_order(shap, instance=label, signed=True, share=0.8).to_dict()
    text, subtitle = words_of(spec)
    assert text.startswith(f"Row {label}: at least 80% of 5 seeds agree on the order of ")
    nodes = make.tables_of(spec)["nodes"]
    order = partial_order(shap, instance=label, signed=True, share=0.8)
    assert all(row["sign"] in (-1, 1) for row in nodes)
    assert all(" = " in row["label"] for row in nodes)
    left_out = int((order.signs == 0).sum())
    assert len(nodes) == 6 - left_out
    assert ("without an agreed sign" in subtitle) == (left_out > 0)


def test_features_beyond_the_most_wanted_are_counted(shap, make):
    spec = feature_order(shap, max_features=4, width=160).to_dict()
    assert len(make.tables_of(spec)["nodes"]) == 4
    text, subtitle = words_of(spec)
    assert "Largest 4 of 6 features; 2 are not shown." in subtitle
    assert "of 15 pairs" in text


def test_seeds_that_agree_on_nothing_have_no_lines(shap, make):
    values = np.zeros_like(shap.array("attribution"))
    data = shap.data.assign(attribution=(shap.data["attribution"].dims, values))
    spec = feature_order(replace(shap, data=data)).to_dict()
    tables = make.tables_of(spec)
    make.check_fields(spec, tables)
    assert "edges" not in tables
    assert words_of(spec)[0].startswith("All 5 seeds agree on the order of 0 of 15 pairs")


def test_two_seeds_one_pair_and_one_feature(shap):
    two = partial_order(shap.sel(seed=[0, 1]))
    assert feature_order_finding(two).startswith("Both seeds agree on the order of ")
    pair = two.top(2)
    assert feature_order_finding(pair).endswith("of the one pair of features")
    assert feature_order_finding(two.top(1)) == "There is one feature and no order to agree on"


def test_tolerance_and_what_was_withdrawn_are_told(shap):
    spec = feature_order(shap, tolerance=0.01).to_dict()
    assert "counts for more by more than 0.01 (probability)." in words_of(spec)[1]
    values = np.array([[3.0, 2.0, 1.0, 0, 0, 0], [1, 3, 2, 0, 0, 0], [2, 1, 3, 0, 0, 0]])
    three = shap.sel(seed=[0, 1, 2])
    shape = three.array("attribution").shape
    same = np.broadcast_to(values[:, None, :, None], shape).copy()
    data = three.data.assign(attribution=(three.data["attribution"].dims, same))
    spec = feature_order(replace(three, data=data), share=0.6).to_dict()
    assert "3 more such statements are left out: with others they" in words_of(spec)[1]


def test_regressions_and_named_outputs(make, study, shap):
    model = make.regression_seeds(study.data.X)
    lime = make.attributions(model, study.X, study.background, "lime")
    assert (
        "Mean size of the change over 6 rows (LIME)." in words_of(feature_order(lime).to_dict())[1]
    )
    subtitle = words_of(feature_order(shap, output="Gentoo").to_dict())[1]
    assert "contribution to “Gentoo” over" in subtitle


def test_messages(shap, study):
    with pytest.raises(InputError, match="features can be put in order"):
        feature_order(study.by_method["anchors"])
    with pytest.raises(InputError, match="max_features to be a whole number of at least 1"):
        feature_order(shap, max_features=0)
    with pytest.raises(InputError, match="share to be a number above"):
        feature_order(shap, share=0.3)
