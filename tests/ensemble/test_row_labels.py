import numpy as np
import pandas as pd
import pytest
from sklearn.tree import DecisionTreeClassifier

import xaigeo as xg
from xaigeo.ensemble.row_labels import instance_labels

ROWS = pd.DataFrame({"x": [0.0, 1.0, 2.0]})


@pytest.mark.parametrize(
    ("index", "labels"),
    [
        ([37, 5, 9], [37, 5, 9]),
        (["a", "b", "a"], ["a", "b", "a"]),
        (
            pd.date_range("2024-02-28", periods=3, freq="D"),
            ["2024-02-28", "2024-02-29", "2024-03-01"],
        ),
        (pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", 1)]), [("a", 1), ("a", 2), ("b", 1)]),
    ],
)
def test_labels_are_those_of_the_index(index, labels):
    assert instance_labels(ROWS.set_axis(index, axis=0)).tolist() == labels


def test_rows_of_an_array_are_told_by_their_place():
    assert instance_labels(ROWS.to_numpy()).tolist() == [0, 1, 2]


def test_an_evaluation_and_an_explanation_call_a_row_the_same(mixed):
    X, y = mixed
    X = X[["mass", "length"]]
    days = pd.date_range("2024-01-01", periods=len(X), unit="s")
    model = DecisionTreeClassifier(max_depth=3, max_features=1)
    ensemble = xg.SeedEnsemble.fit(model, X, y, seeds=range(2))
    for index in (days, np.arange(len(X)) * 7 + 3):
        rows = X.set_axis(index, axis=0)[40:44]
        own = ensemble.evaluate(rows, y[40:44].set_axis(rows.index))
        explained = xg.explain(ensemble, rows, method="lime", background=X, random_state=0)
        assert own.instances.tolist() == explained.instances.tolist()
        assert own.row_labels is own.instances
