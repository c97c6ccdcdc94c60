"""Planted models and attributions of them, whose faithfulness is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.explanations import Attributions

WEIGHTS = np.array(
    [[3.0, -2.0, 1.0, 0.5, 0.0], [2.0, -1.0, 2.0, 0.0, 0.3], [-1.0, 0.2, 1.0, 3.0, -0.5]]
)
COLOURS = ["blue", "green", "red"]


@pytest.fixture
def numbers():
    """Rows of five standard normal numbers."""
    return np.random.default_rng(0).normal(size=(60, 5))


@pytest.fixture
def linear(numbers):
    """Three linear models of one target."""

    def model(weights):
        return lambda rows: 1.0 + rows @ weights

    return SeedEnsemble.wrap(
        [model(w) for w in WEIGHTS], seeds=[4, 5, 9], schema=numbers, task="regression"
    )


@pytest.fixture
def birds():
    """Rows of three numbers and a colour."""
    random = np.random.default_rng(1)
    frame = pd.DataFrame(random.normal(size=(40, 3)), columns=["length", "depth", "mass"])
    return frame.assign(colour=random.choice(COLOURS, 40))


@pytest.fixture
def classifiers(birds):
    """Two models of two classes in which columns act together."""

    def model(seed):
        own = np.random.default_rng(seed).normal(size=6)

        def probabilities(frame):
            red = (frame["colour"] == "red").to_numpy()
            length, depth, mass = frame[["length", "depth", "mass"]].to_numpy().T
            sides = own[0] * length + own[1] * depth * mass + own[2] * red * length + own[3] * mass
            second = 1 / (1 + np.exp(-(sides + own[4] * red)))
            return np.column_stack([1 - second, second])

        return probabilities

    models = [model(0), model(1)]
    return SeedEnsemble.wrap(models, seeds=[0, 1], schema=birds, classes=["no", "yes"])


@pytest.fixture
def attributed():
    """Return a maker of attributions of given numbers, (n_seeds, n_rows, n_features, n_outputs)."""

    def make(ensemble, rows, background, values, *, method="kernel_shap", arrays=(), **parameters):
        encoded, known = (ensemble.schema.encode(part) for part in (rows, background))
        own, other = ensemble.outputs_encoded(encoded), ensemble.outputs_encoded(known)
        data = {
            "input": (("instance", "feature"), encoded),
            "prediction": (("seed", "instance", "output"), own),
            "background": (("background_row", "feature"), known),
            "background_prediction": (("seed", "background_row", "output"), other),
            "attribution": (("seed", "instance", "feature", "output"), values),
            "explained_value": (("seed", "instance", "output"), own),
        }
        return Attributions(
            data=xr.Dataset(
                data | dict(arrays),
                coords={
                    "seed": list(ensemble.seeds),
                    "instance": np.arange(len(encoded)) + 100,
                    "feature": ensemble.schema.names,
                    "output": ensemble.output_names,
                },
            ),
            schema=ensemble.schema,
            method=method,
            provenance={
                "method": method,
                "parameters": {"scale": ensemble.default_scale} | parameters,
                "random_state": 0,
                "additive": method == "kernel_shap",
                "ensemble": {
                    "task": ensemble.task,
                    "kind": ensemble.members.kind,
                    "record": ensemble.record,
                },
            },
        )

    return make


@pytest.fixture
def contributions(linear, numbers, attributed):
    """Return a maker of the linear models' exact contributions at the first rows."""

    def make(n_rows=8, factor=1.0, **changes):
        away = numbers[:n_rows] - numbers[20:].mean(axis=0)
        values = factor * WEIGHTS[:, None, :] * away
        base = np.full((3, n_rows, 1), 1.0) + (WEIGHTS @ numbers[20:].mean(axis=0))[:, None, None]
        arrays = {"base_value": (("seed", "instance", "output"), base)}
        return attributed(
            linear,
            numbers[:n_rows],
            numbers[20:],
            values[..., None],
            arrays=arrays | changes.pop("arrays", {}),
            **changes,
        )

    return make
