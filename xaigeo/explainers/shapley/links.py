"""Link functions: averages are taken on one scale and shared out on another."""

from __future__ import annotations

from typing import Literal

import numpy as np

from xaigeo.ensemble.members import Scale
from xaigeo.errors import InputError

Link = Literal["identity", "logit"]

# shap.KernelExplainer (0.51) keeps probabilities this far from 0 and 1.
EPSILON = 1e-15


def check_link(link: Link, scale: Scale) -> None:
    """Raise where a logit is asked of outputs that are not probabilities."""
    if link == "logit" and scale != "probability":
        raise InputError(
            expected="probabilities for link='logit'",
            arrived=f"outputs on the scale {scale!r}",
            do="Explain with scale='probability', or with link='identity'.",
        )


def linked(values: np.ndarray, link: Link) -> np.ndarray:
    """Return the values on the link's scale: as they are, or ``log(p / (1 - p))``."""
    if link == "identity":
        return values
    p = np.clip(values, EPSILON, 1 - EPSILON)
    return np.asarray(np.log(p / (1 - p)))
