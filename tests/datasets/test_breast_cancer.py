from __future__ import annotations

from sklearn.datasets import load_breast_cancer

import xaigeo as xg


def test_the_rows_are_scikit_learns_own_under_names_that_rules_can_show():
    data, table = xg.datasets.breast_cancer(), load_breast_cancer()
    assert (data.X.to_numpy() == table.data).all()
    assert [name.replace("_", " ") for name in data.X] == list(table.feature_names)
    assert (data.y == table.target_names[table.target]).all()
    assert data.y.value_counts().to_dict() == {"benign": 357, "malignant": 212}
    assert {feature.kind for feature in data.schema.features} == {"numeric"}
    assert data.licence == "CC-BY-4.0"
    assert "no units" in data.notes
