"""Explanations of small linear models, made by hand: charts and report need no training."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from tests.drawn_charts import PATIENCE_MS
from xaigeo import dims
from xaigeo.datasets import penguins
from xaigeo.ensemble import Evaluation
from xaigeo.explanations import COMMON, Anchors, Attributions, Counterfactuals, Explanation
from xaigeo.schema import FeatureSchema

N_SEEDS, N_INSTANCES = 5, 6
VIEW = ("bill_length_mm", "flipper_length_mm")


@dataclass(frozen=True)
class LinearSeeds:
    """K softmax models of standardised columns whose weights wobble from seed to seed."""

    schema: FeatureSchema
    classes: list[str]
    location: np.ndarray
    scale: np.ndarray
    weights: np.ndarray  # (n_seeds, n_features, n_outputs)
    bias: np.ndarray  # (n_outputs,)
    task: str = "classification"

    @property
    def n_seeds(self) -> int:
        return len(self.weights)

    def z(self, rows: np.ndarray) -> np.ndarray:
        return (rows - self.location) / self.scale

    def logits(self, rows: np.ndarray) -> np.ndarray:
        return np.einsum("...f,sfo->s...o", self.z(rows), self.weights) + self.bias

    def outputs(self, rows: np.ndarray) -> np.ndarray:
        logits = self.logits(rows)
        if self.task == "regression":
            return logits
        grown = np.exp(logits - logits.max(-1, keepdims=True))
        return grown / grown.sum(-1, keepdims=True)


def linear_seeds(
    X: pd.DataFrame, y: pd.Series, *, n_seeds: int = N_SEEDS, wobble: float = 0.35, **read: Any
) -> LinearSeeds:
    schema = FeatureSchema.from_data(X, **read)
    rows = schema.encode(X)
    location, scale = rows.mean(0), rows.std(0)
    z = (rows - location) / scale
    classes = sorted(set(y))
    centres = np.stack([z[(y == name).to_numpy()].mean(0) for name in classes], axis=1)
    noise = np.random.default_rng(7).normal(0, wobble, (n_seeds, *centres.shape))
    return LinearSeeds(
        schema, classes, location, scale, centres + noise, -0.5 * (centres**2).sum(0)
    )


def regression_seeds(X: pd.DataFrame, *, n_seeds: int = N_SEEDS) -> LinearSeeds:
    schema = FeatureSchema.from_data(X)
    rows = schema.encode(X)
    weights = np.random.default_rng(3).normal(2, 0.6, (n_seeds, rows.shape[1], 1))
    return LinearSeeds(
        schema, ["mass"], rows.mean(0), rows.std(0), weights, np.array([40.0]), "regression"
    )


def dataset(
    model: LinearSeeds,
    X: pd.DataFrame,
    arrays: dict[str, np.ndarray],
    background: pd.DataFrame,
    shapes: dict[str, tuple[str, ...]],
) -> xr.Dataset:
    rows, reference = model.schema.encode(X), model.schema.encode(background)
    arrays = {
        "input": rows,
        "prediction": model.outputs(rows),
        "background": reference,
        "background_prediction": model.outputs(reference),
    } | arrays
    shapes = COMMON | shapes
    coordinates = {
        dims.SEED: list(range(model.n_seeds)),
        dims.INSTANCE: X.index.to_numpy(),
        dims.FEATURE: model.schema.names,
        dims.OUTPUT: model.classes,
    }
    if any(dims.OTHER_SEED in shapes[name] for name in arrays):
        coordinates[dims.OTHER_SEED] = list(range(model.n_seeds))
    return xr.Dataset({n: (shapes[n], a) for n, a in arrays.items()}, coords=coordinates)


def provenance(model: LinearSeeds, method: str, **parameters: Any) -> dict[str, Any]:
    return {
        "method": method,
        "parameters": {"scale": "value" if model.task == "regression" else "probability"}
        | parameters,
        "additive": method == "kernel_shap",
        "random_state": 0,
        "engine": "batched",
        "background_sha256": "b" * 64,
        "versions": {"python": "3.11.2", "xaigeo": "0.1.0", "numpy": np.__version__},
        "ensemble": {
            "task": model.task,
            "seeds": list(range(model.n_seeds)),
            "classes": model.classes,
            "kind": "linear",
            "record": {
                "source": "train",
                "seeds": list(range(model.n_seeds)),
                "data_sha256": "d" * 64,
                "config_sha256": "c" * 64,
                "architecture_sha256": ["a" * 64] * model.n_seeds,
                "config": {"epochs": 80, "optimizer": "adam"},
                "n_rows": 333,
                "versions": {"python": "3.11.2", "torch": "2.13.0"},
            },
        },
    }


def attributions(
    model: LinearSeeds, X: pd.DataFrame, background: pd.DataFrame, method: str
) -> Attributions:
    rows = model.schema.encode(X)
    z = model.z(rows)
    values = np.einsum("if,sfo->sifo", z, model.weights)
    if method == "lime":
        values = np.broadcast_to(model.weights[:, None], values.shape) * 0.2
    values = values / (1.0 if model.task == "regression" else 10.0)
    base = model.outputs(rows) - values.sum(axis=2)
    arrays = {"attribution": np.ascontiguousarray(values), "base_value": base}
    if method == "lime":
        slope = values / model.scale[:, None]
        slope[:, :, model.schema.discrete] = np.nan
        encoded = values.copy()
        encoded /= model.scale[:, None]
        arrays |= {
            "slope": slope,
            "intercept": model.outputs(rows) - np.einsum("if,sifo->sio", rows, encoded),
            "local_r2": np.full(base.shape, 0.8),
            "kernel_radius": np.full(len(rows), 1.4),
            "feature_location": model.location,
            "feature_scale": model.scale,
        }
    if method == "kernel_shap":
        arrays["explained_value"] = model.outputs(rows)
    return Attributions(
        data=dataset(model, X, arrays, background, Attributions.required | Attributions.optional),
        schema=model.schema,
        method=method,
        provenance=provenance(model, method, n_samples=500),
    )


def binned(lime: Attributions) -> Attributions:
    """Return LIME's result as a discretiser leaves it: quarters of each column, no slopes."""
    rows, reference = lime.array("input"), lime.array("background")
    quartiles = np.quantile(reference, [0.25, 0.5, 0.75], axis=0)
    edges = np.vstack([np.full(rows.shape[1], -np.inf), quartiles, np.full(rows.shape[1], np.inf)])
    place = (rows[:, None] > quartiles).sum(axis=1)
    ends = [np.take_along_axis(edges, place + k, axis=0) for k in (0, 1)]
    numeric = ~lime.schema.discrete
    lower, upper = (np.where(numeric, end, np.nan) for end in ends)
    shape = ("instance", "feature")
    data = lime.data.drop_vars(["kernel_radius", "feature_location", "feature_scale"])
    data = data.assign(
        slope=lime.data["slope"] * np.nan,
        condition_lower=(shape, lower),
        condition_upper=(shape, upper),
    )
    return replace(lime, data=data)


