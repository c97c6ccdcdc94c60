"""The registered scores of anchors."""

from __future__ import annotations

import numpy as np

from xaigeo.agreement.boxes import mean_mass_iou, mean_off_diagonal, volume_iou
from xaigeo.agreement.compared import ComparedRules
from xaigeo.agreement.pairs import mean_defined, pair_places
from xaigeo.agreement.score import Score, register

DEALT = "mean when every seed's rules are dealt to the instances at random"


def _mass_iou(c: ComparedRules) -> np.ndarray:
    # One rule made for all seeds overlaps with itself, which says nothing of the seeds.
    return np.full(c.n_instances, np.nan) if c.shared else mean_mass_iou(c.members)


def _volume_iou(c: ComparedRules) -> np.ndarray:
    if c.shared:
        return np.full(c.n_instances, np.nan)
    a, b = pair_places(c.n_seeds)
    iou = volume_iou(
        c.lower[a],
        c.upper[a],
        c.lower[b],
        c.upper[b],
        low=c.low,
        high=c.high,
        allowed_a=c.allowed[a],
        allowed_b=c.allowed[b],
    )
    return mean_defined(iou)


def _cross_precision(c: ComparedRules) -> np.ndarray:
    if c.cross_precision is None:
        return np.full(c.n_instances, np.nan)
    return mean_off_diagonal(c.cross_precision)


register(
    Score(
        name="mass_iou",
        label="Overlap of boxes by data",
        kind=ComparedRules,
        low=0.0,
        high=1.0,
        higher_is_better=True,
        compute=_mass_iou,
        chance=DEALT,
        reference="doi:10.1609/aaai.v32i1.11491",
        meaning="Of the data rows that either of two seeds' rules covers, the share that both "
        "cover.",
    )
)
register(
    Score(
        name="volume_iou",
        label="Overlap of boxes by volume",
        kind=ComparedRules,
        low=0.0,
        high=1.0,
        higher_is_better=True,
        compute=_volume_iou,
        chance=DEALT,
        reference="doi:10.1609/aaai.v32i1.11491",
        meaning="Of the space that either of two seeds' boxes fills within the range of the "
        "data, the share that both fill.",
    )
)
register(
    Score(
        name="cross_precision",
        label="Rules carry over to other seeds",
        kind=ComparedRules,
        low=0.0,
        high=1.0,
        higher_is_better=True,
        compute=_cross_precision,
        null_per_instance=lambda c: mean_off_diagonal(c.empty_precision),
        chance="what a rule without conditions would score on the background rows",
        reference="doi:10.1609/aaai.v32i1.11491",
        meaning="How often the rule found for one seed also gives its answer under the model "
        "of another seed.",
    )
)
