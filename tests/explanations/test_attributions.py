from __future__ import annotations

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
