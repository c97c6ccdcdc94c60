"""Exact explanations of linear models, made by hand: geometry has known answers on them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from xaigeo import dims
from xaigeo.explanations import COMMON, Anchors, Attributions, Counterfactuals, Explanation
from xaigeo.geometry.view import Projection
from xaigeo.schema import FeatureSchema


@dataclass(frozen=True)
class LinearWorld:
    """K linear models ``g_o(z) = bias_o + w_o·z`` of standardised columns, and their data.

    A category counts in z as the indicator "same category as the instance", as in LIME.
    """

    X: pd.DataFrame
    places: list[int]
    weights: np.ndarray  # (n_seeds, n_features, n_outputs)
    bias: np.ndarray  # (n_outputs,)
    outputs: list[str]
    prediction: np.ndarray | None = None  # (n_seeds, n_instances, n_outputs)
    scale: str = "logit"
    task: str = "classification"
    radius: float = 3.0
    schema: FeatureSchema | None = None

    @property
    def columns(self) -> FeatureSchema:
        return self.schema or FeatureSchema.from_data(self.X)

    @property
    def rows(self) -> np.ndarray:
        return self.columns.encode(self.X)

    @property
    def location(self) -> np.ndarray:
        return self.rows.mean(axis=0)

    @property
    def spread(self) -> np.ndarray:
        return self.rows.std(axis=0)

    def z(self, rows: np.ndarray) -> np.ndarray:
        return np.where(self.columns.discrete, 1.0, (rows - self.location) / self.spread)

    def values(self, rows: np.ndarray) -> np.ndarray:
        return np.einsum("if,sfo->sio", self.z(rows), self.weights) + self.bias

    def lime(self, **change: Any) -> Attributions:
        rows = self.rows[self.places]
        shape = (len(self.weights), len(rows), *self.weights.shape[1:])
        attribution = np.broadcast_to(self.weights[:, None], shape).copy()
        slope = attribution / self.spread[:, None]
        slope[:, :, self.columns.discrete] = np.nan
        arrays = {
            "attribution": attribution,
            "slope": slope,
            "intercept": np.broadcast_to(self.bias, (shape[0], shape[1], shape[3])).copy(),
            "local_r2": np.full((shape[0], shape[1], shape[3]), 0.75),
            "kernel_radius": np.full(len(rows), self.radius),
            "feature_location": self.location,
            "feature_scale": self.spread,
        }
        return self._result(Attributions, "lime", arrays | change)

    def bins(self) -> dict[str, Any]:
        """Return the arrays that LIME over bins has, and those that it lacks, as None."""
        rows = self.rows[self.places]
        ends = np.where(self.columns.discrete, np.nan, rows - 1), rows + 1
        shape = (len(self.weights), *rows.shape, len(self.outputs))
        return {
            "condition_lower": ends[0],
            "condition_upper": np.where(self.columns.discrete, np.nan, ends[1]),
            "slope": np.full(shape, np.nan),
            **dict.fromkeys(("kernel_radius", "feature_location", "feature_scale")),
        }

    def shap(self, method: str = "kernel_shap") -> Attributions:
        rows = self.rows[self.places]
        z = np.where(self.columns.discrete, 0.0, self.z(rows))
        attribution = np.einsum("if,sfo->sifo", z, self.weights)
        arrays = {
            "attribution": attribution,
            "base_value": np.broadcast_to(
                self.bias, (len(self.weights), len(rows), len(self.outputs))
            ).copy(),
            "explained_value": np.einsum("if,sfo->sio", z, self.weights) + self.bias,
        }
        return self._result(Attributions, method, arrays, additive=True)

    def anchors(self, lower: np.ndarray, upper: np.ndarray, allowed: np.ndarray) -> Anchors:
        shape = lower.shape[:2]
        met = np.ones(shape, dtype=bool)
        met[0, 0] = False
        return self._result(
            Anchors,
            "anchors",
            {
                "lower": lower,
                "upper": upper,
                "allowed": allowed,
                "precision": np.full(shape, 0.97),
                "precision_low": np.full(shape, 0.95),
                "coverage": np.full(shape, 0.25),
                "n_samples": np.full(shape, 100),
                "met": met,
            },
        )

    def counterfactuals(self, point: np.ndarray, **change: Any) -> Counterfactuals:
        rows = self.rows[self.places]
        changed = point != rows[:, None]
        n_seeds = len(point)
        arrays = {
            "point": point,
            "valid": np.ones(point.shape[:3], dtype=bool),
            "distance": np.abs((point - rows[:, None]) / self.spread).sum(axis=-1),
            "n_changed": changed.sum(axis=-1),
            "changed": changed,
            "target": (self.predicted + 1) % len(self.outputs),
            "flip_fraction": np.full(point.shape[:3], 0.5),
            "cross_validity": np.ones((n_seeds, *point.shape[:1], *point.shape[1:3]), dtype=bool),
        }
        return self._result(Counterfactuals, "counterfactuals", arrays | change)

    @property
    def predicted(self) -> np.ndarray:
        given = self.values(self.rows[self.places]) if self.prediction is None else self.prediction
        return given.argmax(axis=-1)

    def _result(
        self, kind: type[Explanation], method: str, arrays: dict[str, Any], additive: bool = False
    ) -> Any:
        rows = self.rows
        shapes = COMMON | kind.required | kind.optional
        given = self.values(rows[self.places]) if self.prediction is None else self.prediction
        arrays = {
            "input": rows[self.places],
            "prediction": given,
            "background": rows,
            "background_prediction": self.values(rows),
        } | {name: value for name, value in arrays.items() if value is not None}
        coordinates: dict[str, Any] = {
            dims.SEED: list(range(10, 10 + len(self.weights))),
            dims.INSTANCE: self.X.index[self.places].to_numpy(),
            dims.FEATURE: self.columns.names,
            dims.OUTPUT: self.outputs,
        }
        if any(dims.OTHER_SEED in shapes[name] for name in arrays):
            coordinates[dims.OTHER_SEED] = coordinates[dims.SEED]
        return kind(
            data=xr.Dataset({n: (shapes[n], a) for n, a in arrays.items()}, coords=coordinates),
            schema=self.columns,
            method=method,
            provenance={
                "parameters": {"scale": self.scale},
                "additive": additive,
                "ensemble": {"task": self.task},
            },
        )


def make_world(
    seed: int = 0,
    *,
    n_seeds: int = 4,
    n_outputs: int = 2,
    n_instances: int = 3,
    categorical: bool = True,
    identical: bool = False,
    **change: Any,
) -> LinearWorld:
    """Draw data with the columns a, b, c (numeric) and d (categories), and weights."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(
        {
            "a": rng.normal(40, 5, 30),
            "b": rng.normal(200, 20, 30),
            "c": rng.gamma(2.0, 3.0, 30),
        },
        index=[f"row {i}" for i in range(30)],
    )
    if categorical:
        X["d"] = rng.choice(["east", "north", "west"], 30)
        X.loc[X.index[:3], "d"] = ["east", "north", "west"]
    weights = rng.normal(size=(1 if identical else n_seeds, X.shape[1], n_outputs))
    if n_outputs == 2:
        weights[..., 0] = -weights[..., 1]
    world = LinearWorld(
        X=X,
        places=list(range(n_instances)),
        weights=np.broadcast_to(weights, (n_seeds, *weights.shape[1:])).copy(),
        bias=np.array([0.0] * n_outputs) if n_outputs == 2 else rng.normal(size=n_outputs),
        outputs=["no", "yes"] if n_outputs == 2 else [f"k{o}" for o in range(n_outputs)],
    )
    return replace(world, **change)


