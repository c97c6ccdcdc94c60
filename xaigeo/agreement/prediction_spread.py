"""The rows for which the seeds' predictions lie furthest apart."""

from __future__ import annotations

import numpy as np
import pandas as pd

from xaigeo.agreement.seed_predictions import seed_predictions
from xaigeo.ensemble.evaluation import Evaluation
from xaigeo.explanations import Explanation
from xaigeo.geometry.round_off import without_round_off


def prediction_spread(
    source: Evaluation | Explanation, output: str | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return every row with the range of the seeds' predictions, the widest first.

    Parameters
    ----------
    source : Evaluation or Explanation
        Of an explanation the explained rows are taken.
    output : str, optional
        Target of a regression, the first unless named. Of a classification each row is told by
        the probability of the class that most seeds predict for it, unless a class is named.

    Returns
    -------
    rows : DataFrame
        One row a row: `rank` (from 0), `instance` (its label), `majority` (class of most seeds,
        or the target), `low`, `median`, `high` (over seeds), `width` (high − low, 0 where that is
        round-off), `n_flips` (seeds that predict another class; 0 for a regression) and `tied`
        (whether as many seeds predict another class; `majority` is then the likelier one).
    dots : DataFrame
        One row a row and seed: `rank`, `seed`, `prediction`, `predicted` (that seed's class, or
        the target) and `flips`.

    Raises
    ------
    InputError
        For an output that does not exist, or an explanation of logits.
    """
    given = seed_predictions(source)
    n_seeds, n_rows = given.prediction.shape[:2]
    names = np.array(given.outputs, dtype=object)
    if given.task == "regression":
        place = given.place(output)
        values = given.prediction[..., place]
        own = np.full((n_seeds, n_rows), place)
        most = np.full(n_rows, place)
    else:
        most = given.majority()
        own = given.prediction.argmax(axis=-1)
        named = output is not None
        values = given.prediction[..., given.place(output)] if named else given.of_majority()
    flips = own != most
    size = np.abs(values).max(initial=0.0) if given.task == "regression" else 1.0
    width = without_round_off(np.ptp(values, axis=0), size)
    # Of equal ranges the row with more flips comes first, then the earlier one.
    order = np.lexsort((np.arange(n_rows), -flips.sum(axis=0), -width))
    rows = pd.DataFrame(
        {
            "instance": given.rows,
            "majority": names[most],
            "low": values.min(axis=0),
            "median": np.median(values, axis=0),
            "high": values.max(axis=0),
            "width": width,
            "n_flips": flips.sum(axis=0),
            "tied": _tied(own, len(names)),
        }
    ).iloc[order]
    rows.insert(0, "rank", np.arange(n_rows))
    dots = pd.DataFrame(
        {
            "rank": np.repeat(np.arange(n_rows), n_seeds),
            "seed": np.tile(given.seeds, n_rows),
            "prediction": values[:, order].T.reshape(-1),
            "predicted": names[own[:, order].T.reshape(-1)],
            "flips": flips[:, order].T.reshape(-1),
        }
    )
    return rows.reset_index(drop=True), dots


def _tied(own: np.ndarray, n_outputs: int) -> np.ndarray:
    """Return on which rows two classes or more have the most votes."""
    votes = (own[..., None] == np.arange(n_outputs)).sum(axis=0)
    return np.asarray((votes == votes.max(axis=-1, keepdims=True)).sum(axis=-1) > 1)
