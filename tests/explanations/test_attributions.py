from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from xaigeo.errors import InputError

SIFA = ("seed", "instance", "feature", "output")


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


def test_list_of_other_methods_names_values_in_falling_order_of_size(make_attributions):
    found = make_attributions()
    listed = found.as_list(8, 105, "no")
    values = found.array("attribution")[1, 2, :, 0]
    order = np.argsort(-np.abs(values))
    assert [weight for _, weight in listed] == values[order].tolist()
    row = found.input_frame().loc[105]
    assert {f"colour={row['colour']}", f"count={row['count']}"} <= {text for text, _ in listed}


def test_list_speaks_of_the_class_that_the_seed_predicts(make_attributions):
    found = make_attributions()
    for place, seed in enumerate(found.seeds):
        predicted = found.outputs[found.predicted[place, 0]]
        assert found.as_list(seed, 100) == found.as_list(seed, 100, predicted)


def test_list_of_a_surrogate_tells_bins_and_leaves_out_what_it_was_not_given(make_attributions):
    plain = make_attributions()
    lower, upper = np.full((2, 4, 5), np.nan)
    lower[:, 0], upper[:, 0] = 45.0, 51.5
    lower[:, 1], upper[:, 1] = -np.inf, 3.0
    selected = np.ones((3, 4, 5, 2), dtype=bool)
    selected[..., 3, :] = False
    binned = make_attributions(
        condition_lower=(SIFA[1:3], lower),
        condition_upper=(SIFA[1:3], upper),
        selected=(SIFA, selected),
        kernel_radius=(SIFA[1:2], np.ones(4)),
    )
    described = {text for text, _ in binned.as_list(7, 109)}
    row = plain.input_frame().loc[109]
    assert described == {
        "45 < length <= 51.5",
        "count <= 3",
        f"colour={row['colour']}",
        f"size={row['size']}",
    }
    assert binned.binned
    assert binned.local
    assert not plain.binned
    assert not plain.local


def test_list_of_an_unknown_output_raises(make_attributions):
    with pytest.raises(InputError, match=r"an output of the explanation \(no, yes\), got 'yess'"):
        make_attributions().as_list(7, 100, "yess")


def test_list_of_an_unknown_instance_raises(make_attributions):
    with pytest.raises(InputError, match="instance labels among"):
        make_attributions().as_list(7, 1)


def test_a_method_may_tell_what_its_numbers_are(make_attributions):
    usual = make_attributions()
    told = {"unit": "weight", "signed": False, "additive": False}
    own = replace(usual, provenance={**usual.provenance, "additive": True, "resolved": told})
    assert (own.scale, own.signed, own.additive) == ("weight", False, False)
    silent = replace(usual, provenance={**usual.provenance, "additive": True, "resolved": {}})
    assert (silent.scale, silent.signed, silent.additive) == (usual.scale, True, True)
