"""Curves and removals as Quantus 0.6.0 measures them (LGPL-3.0-or-later, used by tests only)."""

from __future__ import annotations

import sys
from types import ModuleType

import numpy as np
import pytest
import torch
from torch import nn

import xaigeo as xg
from xaigeo.faithfulness import deletion, insertion, neighbours
from xaigeo.faithfulness.subject import Subject

SEEDS = (1, 2)
ROWS = np.random.default_rng(0).normal(size=(30, 6)) * [1.0, 3.0, 0.3, 1.0, 10.0, 2.0]
FEW = ROWS[:4]
# A single row in place of the data: what is taken away is replaced by a constant.
BASELINE = ROWS[[20]]
CLASS = 1


@pytest.fixture(scope="module")
def quantus():
    with pytest.MonkeyPatch.context() as patch:
        # It imports OpenCV for rotations and shifts of images, which no test here asks for.
        patch.setitem(sys.modules, "cv2", ModuleType("cv2"))
        import quantus
    return quantus


@pytest.fixture(scope="module")
def modules():
    made = []
    for seed in SEEDS:
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            made.append(nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 3)).eval())
    return made


@pytest.fixture(scope="module")
def ensemble(modules):
    return xg.SeedEnsemble.wrap(modules, seeds=SEEDS, schema=ROWS)


@pytest.fixture(scope="module")
def explanation(ensemble):
    return xg.explain(
        ensemble,
        FEW,
        background=ROWS,
        method="integrated_gradients",
        random_state=0,
        scale="logit",
    )


def given(modules, explanation, k, *, sign=1.0):
    return {
        # It takes rows for pictures of one channel.
        "model": nn.Sequential(nn.Flatten(), modules[k]).eval(),
        "x_batch": FEW[:, None],
        "y_batch": np.full(len(FEW), CLASS),
        "a_batch": sign * explanation.array("attribution")[k, :, None, :, CLASS],
        "softmax": False,
    }


def removal(seen=None):
    def remove(arr, indices, **_):
        if seen is not None:
            seen.append(np.array(indices))
        gone = np.zeros(arr.shape, dtype=bool)
        np.put_along_axis(gone, indices, True, axis=1)
        return np.where(gone, BASELINE, arr)

    return remove


@pytest.mark.parametrize("n_at_once", [1, 2, 3])
def test_pixel_flipping(n_at_once, quantus, modules, ensemble, explanation):
    settings = {"background": BASELINE, "output": CLASS, "n_random": 1, "steps": 6 // n_at_once}
    gone = deletion(explanation, ensemble, **settings).array("curve")
    back = insertion(explanation, ensemble, **settings).array("curve")
    flip = quantus.PixelFlipping(
        features_in_step=n_at_once, perturb_func=removal(), normalise=False, disable_warnings=True
    )
    for k in range(len(SEEDS)):
        curve = flip(**given(modules, explanation, k))
        # Ours begins with the row as it is.
        np.testing.assert_allclose(gone[k, :, 1:], curve, atol=1e-5)
        # Putting back in an order is taking away in the reversed order, read backwards.
        curve = np.array(flip(**given(modules, explanation, k, sign=-1.0)))
        np.testing.assert_allclose(back[k, :, :-1], curve[:, ::-1], atol=1e-5)


def test_faithfulness_correlation(quantus, modules, ensemble, explanation, monkeypatch):
    """Bhatt et al. (2020) correlate what we subtract: on the same sets, the same numbers."""
    subject = Subject.of(explanation, ensemble, background=BASELINE, output=CLASS)
    for k in range(len(SEEDS)):
        seen = []
        measure = quantus.FaithfulnessCorrelation(
            nr_runs=25,
            subset_size=2,
            perturb_func=removal(seen),
            normalise=False,
            return_aggregate=False,
            disable_warnings=True,
        )
        wanted = measure(**given(modules, explanation, k))
        for i in range(len(FEW)):
            kept = np.ones((25, 6), dtype=bool)
            for one, indices in zip(kept, seen, strict=True):
                one[indices[i]] = False
            monkeypatch.setattr(neighbours, "drawn_coalitions", lambda *_, kept=kept: kept)
            around = neighbours.RemovalNeighbours(subject, 25, 50, 0.1, 0, 2**24)
            answers = around.answers(i)
            full = around.full[k, i]
            own = np.corrcoef(full - answers.said[k], full - answers.given[k])[0, 1]
            assert own == pytest.approx(wanted[i], abs=1e-4)