def anchors(model: LinearSeeds, X: pd.DataFrame, background: pd.DataFrame) -> Anchors:
    rows, reference = model.schema.encode(X), model.schema.encode(background)
    n, k, f = len(rows), model.n_seeds, len(model.schema.names)
    lower, upper = np.full((k, n, f), -np.inf), np.full((k, n, f), np.inf)
    rng = np.random.default_rng(5)
    numeric = np.flatnonzero(~model.schema.discrete)
    for s in range(k):
        for i in range(n):
            for j in numeric[:3:2]:
                reach = rng.uniform(0.2, 0.9) * model.scale[j]
                if rows[i, j] > np.median(reference[:, j]):
                    lower[s, i, j] = rows[i, j] - reach
                else:
                    upper[s, i, j] = rows[i, j] + reach
                if s % 2:
                    upper[s, i, j] = rows[i, j] + reach
    n_categories = max([*model.schema.n_categories, 1])
    allowed = np.ones((k, n, f, n_categories), dtype=bool)
    for j in np.flatnonzero(model.schema.discrete)[:1]:
        for i in range(n):
            allowed[0, i, j] = False
            allowed[0, i, j, int(rows[i, j])] = True
    precision = rng.uniform(0.93, 1.0, (k, n))
    arrays = {
        "lower": lower,
        "upper": upper,
        "allowed": allowed,
        "precision": precision,
        "precision_low": precision - 0.04,
        "coverage": rng.uniform(0.1, 0.5, (k, n)),
        "n_samples": np.full((k, n), 1000),
        "met": precision > 0.95,
        "cross_precision": rng.uniform(0.6, 1.0, (k, k, n)),
    }
    return Anchors(
        data=dataset(model, X, arrays, background, Anchors.required | Anchors.optional),
        schema=model.schema,
        method="anchors",
        provenance=provenance(model, "anchors", precision=0.95),
    )