def make_wide(n_features: int, seed: int = 0, *, n_seeds: int = 4, **change: Any) -> LinearWorld:
    """Draw correlated numeric columns x0, x1, ... in different units, and two classes."""
    rng = np.random.default_rng(seed)
    mixed = rng.normal(size=(40, n_features)) @ rng.normal(size=(n_features, n_features))
    units = 10.0 ** rng.uniform(-2, 3, n_features)
    X = pd.DataFrame(
        mixed * units + 5 * units,
        columns=[f"x{j}" for j in range(n_features)],
        index=[f"row {i}" for i in range(40)],
    )
    weights = rng.normal(size=(n_seeds, n_features, 2))
    weights[..., 0] = -weights[..., 1]
    world = LinearWorld(
        X=X, places=[0, 1, 2], weights=weights, bias=np.zeros(2), outputs=["no", "yes"]
    )
    return replace(world, **change)


def make_everything(world: LinearWorld) -> list[Explanation]:
    """Return one explanation of each kind."""
    found = world.counterfactuals(make_points(world))
    return [world.lime(), world.shap(), make_boxes(world), found]


def make_plane(world: LinearWorld, seed: int = 0) -> Projection:
    """Return a random plane of the numeric columns."""
    rng = np.random.default_rng(seed)
    P = rng.normal(size=(world.columns.n_features, 2))
    P[world.columns.discrete] = 0.0
    return Projection(np.linalg.qr(P)[0], name="a plane")


def make_boxes(world: LinearWorld, seed: int = 0) -> Anchors:
    """Return random boxes around the instances, some sides open, some categories free."""
    rng = np.random.default_rng(seed)
    rows = world.rows[world.places]
    shape = (len(world.weights), *rows.shape)
    lower = rows - rng.uniform(0.2, 1.5, shape) * world.spread
    upper = rows + rng.uniform(0.2, 1.5, shape) * world.spread
    lower[rng.random(shape) < 0.3] = -np.inf
    upper[rng.random(shape) < 0.3] = np.inf
    allowed = np.ones((*shape, 3), dtype=bool)
    for j in np.flatnonzero(world.columns.discrete):
        lower[..., j], upper[..., j] = -np.inf, np.inf
        kept = rng.random((*shape[:2], 3)) < 0.5
        kept[:, np.arange(shape[1]), rows[:, j].astype(int)] = True
        allowed[:, :, j] = kept
    return world.anchors(lower, upper, allowed)


def make_points(world: LinearWorld, seed: int = 0, n_candidates: int = 2) -> np.ndarray:
    """Return random end points, (n_seeds, n_instances, n_candidates, n_features)."""
    rng = np.random.default_rng(seed)
    rows = world.rows[world.places]
    shape = (len(world.weights), len(rows), n_candidates, rows.shape[1])
    points = rows[:, None] + rng.normal(size=shape) * world.spread
    for j in np.flatnonzero(world.columns.discrete):
        points[..., j] = rng.integers(0, 3, shape[:3])
    return points


@pytest.fixture(scope="session")
def make() -> SimpleNamespace:
    return SimpleNamespace(
        world=make_world,
        wide=make_wide,
        boxes=make_boxes,
        points=make_points,
        plane=make_plane,
        everything=make_everything,
        replace=replace,
    )
