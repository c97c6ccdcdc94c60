"""What gradient methods with a baseline share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.explainers.background import Background
from xaigeo.explainers.gradients.baselines import (
    Baseline,
    check_baseline,
    check_baseline_row,
    describe_baseline,
    plain_baseline,
)
from xaigeo.explainers.gradients.gradient_explainer import GradientExplainer
from xaigeo.explainers.gradients.input_space import input_space


@dataclass(frozen=True, kw_only=True)
class BaselineExplainer(GradientExplainer):
    """Base of the methods whose attributions lead from a baseline to the instance."""

    baseline: Baseline = "mean"

    additive: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        check_baseline(self.baseline)

    def check(self, ensemble: SeedEnsemble) -> None:
        """Raise when the members have no gradients, or the baseline is no row of theirs."""
        super().check(ensemble)
        check_baseline_row(self.baseline, ensemble.schema)

    def parameters(self) -> dict[str, Any]:
        """Return the parameters as a JSON-able dict."""
        return super().parameters() | {"baseline": plain_baseline(self.baseline)}

    def resolved(self, ensemble: SeedEnsemble, background: Background) -> dict[str, Any]:
        """Return the baseline by column, in original units."""
        space = input_space(ensemble, self.name, self.layer)
        return {"baseline": describe_baseline(self.baseline, background, space)}
