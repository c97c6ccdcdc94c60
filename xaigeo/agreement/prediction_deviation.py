"""How far the seeds' predictions lie apart, by how sure they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from xaigeo.agreement.seed_predictions import SeedPredictions, seed_predictions
from xaigeo.ensemble.evaluation import Evaluation
from xaigeo.errors import InputError
from xaigeo.explanations import Explanation
from xaigeo.geometry.round_off import without_round_off
from xaigeo.options import check_count


@dataclass(frozen=True, eq=False)
class PredictionDeviation:
    """Between-seed standard deviation of a prediction, by row and by bin of its mean.

    Attributes
    ----------
    rows : DataFrame
        One row a row: `instance` (its label), `prediction` (mean over seeds), `sd` (over seeds,
        K − 1 degrees of freedom; 0 where seeds differ by round-off alone) and `bin` (place of its
        bin).
    bins : DataFrame
        One row a filled bin: `low`, `high`, `n_rows`, `prediction` and `sd` (means over its
        rows), `sd_low` and `sd_high` (10 % and 90 % of its rows lie below).
    output : str or None
        Class or target whose prediction is meant; None for the class that most seeds predict
        for the row.
    task : {"classification", "regression"}
    n_seeds : int
    name : str
        What the rows are.
    """

    rows: pd.DataFrame
    bins: pd.DataFrame
    output: str | None
    task: str
    n_seeds: int
    name: str


def prediction_deviation(
    source: Evaluation | Explanation, *, output: str | None = None, n_bins: int = 10
) -> PredictionDeviation:
    """Return the standard deviation between seeds against the mean prediction.

    Parameters
    ----------
    source : Evaluation or Explanation
        Of an explanation the explained rows are taken.
    output : str, optional
        Class whose probability is meant. Unless named, each row's probability of the class that
        most seeds predict for it (its confidence); of a regression the first target.
    n_bins : int
        Equal bins of [0, 1], closed on the right, the first on both sides; for a regression of
        the range of mean predictions.

    Raises
    ------
    InputError
        For a single seed, an output that does not exist, or an explanation of logits.

    Notes
    -----
    The prediction stability plots of Jain (2019) and of Madhyastha and Jain (CoNLL 2019,
    arXiv:1909.10447): predictions are put into bins of width 0.1 by their mean over seeds, and
    the standard deviations between seeds averaged in each.
    """
    check_count("n_bins", n_bins)
    given = seed_predictions(source)
    if len(given.seeds) < 2:
        raise InputError(
            expected="two seeds or more",
            arrived="one, between which nothing can deviate",
            do="Train with more seeds.",
        )
    values, name = _values(given, output)
    mean, sd = values.mean(axis=0), values.std(axis=0, ddof=1)
    size = np.abs(values).max(initial=0.0) if given.task == "regression" else 1.0
    sd = without_round_off(sd, size)
    low, high = (0.0, 1.0) if given.task == "classification" else (mean.min(), mean.max())
    width = (high - low) or 1.0
    place = np.clip(np.ceil((mean - low) / width * n_bins).astype(int) - 1, 0, n_bins - 1)
    rows = pd.DataFrame({"instance": given.rows, "prediction": mean, "sd": sd, "bin": place})
    bins = _bins(rows, low + width * np.arange(n_bins + 1) / n_bins)
    return PredictionDeviation(rows, bins, name, given.task, len(given.seeds), given.name)


def _values(given: SeedPredictions, output: str | None) -> tuple[np.ndarray, str | None]:
    if output is None and given.task == "classification":
        return given.of_majority(), None
    place = given.place(output)
    return given.prediction[..., place], given.outputs[place]


def _bins(rows: pd.DataFrame, edges: np.ndarray) -> pd.DataFrame:
    groups = rows.groupby("bin")
    table = groups.agg(n_rows=("sd", "size"), prediction=("prediction", "mean"), sd=("sd", "mean"))
    table["sd_low"] = groups["sd"].quantile(0.1)
    table["sd_high"] = groups["sd"].quantile(0.9)
    places = table.index.to_numpy()
    table.insert(0, "low", edges[places])
    table.insert(1, "high", edges[places + 1])
    return table.reset_index(drop=True)
