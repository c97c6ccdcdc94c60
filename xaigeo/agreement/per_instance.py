"""Agreement at every explained row."""

from __future__ import annotations

import numpy as np
import pandas as pd

from xaigeo import dims
from xaigeo.agreement.compared import check_comparable, compare
from xaigeo.agreement.compared_output import answer_of_most
from xaigeo.agreement.gathered import batches_of
from xaigeo.agreement.predictions import share_agreeing
from xaigeo.agreement.score import scores_for
from xaigeo.explanations import Explanation


def per_instance(
    explanation: Explanation, k: int | None = None, *, output: str | int | None = None
) -> pd.DataFrame:
    """Return every score at every explained row, beside the seeds' answers there.

    Parameters
    ----------
    explanation : Attributions, Anchors or Counterfactuals
    k : int, optional
        Number of top features; 3 by default, or one less than there are features, and no more
        than a surrogate was given.
    output : str or int, optional
        Output whose attributions are compared; by default, at each row, the class that most
        seeds predict. All seeds are compared on that one output.

    Returns
    -------
    DataFrame, indexed by instance
        `predicted` (the majority's class), `share_agreeing` (share of seeds that predict it),
        `confidence` (its mean output), `unanimous`, then one column a score. NaN where a
        score is undefined. For regression the first is absent and nothing flips.
    """
    check_comparable(explanation)
    frames = []
    for batch in batches_of(explanation):
        compared = compare(batch, k=k, output=output)
        scores = {score.name: score.compute(compared) for score in scores_for(compared)}
        frames.append(answers(batch).assign(**scores))
    return pd.concat(frames).rename_axis(dims.INSTANCE)


def answers(explanation: Explanation) -> pd.DataFrame:
    """Return what the seeds predict at every row, indexed by instance."""
    mean = explanation.array("prediction").mean(axis=0)
    reference = answer_of_most(explanation)
    agreeing = share_agreeing(explanation.predicted, reference)
    columns: dict[str, np.ndarray] = {}
    if explanation.task == "classification":
        columns["predicted"] = np.array(explanation.outputs, dtype=object)[reference]
    columns |= {
        "share_agreeing": agreeing,
        "confidence": mean[np.arange(len(mean)), reference],
        "unanimous": agreeing == 1.0,
    }
    return pd.DataFrame(columns, index=explanation.instances)
