"""The same numbers as Quantus 0.6.0 (Hedström et al. 2023) on the same draws, and where it differs.

Quantus is LGPL-3.0-or-later and is used by tests only.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from types import ModuleType

import numpy as np
import pytest
import torch
from torch import nn

import xaigeo as xg
from xaigeo.agreement.rank_correlation import spearman
from xaigeo.errors import SingleSeedWarning
from xaigeo.explainers.background import Background
from xaigeo.faithfulness import randomisation, sensitivity
from xaigeo.faithfulness.sensitivity import changed_rows

SEEDS = (1, 2, 6)
ROWS = np.random.default_rng(0).normal(size=(30, 5)) * [1.0, 3.0, 0.3, 1.0, 10.0]
FEW = ROWS[:6]
GRADIENTS = {"method": "integrated_gradients", "random_state": 0, "scale": "logit"}


@pytest.fixture(scope="module")
def quantus():
    with pytest.MonkeyPatch.context() as patch:
        # It imports OpenCV for rotations and shifts of images, which no test here asks for.
        patch.setitem(sys.modules, "cv2", ModuleType("cv2"))
        import quantus
    return quantus


def networks(dtype):
    made = []
    for seed in SEEDS:
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            layers = nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 3)
            made.append(nn.Sequential(*layers).to(dtype).eval())
    return made


def ensemble_of(modules, seeds=SEEDS):
    return xg.SeedEnsemble.wrap(modules, seeds=seeds, schema=ROWS)


@pytest.fixture(scope="module")
def ensemble():
    return ensemble_of(networks(torch.float64))


@pytest.fixture(scope="module")
def explanation(ensemble):
    return xg.explain(ensemble, FEW, background=ROWS, **GRADIENTS)


def answers(explanation):
    """The explained class at every row."""
    counts = [np.bincount(votes, minlength=3) for votes in explanation.predicted.T]
    assert all((c == c.max()).sum() == 1 for c in counts)
    return np.argmax(counts, axis=1)


def attributions(explanation, targets):
    return explanation.array("attribution")[:, np.arange(len(targets)), :, targets].swapaxes(0, 1)


@pytest.fixture
def explain_func():
    """Integrated gradients of one plain module, as Quantus asks for them."""

    def explain(model, inputs, targets, **_):
        with pytest.warns(SingleSeedWarning):
            alone = ensemble_of([model], seeds=[0])
        made = xg.explain(alone, inputs, background=ROWS, **GRADIENTS)
        return attributions(made, targets)[0]

    return explain


@pytest.mark.parametrize(
    ("metric", "array"), [("MaxSensitivity", "largest"), ("AvgSensitivity", "mean")]
)
def test_sensitivity(metric, array, quantus, ensemble, explanation, explain_func):
    targets = answers(explanation)
    check = sensitivity(explanation, ensemble, radius=0.2, n_samples=4, random_state=3)
    background = Background.from_frame(ensemble.schema, ROWS)
    changed = changed_rows(FEW, background, 0.2 * ROWS.std(axis=0), 4, 3)
    for k, module in enumerate(ensemble.members.modules):
        draws = iter(changed)
        score = getattr(quantus, metric)(
            nr_samples=4,
            perturb_func=lambda arr, indices, draws=draws, **_: next(draws),
            disable_warnings=True,
        )
        found = score(
            model=module,
            x_batch=FEW,
            y_batch=targets,
            a_batch=attributions(explanation, targets)[k],
            explain_func=explain_func,
        )
        np.testing.assert_allclose(check.array(array)[k], found, atol=1e-6)


@pytest.fixture
def quantus_draws(monkeypatch):
    """Draw every layer as Quantus does: from one seed, whichever the layer, member and repeat."""

    @contextmanager
    def seeded(*_):
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(42 + 1)
            yield

    monkeypatch.setattr("xaigeo.faithfulness.random_weights._seeded", seeded)


@pytest.mark.parametrize(
    ("mode", "order"), [("cascading", "top_down"), ("independent", "independent")]
)
def test_randomisation(mode, order, quantus, quantus_draws, ensemble, explanation, explain_func):
    targets = answers(explanation)
    check = randomisation(explanation, ensemble, mode=mode, n_repeats=2, control=False)
    names = check.data["layer"].to_numpy().tolist()
    for k, module in enumerate(ensemble.members.modules):
        with torch.random.fork_rng(devices=[]):
            scores = quantus.MPRT(layer_order=order, disable_warnings=True)(
                model=module,
                x_batch=FEW,
                y_batch=targets,
                a_batch=attributions(explanation, targets)[k],
                explain_func=explain_func,
            )
        layers = [name for name in scores if name != "original"]
        assert layers == (["4", "2", "0"] if order == "top_down" else ["0", "2", "4"])
        for name in layers:
            own = check.array("rank_correlation")[k, :, names.index(name)]
            np.testing.assert_allclose(own, scores[name], atol=1e-6)
        if order == "top_down":
            own = check.array("rank_correlation")[k, :, -1]
            np.testing.assert_allclose(own, scores["0"], atol=1e-6)


def test_completeness(quantus):
    modules = networks(torch.float32)  # its predictions are asked in float32
    single = ensemble_of(modules)
    explanation = xg.explain(single, FEW, background=ROWS, n_steps=200, **GRADIENTS)
    targets = answers(explanation)
    for k, module in enumerate(modules):
        seen = []
        common = {
            "perturb_func": lambda arr, indices, **_: np.tile(ROWS.mean(axis=0), (len(arr), 1)),
            "output_func": lambda change, seen=seen: seen.append(change) or change,
            "disable_warnings": True,
        }
        given = {
            "model": module,
            "x_batch": FEW,
            "y_batch": targets,
            "a_batch": attributions(explanation, targets)[k],
        }
        exact = quantus.Completeness(normalise=False, **common)(**given)
        own = np.array(
            [
                explanation.array("explained_value")[k, i, c]
                - explanation.array("base_value")[k, i, c]
                for i, c in enumerate(targets)
            ]
        )
        np.testing.assert_allclose(own, seen[0], atol=1e-5)
        gap = np.abs(given["a_batch"].sum(axis=1) - own)
        assert (gap < 1e-3 * np.abs(own).max()).all()
        # It asks for equality to the last bit, and by default after dividing by the largest.
        assert not any(exact)
        assert not any(quantus.Completeness(**common)(**given))


def test_where_quantus_goes_its_own_way(quantus, ensemble, explanation, explain_func):
    targets = answers(explanation)
    own = attributions(explanation, targets)[0]
    given = {
        "model": ensemble.members.modules[0],
        "x_batch": FEW,
        "y_batch": targets,
        "explain_func": explain_func,
    }
    with torch.random.fork_rng(devices=[]):
        before = torch.get_rng_state()
        by_layer = quantus.MPRT(disable_warnings=True)(a_batch=own, **given)
        average = quantus.MPRT(return_average_correlation=True, disable_warnings=True)(
            a_batch=own, **given
        )
        # The caller's generator is left where its seed put it.
        assert not torch.equal(torch.get_rng_state(), before)
    # The average over layers takes in the untouched model, whose correlation is 1.
    assert by_layer["original"] == pytest.approx(np.ones(6))
    np.testing.assert_allclose(average, np.mean(list(by_layer.values()), axis=0))
    # Attributions that are all equal fail the batch if they are its first or second row.
    flat = np.vstack([np.ones(5), own])
    with (
        pytest.warns(RuntimeWarning, match="constant"),
        pytest.raises(AttributeError, match="'float' object has no attribute 'shape'"),
    ):
        quantus.similarity_func.correlation_spearman(flat, flat, batched=True)
    assert np.isnan(spearman(flat, flat)).tolist() == [True] + 6 * [False]
