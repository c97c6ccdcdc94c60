from __future__ import annotations

import json

import numpy as np
import pandas as pd
import torch

from xaigeo.ensemble.preprocessing import Preprocessor, rows_tensor
from xaigeo.schema import FeatureSchema


def test_inputs_equal_scikit_learns(mixed_frame, mixed_schema):
    from sklearn.compose import ColumnTransformer
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    codes = pd.DataFrame(mixed_schema.encode(mixed_frame), columns=mixed_schema.names)
    kinds = [f.kind for f in mixed_schema.features]
    one_by_one = [
        (name, OneHotEncoder() if kind == "categorical" else StandardScaler(), [name])
        for name, kind in zip(mixed_schema.names, kinds, strict=True)
    ]
    expected = ColumnTransformer(one_by_one, sparse_threshold=0).fit_transform(codes)
    rows = codes.to_numpy()
    preprocessor = Preprocessor.from_rows(mixed_schema, rows, dtype="float64")
    inputs = preprocessor(rows_tensor(rows)).numpy()
    np.testing.assert_allclose(inputs, expected, atol=1e-12)
    assert preprocessor.n_inputs == expected.shape[1]


def test_blocks_are_the_columns_of_each_feature(mixed_frame, mixed_schema):
    rows = mixed_schema.encode(mixed_frame)
    preprocessor = Preprocessor.from_rows(mixed_schema, rows)
    base = torch.as_tensor(rows[:1])
    for place, feature in enumerate(mixed_schema.features):
        moved = base.clone()
        moved[0, place] = (moved[0, place] + 1) % max(len(feature.categories), 10**6)
        if feature.is_discrete:
            moved[0, place] = (base[0, place] + 1) % len(feature.categories)
        changed = (preprocessor(moved) != preprocessor(base))[0].nonzero()[:, 0].tolist()
        block = preprocessor.blocks[place]
        assert changed
        assert set(changed) <= set(range(block.start, block.stop))


def test_scale_and_location_are_in_original_units(mixed_frame, mixed_schema):
    rows = mixed_schema.encode(mixed_frame)
    preprocessor = Preprocessor.from_rows(mixed_schema, rows)
    np.testing.assert_allclose(preprocessor.location[0], mixed_frame["length"].mean())
    np.testing.assert_allclose(preprocessor.scale[0], mixed_frame["length"].std(ddof=0))
    assert (preprocessor.location[2], preprocessor.scale[2]) == (0.0, 1.0)  # categorical


def test_a_constant_column_is_not_divided_by_zero():
    schema = FeatureSchema.from_data(np.ones((3, 2)))
    inputs = Preprocessor.from_rows(schema, np.ones((3, 2)))(torch.ones((3, 2)))
    assert torch.equal(inputs, torch.zeros((3, 2)))


def test_without_standardising_numbers_pass_as_they_are():
    rows = np.array([[1.0, 20.0], [3.0, 40.0]])
    preprocessor = Preprocessor.from_rows(FeatureSchema.from_data(rows), rows, standardise=False)
    np.testing.assert_array_equal(preprocessor(torch.as_tensor(rows)).numpy(), rows)


def test_description_gives_the_same_preprocessor_back(mixed_frame, mixed_schema):
    rows = mixed_schema.encode(mixed_frame)
    preprocessor = Preprocessor.from_rows(mixed_schema, rows, dtype="float64")
    described = json.loads(json.dumps(preprocessor.to_dict()))
    again = Preprocessor.from_dict(mixed_schema, described)
    assert torch.equal(again(torch.as_tensor(rows)), preprocessor(torch.as_tensor(rows)))


def test_read_only_rows_are_copied_not_warned_about():
    rows = np.ones((3, 2))
    rows.setflags(write=False)
    assert torch.equal(rows_tensor(rows), torch.ones((3, 2), dtype=torch.float64))
