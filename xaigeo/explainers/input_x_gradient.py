"""Inputs times gradients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from xaigeo.explainers.base import Arrays
from xaigeo.explainers.catalogue import EXPLAINERS
from xaigeo.explainers.gradients.gradient_explainer import (
    GradientExplainer,
    GradientWork,
    as_float64,
    saliency_upstream,
)

if TYPE_CHECKING:
    from torch import Tensor, nn


@EXPLAINERS.register("input_x_gradient")
@dataclass(frozen=True, kw_only=True)
class InputXGradientExplainer(GradientExplainer):
    """The networks' inputs times the gradients at them, summed over a column's inputs.

    Inputs are what the networks see: standardised numbers, one-hot categories. So the
    attribution of a numeric column is ``slope * (value - feature_location)``, with the
    location of the ensemble's own preprocessing, and that of a category the gradient of its
    indicator; at a layer of embeddings, the embedding times its gradient.

    Parameters
    ----------
    scale : {"probability", "logit", "value"}, optional
        The outputs that are explained; the ensemble's default unless given.
    layer : str, optional
        Dotted name of a layer, such as the embeddings of categories, at whose outputs gradients
        are taken, and summed by column; all columns that do not pass through it are taken at the
        networks' inputs.

    Notes
    -----
    Shrikumar et al. (2016), arXiv:1605.01713.
    """

    name: ClassVar[str] = "input_x_gradient"

    def _explain(self, work: GradientWork) -> Arrays:
        if work.upstream:
            gradient, product = work.each(saliency_upstream), work.each(_input_x_gradient)
        else:
            gradient = work.passes.gradients(work.points)
            product = gradient * as_float64(work.points)[..., None]
        return {
            "attribution": work.columns.sums(product),
            "slope": work.columns.slopes(gradient),
            "explained_value": work.explained_value,
            "feature_location": work.columns.location,
            "feature_scale": work.columns.scale,
        }


def _input_x_gradient(module: nn.Module, points: Tensor, output: int, place: int) -> Tensor:
    from captum.attr import InputXGradient

    answer: Tensor = InputXGradient(module).attribute(points, target=output)
    return answer
