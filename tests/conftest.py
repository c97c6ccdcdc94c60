from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from xaigeo.explanations import Anchors, Attributions, Counterfactuals
from xaigeo.schema import FeatureSchema


@pytest.fixture
def mixed_frame() -> pd.DataFrame:
    """Forty rows with a real, an integer, a categorical, a boolean and an ordinal column."""
    rng = np.random.default_rng(0)
    n = 40
    return pd.DataFrame(
        {
            "length": rng.normal(50, 5, n),
            "count": rng.integers(0, 9, n),
            "colour": rng.choice(["red", "green", "blue"], n),
            "wild": rng.random(n) < 0.5,
            "size": pd.Categorical(
                rng.choice(["small", "medium", "large"], n),
                categories=["small", "medium", "large"],
                ordered=True,
            ),
        }
    )


@pytest.fixture
def mixed_schema(mixed_frame: pd.DataFrame) -> FeatureSchema:
    return FeatureSchema.from_data(mixed_frame, units={"length": "mm"})


@pytest.fixture
def make_attributions(mixed_frame, mixed_schema):
    """Return a maker of attributions with random numbers: 3 seeds, 4 instances, 2 outputs."""

    def make(**changes):
        rng = np.random.default_rng(1)
        rows = mixed_schema.encode(mixed_frame)
        arrays = common_arrays(rows, rng) | {
            "attribution": (
                ("seed", "instance", "feature", "output"),
                rng.normal(size=(3, 4, 5, 2)),
            ),
            "base_value": (("seed", "instance", "output"), rng.random((3, 4, 2))),
        }
        return Attributions(
            data=xr.Dataset(arrays | changes, coords=coordinates(mixed_schema)),
            schema=mixed_schema,
            method="kernel_shap",
            provenance=provenance(),
        )

    return make


@pytest.fixture
def make_anchors(mixed_frame, mixed_schema):
    """Return a maker of anchors that hold for their instances."""

    def make(**changes):
        rng = np.random.default_rng(2)
        rows = mixed_schema.encode(mixed_frame)
        inputs = rows[:4]
        lower = np.full((3, 4, 5), -np.inf)
        lower[..., 0] = inputs[:, 0] - 1
        upper = np.full((3, 4, 5), np.inf)
        upper[0, :, 1] = inputs[:, 1]
        allowed = np.ones((3, 4, 5, 3), dtype=bool)
        allowed[:, :, 2, :] = np.arange(3) == inputs[:, 2, None]
        shape = (("seed", "instance"),)
        arrays = common_arrays(rows, rng) | {
            "lower": (("seed", "instance", "feature"), lower),
            "upper": (("seed", "instance", "feature"), upper),
            "allowed": (("seed", "instance", "feature", "category"), allowed),
            "precision": (*shape, np.full((3, 4), 0.97)),
            "precision_low": (*shape, np.full((3, 4), 0.95)),
            "coverage": (*shape, np.full((3, 4), 0.2)),
            "n_samples": (*shape, np.full((3, 4), 1000)),
            "met": (*shape, np.ones((3, 4), dtype=bool)),
        }
        return Anchors(
            data=xr.Dataset(arrays | changes, coords=coordinates(mixed_schema)),
            schema=mixed_schema,
            method="anchors",
            provenance=provenance(),
        )

    return make


@pytest.fixture
def make_counterfactuals(mixed_frame, mixed_schema):
    """Return a maker of counterfactuals that change the first and third feature."""

    def make(**changes):
        rng = np.random.default_rng(3)
        rows = mixed_schema.encode(mixed_frame)
        point = np.repeat(rows[None, :4, None, :], 3, axis=0)
        changed = np.zeros(point.shape, dtype=bool)
        point[..., 0] += 2.5
        point[..., 2] = (point[..., 2] + 1) % 3
        changed[..., [0, 2]] = True
        shape = (("seed", "instance", "candidate"),)
        arrays = common_arrays(rows, rng) | {
            "point": (("seed", "instance", "candidate", "feature"), point),
            "valid": (*shape, np.ones((3, 4, 1), dtype=bool)),
            "distance": (*shape, np.full((3, 4, 1), 1.5)),
            "n_changed": (*shape, np.full((3, 4, 1), 2)),
            "changed": (("seed", "instance", "candidate", "feature"), changed),
            "target": (("seed", "instance"), np.ones((3, 4), dtype=np.int64)),
        }
        return Counterfactuals(
            data=xr.Dataset(arrays | changes, coords=coordinates(mixed_schema)),
            schema=mixed_schema,
            method="counterfactuals",
            provenance=provenance(),
        )

    return make


def common_arrays(rows, rng):
    prediction = rng.dirichlet([1, 1], size=(3, 4))
    return {
        "input": (("instance", "feature"), rows[:4]),
        "prediction": (("seed", "instance", "output"), prediction),
        "background": (("background_row", "feature"), rows),
        "background_prediction": (
            ("seed", "background_row", "output"),
            rng.dirichlet([1, 1], size=(3, len(rows))),
        ),
    }


def coordinates(schema):
    return {
        "seed": [7, 8, 11],
        "instance": [100, 101, 105, 109],
        "feature": schema.names,
        "output": ["no", "yes"],
    }


def provenance():
    return {
        "parameters": {"scale": "probability"},
        "random_state": 0,
        "additive": False,
        "ensemble": {"task": "classification", "record": {}},
    }


@pytest.fixture(scope="session")
def as_earlier():
    """Return an audit, or a copy of an audit.json, as it would be of other results like these."""

    def make(audit, path=None):
        about = dict(audit.about)
        about["explanations"] = [
            one | {"sha256": one["sha256"][::-1]} for one in about["explanations"]
        ]
        earlier = replace(audit, about=about)
        return earlier if path is None else earlier.save(path)

    return make
