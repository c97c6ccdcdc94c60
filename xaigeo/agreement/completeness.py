"""What attributions that should add up to the output leave unexplained."""

from __future__ import annotations

import numpy as np

from xaigeo.errors import InputError
from xaigeo.explanations import Attributions
from xaigeo.options import check_flag

# Gaps up to this share of the largest output, or of 1, are rounding.
ROUNDING = 1e-12


def completeness_gap(explanation: Attributions, *, relative: bool = True) -> np.ndarray:
    """Return by how much base value plus attributions miss the output.

    Parameters
    ----------
    explanation : Attributions
        With `base_value` and `explained_value`, such as those of SHAP.
    relative : bool
        In units of what is to be explained, the largest |f − base| over the instances, by seed
        and output, so that the answer does not depend on the scale of the outputs; or in units of
        the output.

    Returns
    -------
    ndarray, shape (n_seeds, n_instances, n_outputs)
        0 where only rounding is left.

    Raises
    ------
    InputError
        For explanations whose numbers do not start from a value.

    Notes
    -----
    ``|base + Σ_j φ_j − f(x)|``: completeness (Sundararajan et al. 2017, arXiv:1703.01365), which
    Lundberg and Lee (2017, arXiv:1705.07874) call local accuracy.
    """
    check_flag("relative", relative)
    if not isinstance(explanation, Attributions) or not (
        {"base_value", "explained_value"} <= set(explanation.data)
    ):
        raise InputError(
            expected="attributions with a base value and an explained value",
            arrived=getattr(explanation, "method", type(explanation).__name__),
            do="Explain with a method that is additive, such as 'kernel_shap' or "
            "'integrated_gradients'.",
        )
    base, value = explanation.array("base_value"), explanation.array("explained_value")
    gap = np.abs(base + explanation.array("attribution").sum(axis=2) - value)
    # A model that is constant has nothing to explain: then only rounding may remain.
    floor = ROUNDING * np.maximum(1.0, np.abs(value).max())
    unit = np.abs(value - base).max(axis=1, keepdims=True) if relative else 1.0
    return np.where(gap <= floor, 0.0, gap / np.maximum(unit, floor))
