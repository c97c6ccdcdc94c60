"""Ensembles whose models are all one and the same: seeds that changed nothing."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from xaigeo.ensemble.members import Members, Task
from xaigeo.errors import IdenticalModelsWarning
from xaigeo.schema import Matrix

# Rows that the models are compared on, and as many again that mix the values of these.
MOST_ROWS = 100
# Differences that rounding makes, between equal networks in float32 too.
RELATIVE, ABSOLUTE = 1e-6, 1e-9


def answer_alike(
    members: Members, rows: Matrix, task: Task, outputs: np.ndarray | None = None
) -> bool:
    """Return whether all of several members give the same outputs, but for rounding.

    Parameters
    ----------
    members : Members
    rows : ndarray, shape (n_rows, n_features)
        Encoded. At most 100 are asked, and as many in which each column is shuffled by itself:
        models that have learnt their training rows by heart are equal there and nowhere else.
    task : {"classification", "regression"}
    outputs : ndarray, shape (n_members, ..., n_outputs), optional
        Answers to what the models read where encoded rows are not the whole of it, such as texts as
        they are written; they must be alike too.
    """
    if members.n_members < 2 or (outputs is not None and not _alike(outputs)):
        return False
    rng = np.random.default_rng(0)
    some = rows[rng.permutation(len(rows))[:MOST_ROWS]]
    mixed = np.column_stack([rng.permutation(column) for column in some.T])
    values = members.values(
        np.vstack([some, mixed]), "value" if task == "regression" else "probability"
    )
    return _alike(values)


def _alike(values: np.ndarray) -> bool:
    return bool(np.allclose(values, values[:1], rtol=RELATIVE, atol=ABSOLUTE))


def note_identical(
    members: Members,
    rows: Matrix,
    task: Task,
    record: dict[str, Any],
    *,
    outputs: np.ndarray | None = None,
    stacklevel: int,
) -> None:
    """Warn, and set ``record["identical"]`` to True, if all members answer alike.

    Parameters
    ----------
    members : Members
    rows : ndarray, shape (n_rows, n_features)
    task : {"classification", "regression"}
    record : dict
        The ensemble's; it is changed.
    outputs : ndarray, optional
        As `answer_alike` takes them.
    stacklevel : int
        As `warnings.warn` takes it in the caller.

    Warns
    -----
    IdenticalModelsWarning
    """
    if not answer_alike(members, rows, task, outputs):
        return
    record["identical"] = True
    warnings.warn(
        f"All {members.n_members} models answer alike on the rows given: the seed changes "
        "nothing about them, so every score of agreement is perfect and says nothing. Let the "
        "model draw at random (for boosting subsample or colsample_bytree below 1), pass models "
        "trained with different seeds, or explain one model.",
        IdenticalModelsWarning,
        stacklevel=stacklevel + 1,
    )
