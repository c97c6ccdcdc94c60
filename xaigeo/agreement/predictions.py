"""Do the seeds give the same answers? The frame around every agreement of reasons.

Labels are class places, shape (n_seeds, n_rows). The reference of a row is the class that most
seeds predict (`xaigeo.explanations.majority`).
"""

from __future__ import annotations

import numpy as np

from xaigeo.agreement.pairs import over_pairs


def share_agreeing(labels: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Return the share of seeds that give the reference's label, shape (n_rows,)."""
    return np.asarray((labels == reference).mean(axis=0))


def flip_rate(labels: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Return the share of seeds that give another label than the reference, by row.

    Its mean over rows is the churn against the ensemble. Shape (n_rows,).
    """
    return np.asarray((labels != reference).mean(axis=0))


def churn(labels: np.ndarray) -> np.ndarray:
    """Return the share of pairs of seeds that differ in their label, shape (n_rows,).

    Its mean over rows is the expected share of answers that change when one seed replaces
    another (Milani Fard et al. 2016, NeurIPS).
    """
    return np.asarray(over_pairs(labels, np.not_equal).mean(axis=0))


def churn_matrix(labels: np.ndarray) -> np.ndarray:
    """Return the share of rows on which two seeds differ, shape (n_seeds, n_seeds).

    Symmetric, 0 on the diagonal; its mean off the diagonal is the mean of `churn`.
    """
    return np.stack([(labels != own).mean(axis=1) for own in labels])


def ambiguity(labels: np.ndarray, reference: np.ndarray) -> float:
    """Return the share of rows on which some seed differs from the reference.

    Marx, Calmon and Ustun (2020, arXiv:1909.06677), with the majority as baseline model.
    """
    return float((labels != reference).any(axis=0).mean())


def discrepancy(labels: np.ndarray, reference: np.ndarray) -> float:
    """Return the largest share of rows on which one seed differs from the reference.

    Marx, Calmon and Ustun (2020, arXiv:1909.06677), with the majority as baseline model.
    """
    return float((labels != reference).mean(axis=1).max())


def accuracy(labels: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return the share of rows with the true label, shape (n_seeds,)."""
    return np.asarray((labels == truth).mean(axis=1))


def spread(scores: np.ndarray) -> dict[str, float]:
    """Return mean, sd, lowest, highest and gap (highest less lowest) of one score a seed."""
    values = np.asarray(scores, dtype=np.float64)
    return {
        "mean": float(values.mean()),
        "sd": float(values.std(ddof=1)) if len(values) > 1 else float("nan"),
        "lowest": float(values.min()),
        "highest": float(values.max()),
        "gap": float(values.max() - values.min()),
    }
