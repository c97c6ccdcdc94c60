from __future__ import annotations

import sys

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.preprocessing import StandardScaler

from xaigeo.ensemble.estimator_storage import read_estimator, write_estimator
from xaigeo.errors import InputError, StoreError

TREE = "sklearn.tree._tree.Tree"


@pytest.fixture
def forest(plane):
    return RandomForestClassifier(3, random_state=0).fit(*plane)


@pytest.mark.parametrize("trust", [True, [TREE], [TREE, "other.Type"]])
def test_a_trusted_estimator_comes_back(forest, plane, tmp_path, trust):
    write_estimator(forest, tmp_path / "0.skops")
    loaded = read_estimator(tmp_path / "0.skops", trust)
    np.testing.assert_array_equal(loaded.predict_proba(plane[0]), forest.predict_proba(plane[0]))


@pytest.mark.parametrize("trust", [False, ["other.Type"]])
def test_a_type_that_is_not_trusted_is_named_and_not_loaded(forest, tmp_path, trust):
    write_estimator(forest, tmp_path / "0.skops")
    with pytest.raises(StoreError, match=rf"or that you trust, got {TREE}. If you trust whoever"):
        read_estimator(tmp_path / "0.skops", trust)


def test_types_that_skops_knows_need_no_trust(plane, tmp_path):
    scaler = StandardScaler().fit(plane[0])
    write_estimator(scaler, tmp_path / "0.skops")
    np.testing.assert_array_equal(read_estimator(tmp_path / "0.skops", False).mean_, scaler.mean_)


def test_without_skops_the_way_to_it_is_told(forest, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "skops", None)
    monkeypatch.setitem(sys.modules, "skops.io", None)
    with pytest.raises(InputError, match=r"package skops.*pip install 'xaigeo\[estimators\]'"):
        write_estimator(forest, tmp_path / "0.skops")
    assert not list(tmp_path.iterdir())
