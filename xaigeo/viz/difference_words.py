"""What charts say of the difference of models: α̂ and the other measures in words."""

from __future__ import annotations

from typing import Any

import pandas as pd

from xaigeo.agreement.model_difference import ModelDifference
from xaigeo.errors import InputError
from xaigeo.viz.number_text import number_text

# Pictures made without a browser set a whole line that holds α with a hat in another type, so
# that charts say it in words.
ALPHA = "Trimmed share"
NONE = "no trimming makes it pass"
ORDERS = {
    "alpha_hat": (ALPHA, "the trimmed share"),
    "alpha_mean": ("Trimmed share, bootstrap mean", "the mean trimmed share"),
    "distance": ("Distance, nothing trimmed", "the distance"),
}
MEASURES = {
    "churn_ensemble": ("Churn against the majority", "churn"),
    "ece": ("Calibration error", "calibration error"),
    "accuracy": ("Accuracy", "accuracy"),
    "log_loss": ("Log loss", "log loss"),
    "r2": ("R²", "R²"),
    "rmse": ("RMSE", "RMSE"),
}


def check_difference(difference: Any, what: str) -> None:
    """Raise unless what `model_difference` returns is given."""
    if not isinstance(difference, ModelDifference):
        raise InputError(
            expected=f"the difference of models for {what}",
            arrived=type(difference).__name__,
            do="Pass the answer of xaigeo.agreement.model_difference(evaluation).",
        )


def alpha_texts(table: pd.DataFrame) -> list[str]:
    """Return α̂ with its interval as it is written in tooltips and titles, one text a seed.

    Examples
    --------
    >>> alpha_texts(pd.DataFrame({"alpha_hat": [0.123], "accepts": True,
    ...                           "alpha_low": 0.1, "alpha_high": 0.2}))
    ['0.123 (95%: 0.1 to 0.2)']
    """
    columns = [table[name].tolist() for name in ("alpha_hat", "accepts", "alpha_low", "alpha_high")]
    return [
        f"{number_text(alpha)} (95%: {number_text(low)} to {number_text(high)})"
        if accepts
        else NONE
        for alpha, accepts, low, high in zip(*columns, strict=True)
    ]


def nothing_trimmed(difference: ModelDifference) -> bool:
    """Return whether α̂ is 0 for every seed, so that an axis of it shows nothing."""
    return not bool(difference.sizes.any())


def compared_text(difference: ModelDifference) -> str:
    """Return with what each seed is compared, as the end of a sentence."""
    pooled = difference.against == "pooled"
    if difference.reference is None:
        return "all other seeds" + (" pooled" if pooled else "' mean logits")
    n = len(difference.reference)
    return f"{n} reference seeds" + (" pooled" if pooled else "' mean logits")


def visible_text(difference: ModelDifference) -> str:
    """Return what the rows can show at all, in a sentence."""
    return (
        f"On {difference.n_rows} {difference.name} rows a difference that touches less than "
        f"{difference.delta:.1%} of them does not show: the share is then 0."
    )
