from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from xaigeo.errors import InputError
from xaigeo.explanations import check_one_ensemble, rule_text
from xaigeo.schema import FeatureSchema

SIFA = ("seed", "instance", "feature", "output")


def test_predicted_class_is_the_most_probable(make_attributions):
    found = make_attributions()
    np.testing.assert_array_equal(found.predicted, found.array("prediction").argmax(-1))
    assert found.predicted.shape == (3, 4)


def test_tidy_attributions_have_a_row_for_every_number(make_attributions):
    found = make_attributions()
    frame = found.to_frame()
    assert len(frame) == 3 * 4 * 5 * 2
    row = frame[
        (frame.seed == 8)
        & (frame.instance == 105)
        & (frame.feature == "colour")
        & (frame.output == "yes")
    ].iloc[0]
    assert row.attribution == found.array("attribution")[1, 2, 2, 1]
    assert row.prediction == found.array("prediction")[1, 2, 1]
    assert row.base_value == found.array("base_value")[1, 2, 1]
    assert row.value == found.input_frame().loc[105, "colour"]


def test_selecting_is_by_label_and_keeps_the_order_asked_for(make_attributions):
    found = make_attributions()
    some = found.sel(seed=[11, 7], instance=[109])
    assert some.seeds.tolist() == [11, 7]
    np.testing.assert_array_equal(
        some.array("attribution")[:, 0], found.array("attribution")[[2, 0], 3]
    )


def test_selecting_seeds_selects_the_other_seeds_too(make_anchors):
    cross = np.arange(36.0).reshape(3, 3, 4)
    found = make_anchors(cross_precision=(("seed", "other_seed", "instance"), cross))
    some = found.sel(seed=[11, 8])
    np.testing.assert_array_equal(some.array("cross_precision"), cross[[2, 1]][:, [2, 1]])


def test_selecting_what_is_not_there(make_attributions):
    with pytest.raises(InputError, match=r"seed labels among \[7, 8, 11\], each once, got \[9\]"):
        make_attributions().sel(seed=[9])
    with pytest.raises(InputError, match=r"instance labels among"):
        make_attributions().sel(instance=[])
    with pytest.raises(InputError, match=r"each once, got \[7, 7\]"):
        make_attributions().sel(seed=[7, 7])


def test_one_label_needs_no_list(make_attributions):
    assert make_attributions().sel(seed=8, instance=105).array("attribution").shape == (1, 1, 5, 2)


def test_a_repeated_label_selects_all_that_carry_it(make_attributions):
    found = make_attributions()
    twice = type(found)(
        data=found.data.assign_coords(instance=["a", "b", "a", "c"]),
        schema=found.schema,
        method=found.method,
        provenance=found.provenance,
    )
    np.testing.assert_array_equal(
        twice.sel(instance="a").array("input"), found.array("input")[[0, 2]]
    )


def test_a_missing_array_is_named(make_attributions):
    found = make_attributions()
    with pytest.raises(InputError, match=r"without attribution.*xaigeo.explain"):
        type(found)(
            data=found.data.drop_vars("attribution"),
            schema=found.schema,
            method="x",
            provenance={},
        )


def test_a_transposed_array_is_refused(make_attributions):
    with pytest.raises(InputError, match=r"base_value with dimensions .*'seed', 'instance'"):
        make_attributions(base_value=(("instance", "seed", "output"), np.zeros((4, 3, 2))))


def test_other_feature_names_are_refused(make_attributions):
    found = make_attributions()
    renamed = found.data.assign_coords(feature=list("abcde"))
    with pytest.raises(InputError, match=r"features \['length', 'count'"):
        type(found)(data=renamed, schema=found.schema, method="x", provenance={})


def test_attributions_are_finite(make_attributions):
    values = np.zeros((3, 4, 5, 2))
    values[0, 0, 0, 0] = np.nan
    with pytest.raises(InputError, match=r"attribution to be finite, got 1 values"):
        make_attributions(attribution=(SIFA, values))


def test_shap_explanation_of_one_seed(make_attributions):
    found = make_attributions()
    one = found.to_shap(8)
    np.testing.assert_array_equal(one.values, found.array("attribution")[1])
    np.testing.assert_array_equal(one.base_values, found.array("base_value")[1])
    assert one.feature_names == found.features


def test_a_single_output_has_no_dimension_for_shap(make_attributions):
    found = make_attributions()
    one = type(found)(
        data=found.data.isel(output=[0]),
        schema=found.schema,
        method=found.method,
        provenance=found.provenance,
    )
    assert one.to_shap(7).values.shape == (4, 5)
    assert one.to_shap(7).base_values.shape == (4,)


def test_a_rule_reads_in_original_units(make_anchors, mixed_frame):
    found = make_anchors()
    first = mixed_frame.iloc[0]
    lower = first["length"] - 1
    assert found.rule(7, 100) == (
        f"length >= {lower:.2f} and count <= {first['count']} and colour = {first['colour']}"
    )


