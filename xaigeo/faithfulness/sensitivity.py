"""How much an explanation changes under small changes of its row."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from xaigeo import dims
from xaigeo.agreement.compared_output import NUMERICAL_ZERO
from xaigeo.checks import Check
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.explainers.background import Background
from xaigeo.explainers.base import MAX_MEMORY
from xaigeo.explainers.blocks.streams import instance_seed
from xaigeo.explanations import Attributions
from xaigeo.faithfulness.call import Call, explanation_bar
from xaigeo.faithfulness.subject import Subject
from xaigeo.options import check_count, check_flag, check_positive
from xaigeo.schema import FeatureSchema, Matrix

# Ends the spawn key of a row's perturbations, so that they are no explainer's draws.
PERTURBED = 2
# Of a column's range: beyond the sixth decimal, to which rows are told apart.
NUDGE = 2e-6


def sensitivity(
    explanation: Attributions,
    ensemble: SeedEnsemble,
    *,
    output: str | int | None = None,
    radius: float = 0.1,
    n_samples: int = 10,
    n_noise: int = 3,
    random_state: int = 0,
    n_jobs: int | None = None,
    progress: bool = False,
    max_memory: int = MAX_MEMORY,
) -> Check:
    """Measure how much the attributions change under small changes of the row.

    Parameters
    ----------
    explanation : Attributions
    ensemble : SeedEnsemble
        The models that were explained.
    output : str or int, optional
        The class or target whose attributions are looked at. By default the class that most seeds
        predict at the instance, one for all seeds, and a regression's first target.
    radius : float
        Reach of the changes, in standard deviations of each numeric column over the background.
    n_samples : int
        Changed rows for each instance.
    n_noise : int
        Rows that are all but equal, for each instance, to measure the explainer's noise with.
    random_state : int
        Seed of the changes. Those of a row follow from it and from the row alone.
    n_jobs : int, optional
        Workers for joblib; None follows ``joblib.parallel_config``.
    progress : bool
        Show a progress bar.
    max_memory : int
        Bytes that the work in one process may hold at once.

    Returns
    -------
    Check
        Of the kind "sensitivity", with `largest` and `mean` (seed, instance) over the changed
        rows, and `noise` (seed, instance), the mean over rows that are all but equal. From 0,
        lower is better; NaN where the explanation is zero.

    Raises
    ------
    InputError
        For anything but attributions of these models, and where no column can be changed.

    Notes
    -----
    With φ the attributions at a row x, and φ′ those at a changed row x′, a sample is
    ``‖φ′ − φ‖ / ‖φ‖`` (Euclidean norms over features). `largest` is the Monte Carlo estimate of
    the max-sensitivity of Yeh et al. 2019, arXiv:1901.09392, made relative, and `mean` is its
    average counterpart. As it is the largest of `n_samples` draws, it grows with their number;
    compare at one number.

    Each numeric column is moved by a uniform draw from ±`radius` standard deviations, all columns
    at once. A changed row stays a possible one: categorical, ordinal and constant columns keep
    their value, whole numbers move by whole numbers (and not at all where the reach is below 1),
    and no value leaves the range that the schema saw, or goes further outside than it was.

    What a sampling explainer draws for a row follows from the row, so a changed row gets other
    draws, and sampling error counts as sensitivity. `noise` is what this part alone comes to: the
    same measurement where a column moves by millionths of its range, so that draws are others and
    the row is the same to the models. A `mean` that hardly exceeds it shows the explainer's noise
    and no sensitivity. It is exactly 0 for methods that draw nothing. Draws that all rows of a
    call share, such as a sample of the background, are the same throughout and no part of either.
    """
    check_positive("radius", radius)
    check_count("n_samples", n_samples)
    check_count("n_noise", n_noise)
    check_count("random_state", random_state, at_least=0)
    check_flag("progress", progress)
    subject = Subject.of(explanation, ensemble, output=output)
    call = Call.of(subject, n_jobs=n_jobs, max_memory=max_memory)
    background = subject.background
    reach = _reach(background, radius)
    rows = changed_rows(subject.rows, background, reach, n_samples, random_state)
    near = nudged_rows(subject.rows, background, reach, n_noise)
    if not call.explainer.randomised:
        near = near[:0]
    with explanation_bar(n_samples + len(near), "sensitivity", progress) as bar:
        found, same = (_changes(call, each, bar) for each in (rows, near))
    undefined = _undefined(call.values)
    shape = (dims.SEED, dims.INSTANCE)
    arrays = {
        "largest": found.max(axis=0),
        "mean": found.mean(axis=0),
        "noise": same.sum(axis=0) / n_noise,
    }
    return Check(
        kind="sensitivity",
        method=explanation.method,
        data=xr.Dataset(
            {name: (shape, np.where(undefined, np.nan, a)) for name, a in arrays.items()},
            coords={d: explanation.data[d] for d in shape},
        ),
        seeds=explanation.seeds,
        provenance=subject.provenance(
            {
                "radius": float(radius),
                "n_samples": int(n_samples),
                "n_noise": int(n_noise),
                "reach": dict(zip(explanation.features, reach.tolist(), strict=True)),
            },
            random_state,
        ),
    )


def changed_rows(
    rows: Matrix, background: Background, reach: np.ndarray, n_samples: int, random_state: int
) -> np.ndarray:
    """Return possible rows close to each row, shape (n_samples, n_rows, n_features).

    Parameters
    ----------
    rows : ndarray, shape (n_rows, n_features)
        Encoded.
    background : Background
    reach : ndarray, shape (n_features,)
        The largest change of each column, in its unit.
    n_samples : int
    random_state : int
        The draws for a row follow from it and from the row.
    """
    features = background.schema.features
    whole = np.array([feature.integer for feature in features])
    lower, upper = np.array([(f.lower, f.upper) for f in features]).T
    found = np.empty((n_samples, *rows.shape))
    for place, identity in enumerate(background.identities(rows)):
        key = instance_seed(random_state, identity).spawn_key
        seed = np.random.SeedSequence(random_state, spawn_key=(*key, PERTURBED))
        share = np.random.default_rng(seed).random((n_samples, rows.shape[1]))
        steps = np.floor(share * (2 * np.floor(reach) + 1)) - np.floor(reach)
        row = rows[place]
        moved = row + np.where(whole, steps, (2 * share - 1) * reach)
        found[:, place] = np.clip(moved, np.minimum(lower, row), np.maximum(upper, row))
    return found


def nudged_rows(
    rows: Matrix, background: Background, reach: np.ndarray, n_repeats: int
) -> np.ndarray:
    """Return rows that are equal but for what draws follow from, (n_repeats, n_rows, n_features).

    One column moves by some millionths of its range, the last ones that `Background.identities`
    tells apart.

    Parameters
    ----------
    rows : ndarray, shape (n_rows, n_features)
        Encoded.
    background : Background
    reach : ndarray, shape (n_features,)
        Above 0 where a column may move.
    n_repeats : int
    """
    features = background.schema.features
    whole = np.array([feature.integer for feature in features])
    column = int(np.argmax(np.where(reach > 0, np.where(whole, 1, 2), 0)))
    lower, upper = features[column].lower, features[column].upper
    step = NUDGE * (upper - lower if upper > lower else 1.0)
    inwards = np.where(rows[:, column] > (lower + upper) / 2, -step, step)
    found = np.repeat(rows[None], n_repeats, axis=0)
    found[:, :, column] += np.arange(1, n_repeats + 1)[:, None] * inwards
    return found


def _reach(background: Background, radius: float) -> np.ndarray:
    """Return the largest change of each column, 0 where it keeps its value."""
    schema = background.schema
    reach = np.where(schema.discrete, 0.0, radius * background.spread)
    whole = np.array([feature.integer for feature in schema.features])
    reach[whole & (reach < 1)] = 0.0
    if not reach.any():
        raise InputError(
            expected="a numeric column that can move within the radius",
            arrived=_unmoved(schema, radius),
            do="Raise radius for whole numbers; categories and constant columns never move.",
        )
    return np.asarray(reach)


def _unmoved(schema: FeatureSchema, radius: float) -> str:
    if schema.discrete.all():
        return "categorical columns only"
    return f"none at radius={radius:g}: columns are categorical, constant, or whole numbers"


def _changes(call: Call, rows: np.ndarray, bar: Any) -> np.ndarray:
    """Return relative changes, shape (n_samples, n_seeds, n_instances), at changed rows."""
    n_seeds, n_instances, n_features = call.values.shape
    norm = _norm(call.values)
    found = np.empty((len(rows), n_seeds, n_instances))
    # Attributions of all outputs, of some samples at a time, in a quarter of the memory.
    size = 8 * call.values.size * len(call.subject.explanation.outputs)
    step = max(1, call.max_memory // (4 * size))
    for start in range(0, len(rows), step):
        part = rows[start : start + step]
        again = call.again(
            part.reshape(-1, n_features), places=np.tile(call.subject.places, len(part))
        )
        again = again.reshape(n_seeds, len(part), n_instances, n_features).swapaxes(0, 1)
        change = _norm(again - call.values) / np.where(norm > 0, norm, 1.0)
        found[start : start + step] = change
        bar.update(len(part))
    return found


def _norm(values: np.ndarray) -> np.ndarray:
    return np.asarray(np.linalg.norm(values, axis=-1))


def _undefined(values: np.ndarray) -> np.ndarray:
    """Return where an explanation is zero, or rounding beside the largest."""
    norm = _norm(values)
    return np.asarray(norm <= NUMERICAL_ZERO * norm.max())
