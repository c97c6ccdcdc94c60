"""How far attributions are from those of a changed row, as a share of their length."""

from __future__ import annotations

from typing import Any

import numpy as np

from xaigeo.agreement.compared_output import NUMERICAL_ZERO
from xaigeo.faithfulness.call import Call


def relative_changes(
    call: Call, rows: np.ndarray, bar: Any, *, within: np.ndarray | None = None
) -> np.ndarray:
    """Return ``‖φ′ − φ‖ / ‖φ‖`` at changed rows, shape (n_samples, n_seeds, n_instances).

    Parameters
    ----------
    call : Call
        That made φ.
    rows : ndarray, shape (n_samples, n_instances, n_features)
        Encoded changed rows, at which φ′ is asked for.
    bar : tqdm
        Moved on by one a sample.
    within : ndarray of bool, shape (n_instances, n_features), optional
        What norms are taken over, all unless given.
    """
    n_seeds, n_instances, n_features = call.values.shape
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
        found[start : start + step] = relative_change(again, call.values, within)
        bar.update(len(part))
    return found


def relative_change(
    other: np.ndarray, values: np.ndarray, within: np.ndarray | None = None
) -> np.ndarray:
    """Return ``‖φ′ − φ‖ / ‖φ‖``, shape (..., n_seeds, n_instances); ``‖φ′‖`` where φ is 0.

    Parameters
    ----------
    other, values : ndarray, shape (..., n_seeds, n_instances, n_features)
        φ′ and φ; `values` without the leading dimensions.
    within : ndarray of bool, shape (n_instances, n_features), optional
    """
    norm = _norm(values, within)
    return _norm(other - values, within) / np.where(norm > 0, norm, 1.0)


def undefined(values: np.ndarray, within: np.ndarray | None = None) -> np.ndarray:
    """Return where an explanation is zero, or rounding beside the largest, (n_seeds, n_rows)."""
    norm = _norm(values, within)
    return np.asarray(norm <= NUMERICAL_ZERO * norm.max())


def _norm(values: np.ndarray, within: np.ndarray | None) -> np.ndarray:
    counted = values if within is None else np.where(within, values, 0.0)
    return np.asarray(np.linalg.norm(counted, axis=-1))
