"""A box as a rule in words."""

from __future__ import annotations

from typing import Any

import numpy as np

from xaigeo.schema import FeatureSchema


def rule_text(
    schema: FeatureSchema, lower: np.ndarray, upper: np.ndarray, allowed: np.ndarray
) -> str:
    """Return a box as a rule in words.

    Parameters
    ----------
    schema : FeatureSchema
    lower, upper : ndarray, shape (n_features,)
        Bounds, infinite where a side is open.
    allowed : ndarray of bool, shape (n_features, n_categories)
    """
    parts = [
        _predicate(feature, lower[j], upper[j], allowed[j])
        for j, feature in enumerate(schema.features)
    ]
    return " and ".join(part for part in parts if part) or "any row (empty rule)"


def _predicate(feature: Any, lower: float, upper: float, allowed: np.ndarray) -> str:
    if feature.is_discrete:
        permitted = [str(c) for c, ok in zip(feature.categories, allowed, strict=False) if ok]
        if len(permitted) == len(feature.categories):
            return ""
        if len(permitted) == 1:
            return f"{feature.name} = {permitted[0]}"
        return f"{feature.name} in {{{', '.join(permitted)}}}"
    if np.isinf(lower) and np.isinf(upper):
        return ""
    if feature.integer:  # the tightest whole numbers say the same
        lower, upper = np.ceil(lower), np.floor(upper)
    if np.isinf(upper):
        return f"{feature.name} >= {feature.text(lower)}"
    if np.isinf(lower):
        return f"{feature.name} <= {feature.text(upper)}"
    return f"{feature.text(lower)} <= {feature.name} <= {feature.text(upper)}"
