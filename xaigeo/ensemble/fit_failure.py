"""What to tell where a user's estimator cannot be fitted."""

from __future__ import annotations

from typing import Any

import numpy as np

from xaigeo.errors import InputError, cause


def fit_failure(error: Exception, estimator: Any, data: Any, seed: int) -> InputError:
    """Return the error that an estimator failed on data with a seed.

    `data` are rows, a DataFrame or ndarray, or texts, a list of str.
    """
    return InputError(
        expected=f"data that {type(estimator).__name__} can be fitted on",
        arrived=f"{cause(error)} (seed {seed})",
        do=f"Adapt the estimator or the data.{_hint(estimator, data)}",
    )


def _hint(estimator: Any, data: Any) -> str:
    """Return what else to do where data of this kind cannot be fitted on; empty for numbers."""
    if isinstance(data, list):
        given = " It was given a list of texts"
        return (
            f"{given}."
            if _takes_texts(estimator)
            else (
                f"{given}: put a TfidfVectorizer or another vectoriser before the estimator in a "
                "Pipeline."
            )
        )
    categories = [] if isinstance(data, np.ndarray) else _text_columns(data)
    return (
        f" It was given text in {', '.join(categories)}: put a ColumnTransformer with a "
        "OneHotEncoder before the estimator in a Pipeline."
        if categories
        else ""
    )


def _takes_texts(estimator: Any) -> bool:
    """Return whether some step may read texts: a vectoriser, a function or other people's code."""
    from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer
    from sklearn.preprocessing import FunctionTransformer

    readers = (CountVectorizer, HashingVectorizer, FunctionTransformer)
    steps = [estimator, *estimator.get_params(deep=True).values()]
    return any(
        isinstance(step, readers)
        or (hasattr(step, "transform") and not type(step).__module__.startswith("sklearn."))
        for step in steps
    )


def _text_columns(data: Any) -> list[str]:
    import pandas as pd

    return [str(name) for name in data if not pd.api.types.is_numeric_dtype(data[name].dtype)]
