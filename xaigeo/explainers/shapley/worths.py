"""What coalitions are worth to every model: the one place where Shapley methods ask the models."""

from __future__ import annotations

import numpy as np

from xaigeo.ensemble.members import MixingMembers, Scale
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.explainers.shapley.mask_keys import mask_keys
from xaigeo.explainers.shapley.reference_rows import ReferenceRows

# Rows asked of the models at once; torch members cut them further, to what stays in cache.
ROWS_AT_ONCE = 2**14
# Copies that may exist of a row, between its matrix, a data frame and a model's own inputs.
COPIES = 4


def worths(
    ensemble: SeedEnsemble,
    scale: Scale,
    instance: np.ndarray,
    reference: ReferenceRows,
    masks: np.ndarray,
    max_memory: int,
) -> np.ndarray:
    """Return the mean output of each coalition for every model.

    A coalition's worth is the weighted mean output over the reference rows, in which the masked
    columns hold the instance's values. A coalition that comes more than once is asked once.

    Parameters
    ----------
    ensemble : SeedEnsemble
    scale : {"probability", "logit", "value"}
    instance : ndarray, shape (n_features,)
    reference : ReferenceRows
    masks : ndarray of bool, shape (n_coalitions, n_features)
    max_memory : int
        Bytes that mixed rows and their outputs may take at once.

    Returns
    -------
    ndarray, shape (n_seeds, n_coalitions, n_outputs)
    """
    distinct, places = distinct_masks(masks)
    members = ensemble.members
    worth = None
    if reference.weights is None and isinstance(members, MixingMembers):
        worth = members.mixture_means(instance, reference.rows, distinct, scale)
    if worth is None:
        worth = _means_of_rows(ensemble, scale, instance, reference, distinct, max_memory)
    return worth if places is None else worth[:, places]


def mean_outputs(
    ensemble: SeedEnsemble, scale: Scale, reference: ReferenceRows, max_memory: int
) -> np.ndarray:
    """Return the weighted mean output over the reference rows, shape (n_seeds, n_outputs)."""
    nobody = np.zeros((1, reference.rows.shape[1]), dtype=bool)
    rows = reference.rows
    return _means_of_rows(ensemble, scale, rows[0], reference, nobody, max_memory)[:, 0]


def distinct_masks(masks: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """Return masks without repetition, and the place of each mask among them.

    Order is kept where nothing repeats; the places are then None.
    """
    _, first, places = np.unique(mask_keys(masks), return_index=True, return_inverse=True)
    if len(first) == len(masks):
        return masks, None
    order = np.argsort(first)  # first come, first placed
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return masks[first[order]], rank[places.reshape(-1)]


def rows_at_once(ensemble: SeedEnsemble, n_features: int, max_memory: int) -> int:
    """Return how many rows may be asked of the models at once."""
    each = 8 * (COPIES * n_features + 2 * ensemble.n_seeds * ensemble.n_outputs)
    return max(1, min(ROWS_AT_ONCE, max_memory // each))


def _means_of_rows(
    ensemble: SeedEnsemble,
    scale: Scale,
    instance: np.ndarray,
    reference: ReferenceRows,
    masks: np.ndarray,
    max_memory: int,
) -> np.ndarray:
    """Ask the models about every mixed row."""
    n_rows, n_features = reference.rows.shape
    worth = np.zeros((ensemble.n_seeds, len(masks), ensemble.n_outputs))
    room = rows_at_once(ensemble, n_features, max_memory)
    step = max(1, room // n_rows)
    for start in range(0, len(masks), step):
        part = masks[start : start + step]
        for first in range(0, n_rows, room):  # one pass, unless one mask's rows are too many
            rows = reference.rows[first : first + room]
            shares = reference.shares[first : first + room]
            mixed = np.where(part[:, None, :], instance, rows).reshape(-1, n_features)
            outputs = ensemble.outputs_encoded(mixed, scale=scale)
            worth[:, start : start + step] += _weighted_sums(outputs, shares)
    return worth


def _weighted_sums(outputs: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Return sums over consecutive groups of rows, shape (n_seeds, n_groups, n_outputs)."""
    n_seeds, _, n_outputs = outputs.shape
    grouped = outputs.reshape(n_seeds, -1, len(shares), n_outputs)
    if n_outputs > 8:
        return np.asarray(np.einsum("kgro,r->kgo", grouped, shares))
    # numpy sums a middle axis slowly when the last one is short; a matrix product does not.
    picker = np.kron(shares[:, None], np.eye(n_outputs))
    sums = grouped.reshape(-1, len(shares) * n_outputs) @ picker
    return np.asarray(sums.reshape(n_seeds, -1, n_outputs))
