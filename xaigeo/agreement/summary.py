"""Agreement in one table: a row a score, with interval and chance level."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from xaigeo.agreement.bootstrap import mean_interval, percentile_interval
from xaigeo.agreement.compared import Compared, compare
from xaigeo.agreement.null import null_value
from xaigeo.agreement.pairs import mean_defined
from xaigeo.agreement.score import Score, scores_for
from xaigeo.errors import InputError
from xaigeo.explanations import Explanation

COLUMNS = (
    "method",
    "score",
    "value",
    "low",
    "high",
    "null",
    "lowest",
    "highest",
    "higher_is_better",
    "n_instances",
    "meaning",
)


def summary(
    explanations: Explanation | Iterable[Explanation],
    *,
    k: int | None = None,
    output: str | int | None = None,
    random_state: int = 0,
    n_bootstrap: int = 1000,
) -> pd.DataFrame:
    """Return how far the seeds agree, one row a method and score.

    Parameters
    ----------
    explanations : Explanation or list of Explanation
    k : int, optional
        Number of top features; 3 by default, or one less than there are features.
    output : str or int, optional
        Output whose attributions are compared; by default, at each row, the class that most
        seeds predict. Where seeds disagree on the class, `flip_rate` and `churn` say so.
    random_state : int
        Seed of the bootstrap and of the shuffles behind null values.
    n_bootstrap : int

    Returns
    -------
    DataFrame
        `value` is the mean over instances (`icc_agreement`: of all instances together);
        `low`, `high` its 95 % bootstrap interval over instances; `null` what unrelated
        explanations would score; `lowest`, `highest` the extremes over instances;
        `n_instances` the number of instances on which the score is defined.

    Raises
    ------
    InputError
        For a single seed, an unknown output, or a k outside the number of features.
    """
    given = as_list(explanations)
    rows = []
    for name, explanation in zip(method_names(given), given, strict=True):
        compared = compare(explanation, k=k, output=output)
        for score in scores_for(compared):
            if explanation.task != "classification" and score.kind is Compared:
                continue  # a regression has no class to flip
            measured = measure(score, compared, random_state=random_state, n_bootstrap=n_bootstrap)
            rows.append({"method": name, **measured})
    return pd.DataFrame(rows, columns=list(COLUMNS))


def measure(
    score: Score, compared: Compared, *, random_state: int = 0, n_bootstrap: int = 1000
) -> dict[str, Any]:
    """Return one score of one comparison as a row of `summary`, without the method."""
    rng = np.random.default_rng(random_state)
    values = score.compute(compared)
    defined = values[np.isfinite(values)]
    if score.pooled is None:
        value = float(mean_defined(values))
        low, high = mean_interval(values, n_bootstrap=n_bootstrap, rng=rng)
    else:
        pooled = score.pooled
        value = float(pooled(compared, np.ones((1, compared.n_instances)))[0])
        low, high = percentile_interval(
            compared.n_instances,
            lambda weights: pooled(compared, weights),
            n_bootstrap=n_bootstrap,
            rng=rng,
        )
    return {
        "score": score.name,
        "value": value,
        "low": low,
        "high": high,
        "null": null_value(score, compared, rng) if len(defined) else float("nan"),
        "lowest": float(defined.min()) if len(defined) else float("nan"),
        "highest": float(defined.max()) if len(defined) else float("nan"),
        "higher_is_better": score.higher_is_better,
        "n_instances": len(defined),
        "meaning": score.meaning,
    }


def as_list(explanations: Explanation | Iterable[Explanation]) -> list[Explanation]:
    """Return one or several explanations as a list; an empty one raises."""
    given = [explanations] if isinstance(explanations, Explanation) else list(explanations)
    if not given:
        raise InputError(
            expected="at least one explanation",
            arrived="an empty list",
            do="Make one with xaigeo.explain(ensemble, X, method=..., background=...).",
        )
    return given


def method_names(explanations: Sequence[Explanation]) -> list[str]:
    """Return a name for each result: its method, numbered where a method comes twice."""
    counts = Counter(explanation.method for explanation in explanations)
    seen: Counter[str] = Counter()
    names = []
    for explanation in explanations:
        seen[explanation.method] += 1
        repeated = counts[explanation.method] > 1
        names.append(explanation.method + (f" #{seen[explanation.method]}" if repeated else ""))
    return names
