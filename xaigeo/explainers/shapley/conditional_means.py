"""Shapley values of linear models whose inputs are correlated, for all coefficients at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Below these shap (0.51) takes an input for constant, two inputs for one, and a covariance for
# singular; to the last it adds RIDGE on its diagonal.
CONSTANT, SAME, SINGULAR, RIDGE = 1e-8, 1e-8, 1e-7, 1e-6


@dataclass(frozen=True, eq=False)
class ConditionalMeans:
    """How far each input moves the conditional mean of all others, averaged over orders.

    Where inputs are normal with the background's mean and covariance, the worth of a coalition
    S is ``coef @ E[inputs | inputs in S]``, and ``E[...] - mean`` is a matrix R(S) times the
    deviations of S. Player i's Shapley value is then ``coef @ transform[i] @ (x - mean)``, with
    `transform` the mean over orders of R(S with i) - R(S): the coefficients play no part in it.

    Attributes
    ----------
    mean : ndarray, shape (n_inputs,)
    varying : ndarray of int
        Inputs that vary; the others get 0.
    groups : ndarray, shape (n_groups, n_varying)
        1 where an input belongs to a group of inputs that are the same but for scale.
    transform : ndarray, shape (n_groups, n_groups, n_groups)
    """

    mean: np.ndarray
    varying: np.ndarray
    groups: np.ndarray
    transform: np.ndarray

    @classmethod
    def of(
        cls, inputs: np.ndarray, *, n_orders: int, random_state: np.random.RandomState
    ) -> ConditionalMeans:
        """Estimate from background inputs, shape (n_rows, n_inputs), over some orders."""
        mean, covariance = inputs.mean(axis=0), np.cov(inputs, rowvar=False)
        covariance = np.atleast_2d(covariance)
        varying = np.flatnonzero(np.diag(covariance) > CONSTANT)
        covariance = covariance[np.ix_(varying, varying)]
        groups = _groups(covariance)
        share = groups / groups.sum(axis=1, keepdims=True)
        covariance = share @ covariance @ share.T
        if len(covariance) and np.linalg.eigvalsh(covariance).min() < SINGULAR:
            covariance = covariance + RIDGE * np.eye(len(covariance))
        transform = _mean_steps(covariance, n_orders, random_state)
        return cls(mean, varying, groups, transform)

    def shares(self, coefficients: np.ndarray, inputs: np.ndarray) -> np.ndarray:
        """Return Shapley values of inputs, (n_rows, n_inputs, n_outputs).

        `coefficients` (n_outputs, n_inputs) are of one model, `inputs` (n_rows, n_inputs).
        """
        share = self.groups / self.groups.sum(axis=1, keepdims=True)
        slopes = coefficients[:, self.varying] @ self.groups.T
        away = (inputs - self.mean)[:, self.varying] @ share.T
        found = np.einsum("oc,icx,nx->nio", slopes, self.transform, away, optimize=True)
        attribution = np.zeros((*inputs.shape, len(coefficients)))
        attribution[:, self.varying] = np.einsum("ngo,gv->nvo", found, share)
        return attribution


def _groups(covariance: np.ndarray) -> np.ndarray:
    """Return which inputs are the same but for location and scale, (n_groups, n_inputs)."""
    n = len(covariance)
    spread = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(spread, spread)
    group = np.full(n, -1)
    for i in range(n):
        if group[i] < 0:
            same = np.abs(2 * correlation[i] - correlation[i, i] - np.diag(correlation)) < SAME
            group[(group < 0) & same] = group.max() + 1
    return np.asarray(np.arange(group.max(initial=-1) + 1)[:, None] == group, dtype=np.float64)


def _mean_steps(
    covariance: np.ndarray, n_orders: int, random_state: np.random.RandomState
) -> np.ndarray:
    """Return the mean of R(S with i) - R(S) over orders, (n, n, n): player, output, input."""
    n = len(covariance)
    total = np.zeros((n, n, n))
    order = np.arange(n)
    for _ in range(n_orders):
        random_state.shuffle(order)  # each from the last, as shap draws them
        before = np.zeros((n, n))
        inverse = np.zeros((0, 0))
        for j, i in enumerate(order):
            known = order[: j + 1]
            inverse = _grown_inverse(inverse, covariance, order[:j], int(i))
            after = np.zeros((n, n))
            after[:, known] = covariance[:, known] @ inverse
            after[known] = np.eye(n)[known]
            total[i] += after - before
            before = after
    return total / n_orders


def _grown_inverse(
    inverse: np.ndarray, covariance: np.ndarray, known: np.ndarray, i: int
) -> np.ndarray:
    """Return the inverse covariance of `known` and i from that of `known`."""
    n = len(known)
    along = inverse @ covariance[known, i]
    rest = covariance[i, i] - covariance[known, i] @ along
    grown = np.empty((n + 1, n + 1))
    grown[:n, :n] = inverse + np.outer(along, along) / rest
    grown[:n, n] = grown[n, :n] = -along / rest
    grown[n, n] = 1.0 / rest
    return grown
