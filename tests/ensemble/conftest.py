from __future__ import annotations

import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def mixed() -> tuple[pd.DataFrame, pd.Series]:
    """90 rows with numeric and categorical columns and three classes that follow from them."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {
            "mass": rng.normal(4000.0, 700.0, 90),
            "length": rng.normal(40.0, 5.0, 90),
            "island": rng.choice(["Biscoe", "Dream", "Torgersen"], 90),
        }
    )
    score = (X.mass - 4000) / 700 + (X.length - 40) / 5 + (X.island == "Dream")
    y = pd.Series(np.array(["small", "middle", "large"])[np.digitize(score, [-0.5, 1.0])])
    return X, y.rename("size")


@pytest.fixture
def plane() -> tuple[np.ndarray, np.ndarray]:
    """60 points in the plane and two classes."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(60, 2))
    return X, (X[:, 0] + X[:, 1] > 0).astype(int)