def test_rules_keep_the_digits_that_matter():
    frame = pd.DataFrame({"day": [20240101, 20241231], "dose": [0.00011, 0.00019]})
    schema = FeatureSchema.from_data(frame)
    free = np.ones((2, 1), dtype=bool)
    bounds = np.array([20240579.5, 0.000123456])
    nothing = np.full(2, np.inf)
    assert rule_text(schema, bounds, nothing, free) == "day >= 20240580 and dose >= 0.00012346"
    assert rule_text(schema, -nothing, bounds, free) == "day <= 20240579 and dose <= 0.00012346"


def test_an_empty_rule_says_so(make_anchors):
    everywhere = np.full((3, 4, 5), np.inf)
    found = make_anchors(
        lower=(("seed", "instance", "feature"), -everywhere),
        upper=(("seed", "instance", "feature"), everywhere),
        allowed=(
            ("seed", "instance", "feature", "category"),
            np.ones((3, 4, 5, 3), dtype=bool),
        ),
    )
    assert found.rule(7, 100) == "any row (empty rule)"


def test_members_obey_the_rule_row_by_row(make_anchors):
    found = make_anchors()
    rows = found.array("background")
    inside = found.members(rows)
    for s in range(3):
        for i in range(4):
            for r, row in enumerate(rows):
                lower, upper = found.array("lower")[s, i], found.array("upper")[s, i]
                allowed = found.array("allowed")[s, i]
                expected = all(
                    allowed[j, int(row[j])]
                    if feature.is_discrete
                    else lower[j] <= row[j] <= upper[j]
                    for j, feature in enumerate(found.schema.features)
                )
                assert inside[s, i, r] == expected


def test_a_rule_must_hold_for_its_instance(make_anchors):
    lower = np.full((3, 4, 5), 1e6)
    with pytest.raises(InputError, match="every rule to hold for the instance it explains"):
        make_anchors(lower=(("seed", "instance", "feature"), lower))


def test_precision_is_a_share(make_anchors):
    with pytest.raises(InputError, match="precision to lie between 0 and 1, got 12 values"):
        make_anchors(precision=(("seed", "instance"), np.full((3, 4), 1.2)))


def test_tidy_anchors(make_anchors):
    frame = make_anchors().to_frame()
    assert len(frame) == 12
    assert {"rule", "predicted", "precision", "coverage", "met"} <= set(frame)
    assert frame.met.dtype == bool


def test_tidy_counterfactuals_show_original_values(make_counterfactuals, mixed_frame):
    found = make_counterfactuals()
    frame = found.to_frame()
    assert len(frame) == 12
    row = frame[(frame.seed == 11) & (frame.instance == 101)].iloc[0]
    assert row.changed == "length, colour"
    assert row.colour != mixed_frame.iloc[1]["colour"]
    assert row.target == "yes"


def test_a_feature_named_like_a_column_is_kept_apart(make_counterfactuals):
    found = make_counterfactuals()
    clash = FeatureSchema(
        tuple(
            replace(feature, name=name)
            for feature, name in zip(
                found.schema.features, ["distance", "seed", "target", "x", "y"], strict=True
            )
        )
    )
    made = type(found)(
        data=found.data.assign_coords(feature=clash.names),
        schema=clash,
        method=found.method,
        provenance=found.provenance,
    )
    frame = made.to_frame()
    np.testing.assert_allclose(frame["distance"], 1.5)
    np.testing.assert_allclose(frame["feature_distance"], found.array("point")[..., 0].reshape(-1))
    assert set(frame["target"]) == {"yes"}
    assert "feature_seed" in made._repr_html_()


def test_one_ensemble_is_told_from_another(make_attributions, make_anchors):
    one, same = make_attributions(), make_attributions()
    check_one_ensemble([one, same])
    other = make_attributions(prediction=one.data["prediction"][::-1].variable)
    with pytest.raises(InputError, match=r"predictions at the same rows differ by up to 0"):
        check_one_ensemble([one, other])
    with pytest.raises(InputError, match=r"the same seeds, got \[7, 8, 11\] in kernel_shap and"):
        check_one_ensemble([one, one.sel(seed=[7, 8])])
    hashed = [
        replace(e, provenance=e.provenance | {"ensemble": {"task": e.task, "record": record}})
        for e, record in ((one, {"data_sha256": "a"}), (same, {"data_sha256": "b"}))
    ]
    with pytest.raises(InputError, match="the same data_sha256, got a in kernel_shap and b"):
        check_one_ensemble(hashed)


def test_notebook_view_is_escaped(make_attributions):
    found = make_attributions()
    evil = type(found)(
        data=found.data, schema=found.schema, method="<script>", provenance=found.provenance
    )
    html = evil._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert repr(found) == (
        "Attributions(method='kernel_shap', 3 seeds, 4 instances, 5 features, 2 outputs)"
    )
