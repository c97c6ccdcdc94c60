from __future__ import annotations

import numpy as np
import pytest

from xaigeo.explainers.changes.own_answers import OwnAnswers


@pytest.mark.parametrize("name", ["single_logit", "species"])
@pytest.mark.parametrize("spread", ["even", "one", "uneven"])
def test_each_row_is_answered_by_its_own_model(request, birds, name, spread):
    ensemble = request.getfixturevalue(name)
    rows = ensemble.schema.encode(birds.iloc[:60])
    rng = np.random.default_rng(0)
    seed = {
        "even": rng.integers(3, size=60),
        "one": np.full(60, 2),
        "uneven": np.where(np.arange(60) < 40, 1, rng.integers(3, size=60)),
    }[spread]
    outputs = OwnAnswers(ensemble).outputs(rows, seed)
    for place, row, answer in zip(seed, rows, outputs, strict=True):
        alone = ensemble.member_outputs_encoded(int(place), row[None])[0]
        assert answer == pytest.approx(alone, abs=1e-12)


def test_no_rows_have_no_answers(single_logit):
    rows = np.empty((0, single_logit.schema.n_features))
    assert OwnAnswers(single_logit).outputs(rows, np.empty(0, dtype=int)).shape == (0, 2)
