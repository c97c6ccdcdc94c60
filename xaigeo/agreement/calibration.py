"""Does a stated probability hold? Expected calibration error and reliability bins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from scipy.stats import norm

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
    return _error(prediction.max(axis=-1), prediction.argmax(axis=-1) == truth, n_bins)


def calibration_gaps(prediction: np.ndarray, truth: np.ndarray, n_bins: int = 15) -> np.ndarray:
    """Return what each row adds to each bin of the calibration error.

    Parameters
    ----------
    prediction, truth, n_bins
        As in `calibration_error`.

    Returns
    -------
    ndarray, shape (n_seeds, n_rows, n_bins)
        Hit (1 or 0) less confidence in the row's bin, 0 in the others. The absolute sums over
        rows, added over bins and divided by the number of rows, are the calibration error; with
        rows weighted, that of rows drawn again.
    """
    confidence = prediction.max(axis=-1)
    missed = (prediction.argmax(axis=-1) == truth) - confidence
    inside = _bins(confidence, n_bins)[..., None] == np.arange(n_bins)
    return np.asarray(inside * missed[..., None])


def class_calibration_error(
    prediction: np.ndarray, truth: np.ndarray, n_bins: int = 15, given: Given = "label"
) -> np.ndarray:
    """Return the calibration error of every seed and class.

    Parameters
    ----------
    prediction, truth, n_bins
        As in `calibration_error`.
    given : {"label", "output"}
        As in `class_reliability`, whose bins are summed. The mean over classes with "output" is
        the classwise calibration error of Kull et al. (2019, arXiv:1910.12656).

    Returns
    -------
    ndarray, shape (n_seeds, n_classes)
        NaN with "label" for a class that has no rows.
    """
    check_option("given", given, Given)
    n_seeds, _, n_classes = prediction.shape
    found = np.full((n_seeds, n_classes), np.nan)
    confidence, hits = prediction.max(axis=-1), prediction.argmax(axis=-1) == truth
    for place in range(n_classes):
        own = truth == place
        if given == "output":
            found[:, place] = _error(prediction[..., place], np.tile(own, (n_seeds, 1)), n_bins)
        elif own.any():
            found[:, place] = _error(confidence[:, own], hits[:, own], n_bins)
    return found


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
    prediction: np.ndarray, truth: np.ndarray, n_bins: int = 15, *, level: float = 0.95
) -> pd.DataFrame:
    """Return one row per filled bin over the answers of all seeds.

    Parameters
    ----------
    prediction, truth, n_bins
        As in `calibration_error`.
    level : float
        Of the interval.

    Returns
    -------
    DataFrame
        `low`, `high`, `n_answers` (of all seeds), `n_rows` (different rows among them),
        `confidence`, `accuracy`, and the interval of the accuracy, `accuracy_low` and
        `accuracy_high`.

    Notes
    -----
    The interval is Wilson's (1927, doi:10.1080/01621459.1927.10502953) for `n_rows` trials:
    answers of several seeds for one row are no independent trials, and count once.
    """
    confidence = prediction.max(axis=-1)
    inside = _bins(confidence, n_bins)[..., None] == np.arange(n_bins)  # (seeds, rows, bins)
    hits = (prediction.argmax(axis=-1) == truth)[..., None]
    filled = inside.any(axis=(0, 1))
    n = inside.sum(axis=(0, 1))[filled]
    accuracy = (inside & hits).sum(axis=(0, 1))[filled] / n
    n_rows = inside.any(axis=0).sum(axis=0)[filled]
    low, high = wilson_interval(accuracy, n_rows, level)
    return pd.DataFrame(
        {
            "low": (np.arange(n_bins) / n_bins)[filled],
            "high": ((np.arange(n_bins) + 1) / n_bins)[filled],
            "n_answers": n,
            "n_rows": n_rows,
            "confidence": (inside * confidence[..., None]).sum(axis=(0, 1))[filled] / n,
            "accuracy": accuracy,
            "accuracy_low": low,
            "accuracy_high": high,
        }
    )


def wilson_interval(
    share: np.ndarray, n: np.ndarray, level: float = 0.95
) -> tuple[np.ndarray, np.ndarray]:
    """Return Wilson's interval of a share of n trials, element by element."""
    z = norm.ppf((1 + level) / 2)
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)


def _error(confidence: np.ndarray, hits: np.ndarray, n_bins: int) -> np.ndarray:
    """Return the calibration error of answers, shape (n_seeds, n_rows) each, by seed."""
    bins = _bins(confidence, n_bins)
    gaps = [
        np.abs(np.bincount(b, weights=hit - c, minlength=n_bins)).sum() / confidence.shape[1]
        for b, hit, c in zip(bins, hits.astype(float), confidence, strict=True)
    ]
    return np.array(gaps)


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
    # Compared with the edges themselves: 0.7 * 10 is above 7, so that a product would put 0.7
    # above an edge that it lies on.
    return np.searchsorted(np.arange(1, n_bins) / n_bins, confidence, side="left")
