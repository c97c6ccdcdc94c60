"""What methods share that average over background rows, all or some chosen to stand for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.explainers.background import Background
from xaigeo.explainers.base import Block, Explainer
from xaigeo.explainers.shapley.reference_rows import (
    ReferenceRows,
    Summary,
    background_places,
    reference_rows,
)
from xaigeo.options import check_count, check_option


@dataclass(frozen=True, kw_only=True)
class AveragingExplainer(Explainer):
    """Base of the methods that choose background rows to average over.

    Parameters
    ----------
    n_background : int, optional
        Rows to average over when there are more; None uses all.
    background_summary : {"sample", "stratified", "kmeans"}
        How they are chosen: see `reference_rows`.
    """

    n_background: int | None = 100
    background_summary: Summary = "sample"

    def references(self, block: Block) -> ReferenceRows:
        """Return the background rows averaged over."""
        return reference_rows(
            block.ensemble,
            block.background,
            self.n_background,
            self.background_summary,
            block.shared_seed,
        )

    def resolved(self, ensemble: SeedEnsemble, background: Background) -> dict[str, Any]:
        """Return how many background rows are averaged over."""
        n_rows = len(background.rows)
        return {"n_background": min(n_rows, self.n_background or n_rows)}

    def background_places(
        self, ensemble: SeedEnsemble, background: Background, seed: np.random.SeedSequence
    ) -> list[int] | None:
        """Return the places of the background rows used, None where all are or none is."""
        return background_places(
            ensemble, background, self.n_background, self.background_summary, seed
        )

    def _check_choice(self) -> None:
        if self.n_background is not None:
            check_count("n_background", self.n_background)
        check_option("background_summary", self.background_summary, Summary)
