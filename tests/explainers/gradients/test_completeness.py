from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from torch import nn

import xaigeo as xg
from xaigeo.errors import CompletenessWarning
from xaigeo.explainers.gradients.completeness import missing_share


@pytest.fixture(scope="module")
def steep():
    """Two networks: a line, and a step of width 0.01 at a third of the way to 1."""
    models = []
    for weight, bias in ((1.0, 0.0), (300.0, -100.0)):
        model = nn.Sequential(nn.Linear(1, 1), nn.Tanh(), nn.Linear(1, 1)).double()
        for value, parameter in zip((weight, bias, 1.0, 0.0), model.parameters(), strict=True):
            nn.init.constant_(parameter, value)
        models.append(model)
    frame = pd.DataFrame({"x": [1.0, -1.0, 0.9]}, index=["a", "b", "c"])
    return xg.SeedEnsemble.wrap(models, schema=frame, task="regression", seeds=[5, 9]), frame


def explained(steep, n_steps):
    ensemble, frame = steep
    return xg.explain(
        ensemble,
        frame,
        method="integrated_gradients",
        background=frame,
        baseline="zero",
        n_steps=n_steps,
    )


def test_rows_of_a_table_that_miss_are_told(steep):
    with pytest.warns(CompletenessWarning) as told:
        found = explained(steep, 4)
    value, base = found.array("explained_value"), found.array("base_value")
    delta = found.array("attribution").sum(axis=2) - (value - base)
    share = missing_share(found)
    for s in range(2):
        largest = max(abs(value[s, i, 0] - base[s, i, 0]) for i in range(3))
        for i in range(3):
            assert share[s, i, 0] == pytest.approx(abs(delta[s, i, 0]) / largest, abs=1e-5)
    bad = share[..., 0] > 0.05
    assert not bad[0].any()
    order = np.array(["a", "b", "c"])[np.argsort(-share[1, :, 0], kind="stable")][: bad[1].sum()]
    assert str(told[0].message) == (
        f"{bad.sum()} of 6 explanations by integrated_gradients do not add up: they miss by more "
        f"than 5% of the output's largest change, by up to {share.max():.0%} (seeds 9; instances "
        f"{', '.join(order)}). Pass a larger n_steps, such as n_steps=16."
    )
    assert told[0].filename == __file__


def test_with_steps_enough_nothing_is_told(steep):
    found = explained(steep, 800)  # warnings are errors here
    assert missing_share(found).max() < 0.05
