"""Does a stated probability hold? Expected calibration error and reliability bins."""

from __future__ import annotations

import numpy as np
import pandas as pd


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
    frame = pd.DataFrame(
        {
            "seed": np.repeat(seeds, len(truth)),
            "bin": _bins(confidence, n_bins).reshape(-1),
            "confidence": confidence.reshape(-1),
            "accuracy": (prediction.argmax(axis=-1) == truth).astype(float).reshape(-1),
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
