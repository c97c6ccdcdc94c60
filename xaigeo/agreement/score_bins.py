"""Scores of agreement against what the seeds predict, in bins of the prediction."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from xaigeo.agreement.bootstrap import mean_interval
from xaigeo.agreement.compared import Compared, check_comparable, compare
from xaigeo.agreement.compared_output import outputs_compared
from xaigeo.agreement.gathered import gather
from xaigeo.agreement.pairs import mean_defined
from xaigeo.agreement.prediction_deviation import prediction_deviation
from xaigeo.agreement.score import Score, scores_for
from xaigeo.errors import InputError
from xaigeo.explanations import Explanation, TokenAttributions
from xaigeo.options import check_count, suggestion

DISTANCES = ("relative_entropy", "jaccard_distance")


def score_bins(
    explanation: Explanation,
    scores: Sequence[str] = DISTANCES,
    *,
    k: int | None = None,
    output: str | int | None = None,
    n_bins: int = 10,
    random_state: int = 0,
    n_bootstrap: int = 1000,
) -> pd.DataFrame:
    """Return the mean of scores over the rows in each bin of the prediction.

    Parameters
    ----------
    explanation : Attributions, Anchors or Counterfactuals
    scores : sequence of str
        Registered scores of such explanations; by default the relative entropy and the Jaccard
        distance of the top fifth of attributions.
    k, random_state, n_bootstrap
        As in `xaigeo.agreement.summary`.
    output : str or int, optional
        Output (its name or place) that is predicted and whose attributions are compared; by
        default, at each row, the class that most seeds predict.
    n_bins : int
        Equal bins of the mean prediction over seeds, as in
        `xaigeo.agreement.prediction_deviation`.

    Returns
    -------
    DataFrame
        One row per score and filled bin: `score`; `low`, `high`, the bin's ends; `prediction`,
        the mean over its rows; `n_rows`; `n_defined`, of them those on which the score is
        defined; `value`, the mean of the score over these, with its 95 % bootstrap interval
        over rows `value_low`, `value_high` (NaN for fewer than two). Its ``attrs["of_texts"]``
        says whether the rows are texts.

    Raises
    ------
    InputError
        For a single seed, an unknown score or output, or an explanation of logits.

    Notes
    -----
    After Jain (2019) and Madhyastha and Jain (CoNLL 2019, arXiv:1909.10447), who set the mean
    relative entropy and Jaccard distance of all pairs of seeds against binned predictions.
    """
    check_count("n_bootstrap", n_bootstrap, at_least=0)
    check_count("random_state", random_state, at_least=0)
    check_comparable(explanation)
    name = None if output is None else explanation.outputs[outputs_compared(explanation, output)[0]]
    deviation = prediction_deviation(explanation, output=name, n_bins=n_bins)
    chosen = _chosen(compare(explanation.at(slice(0, 1)), k=k, output=output), scores)
    values = gather(explanation, k=k, output=output, scores=chosen).values
    place = deviation.rows["bin"].to_numpy()
    ends = deviation.bins.set_index(np.unique(place))
    rows = []
    for score in chosen:
        for n, bin_ends in ends.iterrows():
            inside = values[score.name][place == n]
            low, high = mean_interval(
                inside, n_bootstrap=n_bootstrap, rng=np.random.default_rng(random_state)
            )
            rows.append(
                {
                    "score": score.name,
                    "low": bin_ends["low"],
                    "high": bin_ends["high"],
                    "prediction": bin_ends["prediction"],
                    "n_rows": len(inside),
                    "n_defined": int(np.isfinite(inside).sum()),
                    "value": float(mean_defined(inside)),
                    "value_low": low,
                    "value_high": high,
                }
            )
    table = pd.DataFrame(rows)
    table.attrs["of_texts"] = isinstance(explanation, TokenAttributions)
    return table


def _chosen(compared: Compared, names: Sequence[str]) -> list[Score]:
    known = {score.name: score for score in scores_for(compared)}
    listed = (names,) if isinstance(names, str) else tuple(names)
    for name in listed or ("",):
        if name not in known:
            raise InputError(
                expected=f"scores of these explanations ({', '.join(known)})",
                arrived=repr(name) if name else "none",
                do=suggestion(name, tuple(known)) or "Name some of the listed scores.",
            )
    return [known[name] for name in listed]
