"""How long the models alone take for the rows that an explainer asks about."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from xaigeo.ensemble.members import Scale
from xaigeo.options import check_count
from xaigeo.schema import Matrix

if TYPE_CHECKING:
    from xaigeo.ensemble.seed_ensemble import SeedEnsemble

# Rows that are held at once; torch members cut them further.
ROWS_AT_ONCE = 2**14


def bare_seconds(
    ensemble: SeedEnsemble,
    rows: Matrix,
    n_rows: int,
    *,
    scale: Scale | None = None,
    repeats: int = 3,
) -> float:
    """Return the processor time of plain forward passes of all models over so many rows.

    This is the limit that an explainer's time is compared with: no perturbing, weighing or
    solving, and no shortcut through what rows have in common. A method that shares work
    between rows may stay below it.

    Parameters
    ----------
    ensemble : SeedEnsemble
    rows : ndarray, shape (n, n_features)
        Encoded rows such as the method asks about; they are repeated in turn.
    n_rows : int
        Rows that the method asks every model about.
    scale : {"probability", "logit", "value"}, optional
        The ensemble's default unless given.
    repeats : int
        The shortest of so many times is returned, after one that is not counted.

    Returns
    -------
    float
        Seconds of all threads of this process together.
    """
    check_count("n_rows", n_rows)
    check_count("repeats", repeats)
    piece = np.resize(rows, (min(n_rows, ROWS_AT_ONCE), rows.shape[1]))
    seconds = []
    for _ in range(1 + repeats):
        start = time.process_time()
        for done in range(0, n_rows, len(piece)):
            ensemble.members.values(piece[: n_rows - done], scale or ensemble.default_scale)
        seconds.append(time.process_time() - start)
    return min(seconds[1:])
