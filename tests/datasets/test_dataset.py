from __future__ import annotations

from dataclasses import replace
from typing import get_args, get_type_hints

import numpy as np
import pandas as pd
import pytest

import xaigeo as xg
from xaigeo.datasets.dataset import Dataset
from xaigeo.errors import InputError
from xaigeo.runs.config import DataSection
from xaigeo.schema import FeatureSchema


def test_a_split_keeps_the_shares_of_classes_and_every_row():
    data = xg.datasets.penguins()
    split = data.split(0.3, random_state=1)
    both = pd.concat([split.X_train, split.X_test]).sort_index()
    pd.testing.assert_frame_equal(both, data.X)
    assert set(split.X_train.index).isdisjoint(split.X_test.index)
    shares = split.y_test.value_counts(normalize=True) - data.y.value_counts(normalize=True)
    assert shares.abs().max() < 0.01
    assert split.X_test.index.equals(split.y_test.index)


def test_a_split_repeats_itself_and_follows_its_seed():
    data = xg.datasets.penguins()
    assert data.split(random_state=1).X_test.equals(data.split(random_state=1).X_test)
    assert not data.split(random_state=1).X_test.equals(data.split(random_state=2).X_test)


def test_a_run_can_name_every_data_set_that_is_a_table():
    named = get_args(get_args(DataSection.model_fields["dataset"].annotation)[0])
    loaders = [getattr(xg.datasets, name) for name in xg.datasets.__all__ if name.islower()]
    tables = [load.__name__ for load in loaders if get_type_hints(load)["return"] is Dataset]
    assert len(tables) < len(loaders)
    assert sorted(named) == sorted(tables)


@pytest.mark.parametrize(
    ("n_rare", "share", "told"),
    [
        (1, 0.3, "test_share=0.3 of 40 rows with 3 labels, 1 of 'rare', the rarest. Leave rare"),
        (5, 0.05, "test_share=0.05 of 40 rows with 3 labels, 5 of 'rare', the rarest. Leave rare"),
    ],
)
def test_a_label_with_too_few_rows_is_told(n_rare, share, told):
    frame = pd.DataFrame({"size": np.arange(40.0)})
    labels = ["rare"] * n_rare + ["a", "b"] * 20
    data = Dataset(
        name="t",
        X=frame,
        y=pd.Series(labels[:40]),
        schema=FeatureSchema.from_data(frame),
        source="",
        licence="",
    )
    with pytest.raises(InputError) as error:
        data.split(share)
    assert told in str(error.value)
    # Whole numbers may be amounts, of which one may be seldom.
    amounts = replace(data, y=pd.Series([9] + [1, 2] * 20).head(40))
    assert len(amounts.split(share).X_test) == np.ceil(share * 40)
