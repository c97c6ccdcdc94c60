"""Which features a Shapley regression keeps when most are to be set to zero."""

from __future__ import annotations

import re
from typing import Literal

import numpy as np

from xaigeo.errors import InputError
from xaigeo.options import check_positive

# One of these, "num_features(k)", or the penalty of a lasso.
Selection = Literal["auto", "aic", "bic"] | str | float

# shap's "auto" selects where less than this share of all coalitions is evaluated.
ENOUGH = 0.2
NUMBER = re.compile(r"num_features\(([1-9]\d*)\)")


def check_selection(l1_reg: object) -> None:
    """Raise unless `l1_reg` is one of shap's options, or None for no selection."""
    if l1_reg is None or l1_reg in ("auto", "aic", "bic"):
        return
    if isinstance(l1_reg, str):
        if not NUMBER.fullmatch(l1_reg):
            raise InputError(
                expected="l1_reg to be None, 'auto', 'aic', 'bic', 'num_features(k)' or a number",
                arrived=repr(l1_reg),
                do="Write for example l1_reg='num_features(10)'.",
            )
        return
    check_positive("l1_reg", l1_reg)


def selects(l1_reg: Selection | None, evaluated: float) -> bool:
    """Whether features are selected when this share of all coalitions is evaluated."""
    return evaluated < ENOUGH if l1_reg == "auto" else l1_reg is not None


def selected_players(
    masks: np.ndarray,
    weights: np.ndarray,
    worth: np.ndarray,
    total: float,
    l1_reg: Selection,
) -> np.ndarray:
    """Return the places of the players that a lasso keeps, for one model and output.

    Parameters
    ----------
    masks : ndarray of bool, shape (n_coalitions, n_players)
    weights : ndarray, shape (n_coalitions,)
    worth : ndarray, shape (n_coalitions,)
        Above the empty coalition.
    total : float
        Worth of everybody.
    l1_reg : str or float

    Notes
    -----
    Lundberg and Lee (2017), arXiv:1705.07874, in the form of ``shap.KernelExplainer`` (0.51):
    each coalition counts twice, as itself and as its complement that is missing from all.
    """
    from sklearn.linear_model import Lasso, LassoLarsIC, lars_path
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    sizes = masks.sum(axis=1)
    roots = np.sqrt(np.hstack([weights * (masks.shape[1] - sizes), weights * sizes]))
    target = np.hstack([worth, worth - total]) * roots
    design = np.vstack([masks.astype(float), masks.astype(float) - 1]) * roots[:, None]
    if isinstance(l1_reg, str) and (number := NUMBER.fullmatch(l1_reg)):
        return np.asarray(lars_path(design, target, max_iter=int(number[1]))[1], dtype=np.intp)
    if isinstance(l1_reg, str):
        criterion = "aic" if l1_reg == "auto" else l1_reg
        model = make_pipeline(StandardScaler(with_mean=False), LassoLarsIC(criterion=criterion))
        return np.flatnonzero(model.fit(design, target)[1].coef_)
    return np.flatnonzero(Lasso(alpha=float(l1_reg)).fit(design, target).coef_)
