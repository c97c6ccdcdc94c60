"""Gradients integrated on the way from a baseline to the instance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from xaigeo.explainers.base import Arrays
from xaigeo.explainers.catalogue import EXPLAINERS
from xaigeo.explainers.gradients.baseline_explainer import BaselineExplainer
from xaigeo.explainers.gradients.baselines import baseline_point
from xaigeo.explainers.gradients.completeness import note_incomplete
from xaigeo.explainers.gradients.gradient_explainer import GradientWork, as_float64, of_member
from xaigeo.explanations import Attributions, Explanation
from xaigeo.options import check_count

if TYPE_CHECKING:
    from torch import Tensor, nn

    from xaigeo.explainers.gradients.gradient_explainer import Attribute


@EXPLAINERS.register("integrated_gradients")
@dataclass(frozen=True, kw_only=True)
class IntegratedGradientsExplainer(BaselineExplainer):
    """The way from a baseline to the instance times the mean gradient on it.

    Attributions add up to the output at the instance less the output at the baseline
    (`base_value`), up to the error of the numerical mean, which `convergence_delta` states:
    the sum of attributions less that difference. `slope` is the mean gradient on the way per
    original unit, so that a numeric column's attribution is its slope times the way.

    Parameters
    ----------
    baseline : {"mean", "median", "zero"} or mapping
        "mean" of the background, with categories in their shares; its "median", with the
        commonest category; "zero" in every input of the networks, captum's default; or a row
        as a mapping from each column to its value. In original units it is recorded as
        ``provenance["resolved"]["baseline"]``.
    n_steps : int
        Nodes of the Gauss-Legendre mean.
    scale : {"probability", "logit", "value"}, optional
        The outputs that are explained; the ensemble's default unless given.
    layer : str, optional
        Dotted name of a layer, such as the embeddings of categories. The way is then straight
        in the layer's outputs, and in the inputs of all columns that do not pass through it.

    Warns
    -----
    CompletenessWarning
        If a sum misses the output's change by more than 5% of its largest over the rows.

    Notes
    -----
    Sundararajan, Taly and Yan (2017), arXiv:1703.01365.
    """

    n_steps: int = 50

    name: ClassVar[str] = "integrated_gradients"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_count("n_steps", self.n_steps)

    def note(self, explanation: Explanation) -> None:
        """Warn of sums that miss the output's change."""
        assert isinstance(explanation, Attributions)  # the result that it has
        advice = f"Pass a larger n_steps, such as n_steps={4 * self.n_steps}."
        note_incomplete(explanation, advice)

    def _explain(self, work: GradientWork) -> Arrays:
        baseline = baseline_point(self.baseline, work.space, work.block.background)
        base_value = work.base_value(baseline)
        if work.upstream:
            gradient = work.each(_integrate(baseline, self.n_steps, multiply=False))
            product = work.each(_integrate(baseline, self.n_steps, multiply=True))
        else:
            gradient = work.passes.path_gradients(work.points, baseline, self.n_steps)
            product = gradient * as_float64(work.points - baseline)[..., None]
        attribution = work.columns.sums(product)
        return {
            "attribution": attribution,
            "slope": work.columns.slopes(gradient),
            "base_value": base_value,
            "explained_value": work.explained_value,
            "convergence_delta": attribution.sum(axis=2) - (work.explained_value - base_value),
        }


def _integrate(baseline: Tensor, n_steps: int, *, multiply: bool) -> Attribute:
    def attribute(module: nn.Module, points: Tensor, output: int, place: int) -> Tensor:
        from captum.attr import IntegratedGradients

        answer: Tensor = IntegratedGradients(module, multiply_by_inputs=multiply).attribute(
            points,
            baselines=of_member(baseline, place),
            target=output,
            n_steps=n_steps,
            method="gausslegendre",
        )
        return answer

    return attribute
