"""Does a stated probability hold? Expected calibration error and reliability bins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from xaigeo.agreement.bootstrap import resampling_weights
from xaigeo.options import check_option

Given = Literal["label", "output"]


def calibration_error(prediction: np.ndarray, truth: np.ndarray, n_bins: int = 15) -> np.ndarray:
    """Return the expected calibration error of every seed.

    Parameters
    ----------
    prediction : ndarray, shape (n_seeds, n_rows, n_classes)
        Class probabilities.
    truth : ndarray of int, shape (n_rows,)
    n_bins : int
        Equal bins of the largest probability, closed on the right.

    Returns
    -------
    ndarray, shape (n_seeds,)
        Σ_bins share of rows · |accuracy − mean confidence| (Guo et al. 2017,
        arXiv:1706.04599); 0 is calibrated.
    """
    confidence = prediction.max(axis=-1)
    correct = prediction.argmax(axis=-1) == truth
    bins = _bins(confidence, n_bins)
    gaps = [
        np.abs(np.bincount(b, weights=hit - c, minlength=n_bins)).sum() / len(truth)
        for b, hit, c in zip(bins, correct.astype(float), confidence, strict=True)
    ]
    return np.array(gaps)


def reliability(
    prediction: np.ndarray, truth: np.ndarray, seeds: np.ndarray, n_bins: int = 15
) -> pd.DataFrame:
    """Return one row per seed and filled bin: low, high, n_rows, confidence, accuracy.

    Arguments as in `calibration_error`; `seeds` names the rows.
    """
    confidence = prediction.max(axis=-1)
    return _by_seed_and_bin(confidence, prediction.argmax(axis=-1) == truth, seeds, n_bins)


def class_reliability(
    prediction: np.ndarray,
    truth: np.ndarray,
    seeds: np.ndarray,
    classes: Sequence[str],
    n_bins: int = 15,
    given: Given = "label",
) -> pd.DataFrame:
    """Return one row per class, seed and filled bin: as `reliability`, after `class`.

    Parameters
    ----------
    prediction, truth, seeds, n_bins
        As in `reliability`.
    classes : sequence of str
        Names of the outputs.
    given : {"label", "output"}
        "label": the rows whose true class it is, by the largest probability and how often the
        answer is right (Jain 2019, fig. 3.7). It shows on which rows models are too sure, but a
        calibrated model need not lie on the diagonal, since only the true class is looked at.
        "output": all rows, by the probability of the class and how often it is the true one,
        which for a calibrated model are equal (Kull et al. 2019, arXiv:1910.12656).
    """
    check_option("given", given, Given)
    confidence, hits = prediction.max(axis=-1), prediction.argmax(axis=-1) == truth
    tables = []
    for place, name in enumerate(classes):
        own = truth == place
        if given == "label":
            table = _by_seed_and_bin(confidence[:, own], hits[:, own], seeds, n_bins)
        else:
            held = np.broadcast_to(own, hits.shape)
            table = _by_seed_and_bin(prediction[..., place], held, seeds, n_bins)
        table.insert(0, "class", str(name))
        tables.append(table)
    return pd.concat([table for table in tables if len(table)], ignore_index=True)


def pooled_reliability(
    prediction: np.ndarray,
    truth: np.ndarray,
    n_bins: int = 15,
    *,
    n_bootstrap: int = 500,
    random_state: int = 0,
) -> pd.DataFrame:
    """Return one row per filled bin over the answers of all seeds.

    Parameters
    ----------
    prediction, truth, n_bins
        As in `calibration_error`.
    n_bootstrap, random_state : int
        Draws of rows, each with the answers of all its seeds, and their seed.

    Returns
    -------
    DataFrame
        `low`, `high`, `n_answers` (of all seeds), `confidence`, `accuracy`, and the 95 % interval
        of the accuracy, `accuracy_low` and `accuracy_high` (NaN for a single row).
    """
    bins = _bins(prediction.max(axis=-1), n_bins)
    hits = prediction.argmax(axis=-1) == truth
    inside = bins[..., None] == np.arange(n_bins)  # (n_seeds, n_rows, n_bins)
    count, right = inside.sum(axis=0), (inside & hits[..., None]).sum(axis=0)
    confidence = (inside * prediction.max(axis=-1)[..., None]).sum(axis=(0, 1))
    weights = resampling_weights(len(truth), n_bootstrap, np.random.default_rng(random_state))
    total = weights @ count
    share = np.where(total > 0, weights @ right / np.maximum(total, 1), np.nan)
    filled = count.sum(axis=0) > 0
    low, high = (
        np.nanquantile(share[:, filled], [0.025, 0.975], axis=0)
        if len(truth) > 1
        else np.full((2, filled.sum()), np.nan)
    )
    n = count.sum(axis=0)[filled]
    return pd.DataFrame(
        {
            "low": (np.arange(n_bins) / n_bins)[filled],
            "high": ((np.arange(n_bins) + 1) / n_bins)[filled],
            "n_answers": n,
            "confidence": confidence[filled] / n,
            "accuracy": right.sum(axis=0)[filled] / n,
            "accuracy_low": low,
            "accuracy_high": high,
        }
    )


def _by_seed_and_bin(
    confidence: np.ndarray, hits: np.ndarray, seeds: np.ndarray, n_bins: int
) -> pd.DataFrame:
    """Group answers, shape (n_seeds, n_rows), by seed and bin of confidence."""
    frame = pd.DataFrame(
        {
            "seed": np.repeat(seeds, confidence.shape[1]),
            "bin": _bins(confidence, n_bins).reshape(-1),
            "confidence": confidence.reshape(-1),
            "accuracy": hits.astype(float).reshape(-1),
        }
    )
    table = frame.groupby(["seed", "bin"], as_index=False).agg(
        n_rows=("accuracy", "size"),
        confidence=("confidence", "mean"),
        accuracy=("accuracy", "mean"),
    )
    table.insert(1, "low", table["bin"] / n_bins)
    table.insert(2, "high", (table["bin"] + 1) / n_bins)
    return table.drop(columns="bin")


def _bins(confidence: np.ndarray, n_bins: int) -> np.ndarray:
    return np.asarray(np.clip(np.ceil(confidence * n_bins).astype(int) - 1, 0, n_bins - 1))