def counterfactuals(
    model: LinearSeeds, X: pd.DataFrame, background: pd.DataFrame
) -> Counterfactuals:
    rows, reference = model.schema.encode(X), model.schema.encode(background)
    own = model.outputs(rows).argmax(-1)
    found = model.outputs(reference).argmax(-1)
    target = (own + 1) % len(model.classes)
    z, zr = model.z(rows), model.z(reference)
    point = np.empty((model.n_seeds, len(rows), 1, rows.shape[1]))
    for s in range(model.n_seeds):
        for i in range(len(rows)):
            fits = np.flatnonzero(found[s] == target[s, i])
            point[s, i, 0] = reference[fits[((zr[fits] - z[i]) ** 2).sum(-1).argmin()]]
    changed = point != rows[None, :, None]
    distance = np.abs((point - rows[None, :, None]) / model.scale).sum(-1)
    reached = np.stack([model.outputs(p)[:, :, 0].argmax(-1) for p in point])
    arrays = {
        "point": point,
        "valid": np.ones(distance.shape, dtype=bool),
        "distance": distance,
        "n_changed": changed.sum(-1),
        "changed": changed,
        "target": target,
        "flip_fraction": np.full(distance.shape, 0.6),
        "cross_validity": (reached == target[:, None])[..., None],
        "feature_mad": model.scale,
    }
    return Counterfactuals(
        data=dataset(
            model, X, arrays, background, Counterfactuals.required | Counterfactuals.optional
        ),
        schema=model.schema,
        method="counterfactuals",
        provenance=provenance(model, "counterfactuals"),
    )


def all_methods(model: LinearSeeds, X: pd.DataFrame, background: pd.DataFrame) -> list[Explanation]:
    linear = [
        attributions(model, X, background, method)
        for method in ("lime", "kernel_shap", "integrated_gradients")
    ]
    if model.task == "regression":
        return linear
    return [*linear, anchors(model, X, background), counterfactuals(model, X, background)]


def evaluation_of(model: LinearSeeds, X: pd.DataFrame, y: pd.Series) -> Evaluation:
    rows = model.schema.encode(X)
    labels = (
        y.to_numpy(dtype=float)
        if model.task == "regression"
        else np.array([model.classes.index(name) for name in y])
    )
    return Evaluation(
        name="test",
        seeds=np.arange(model.n_seeds),
        classes=tuple(model.classes),
        task=model.task,
        rows=rows,
        labels=labels,
        prediction=model.outputs(rows),
    )


