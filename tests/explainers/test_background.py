from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from xaigeo.explainers.background import Background
from xaigeo.schema import FeatureSchema


@pytest.fixture
def frame():
    return pd.DataFrame(
        {
            "mass": [1.0, 2.0, 3.0, 10.0],
            "same": [0.1, 0.1, 0.1, 0.1],
            "colour": ["red", "blue", "red", "red"],
            "rare": [0.0, 0.0, 0.0, 8.0],
        }
    )


@pytest.fixture
def background(frame):
    schema = FeatureSchema.from_data(frame)
    return Background.from_frame(schema, schema.encode(frame))


def test_statistics_equal_pandas(background, frame):
    assert background.location[0] == frame["mass"].mean()
    assert background.scale[0] == pytest.approx(frame["mass"].std(ddof=0))
    assert background.mad[0] == (frame["mass"] - frame["mass"].median()).abs().median() == 1.0


def test_constant_column_has_scale_one():
    rows = np.full((7, 1), 0.1)
    assert rows.std() > 0  # rounding makes a spread of equal values
    background = Background.from_frame(FeatureSchema.from_data(rows), rows)
    assert background.scale.tolist() == [1.0]
    assert background.mad.tolist() == [1.0]


def test_mad_of_zero_falls_back_to_the_standard_deviation(background, frame):
    assert background.mad[3] == pytest.approx(frame["rare"].std(ddof=0))


def test_frequencies_are_shares_of_categories(background):
    assert [len(shares) for shares in background.frequencies] == [0, 0, 2, 0]
    np.testing.assert_allclose(background.frequencies[2], [0.25, 0.75])  # blue, red


def test_digest_follows_the_rows(background):
    same = Background.from_frame(background.schema, background.rows.copy())
    other = Background.from_frame(background.schema, background.rows + 0.5)
    assert background.digest == same.digest != other.digest


def test_a_constant_column_has_its_value_and_no_spread(background):
    assert background.spread[1] == 0.0
    assert background.location[1] == 0.1


def test_identities_know_no_units_and_no_order_of_columns():
    frame = pd.DataFrame(
        {"b": [1.0, 2.0, 4.0], "a": [0.1, 0.2, 0.7], "c": ["x", "y", "x"]},
    )
    other = frame[["c", "a", "b"]].assign(b=frame["b"] * 1000 - 7)

    def identities(frame):
        schema = FeatureSchema.from_data(frame)
        rows = schema.encode(frame)
        return Background.from_frame(schema, rows).identities(rows)

    found = identities(frame)
    np.testing.assert_array_equal(found, identities(other))
    np.testing.assert_array_equal(found[:, 2], [0, 1, 0])
    assert len(np.unique(found, axis=0)) == 3
