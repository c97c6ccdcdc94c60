"""How many different answers equally good models give for a row: the Rashomon capacity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from xaigeo import dims
from xaigeo.agreement.seed_predictions import seed_predictions
from xaigeo.ensemble.evaluation import Evaluation
from xaigeo.errors import InputError
from xaigeo.explanations import Explanation
from xaigeo.options import check_count, check_positive

MAX_STEPS = 50_000
# A step of the search may be this many times as long as the plain one.
LONGEST = 2.0**16
SUM_TOLERANCE = 1e-3
# Bytes of the distributions whose capacity is searched for at once.
ROW_BYTES = 32 * 2**20


class ChannelCapacity(NamedTuple):
    """The capacity of each channel, and how far at most it may be from the truth.

    Attributes
    ----------
    bits : ndarray, shape (...)
        A rate that is reached, hence never above the capacity.
    gap : ndarray, shape (...)
        Duality gap in bits: the capacity lies between `bits` and `bits + gap`.
    """

    bits: np.ndarray
    gap: np.ndarray


@dataclass(frozen=True, eq=False, kw_only=True)
class RashomonCapacity:
    """The Rashomon capacity of every row.

    Attributes
    ----------
    rows : DataFrame
        One row a row, the largest capacity first: `instance` (its label), `capacity` = 2^`bits`,
        from 1 (all models state the same probabilities) to the number of classes or of models,
        whichever is less; `bits`; `gap` (duality gap, in bits); `n_classes_predicted` (different
        classes among the seeds' answers, which can be one where probabilities differ).
    mean, mean_bits : float
        Of `capacity` and of `bits` over rows.
    n_seeds, n_classes : int
    name : str
        What the rows are.
    """

    rows: pd.DataFrame
    mean: float
    mean_bits: float
    n_seeds: int
    n_classes: int
    name: str


def rashomon_capacity(
    source: Evaluation | Explanation, *, tolerance: float = 1e-5
) -> RashomonCapacity:
    """Return how far the seeds' probabilities spread at each row, as a number of answers.

    Parameters
    ----------
    source : Evaluation or Explanation
        Of a classification. Of an explanation the explained rows are taken.
    tolerance : float
        Duality gap in bits at which the search for a row's capacity ends.

    Raises
    ------
    InputError
        For a regression, an explanation of logits, or probabilities that are not finite or do
        not add up to 1.

    Notes
    -----
    Hsu and Calmon (2022, arXiv:2206.01295): the capacity C of the channel whose input is the
    model and whose output is a class drawn from the probabilities p_k that it states,

        C = max_r Σ_k r_k KL(p_k ‖ Σ_j r_j p_j)  =  min_q max_k KL(p_k ‖ q),

    given as 2^C. It is the number of classes told apart by models that are each sure of one. As
    the seeds are some of all models that are as good, it is a lower bound of the set's capacity.
    """
    given = seed_predictions(source)
    if given.task == "regression":
        raise InputError(
            expected="the probabilities of a classification for the Rashomon capacity",
            arrived="a regression",
            do="Use xaigeo.agreement.prediction_spread for the range of predicted values.",
        )
    found = channel_capacity(np.moveaxis(given.prediction, 0, 1), tolerance=tolerance)
    capacity = 2.0**found.bits
    labels = np.sort(given.prediction.argmax(axis=-1), axis=0)
    rows = pd.DataFrame(
        {
            dims.INSTANCE: given.rows,
            "capacity": capacity,
            "bits": found.bits,
            "gap": found.gap,
            "n_classes_predicted": 1 + (np.diff(labels, axis=0) != 0).sum(axis=0),
        }
    )
    order = np.argsort(-capacity, kind="stable")
    return RashomonCapacity(
        rows=rows.iloc[order].reset_index(drop=True),
        mean=float(capacity.mean()),
        mean_bits=float(found.bits.mean()),
        n_seeds=len(given.seeds),
        n_classes=len(given.outputs),
        name=given.name,
    )


def channel_capacity(
    distributions: np.ndarray, *, tolerance: float = 1e-5, max_steps: int = MAX_STEPS
) -> ChannelCapacity:
    """Return the capacity of channels given by their conditional distributions.

    Parameters
    ----------
    distributions : ndarray, shape (..., n_inputs, n_outputs)
        Probabilities of the outputs given the input, which add up to 1.
    tolerance : float
        Duality gap in bits at which the search ends.
    max_steps : int
        After which it ends in any case; `gap` then tells how far it came.

    Raises
    ------
    InputError
        For arrays that hold no such distributions, or a tolerance that is not above 0.

    Notes
    -----
    Blahut (1972, doi:10.1109/TIT.1972.1054855) and Arimoto (1972,
    doi:10.1109/TIT.1972.1054753): weights r of the inputs are multiplied by exp(μD_k), D_k being
    the divergence of p_k from the mean Σ r p, and normalised. Σ r_k D_k is a lower and max D_k an
    upper bound of the capacity, their difference the duality gap. With μ = 1 the lower bound never
    falls; μ is doubled while that holds and set back where it would not (as in Matz and Duhamel
    2004, doi:10.1109/ITW.2004.1405276), which saves most of the steps.
    """
    check_positive("tolerance", tolerance)
    check_count("max_steps", max_steps)
    p = _checked(distributions)
    flat = p.reshape(-1, *p.shape[-2:])
    step = max(1, ROW_BYTES // (8 * p.shape[-1] * p.shape[-2]))
    parts = [
        _search(flat[start : start + step], tolerance * np.log(2), max_steps)
        for start in range(0, len(flat), step)
    ]
    lower, upper = (np.concatenate(one).reshape(p.shape[:-2]) for one in zip(*parts, strict=True))
    bits = np.maximum(lower, 0.0) / np.log(2)
    return ChannelCapacity(bits, np.maximum(upper / np.log(2) - bits, 0.0))


def _search(p: np.ndarray, tolerance: float, max_steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Return lower and upper bound of the capacity in nats, shape (n,) each."""
    n, n_inputs, _ = p.shape
    with np.errstate(divide="ignore"):
        logs = np.where(p > 0, np.log(p), 0.0)
    negative_entropy = (p * logs).sum(axis=-1)
    weights = np.full((n, n_inputs), 1.0 / n_inputs)
    factor = np.ones(n)
    divergence = _divergence(weights, p, negative_entropy)
    lower, upper = np.empty(n), np.empty(n)
    at = np.arange(n)
    for step in range(max_steps + 1):
        rate, top = (weights * divergence).sum(axis=-1), divergence.max(axis=-1)
        lower[at], upper[at] = rate, top
        open_ = top - rate > tolerance
        if step == max_steps or not open_.any():
            break
        at, p, negative_entropy = at[open_], p[open_], negative_entropy[open_]
        weights, divergence, factor = weights[open_], divergence[open_], factor[open_]
        rate = rate[open_]
        moved = _moved(weights, divergence, factor)
        far = _divergence(moved, p, negative_entropy)
        worse = (moved * far).sum(axis=-1) < rate
        moved[worse] = _moved(weights[worse], divergence[worse], np.ones(worse.sum()))
        far[worse] = _divergence(moved[worse], p[worse], negative_entropy[worse])
        factor = np.where(worse, 1.0, np.minimum(2 * factor, LONGEST))
        weights, divergence = moved, far
    return lower, upper


def _moved(weights: np.ndarray, divergence: np.ndarray, factor: np.ndarray) -> np.ndarray:
    grown = weights * np.exp(factor[:, None] * (divergence - divergence.max(-1, keepdims=True)))
    return np.asarray(grown / grown.sum(axis=-1, keepdims=True))


def _divergence(weights: np.ndarray, p: np.ndarray, negative_entropy: np.ndarray) -> np.ndarray:
    """Return KL(p_k ‖ Σ r p) in nats, shape (n, n_inputs)."""
    mean = np.einsum("nk,nkc->nc", weights, p)
    # Where the mean is 0 every input is, and adds nothing.
    logs = np.log(np.where(mean > 0, mean, 1.0))
    return np.asarray(negative_entropy - np.einsum("nkc,nc->nk", p, logs))


def _checked(distributions: np.ndarray) -> np.ndarray:
    p = np.asarray(distributions, dtype=np.float64)
    if p.ndim < 2 or 0 in p.shape or not np.isfinite(p).all():
        raise InputError(
            expected="finite probabilities of shape (..., n_inputs, n_outputs)",
            arrived=f"shape {p.shape}" + ("" if np.isfinite(p).all() else " with NaN or infinity"),
            do="Pass one distribution a model and row.",
        )
    sums = p.sum(axis=-1)
    if p.min() < 0 or np.abs(sums - 1).max() > SUM_TOLERANCE:
        raise InputError(
            expected="probabilities from 0 to 1 that add up to 1",
            arrived=f"a smallest of {p.min():.3g} and sums from {sums.min():.3g} "
            f"to {sums.max():.3g}",
            do="Pass softmax outputs, not logits.",
        )
    return np.asarray(p / sums[..., None])
