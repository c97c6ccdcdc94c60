"""Link functions: averages are taken on one scale and shared out on another."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from xaigeo.ensemble.members import Scale
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.explainers.base import resolved_scale

Link = Literal["identity", "logit"]

# shap.KernelExplainer (0.51) keeps probabilities this far from 0 and 1.
EPSILON = 1e-15


def check_link_of(method: Any, link: Link, ensemble: SeedEnsemble) -> None:
    """Raise where the link that a method uses does not fit its scale or the models.

    `method` has a `scale`, and a field `link` if the user may choose it.
    """
    scale = resolved_scale(method.scale, ensemble)
    if hasattr(method, "link"):
        _check_logits(scale, ensemble)
    check_link(link, scale)


def check_link(link: Link, scale: Scale) -> None:
    """Raise where a logit is asked of outputs that are not probabilities."""
    if link == "logit" and scale != "probability":
        raise InputError(
            expected="probabilities for link='logit'",
            arrived=f"outputs on the scale {scale!r}",
            do="Explain with scale='probability', or with link='identity'.",
        )


def _check_logits(scale: Scale, ensemble: SeedEnsemble) -> None:
    """Raise where models tell no logits, and a method with a link is asked for these.

    Raises
    ------
    InputError
    """
    if scale == "logit" and ensemble.task == "classification" and not ensemble.members.has_logits:
        raise InputError(
            expected="models that tell logits for scale='logit', as networks do",
            arrived="models that tell probabilities alone",
            do="Leave scale out and pass link='logit', which divides log-odds of probabilities.",
        )


def linked(values: np.ndarray, link: Link) -> np.ndarray:
    """Return the values on the link's scale: as they are, or ``log(p / (1 - p))``."""
    if link == "identity":
        return values
    p = np.clip(values, EPSILON, 1 - EPSILON)
    return np.asarray(np.log(p / (1 - p)))
