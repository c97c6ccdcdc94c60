"""The explainer's own noise beside the disagreement between seeds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from xaigeo import dims
from xaigeo.agreement.bootstrap import percentile_interval
from xaigeo.agreement.compared_output import outputs_compared
from xaigeo.errors import InputError
from xaigeo.explanations import Attributions, Explanation, TokenAttributions
from xaigeo.explanations.amounts import gives_amounts, kind_name
from xaigeo.explanations.sameness import check_same_words
from xaigeo.explanations.token_attributions import cell_columns


@dataclass(frozen=True, eq=False, kw_only=True)
class ExplainerNoise:
    """How much one explanation depends on the explainer's random state.

    Attributes
    ----------
    ratio : float
        Root mean square error of a single run over the root mean square SD between models,
        over all instances and features; 0 no noise, 1 as large as the models' differences.
    low, high : float
        95 % bootstrap interval over instances.
    difference_ratio : float
        The same for the difference between two seeds of one run. Perturbations are shared by
        all models of a run, so part of the noise is common to them and cancels in a
        difference: this is the noise in a comparison of seeds, `ratio` that of one explanation.
    table : DataFrame
        One row per instance and feature (of texts per `instance`, place of the `token`, and its
        `word`): `mean`, `explainer_se`, `difference_se` (the part of
        `explainer_se` that does not cancel between seeds), `seed_sd`, `ratio`.
    n_repeats, n_seeds : int
    """

    ratio: float
    low: float
    high: float
    difference_ratio: float
    table: pd.DataFrame
    n_repeats: int
    n_seeds: int

    def to_frame(self) -> pd.DataFrame:
        """Return `table`."""
        return self.table


def explainer_noise(
    repeats: Iterable[Attributions], *, random_state: int = 0, n_bootstrap: int = 1000
) -> ExplainerNoise:
    """Measure the explainer's noise from explanations of the same models and rows.

    Parameters
    ----------
    repeats : iterable of Attributions
        Results of one method, with the same parameters, seeds and rows, and a different
        `random_state` each.
    random_state : int
        Seed of the bootstrap.
    n_bootstrap : int

    Returns
    -------
    ExplainerNoise
        Of the output that most seeds predict at each instance.

    Raises
    ------
    InputError
        For one result alone, fewer than two, results that do not belong together, repeated
        random states, or a single model.
    """
    given = _listed(repeats)
    values = _aligned(given)
    variance, between, own = noise_components(values)
    table = _table(given[0], values, variance, between, own)
    noise, models = variance.sum(axis=-1), between.sum(axis=-1)
    low, high = percentile_interval(
        len(noise),
        lambda weights: _ratio(weights @ noise, weights @ models),
        n_bootstrap=n_bootstrap,
        rng=np.random.default_rng(random_state),
    )
    return ExplainerNoise(
        ratio=float(_ratio(noise.sum(), models.sum())),
        low=low,
        high=high,
        difference_ratio=float(_ratio(own.sum(), models.sum())),
        table=table,
        n_repeats=len(values),
        n_seeds=values.shape[1],
    )


def noise_components(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Split the variance of repeated attributions into explainer and models.

    Parameters
    ----------
    values : ndarray, shape (n_repeats, n_seeds, ...)

    Returns
    -------
    explainer_variance : ndarray, shape (...)
        Variance over explainer seeds with the model held, mean over models: the squared
        standard error of a single run.
    model_variance : ndarray, shape (...)
        Variance between models, freed of explainer noise: with E repeats and K models,
        (MS_models − MS_rest)/E of the two-way table. It may come out negative where models
        hardly differ.
    difference_variance : ndarray, shape (...)
        The part of `explainer_variance` that differs between the models of a run, MS_rest of
        that table. A difference between two seeds has twice this explainer variance, as it
        has twice the model variance.

    Notes
    -----
    Perturbations are shared by all models of a run, so explainer noise is partly the same for
    all of them. The two-way table takes that common part out of the model variance, and a
    difference between seeds does not contain it.
    """
    n_repeats, n_seeds = values.shape[:2]
    explainer_variance = values.var(axis=0, ddof=1).mean(axis=0)
    by_model = values.mean(axis=0, keepdims=True)
    by_repeat = values.mean(axis=1, keepdims=True)
    rest = values - by_model - by_repeat + values.mean(axis=(0, 1), keepdims=True)
    rest_square = (rest**2).sum(axis=(0, 1)) / ((n_repeats - 1) * (n_seeds - 1))
    model_variance = by_model[0].var(axis=0, ddof=1) - rest_square / n_repeats
    # Without noise the rest is rounding.
    return explainer_variance, model_variance, np.where(explainer_variance > 0, rest_square, 0.0)


