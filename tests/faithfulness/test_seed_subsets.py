"""Checks of an explanation of some of the seeds."""

import numpy as np
import pytest
from torch import nn

import xaigeo as xg
from xaigeo.errors import InputError
from xaigeo.faithfulness import deletion


@pytest.fixture(scope="module")
def trained():
    rows = np.random.default_rng(0).normal(size=(40, 3))
    ensemble = xg.SeedEnsemble.train(
        lambda n_in, n_out: nn.Linear(n_in, n_out), rows, rows[:, 0] > 0, seeds=[3, 5, 8], epochs=1
    )
    return rows, ensemble, xg.explain(ensemble, rows[:4], method="kernel_shap", background=rows)


@pytest.mark.parametrize("seeds", [[3, 5], [8, 3], [5]])
def test_some_seeds_belong_to_the_ensemble_of_these_seeds(trained, seeds):
    rows, ensemble, found = trained
    part, models = found.sel(seed=seeds), ensemble.select(seeds)
    assert part.provenance["ensemble"]["record"] == models.record
    assert part.provenance["ensemble"]["seeds"] == seeds
    check = deletion(part, models, n_random=3)
    check.check_belongs(part)
    models.evaluate(rows, rows[:, 0] > 0).check_belongs(part)
    places = [[3, 5, 8].index(seed) for seed in seeds]
    whole = deletion(found, ensemble, n_random=3, output="True").array("area")[places]
    own = deletion(part, models, n_random=3, output="True").array("area")
    np.testing.assert_allclose(own, whole, rtol=1e-5)
    # What was selected from is left as it was.
    assert found.provenance["ensemble"]["record"] == ensemble.record
    assert found.provenance["ensemble"]["seeds"] == [3, 5, 8]


def test_the_whole_ensemble_is_not_that_of_some_seeds(trained):
    _, ensemble, found = trained
    with pytest.raises(InputError, match=r"ensemble\.select\(\[3, 5\]\)"):
        deletion(found.sel(seed=[3, 5]), ensemble)
