"""What a local surrogate says of a feature: a bin, a category, or the feature itself."""

from __future__ import annotations

import numpy as np

from xaigeo.schema import Feature


def condition_text(feature: Feature, value: float, lower: float, upper: float) -> str:
    """Return the condition under which an attribution of a surrogate applies.

    ``"3.5 < mass <= 5.1"`` for a binned column, ``"sex=male"`` for one of categories, and
    ``"mass"`` for a numeric column that enters with its value.

    Parameters
    ----------
    feature : Feature
    value : float
        Encoded value of the instance.
    lower, upper : float
        Ends of its bin: infinite where open, NaN where the column is not binned.
    """
    if feature.is_discrete:
        return f"{feature.name}={feature.text(value)}"
    if np.isnan(lower) or np.isnan(upper):
        return feature.name
    if np.isinf(lower) and np.isinf(upper):
        return feature.name
    if np.isinf(lower):
        return f"{feature.name} <= {feature.text(upper)}"
    if np.isinf(upper):
        return f"{feature.name} > {feature.text(lower)}"
    low, high = _ends(feature, lower, upper)
    return f"{low} < {feature.name} <= {high}"


def _ends(feature: Feature, lower: float, upper: float) -> tuple[str, str]:
    """Return both ends with as many digits as it takes to tell them apart."""
    low, high = feature.text(lower), feature.text(upper)
    return (low, high) if low != high else (f"{lower:.6g}", f"{upper:.6g}")
