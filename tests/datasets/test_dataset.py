from __future__ import annotations

from typing import get_args

import pandas as pd

import xaigeo as xg
from xaigeo.runs.config import DataSection


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


def test_a_run_can_name_every_data_set():
    named = get_args(get_args(DataSection.model_fields["dataset"].annotation)[0])
    loaders = [name for name in xg.datasets.__all__ if name.islower()]
    assert sorted(named) == sorted(loaders)
