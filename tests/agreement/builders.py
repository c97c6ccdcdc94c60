"""Small explanations made by hand, from the containers alone."""

import hashlib

import numpy as np
import pandas as pd
import xarray as xr

from xaigeo.ensemble.evaluation import Evaluation
from xaigeo.explanations import COMMON, Anchors, Attributions, Counterfactuals
from xaigeo.schema import FeatureSchema

CLASSES = ("no", "yes")


def make_schema(n_numeric=4, n_categorical=0):
    frame = pd.DataFrame({f"x{j}": [0.0, 1.0] for j in range(n_numeric)})
    for j in range(n_categorical):
        frame[f"c{j}"] = ["a", "b"]
    return FeatureSchema.from_data(frame)


def provenance(seeds, background, *, task="classification", record=None, random_state=0, **extra):
    return {
        "parameters": {"scale": "probability"},
        "additive": False,
        "random_state": random_state,
        "background_sha256": hashlib.sha256(background.tobytes()).hexdigest(),
        "versions": {"xaigeo": "0"},
        "ensemble": {
            "task": task,
            "seeds": [int(s) for s in seeds],
            "classes": list(CLASSES),
            "kind": "callable",
            "record": record or {},
        },
    } | extra


def probabilities(labels):
    """Probabilities of .9 for the given class places, shape (..., 2)."""
    labels = np.asarray(labels)
    return np.where(labels[..., None] == np.arange(2), 0.9, 0.1)


def sure(labels):
    """Probabilities of seeds (n_seeds, n_rows, 2) whose models are not quite the same."""
    step = 1e-9 * np.arange(len(labels))[:, None, None]
    return probabilities(labels) + step * np.array([1.0, -1.0])


def nearly_half(n_rows, n_features):
    """Rows at 0.5 that are no copies of each other."""
    return 0.5 + 1e-12 * np.arange(n_rows)[:, None] * np.ones(n_features)


def common(labels, n_rows, n_features, rng, background_labels=None):
    labels = np.asarray(labels)
    background = rng.uniform(0, 1, (n_rows, n_features))
    if background_labels is None:
        background_labels = np.tile((background[:, 0] > 0.5).astype(int), (len(labels), 1))
    return {
        "input": rng.uniform(0, 1, (labels.shape[1], n_features)),
        "prediction": sure(labels),
        "background": background,
        "background_prediction": sure(background_labels),
    }


def container(kind, arrays, schema, method, *, outputs=CLASSES, instances=None, seeds=None, **info):
    shapes = COMMON | kind.required | kind.optional
    n_seeds, n_instances = arrays["prediction"].shape[:2]
    seeds = list(range(n_seeds)) if seeds is None else list(seeds)
    coordinates = {
        "seed": seeds,
        "instance": np.arange(n_instances) if instances is None else np.asarray(instances),
        "feature": schema.names,
        "output": list(outputs),
    }
    if any("other_seed" in shapes[name] for name in arrays):
        coordinates["other_seed"] = seeds
    data = xr.Dataset({n: (shapes[n], a) for n, a in arrays.items()}, coords=coordinates)
    return kind(
        data=data,
        schema=schema,
        method=method,
        provenance=provenance(seeds, arrays["background"], **info),
    )


def make_attributions(
    values,
    *,
    labels=None,
    method="kernel_shap",
    additive=False,
    gap=0.0,
    data_seed=0,
    background_seed=None,
    **info,
):
    """Attributions of two classes from `values` (seed, instance, feature); class 0 mirrors 1."""
    values = np.asarray(values, dtype=float)
    n_seeds, n_instances, n_features = values.shape
    labels = np.ones((n_seeds, n_instances), dtype=int) if labels is None else labels
    rng = np.random.default_rng(data_seed)
    arrays = common(labels, 20, n_features, rng)
    if background_seed is not None:
        shape = arrays["background"].shape
        arrays["background"] = np.random.default_rng(background_seed).uniform(0, 1, shape)
    arrays["attribution"] = np.stack([-values, values], axis=-1)
    if additive:
        arrays["base_value"] = np.full((n_seeds, n_instances, 2), 0.5)
        arrays["explained_value"] = 0.5 + arrays["attribution"].sum(axis=2) * (1 + gap)
    schema = make_schema(n_features)
    return container(Attributions, arrays, schema, method, additive=additive, **info)


def make_anchors(lower, upper, *, cross=None, labels=None, met=None, method="anchors", **info):
    """Anchors from bounds (seed, instance, feature) around instances at 0.5."""
    lower, upper = np.asarray(lower, dtype=float), np.asarray(upper, dtype=float)
    n_seeds, n_instances, n_features = lower.shape
    labels = np.ones((n_seeds, n_instances), dtype=int) if labels is None else labels
    arrays = common(labels, 200, n_features, np.random.default_rng(0))
    rows = nearly_half(n_instances, n_features)
    # A bound may lie at 0.5 itself, and rules hold for their rows.
    arrays["input"] = np.clip(rows, lower.max(axis=0), np.maximum(lower, upper).min(axis=0))
    shape = (n_seeds, n_instances)
    arrays |= {
        "lower": lower,
        "upper": upper,
        "allowed": np.ones((*lower.shape, 1), dtype=bool),
        "precision": np.full(shape, 0.97),
        "precision_low": np.full(shape, 0.95),
        "coverage": np.full(shape, 0.2),
        "n_samples": np.full(shape, 100),
        "met": np.ones(shape, dtype=bool) if met is None else met,
    }
    if cross is not None:
        arrays["cross_precision"] = cross
    return container(Anchors, arrays, make_schema(n_features), method, **info)


def make_counterfactuals(points, *, valid=None, cross=None, target=None, **info):
    """Counterfactuals from end points (seed, instance, candidate, feature), from rows at 0.5."""
    points = np.asarray(points, dtype=float)
    n_seeds, n_instances, _, n_features = points.shape
    labels = np.zeros((n_seeds, n_instances), dtype=int)
    arrays = common(labels, 200, n_features, np.random.default_rng(0))
    arrays["input"] = nearly_half(n_instances, n_features)
    valid = np.ones(points.shape[:3], dtype=bool) if valid is None else valid
    changed = points != 0.5
    arrays |= {
        "point": points,
        "valid": valid,
        "distance": np.abs(points - 0.5).sum(axis=-1),
        "n_changed": changed.sum(axis=-1),
        "changed": changed,
        "target": np.ones((n_seeds, n_instances), dtype=int) if target is None else target,
        "feature_mad": np.full(n_features, 0.25),
    }
    if cross is not None:
        arrays["cross_validity"] = cross
    return container(Counterfactuals, arrays, make_schema(n_features), "counterfactuals", **info)


def make_evaluation(labels, truth, *, seeds=None, task="classification"):
    labels, truth = np.asarray(labels), np.asarray(truth)
    return Evaluation(
        name="test",
        seeds=np.arange(len(labels)) if seeds is None else np.asarray(seeds),
        classes=CLASSES,
        task=task,
        rows=np.arange(len(truth), dtype=float)[:, None] * np.ones(4),
        labels=truth,
        prediction=probabilities(labels) if task == "classification" else labels[..., None],
    )
