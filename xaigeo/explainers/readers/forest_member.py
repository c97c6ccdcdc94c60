"""One tree model of an ensemble, with the rows it is explained at, and its Shapley values."""

from __future__ import annotations

import numpy as np

from xaigeo.ensemble.estimator_members import EstimatorMembers
from xaigeo.ensemble.members import Scale
from xaigeo.errors import InputError
from xaigeo.explainers.readers import tree_kernels
from xaigeo.explainers.readers.estimator_inputs import EstimatorInputs
from xaigeo.explainers.readers.forest import Forest
from xaigeo.explainers.readers.forest_options import Perturbation, Players
from xaigeo.schema import Matrix

# How far the trees as read may be from what the model answers, relative to its largest answer:
# xgboost adds up in float32.
NEARLY = 1e-4


class ForestMember:
    """One model's trees and where its inputs come from.

    Parameters
    ----------
    members : EstimatorMembers
    place : int
    forest : Forest
        The trees of the member at this place.
    background : ndarray, shape (n_rows, n_features)
        Encoded rows on which preprocessing is tried.

    Attributes
    ----------
    inputs : EstimatorInputs
    forest : Forest
    """

    def __init__(
        self, members: EstimatorMembers, place: int, forest: Forest, background: Matrix
    ) -> None:
        self.order = members.orders[place]
        self.inputs = EstimatorInputs.of(members, place, background)
        self.forest = forest
        self.n_features = members.schema.n_features

    def compared(self, rows: Matrix) -> np.ndarray:
        """Return encoded rows as the splits compare them, shape (n_inputs, n_rows)."""
        return self.forest.compared(self.inputs.matrix(rows))

    def check_reading(self, rows: np.ndarray, answers: np.ndarray) -> None:
        """Raise unless the trees as read give the model's own answers at compared rows.

        Raises
        ------
        InputError
        """
        own = self.in_order(self._answers(self.forest.outputs(rows)))
        gap = float(np.abs(own - answers).max())
        if gap > NEARLY * max(1.0, float(np.abs(answers).max())):
            raise InputError(
                expected=f"trees of {type(self.inputs.model).__name__} that add up to its answers",
                arrived=f"sums that are up to {gap:.3g} away from them",
                do="Explain with method='kernel_shap', and report the kind of model.",
            )

    def explained(self, rows: np.ndarray, scale: Scale) -> np.ndarray:
        """Return the outputs of compared rows on a scale, (n_rows, n_outputs)."""
        raw = self.forest.outputs(rows)
        return self.in_order(self._answers(raw) if scale == "probability" else self.wide(raw))

    def in_order(self, outputs: np.ndarray) -> np.ndarray:
        """Return outputs, along the last axis, in the order of the ensemble's classes."""
        return outputs[..., self.order] if self.order else outputs

    def wide(self, outputs: np.ndarray) -> np.ndarray:
        """Return outputs, along the last axis, with one margin as those of two classes."""
        if self.forest.link == "logistic":
            return np.concatenate([-outputs, outputs], axis=-1)
        return outputs

    def pair_weights(self, rows: np.ndarray, references: np.ndarray, scale: Scale) -> np.ndarray:
        """Return what each pair of row and reference counts, shape (n_rows, n_references)."""
        shape = (rows.shape[1], references.shape[1])
        weights = np.full(shape, 1.0 / shape[1])
        if not self.stretched(scale):
            return weights
        own = self.forest.outputs(rows)[:, :1]
        other = self.forest.outputs(references)[:, 0]
        way = own - other
        rise = _logistic(own) - _logistic(other)
        # As shap does where both margins are the same: their attributions add up to zero.
        return np.asarray(weights * np.where(way == 0, 1.0, rise / np.where(way == 0, 1.0, way)))

    def stretched(self, scale: Scale) -> bool:
        """Whether the trees' log-odds are stretched to probabilities."""
        return self.forest.link == "logistic" and scale == "probability"

    def _answers(self, raw: np.ndarray) -> np.ndarray:
        if self.forest.link == "logistic":
            return _logistic(self.wide(raw))
        if self.forest.link == "softmax":
            odds = np.exp(raw - raw.max(axis=1, keepdims=True))
            return np.asarray(odds / odds.sum(axis=1, keepdims=True))
        return raw


def leaf_shares(
    member: ForestMember,
    rows: np.ndarray,
    references: np.ndarray,
    *,
    perturbation: Perturbation,
    players: Players,
    scale: Scale,
) -> tuple[np.ndarray, np.ndarray]:
    """Return Shapley values of columns, (n_rows, n_features, n_outputs), and the base value.

    `rows` and `references` are as the splits compare them.

    Raises
    ------
    InputError
        For trees with more columns on one path than the kernels can hold.
    """
    owners, forest = member.inputs.owners, member.forest
    who = np.arange(len(owners)) if players == "inputs" else owners
    depth, most = tree_kernels.deepest_path(forest.nodes, who)
    if most > tree_kernels.MOST_PLAYERS:
        raise InputError(
            expected=f"trees that ask for at most {tree_kernels.MOST_PLAYERS} columns on the way "
            "to a leaf",
            arrived=str(most),
            do="Use engine='upstream', or fit with a smaller max_depth.",
        )
    if perturbation == "interventional":
        weights = member.pair_weights(rows, references, scale)
        phi = tree_kernels.interventional(forest.nodes, who, rows, references, weights, depth)
        base = member.explained(references, scale).mean(axis=0)
    else:
        rules = _rules((depth + 1) // 2)
        phi, mean = tree_kernels.path_dependent(forest.nodes, who, rows, *rules, depth)
        base = member.in_order(member.wide(mean + forest.offset))
    if players == "inputs":
        phi = member.inputs.sums(phi, member.n_features)
    else:
        missing = max(0, member.n_features - phi.shape[1])
        phi = np.pad(phi, ((0, 0), (0, missing), (0, 0)))[:, : member.n_features]
    return member.in_order(member.wide(phi)), base


def _rules(n_most: int) -> tuple[np.ndarray, np.ndarray]:
    """Return Gauss and Legendre's points and weights on the unit interval, a row a rule."""
    points, weights = np.zeros((n_most + 1, n_most + 1)), np.zeros((n_most + 1, n_most + 1))
    for n in range(1, n_most + 1):
        at, weight = np.polynomial.legendre.leggauss(n)
        points[n, :n], weights[n, :n] = (1 + at) / 2, weight / 2
    return points, weights


def _logistic(margin: np.ndarray) -> np.ndarray:
    from scipy.special import expit

    return np.asarray(expit(margin))
