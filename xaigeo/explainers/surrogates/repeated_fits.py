"""Surrogates of a block's instances, from one draw or averaged over several."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.explainers.surrogates.local_moments import Targets
from xaigeo.explainers.surrogates.surrogate import Surrogates


@dataclass(frozen=True, eq=False)
class Fits:
    """Arrays to fill from one draw, shapes (n_seeds, n_instances, ..., n_outputs).

    Attributes
    ----------
    attribution, selected : ndarray, shape (n_seeds, n_instances, n_features, n_outputs)
    intercept, local_r2, explained_value : ndarray, shape (n_seeds, n_instances, n_outputs)
    """

    attribution: np.ndarray
    selected: np.ndarray
    intercept: np.ndarray
    local_r2: np.ndarray
    explained_value: np.ndarray

    @classmethod
    def empty(cls, ensemble: SeedEnsemble, n_instances: int) -> Fits:
        """Make room for the surrogates of all models."""
        lead, n_outputs = (ensemble.n_seeds, n_instances), ensemble.n_outputs
        wide = (*lead, ensemble.schema.n_features, n_outputs)
        narrow = (*lead, n_outputs)
        return cls(
            np.zeros(wide),
            np.zeros(wide, dtype=bool),
            *(np.empty(narrow) for _ in range(3)),
        )

    def put(
        self,
        place: int,
        targets: Targets,
        fit: Surrogates,
        intercept: np.ndarray,
        value: np.ndarray,
        selected: np.ndarray | None,
    ) -> None:
        """Keep the surrogates of the instance at a place.

        Parameters
        ----------
        targets : Targets
            What was fitted.
        fit : Surrogates
        intercept, value : ndarray, shape (n_targets,)
            The surrogate where z is 0, and the output for the instance.
        selected : ndarray of bool, shape (n_targets, n_features), optional
        """
        self.attribution[:, place] = targets.slopes(fit.coefficients).swapaxes(1, 2)
        self.intercept[:, place] = targets.values(intercept)
        self.explained_value[:, place] = targets.values(value)
        self.local_r2[:, place] = targets.shared(fit.r2)
        if selected is not None:
            self.selected[:, place] = targets.shared(selected).swapaxes(1, 2)


class RepeatedFits:
    """The mean of fits from independent draws, and how far it may be off."""

    def __init__(self) -> None:
        self.n_fits = 0

    def add(self, fits: Fits) -> None:
        """Take in the fits of one draw; they may be written over."""
        self.n_fits += 1
        if self.n_fits == 1:
            self.mean = fits
            return
        if self.n_fits == 2:
            self.squares = np.zeros_like(fits.attribution)
        # Welford's update: the spread of close numbers keeps its digits.
        step = fits.attribution - self.mean.attribution
        for name in ("attribution", "intercept", "local_r2"):
            mean = getattr(self.mean, name)
            mean += (getattr(fits, name) - mean) / self.n_fits
        self.squares += step * (fits.attribution - self.mean.attribution)
        np.logical_or(self.mean.selected, fits.selected, out=self.mean.selected)

    def arrays(self, *, selects: bool) -> dict[str, np.ndarray]:
        """Return the means, with the standard error of the attribution from several draws.

        Parameters
        ----------
        selects : bool
            Whether to return `selected`: what at least one of the draws selected.
        """
        left_out = () if selects else ("selected",)
        arrays = {
            f.name: getattr(self.mean, f.name) for f in fields(self.mean) if f.name not in left_out
        }
        if self.n_fits > 1:
            arrays["std_error"] = np.sqrt(self.squares / (self.n_fits - 1) / self.n_fits)
        return arrays
