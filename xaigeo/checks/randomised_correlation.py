"""What the model-randomisation check says of each row, for the audit and charts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xaigeo.checks.check import LAYER, Check
from xaigeo.errors import InputError


@dataclass(frozen=True, eq=False, kw_only=True)
class RandomisedCorrelation:
    """How alike explanations are to those of models that learnt nothing, by instance.

    Attributes
    ----------
    value : ndarray, shape (n_instances,)
        Rank correlation of absolute attributions with those of the fully randomised model, mean
        over seeds; from -1 to 1, lower is better. NaN where no seed has one.
    between_random : ndarray, shape (n_instances,)
        The same between two fully randomised models: what two models that learnt nothing share.
        Values may lie below it. NaN where it was not measured.
    own : ndarray, shape (n_instances,)
        The same between the explanation and itself by another explainer seed. Where it is no
        higher than `value`, the explanation is noise, which a low `value` does not show. NaN
        where it was not measured.
    layer : str
        The step that is judged: "all" layers randomised, or models trained on shuffled "labels".
    """

    value: np.ndarray
    between_random: np.ndarray
    own: np.ndarray
    layer: str


def randomised_correlation(check: Check) -> RandomisedCorrelation:
    """Return the part of a randomisation check that is judged: its last step, the hardest.

    Parameters
    ----------
    check : Check
        Of the kind "randomisation".

    Raises
    ------
    InputError
        For a check of another kind.
    """
    if check.kind != "randomisation":
        raise InputError(
            expected="a check of the kind 'randomisation'",
            arrived=f"one of {check.kind!r}",
            do="Pass what xaigeo.faithfulness.randomisation gives.",
        )
    value = _over_seeds(check.array("rank_correlation")[..., -1])
    between, own = (
        _over_seeds(check.array(name)) if name in check.data else np.full(len(value), np.nan)
        for name in ("between_random", "self_correlation")
    )
    return RandomisedCorrelation(
        value=value,
        between_random=between,
        own=own,
        layer=str(check.data[LAYER].to_numpy()[-1]) if LAYER in check.data.coords else "last",
    )


def _over_seeds(values: np.ndarray) -> np.ndarray:
    """Return the mean of the defined values over seeds, shape (n_instances,)."""
    count = (~np.isnan(values)).sum(axis=0)
    mean = np.nansum(values, axis=0) / np.maximum(count, 1)
    return np.asarray(np.where(count > 0, mean, np.nan))
