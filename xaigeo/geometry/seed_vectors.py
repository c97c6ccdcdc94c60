"""Each seed's explanations as one vector, so that distances between seeds mean something."""

from __future__ import annotations

import numpy as np

from xaigeo.errors import InputError
from xaigeo.explanations import (
    Anchors,
    Attributions,
    Counterfactuals,
    Explanation,
    TokenAttributions,
)
from xaigeo.explanations.amounts import gives_amounts, kind_name
from xaigeo.explanations.majority import majority
from xaigeo.geometry.connector import Connector
from xaigeo.geometry.output_choice import chosen_output, target_place
from xaigeo.geometry.standard_frame import StandardFrame


def seed_vectors(explanation: Explanation, output: str | None = None) -> np.ndarray:
    """Return one vector a seed, shape (n_seeds, n_coordinates).

    Attributions
        Of the class that most seeds predict at an instance, the same for all seeds: attributions
        of two classes differ because the answers do. Every instance counts with its attributions
        over their root mean square length among the seeds, so a distance is a share of the
        attributions' length and no instance dominates; those of length 0 count nothing. Tokens of
        texts are taken like features: each seed has an amount for the same ones.
    Counterfactuals
        The steps to each seed's nearest valid point, standardised (a changed category is 1), by
        instance over their length as above. Instances where a seed has no valid point are left
        out.
    Anchors
        Coordinates whose squared distances are ``1 - IoU`` of the background rows that obey,
        averaged over instances. The root of that distance is Euclidean (Gower and Legendre 1986,
        doi:10.1007/BF01896809), so these coordinates are exact.

    Raises
    ------
    InputError
        For other explanations, anchors and counterfactuals of texts, an unknown output, or seeds
        without valid points.
    """
    if isinstance(explanation, TokenAttributions) and not gives_amounts(explanation):
        raise InputError(
            expected="attributions to the tokens of texts, an amount for each",
            arrived=kind_name(explanation),
            do="Compare their words with xaigeo.agreement.summary.",
        )
    if isinstance(explanation, Attributions):
        return _by_instance(_common_output(explanation, output))
    if isinstance(explanation, Counterfactuals):
        return _by_instance(_steps(explanation))
    if isinstance(explanation, Anchors):
        return _embedded(_rule_distances(explanation))
    raise InputError(
        expected="Attributions, Anchors or Counterfactuals",
        arrived=type(explanation).__name__,
        do="Pass what xaigeo.explain returns.",
    )


def common_place(explanation: Explanation, output: str | None = None) -> np.ndarray:
    """Return the place of the output that speaks for all seeds, shape (n_instances,).

    The named one; else the class that most seeds predict, of a regression the first target.
    """
    n_instances = len(explanation.instances)
    if output is not None:
        return np.full(n_instances, chosen_output(explanation, output).flat[0], dtype=np.intp)
    if explanation.task == "regression":
        return np.full(n_instances, target_place(explanation), dtype=np.intp)
    return majority(explanation.array("prediction"))


def _common_output(explanation: Attributions, output: str | None) -> np.ndarray:
    place = common_place(explanation, output)
    values = explanation.array("attribution")
    return np.asarray(values[:, np.arange(len(place)), :, place].swapaxes(0, 1))


def _steps(explanation: Counterfactuals) -> np.ndarray:
    frame = StandardFrame.from_rows(explanation.schema, explanation.array("background"))
    mark = Connector.from_counterfactuals(explanation, frame=frame)
    known = mark.nearest(mark.valid).all(axis=0)
    if not known.any():
        raise InputError(
            expected="an instance at which every seed has a valid counterfactual",
            arrived="none",
            do="Name other instances, leave out seeds with explanation.sel(seed=...), or search "
            "with more effort.",
        )
    return mark.nearest(mark.step)[:, known]


def _by_instance(values: np.ndarray) -> np.ndarray:
    """Return vectors (n_seeds, n_instances, n) scaled by instance and laid end to end."""
    squares = (values**2).sum(axis=-1).mean(axis=0)
    length = np.sqrt(squares * values.shape[1])
    scaled = values / np.where(length > 0, length, 1.0)[:, None]
    return np.asarray(scaled.reshape(len(values), -1))


def _rule_distances(explanation: Anchors) -> np.ndarray:
    """Return the mean over instances of ``1 - IoU``, shape (n_seeds, n_seeds)."""
    members = explanation.members(explanation.array("background"))
    rows = members.swapaxes(0, 1).astype(np.float64)
    both = rows @ rows.swapaxes(1, 2)
    size = np.diagonal(both, axis1=1, axis2=2)
    either = size[:, :, None] + size[:, None, :] - both
    # Two rules that no row obeys hold the same rows.
    iou = np.where(either > 0, both / np.where(either > 0, either, 1.0), 1.0)
    return np.asarray(1.0 - iou.mean(axis=0))


def _embedded(squared: np.ndarray) -> np.ndarray:
    """Return points with these squared distances (classical scaling), (n_seeds, n_seeds)."""
    rows = squared - squared.mean(axis=0)
    inner = -0.5 * (rows - rows.mean(axis=1, keepdims=True))
    values, vectors = np.linalg.eigh((inner + inner.T) / 2)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))
