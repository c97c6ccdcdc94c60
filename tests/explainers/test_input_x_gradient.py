from __future__ import annotations

import numpy as np
import pytest

from xaigeo.explainers import explain


def products(ensemble, rows, background):
    return explain(ensemble, rows, "input_x_gradient", background=background, random_state=0)


def test_a_linear_models_attributions_add_up_to_output_less_bias(linear_networks, mixed_frame):
    found = products(linear_networks, mixed_frame, mixed_frame)
    bias = np.array([m[0].bias.item() for m in linear_networks.members.modules])
    total = found.array("attribution").sum(axis=2)
    assert total == pytest.approx(found.array("explained_value") - bias[:, None, None])


def test_numeric_attributions_are_slope_times_way(curved, mixed_frame):
    rows = mixed_frame.head(5)
    found = products(curved, rows, mixed_frame)
    way = curved.schema.encode(rows) - found.array("feature_location")
    for j in (0, 1):
        expected = found.array("slope")[:, :, j] * way[:, j, None]
        assert found.array("attribution")[:, :, j] == pytest.approx(expected)
