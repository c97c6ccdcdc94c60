from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from torch import nn

from xaigeo.ensemble.foreign_preprocessing import ForeignPreprocessor
from xaigeo.ensemble.preprocessing import Preprocessor
from xaigeo.errors import InputError
from xaigeo.schema import FeatureSchema


@pytest.fixture
def schema(mixed) -> FeatureSchema:
    return FeatureSchema.from_data(mixed[0])


def foreign(transform, schema) -> ForeignPreprocessor:
    return ForeignPreprocessor(transform, schema, torch.float64)


def test_blocks_and_scaling_of_a_column_transformer_are_found(mixed, schema):
    columns = ColumnTransformer(
        [("one", OneHotEncoder(), ["island"]), ("two", StandardScaler(), ["length", "mass"])]
    ).fit(mixed[0])
    found = foreign(columns, schema)
    assert found.blocks == [slice(4, 5), slice(3, 4), slice(0, 3)]
    assert found.n_inputs == 5
    scaler = columns.named_transformers_["two"]
    np.testing.assert_allclose(found.location[:2], scaler.mean_[::-1])
    np.testing.assert_allclose(found.scale[:2], scaler.scale_[::-1])
    inputs = found(torch.as_tensor(schema.encode(mixed[0])))
    np.testing.assert_allclose(inputs, columns.transform(mixed[0]))


def test_it_finds_what_our_own_preprocessor_says_of_itself(mixed, schema):
    own = Preprocessor.from_rows(schema, schema.encode(mixed[0]), dtype="float64")
    found = foreign(own, schema)
    assert found.blocks == own.blocks
    torch.testing.assert_close(found.location, own.location)
    torch.testing.assert_close(found.scale, own.scale)


def test_a_bent_column_has_a_block_but_no_scaling(mixed, schema):
    columns = ColumnTransformer(
        [
            ("one", FunctionTransformer(np.log), ["mass"]),
            ("two", "passthrough", ["length"]),
            ("three", OneHotEncoder(), ["island"]),
        ]
    ).fit(mixed[0])
    found = foreign(columns, schema)
    assert found.blocks == [slice(0, 1), slice(1, 2), slice(2, 5)]
    assert found.location is None
    assert found.scale is None


def test_mixed_features_have_no_blocks(plane):
    schema = FeatureSchema.from_data(plane[0])
    turned = foreign(lambda rows: rows @ np.array([[1.0, 1.0], [1.0, -1.0]]), schema)
    assert turned.blocks is None
    assert turned.scale is None


def test_a_module_takes_encoded_rows(mixed, schema):
    found = foreign(nn.Identity(), schema)
    rows = torch.as_tensor(schema.encode(mixed[0]))
    assert torch.equal(found(rows), rows)


@pytest.mark.parametrize("wrong", [lambda rows: rows[:, 0], lambda rows: np.ones((7, 2))])
def test_another_number_of_rows_is_told(plane, wrong):
    with pytest.raises(InputError, match=r"preprocess to give shape \(1, n_inputs\), got shape"):
        foreign(wrong, FeatureSchema.from_data(plane[0]))
