"""Agreement in one table: a row a score, with interval and chance level."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from xaigeo.agreement.compared import Compared
from xaigeo.agreement.gathered import gather, gather_compared
from xaigeo.agreement.score import Score
from xaigeo.errors import InputError
from xaigeo.explanations import Explanation, TokenAttributions
from xaigeo.text.nouns import of_texts

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
        Number of top features; 3 by default, or one less than there are features, and no more
        than a surrogate was given.
    output : str or int, optional
        Output whose attributions are compared; by default, at each row, the class that most
        seeds predict. Where seeds disagree on the class, `flip_rate` and `churn` say so.
    random_state : int
        Seed of the bootstrap and of the shuffles behind null values.
    n_bootstrap : int

    Returns
    -------
    DataFrame
        `value` is the mean over instances (`icc_agreement`: of all instances together; of texts,
        pooled within texts, see `xaigeo.agreement.intraclass_of_texts`);
        `low`, `high` its 95 % bootstrap interval over instances; `null` what unrelated
        explanations would score; `lowest`, `highest` the extremes over instances;
        `n_instances` the number of instances on which the score is defined. Attributions
        without a sign (``explanation.signed``) have no scores of signs, which they would reach
        whatever the seeds say.

    Raises
    ------
    InputError
        For a single seed, an unknown output, or a k outside the number of features.

    Notes
    -----
    Instances are compared in batches, whose size follows from the sizes of the explanation, so
    one that was opened lazily (``xaigeo.load(path, lazy=True)``) is read once and gives the
    same table, to the bit, as one in memory. Of each instance a number a score is kept, and
    for `icc_agreement` what it adds to the sums of squares. Nothing is approximated for many
    instances: every score is computed at every one, `value` is the mean of all, and the
    bootstrap draws from all (a minute for a million instances and 1000 draws). Null values
    that are simulated are so from at most 50 instances, however many there are.
    """
    given = as_list(explanations)
    rows = [
        {"method": name, **row}
        for name, explanation in zip(method_names(given), given, strict=True)
        for row in _told(
            explanation,
            gather(explanation, k=k, output=output).rows(
                random_state=random_state, n_bootstrap=n_bootstrap
            ),
        )
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _told(explanation: Explanation, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows of texts with meanings that speak of words."""
    if not isinstance(explanation, TokenAttributions):
        return rows
    return [row | {"meaning": of_texts(row["meaning"])} for row in rows]


def measure(
    score: Score, compared: Compared, *, random_state: int = 0, n_bootstrap: int = 1000
) -> dict[str, Any]:
    """Return one score of one comparison as a row of `summary`, without the method."""
    gathered = gather_compared(score, compared)
    return gathered.rows(random_state=random_state, n_bootstrap=n_bootstrap)[0]


def as_list(explanations: Explanation | Iterable[Explanation]) -> list[Explanation]:
    """Return one or several explanations as a list; an empty one, or other things, raise."""
    several = isinstance(explanations, Iterable) and not isinstance(explanations, Explanation)
    listed: list[Any] = list(explanations) if several else [explanations]  # type: ignore[arg-type]
    given = [one for one in listed if isinstance(one, Explanation)]
    strangers = [one for one in listed if not isinstance(one, Explanation)]
    if strangers:
        raise InputError(
            expected="explanations",
            arrived=f"{type(strangers[0]).__name__} among them",
            do="Pass what xaigeo.explain returned, one or a list of it.",
        )
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
