"""Models, backgrounds and links in the form in which the shap package takes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from xaigeo.ensemble.members import Scale
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.explainers.shapley.links import Link
from xaigeo.explainers.shapley.players import PlayerCodes


@dataclass(frozen=True, eq=False)
class Predict:
    """Models as the function of codes that the shap package calls; outputs side by side."""

    ensemble: SeedEnsemble
    places: list[int]
    codes: PlayerCodes
    scale: Scale

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        """Return outputs, shape (n_rows, n_models * n_outputs)."""
        encoded = self.codes.decode(rows)
        outputs = [
            self.ensemble.member_outputs_encoded(place, encoded, scale=self.scale)
            for place in self.places
        ]
        return np.hstack(outputs)


def independent_masker(background: np.ndarray) -> Any:
    """Return shap's masker that averages over all these rows."""
    from shap.maskers import Independent

    return Independent(background, max_samples=len(background))


def shap_link(link: Link) -> Any:
    """Return shap's function of that name."""
    from shap import links

    return links.logit if link == "logit" else links.identity
