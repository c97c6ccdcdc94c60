"""The registered scores of counterfactuals."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from xaigeo.agreement.boxes import mean_off_diagonal
from xaigeo.agreement.compared import ComparedConnectors
from xaigeo.agreement.concordance import cosine_matrix
from xaigeo.agreement.connectors import (
    mean_direction_cosine,
    mean_distance,
    mean_shared_changes,
    scaled_distance,
    shared_changes,
)
from xaigeo.agreement.score import Score, register

DEALT = "mean when every seed's counterfactuals are dealt to the instances at random"
WACHTER = "arXiv:1711.00399"


def _cross_validity(c: ComparedConnectors) -> np.ndarray:
    if c.cross_validity is None:
        return np.full(c.n_instances, np.nan)
    return mean_off_diagonal(c.cross_validity)


def _where_comparable(c: ComparedConnectors, every: np.ndarray) -> np.ndarray:
    """Keep the values of seeds that found a counterfactual and wanted the same answer."""
    valid, target = c.valid.T, c.target.T
    usable = valid[:, :, None] & valid[:, None, :] & (target[:, :, None] == target[:, None, :])
    return np.where(usable, every, np.nan)


def _each_with_all(
    c: ComparedConnectors, values: np.ndarray, score: Callable[..., np.ndarray]
) -> np.ndarray:
    rows = np.stack([score(own, values) for own in values])
    return _where_comparable(c, rows.transpose(2, 0, 1))


def _distance_matrix(c: ComparedConnectors) -> np.ndarray:
    def far(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return scaled_distance(a, b, scale=c.scale, n_categories=c.n_categories)

    return _each_with_all(c, c.points, far)


register(
    Score(
        name="cross_validity",
        label="Counterfactuals carry over to other seeds",
        kind=ComparedConnectors,
        low=0.0,
        high=1.0,
        higher_is_better=True,
        compute=_cross_validity,
        by_pair=lambda c: np.asarray(c.cross_validity, dtype=np.float64).transpose(2, 0, 1),
        directed=True,
        null_per_instance=lambda c: mean_off_diagonal(c.empty_validity),
        chance="share of background rows that already have the wanted class",
        reference="arXiv:2102.13620",
        meaning="How often the change that flips one seed's model also flips the model of "
        "another seed.",
    )
)
register(
    Score(
        name="dispersion",
        label="Distance between end points",
        kind=ComparedConnectors,
        low=0.0,
        high=math.inf,
        higher_is_better=False,
        compute=lambda c: mean_distance(
            c.points, c.usable, scale=c.scale, n_categories=c.n_categories
        ),
        by_pair=_distance_matrix,
        chance=DEALT,
        reference=WACHTER,
        meaning="How far apart the counterfactuals of two seeds lie, in typical deviations of "
        "the features, summed; a different category counts 1.",
    )
)
register(
    Score(
        name="delta_cosine",
        label="Changes point the same way",
        kind=ComparedConnectors,
        low=-1.0,
        high=1.0,
        higher_is_better=True,
        compute=lambda c: mean_direction_cosine(c.deltas, c.usable),
        by_pair=lambda c: _where_comparable(c, cosine_matrix(c.deltas)),
        chance=DEALT,
        reference=WACHTER,
        meaning="How far the changes that two seeds ask for point the same way: 1 the same, 0 "
        "at right angles, -1 opposite.",
    )
)
register(
    Score(
        name="shared_changes",
        label="Same features changed",
        kind=ComparedConnectors,
        low=0.0,
        high=1.0,
        higher_is_better=True,
        compute=lambda c: mean_shared_changes(c.changed, c.usable),
        by_pair=lambda c: _each_with_all(c, c.changed, shared_changes),
        chance=DEALT,
        reference=WACHTER,
        meaning="Of the features that either of two seeds changes, the share that both change.",
    )
)