def repeat_key(explanation: Explanation) -> str:
    """Return a text that is equal for results that differ in their random state at most."""
    provenance = explanation.provenance
    return json.dumps(
        [
            explanation.kind,
            explanation.method,
            provenance.get("parameters"),
            provenance.get("background_sha256"),
            explanation.seeds.tolist(),
            explanation.outputs,
            explanation.schema.digest,
            [str(label) for label in explanation.instances],
        ],
        sort_keys=True,
        default=str,
    )


def _listed(repeats: object) -> list[Attributions]:
    if isinstance(repeats, Explanation) or not isinstance(repeats, Iterable):
        raise InputError(
            expected="a list of at least two Attributions of one method with different random "
            "states",
            arrived=f"{kind_name(repeats)} alone",
            do="Explain again with another random_state and pass both: [first, second].",
        )
    return list(repeats)


def _aligned(repeats: Sequence[Attributions]) -> np.ndarray:
    if len(repeats) < 2 or not all(gives_amounts(r) for r in repeats):
        kinds = sorted({kind_name(r) for r in repeats})
        raise InputError(
            expected="at least two Attributions of one method with different random states",
            arrived=f"{len(repeats)} ({', '.join(kinds) or 'nothing'})",
            do="Explain again with another random_state and pass both results.",
        )
    first = repeats[0]
    same_rows = all(np.array_equal(r.array("input"), first.array("input")) for r in repeats)
    if len({repeat_key(r) for r in repeats}) > 1 or not same_rows:
        raise InputError(
            expected="results of one method, with the same parameters, seeds, rows and background",
            arrived=f"results that differ in more than random_state ({_methods(repeats)})",
            do="Repeat the same call of xaigeo.explain with another random_state only.",
        )
    for other in repeats[1:]:
        check_same_words(first, other)
    states = [r.provenance.get("random_state") for r in repeats]
    if len(set(states)) < len(states):
        raise InputError(
            expected="a different random_state for every result",
            arrived=str(states),
            do="Repeat the call with another random_state.",
        )
    if len(first.seeds) < 2:
        raise InputError(
            expected="at least two seeds, to set the noise against their differences",
            arrived=f"one seed ({first.seeds[0]})",
            do="Train the ensemble with more seeds, for example seeds=range(20).",
        )
    place = outputs_compared(first)
    rows = np.arange(len(place))
    return np.stack([r.array("attribution")[:, rows, :, place].swapaxes(0, 1) for r in repeats])


def _table(
    explanation: Attributions,
    values: np.ndarray,
    variance: np.ndarray,
    between: np.ndarray,
    own: np.ndarray,
) -> pd.DataFrame:
    columns = {
        "mean": values.mean(axis=(0, 1)),
        "explainer_se": np.sqrt(variance),
        "difference_se": np.sqrt(own),
        "seed_sd": np.sqrt(np.maximum(between, 0.0)),
        "ratio": _ratio(variance, between),
    }
    if isinstance(explanation, TokenAttributions):
        mask = explanation.mask
        return pd.DataFrame(cell_columns(explanation) | {n: v[mask] for n, v in columns.items()})
    grid = pd.MultiIndex.from_product(
        [explanation.instances, explanation.features], names=[dims.INSTANCE, dims.FEATURE]
    )
    return pd.DataFrame({n: v.reshape(-1) for n, v in columns.items()}, index=grid).reset_index()


def _ratio(variance: np.ndarray, between: np.ndarray) -> np.ndarray:
    """Root of a ratio of variances; 0 without noise, infinite where only noise is left."""
    variance, between = np.asarray(variance, dtype=float), np.asarray(between, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.sqrt(variance / np.maximum(between, 0.0))
    return np.where(variance > 0, ratio, 0.0)


def _methods(repeats: Sequence[Attributions]) -> str:
    return ", ".join(sorted({r.method for r in repeats}))