def tables_of(spec: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of every named data set of a chart, read as Vega reads them."""
    tables = {}
    for name, held in spec.get("datasets", {}).items():
        if isinstance(held, str):
            held = pd.read_csv(io.StringIO(held), dtype=object).to_dict(orient="records")
        tables[table_name(name)] = held
    return tables


def table_name(name: str) -> str:
    """Return a data set's name without what tells its rows from another chart's."""
    return re.sub(r"_[0-9a-f]{8}$", "", name)


def units_of(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the parts of a chart that draw something, each with the data it draws."""
    parts = [part for key in ("layer", "vconcat", "hconcat") for part in spec.get(key, [])]
    inherited = {"data": spec["data"]} if "data" in spec else {}
    return [unit for part in parts for unit in units_of(inherited | part)] if parts else [spec]


def fields_of(unit: dict[str, Any]) -> set[str]:
    """Return every field that a part of a chart encodes, filters by or tests."""
    text = json.dumps({k: unit[k] for k in ("encoding", "transform", "mark") if k in unit})
    return set(re.findall(r'"field": "([^"]+)"', text)) | set(re.findall(r"datum\.(\w+)", text))


def check_fields(spec: dict[str, Any], tables: dict[str, list[dict[str, Any]]]) -> None:
    """Fail unless every field that a chart reads is a column of its data."""
    units = units_of(spec)
    assert units
    for unit in units:
        rows = tables[table_name(unit["data"]["name"])]
        assert rows, unit["data"]
        known = set(rows[0])
        for step in unit.get("transform", []):
            known |= {step["as"]} if "calculate" in step else set()
            if "lookup" in step:
                source = step["from"]
                assert {source["key"], *source["fields"]} <= set(
                    tables[table_name(source["data"]["name"])][0]
                )
                known |= set(source["fields"])
        assert fields_of(unit) <= known, (unit["data"], fields_of(unit) - known)


@pytest.fixture(scope="session")
def make() -> SimpleNamespace:
    """The builders of this file, for tests that need data of their own."""
    return SimpleNamespace(
        linear_seeds=linear_seeds,
        regression_seeds=regression_seeds,
        all_methods=all_methods,
        attributions=attributions,
        binned=binned,
        evaluation_of=evaluation_of,
        view=VIEW,
        tables_of=tables_of,
        table_name=table_name,
        units_of=units_of,
        check_fields=check_fields,
    )


@pytest.fixture(scope="session")
def study() -> SimpleNamespace:
    """Five methods on six penguins with five linear models, and the models' evaluation."""
    data = penguins()
    model = linear_seeds(
        data.X, data.y, units={f.name: f.unit for f in data.schema.features if f.unit}
    )
    X = data.X.iloc[:: len(data.X) // N_INSTANCES].head(N_INSTANCES)
    background = data.X.iloc[::4]
    explanations = all_methods(model, X, background)
    return SimpleNamespace(
        data=data,
        model=model,
        X=X,
        background=background,
        explanations=explanations,
        by_method={e.method: e for e in explanations},
        evaluation=evaluation_of(model, data.X.iloc[1::3], data.y.iloc[1::3]),
    )


@pytest.fixture(scope="session")
def the_scene(study: SimpleNamespace) -> Any:
    """All five methods on two columns."""
    from xaigeo.geometry import scene

    return scene(study.explanations, view=VIEW)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A real browser. Where none is required its absence is told and the tests are skipped."""
    known = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    path = next(filter(None, map(shutil.which, known)), None)
    if path is None:
        told = "No Chromium found. Install it (Debian: apt-get install chromium)."
        if os.environ.get("XAIGEO_REQUIRE_BROWSER"):
            pytest.fail(told)
        pytest.skip(told)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        pytest.fail("No Playwright found. Install it with pip install playwright.")
    switches = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"]
    switches += ["--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=switches)
        yield browser
        browser.close()


@dataclass
class Opened:
    """A page with what it said and asked for."""

    page: Any
    problems: list[str]
    requests: list[str]


@contextmanager
def opening(chromium: Any) -> Iterator[Any]:
    """Give a function that opens a file and records its console, its errors and its requests."""
    contexts = []

    def open_(path: Any, width: int = 1280, height: int = 900) -> Opened:
        context = chromium.new_context(viewport={"width": width, "height": height})
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        opened = Opened(page, [], [])
        page.on("console", lambda message: opened.problems.append(message.text))
        page.on("pageerror", lambda error: opened.problems.append(str(error)))
        page.on("request", lambda request: opened.requests.append(request.url))
        page.goto(f"file://{path}")
        return opened

    yield open_
    for context in contexts:
        context.close()


@pytest.fixture
def open_page(chromium: Any) -> Iterator[Any]:
    """Open a file, in a page that is closed after the test."""
    with opening(chromium) as open_:
        yield open_


@pytest.fixture(scope="module")
def open_shared(chromium: Any) -> Iterator[Any]:
    """Open a file, in a page that stays for the tests of a module."""
    with opening(chromium) as open_:
        yield open_
