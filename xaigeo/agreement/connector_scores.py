"""The registered scores of counterfactuals."""

from __future__ import annotations

import math

import numpy as np

from xaigeo.agreement.boxes import mean_off_diagonal
from xaigeo.agreement.compared import ComparedConnectors
from xaigeo.agreement.connectors import mean_direction_cosine, mean_distance, mean_shared_changes
from xaigeo.agreement.score import Score, register

DEALT = "mean when every seed's counterfactuals are dealt to the instances at random"
WACHTER = "arXiv:1711.00399"


def _cross_validity(c: ComparedConnectors) -> np.ndarray:
    if c.cross_validity is None:
        return np.full(c.n_instances, np.nan)
    return mean_off_diagonal(c.cross_validity)


register(
    Score(
        name="cross_validity",
        label="Counterfactuals carry over to other seeds",
        kind=ComparedConnectors,
        low=0.0,
        high=1.0,
        higher_is_better=True,
        compute=_cross_validity,
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
        chance=DEALT,
        reference=WACHTER,
        meaning="Of the features that either of two seeds changes, the share that both change.",
    )
)
