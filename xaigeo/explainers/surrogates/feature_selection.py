"""Which features a local surrogate is given, chosen for each target as the lime package does."""

from __future__ import annotations

from typing import Literal

import numpy as np

from xaigeo.explainers.surrogates.surrogate import Moments, ridge

FeatureSelection = Literal["none", "auto", "forward_selection", "highest_weights", "lasso_path"]

# lime 0.2.0.1, lime_base.py: the penalty of the fit that ranks, and the most features that
# "auto" still adds one by one.
RANKING_ALPHA = 0.01
AUTO_FORWARD = 6

# Numbers in the factorisations of the targets that are selected for together.
FACTORS_AT_ONCE = 2**22

# A column that others explain up to this share of its own spread adds nothing.
COLLINEAR = 1e-12


def select_features(
    method: FeatureSelection,
    moments: Moments,
    at_instance: np.ndarray,
    n_features: int,
    n_rows: int,
) -> np.ndarray | None:
    """Return the features that each target's surrogate is given, or None for all.

    Parameters
    ----------
    method : {"none", "auto", "forward_selection", "highest_weights", "lasso_path"}
        As in lime: "forward_selection" adds the feature that raises R2 most, without a penalty;
        "highest_weights" takes the largest ``|coefficient * z|`` of one fit to all, z being the
        instance's coordinates; "lasso_path" the last set on the lasso's path that is small
        enough; "auto" the first for up to 6 features, else the second.
    moments : Moments
    at_instance : ndarray, shape (n_columns,)
        The instance's coordinates z.
    n_features : int
        The most features of one surrogate.
    n_rows : int
        Rows behind the moments.

    Returns
    -------
    ndarray of bool, shape (n_targets, n_columns), or None
    """
    if method == "auto":
        method = "forward_selection" if n_features <= AUTO_FORWARD else "highest_weights"
    if method == "none":
        return None
    if method == "highest_weights":
        return highest_weights(moments, at_instance, n_features)
    if method == "forward_selection":
        return forward_selection(moments, n_features)
    return lasso_path(moments, n_features, n_rows)


def highest_weights(moments: Moments, at_instance: np.ndarray, n_features: int) -> np.ndarray:
    """Return the features with the largest terms ``|coefficient * z|`` of one fit to all."""
    terms = np.abs(ridge(moments, RANKING_ALPHA).coefficients * at_instance)
    order = np.argsort(-terms, axis=1, kind="stable")[:, :n_features]
    return _mask(moments, order)


def forward_selection(moments: Moments, n_features: int) -> np.ndarray:
    """Add to every target, step by step, the feature that raises its R2 most.

    Notes
    -----
    Where lime fits each candidate anew, each column here keeps what the chosen ones leave of its
    spread and of its product with the target (a Cholesky factorisation that grows by a row a
    step): the gain in R2 is ``product**2 / spread``. Columns without a gain come in their order.
    """
    n_steps = min(n_features, len(moments.gram))
    at_once = max(1, FACTORS_AT_ONCE // (n_steps * len(moments.gram)))
    return np.concatenate(
        [
            _added(moments.gram, moments.cross[start : start + at_once], n_steps)
            for start in range(0, len(moments.cross), at_once)
        ]
    )


def _added(gram: np.ndarray, cross: np.ndarray, n_steps: int) -> np.ndarray:
    (n_targets, n_columns), targets = cross.shape, np.arange(len(cross))
    product = cross.copy()
    own_spread = np.diagonal(gram)
    left = np.broadcast_to(own_spread, product.shape).copy()
    chosen = np.zeros(product.shape, dtype=bool)
    factor = np.zeros((n_targets, n_steps, n_columns))
    for step in range(n_steps):
        usable = left > COLLINEAR * own_spread
        gain = np.where(usable, np.square(product) / np.where(usable, left, 1.0), 0.0)
        best = np.where(chosen, -1.0, gain).argmax(axis=1)
        chosen[targets, best] = True
        earlier = factor[:, :step]
        row = gram[best] - np.einsum("ts,tsj->tj", earlier[targets, :, best], earlier)
        pivot = np.where(usable[targets, best], left[targets, best], np.inf)
        factor[:, step] = row / np.sqrt(pivot)[:, None]
        product -= factor[:, step] * (product[targets, best] / np.sqrt(pivot))[:, None]
        left -= np.square(factor[:, step])
    return chosen


def lasso_path(moments: Moments, n_features: int, n_rows: int) -> np.ndarray:
    """Return the features of the last point of each target's lasso path that has few enough."""
    from sklearn.linear_model import lars_path_gram

    chosen = np.ones(moments.cross.shape, dtype=bool)
    for target, cross in enumerate(moments.cross):
        _, _, path = lars_path_gram(
            cross.copy(), moments.gram.copy(), n_samples=n_rows, method="lasso"
        )
        # Walked from its end to its second point, as in lime; a path of one point keeps all.
        for coefficients in path.T[:0:-1]:
            chosen[target] = coefficients != 0
            if chosen[target].sum() <= n_features:
                break
    return chosen


def _mask(moments: Moments, columns: np.ndarray) -> np.ndarray:
    chosen = np.zeros(moments.cross.shape, dtype=bool)
    np.put_along_axis(chosen, columns, True, axis=1)
    return chosen
