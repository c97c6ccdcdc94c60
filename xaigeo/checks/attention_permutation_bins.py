"""How far answers move when attention is shuffled, by how sure the models are of them."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd

from xaigeo.checks.check import Check
from xaigeo.errors import InputError
from xaigeo.options import check_count, check_option

By = Literal["confidence", "largest_weight"]
Change = Literal["mean", "median"]
# Weights that take the place of a model's own, and the array that tells the change.
WEIGHTS = {"shuffled": "{}_change", "uniform": "uniform_change", "another seed": "swap_change"}
LEVEL = 0.95


def permutation_bins(
    check: Check,
    *,
    by: By = "confidence",
    change: Change = "mean",
    bins: int = 10,
    n_bootstrap: int = 1000,
    random_state: int = 0,
) -> pd.DataFrame:
    """Return the mean change of answers in each bin of their confidence, for every true class.

    Parameters
    ----------
    check : Check
        Of the kind "attention_permutation".
    by : {"confidence", "largest_weight"}
        What answers are put into bins by: the probability of the predicted class, or the largest
        attention weight of the text.
    change : {"mean", "median"}
        Of the shuffles of one text.
    bins : int
        Equal bins of [0, 1], closed on the right, the first on both sides.
    n_bootstrap : int
        Draws of texts behind the intervals; 0 for none.
    random_state : int

    Returns
    -------
    DataFrame
        One row per group of answers, sort of weights and filled bin. An answer is that of one seed
        at one text. `true_class` is missing for all texts, or a class; `answers` "all", "right" or
        "wrong" (the wrong ones of a class are its false negatives); `weights` "shuffled", "uniform"
        or "another seed"; `low`, `high`, the bin's ends; `mean_by`, the mean of what is binned;
        `n_texts`, `n_answers`; `value`, the mean change, with its 95 % bootstrap interval over
        texts `value_low`, `value_high` (NaN for fewer than two); `accuracy`, the share of right
        answers in the bin with its interval `accuracy_low`, `accuracy_high`, for the reliability
        diagram (NaN for right and wrong answers alone, and without true classes). Without true
        classes there is the group of all answers alone, and with a single seed no "another seed".

    Raises
    ------
    InputError
        For another kind of check, or settings that are not allowed.

    Notes
    -----
    Figures 3.8 and 3.9 of Jain (2019): the mean change of the false negatives of the positive class
    against confidence, over its reliability diagram. Answers of several seeds to one text are not
    independent, so that texts are drawn, each with its answers.
    """
    if not isinstance(check, Check) or check.kind != "attention_permutation":
        raise InputError(
            expected="a check of attention_permutation",
            arrived=f"a check of {check.kind}"
            if isinstance(check, Check)
            else type(check).__name__,
            do="Make one with xaigeo.faithfulness.attention_permutation(ensemble, texts, y).",
        )
    check_option("by", by, By)
    check_option("change", change, Change)
    check_count("bins", bins)
    check_count("n_bootstrap", n_bootstrap, at_least=0)
    check_count("random_state", random_state, at_least=0)
    values = check.array(by)
    place = np.clip(np.ceil(values * bins).astype(int) - 1, 0, bins - 1)
    right = _right(check)
    rows: list[dict[str, Any]] = []
    for name, answers, inside in _groups(check, right):
        for weights, array in WEIGHTS.items():
            moved = check.array(array.format(change))
            if not np.isfinite(moved).any():
                continue
            for n in np.unique(place[inside]).tolist():
                cell = inside & (place == n)
                means = {"value": moved}
                if right is not None and answers == "all":
                    means["accuracy"] = right.astype(float)
                rows.append(
                    {
                        "true_class": name,
                        "answers": answers,
                        "weights": weights,
                        "low": n / bins,
                        "high": (n + 1) / bins,
                        "mean_by": float(values[cell].mean()),
                        "n_texts": int(cell.any(axis=0).sum()),
                        "n_answers": int(cell.sum()),
                        **_means(means, cell, n_bootstrap, random_state),
                    }
                )
    return pd.DataFrame(rows)


def _right(check: Check) -> np.ndarray | None:
    """Return which answers are right, shape (n_seeds, n_instances); None where nobody knows."""
    return check.array("predicted") == check.array("label") if "label" in check.data else None


def _groups(check: Check, right: np.ndarray | None) -> list[tuple[str | None, str, np.ndarray]]:
    """Return true class, sort of answers, and where they are, (n_seeds, n_instances)."""
    everywhere = np.ones(check.array("predicted").shape, dtype=bool)
    if right is None:
        return [(None, "all", everywhere)]
    label = np.broadcast_to(check.array("label"), everywhere.shape)
    named: list[tuple[str | None, np.ndarray]] = [(None, everywhere)]
    classes = check.provenance["parameters"]["classes"]
    named += [(str(name), label == place) for place, name in enumerate(classes)]
    return [
        (name, answers, inside & which)
        for name, inside in named
        for answers, which in (("all", everywhere), ("right", right), ("wrong", ~right))
    ]


def _means(
    arrays: dict[str, np.ndarray], cell: np.ndarray, n_bootstrap: int, random_state: int
) -> dict[str, float]:
    """Return means over the answers of a cell, with bootstrap intervals over its texts."""
    texts = np.flatnonzero(cell.any(axis=0))
    counts = cell[:, texts].sum(axis=0).astype(float)
    n = len(texts)
    told: dict[str, float] = dict.fromkeys(("accuracy", "accuracy_low", "accuracy_high"), np.nan)
    draws = np.empty((0, n))
    if n > 1 and n_bootstrap:
        rng = np.random.default_rng(random_state)
        draws = rng.multinomial(n, np.full(n, 1 / n), size=n_bootstrap).astype(float)
    for name, values in arrays.items():
        sums = np.where(cell, values, 0.0)[:, texts].sum(axis=0)
        told[name] = float(sums.sum() / counts.sum())
        ends = (np.nan, np.nan)
        if len(draws):
            found = (draws @ sums) / (draws @ counts)
            ends = tuple(np.quantile(found, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]))
        told[f"{name}_low"], told[f"{name}_high"] = float(ends[0]), float(ends[1])
    return told
