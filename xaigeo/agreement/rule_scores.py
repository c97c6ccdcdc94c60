"""The registered scores of anchors."""

from __future__ import annotations

import numpy as np

from xaigeo.agreement.boxes import mass_iou_matrix, mean_mass_iou, mean_off_diagonal, volume_iou
from xaigeo.agreement.compared import ComparedRules
from xaigeo.agreement.pairs import mean_defined
from xaigeo.agreement.score import Score, register

DEALT = "mean when every seed's rules are dealt to the instances at random"


def _mass_iou(c: ComparedRules) -> np.ndarray:
    # One rule made for all seeds overlaps with itself, which says nothing of the seeds.
    return np.full(c.n_instances, np.nan) if c.shared else mean_mass_iou(c.members)


def _volume_iou(c: ComparedRules) -> np.ndarray:
    if c.shared:
        return np.full(c.n_instances, np.nan)
    later = [_volume_with(c, s, slice(s + 1, None)) for s in range(c.n_seeds - 1)]
    return mean_defined(np.concatenate(later))


def _volume_with(c: ComparedRules, seed: int, others: slice) -> np.ndarray:
    """Return the overlap of one seed with each of some others, (n_others, n_instances)."""
    return volume_iou(
        c.lower[seed],
        c.upper[seed],
        c.lower[others],
        c.upper[others],
        low=c.low,
        high=c.high,
        allowed_a=c.allowed[seed],
        allowed_b=c.allowed[others],
    )


def _volume_matrix(c: ComparedRules) -> np.ndarray:
    rows = [_volume_with(c, s, slice(None)) for s in range(c.n_seeds)]
    return np.stack(rows).transpose(2, 0, 1)


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
        by_pair=lambda c: mass_iou_matrix(c.members),
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
        by_pair=_volume_matrix,
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
        by_pair=lambda c: np.asarray(c.cross_precision, dtype=np.float64).transpose(2, 0, 1),
        directed=True,
        null_per_instance=lambda c: mean_off_diagonal(c.empty_precision),
        chance="what a rule without conditions would score on the background rows",
        reference="doi:10.1609/aaai.v32i1.11491",
        meaning="How often the rule found for one seed also gives its answer under the model "
        "of another seed.",
    )
)
