"""From the base value to the output of one row, feature by feature, for every seed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from xaigeo.agreement.importance import output_places
from xaigeo.errors import InputError
from xaigeo.explanations import Attributions
from xaigeo.explanations.of_table import check_of_table

# Sums that miss the output by no more than this share of the way from the base are rounding.
ROUNDING = 1e-6


@dataclass(frozen=True, eq=False, kw_only=True)
class AdditiveSteps:
    """What is added to the base value of one row to arrive at its output.

    Attributes
    ----------
    seeds : ndarray, shape (n_seeds,)
    base : ndarray, shape (n_seeds,)
        Where the sum starts, in units of the output.
    values : ndarray, shape (n_seeds, n_features)
    end : ndarray, shape (n_seeds,)
        The output that the method explains.
    answer : ndarray of int, shape (n_seeds,)
        Place of the class that each seed predicts; 0 for a regression.
    majority : int
        Place of the class that most seeds predict.
    """

    seeds: np.ndarray
    base: np.ndarray
    values: np.ndarray
    end: np.ndarray
    answer: np.ndarray
    majority: int

    @property
    def gap(self) -> np.ndarray:
        """What base and attributions leave unexplained, shape (n_seeds,); 0 for rounding."""
        gap = self.end - self.base - self.values.sum(axis=1)
        way = np.abs(self.end - self.base) + np.abs(self.values).sum(axis=1)
        floor = np.maximum(ROUNDING * way, 1e-12 * np.maximum(1.0, np.abs(self.end)))
        return np.where(np.abs(gap) <= floor, 0.0, gap)

    @property
    def consensus(self) -> AdditiveSteps:
        """The steps of the seeds that give the majority's answer."""
        return self.at(np.flatnonzero(self.answer == self.majority))

    def at(self, places: np.ndarray) -> AdditiveSteps:
        """Return the steps of the seeds at some places."""
        return replace(
            self,
            seeds=self.seeds[places],
            base=self.base[places],
            values=self.values[places],
            end=self.end[places],
            answer=self.answer[places],
        )


def is_additive(explanation: Attributions) -> bool:
    """Return whether base value and attributions are meant to add up to an output."""
    held = set(explanation.data)
    if explanation.additive and {"base_value", "explained_value"} <= held:
        return True
    return explanation.binned and "intercept" in held


def additive_steps(explanation: Attributions, place: int, output: int) -> AdditiveSteps:
    """Return the steps of every seed at one instance.

    Parameters
    ----------
    explanation : Attributions
    place, output : int
        Places of the instance and of the output.

    Raises
    ------
    InputError
        If the method's numbers are slopes, sizes or losses, which add up to nothing, and for texts.

    Notes
    -----
    ``f(x) = base + Σ_j φ_j``, the completeness (local accuracy) of Shapley values and path methods
    (Lundberg and Lee 2017, arXiv:1705.07874; Sundararajan et al. 2017, arXiv:1703.01365). It is
    linear, so it holds for the mean over seeds and not for their median. A surrogate over bins adds
    up to its own value at the row: it starts from its intercept.
    """
    check_of_table(explanation, "steps from feature to feature")
    if not is_additive(explanation):
        raise InputError(
            expected="attributions that add up to the output (those of SHAP, "
            "'integrated_gradients', 'deep_lift', or 'lime' over bins)",
            arrived=f"those of {explanation.method!r}, which do not",
            do="Draw them side by side with xaigeo.viz.attribution_strip, or explain with a "
            "method that is additive.",
        )
    values = explanation.array("attribution")[:, place, :, output]
    if explanation.additive:
        base = explanation.array("base_value")[:, place, output]
        end = explanation.array("explained_value")[:, place, output]
    else:
        base = explanation.array("intercept")[:, place, output]
        end = base + values.sum(axis=1)
    answer = explanation.predicted[:, place]
    return AdditiveSteps(
        seeds=explanation.seeds,
        base=base,
        values=values,
        end=end,
        answer=answer,
        majority=int(output_places(explanation)[place]),
    )
