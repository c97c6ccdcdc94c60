"""Word vectors times the gradients at them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from xaigeo.explainers.blocks.block import Arrays
from xaigeo.explainers.texts.catalogue import TEXT_EXPLAINERS
from xaigeo.explainers.texts.gradients.captum_vectors import captum_answers
from xaigeo.explainers.texts.gradients.reductions import Reduction, reduced
from xaigeo.explainers.texts.gradients.text_gradient_explainer import TextGradientExplainer
from xaigeo.explainers.texts.gradients.vector_work import VectorWork
from xaigeo.explainers.texts.saliency import plain_gradients

if TYPE_CHECKING:
    from torch import Tensor

    from xaigeo.explainers.texts.gradients.captum_vectors import Forward


@TEXT_EXPLAINERS.register("input_x_gradient")
@dataclass(frozen=True, kw_only=True)
class TextInputXGradientExplainer(TextGradientExplainer):
    """A token's word vector times the gradient at it, summed: the gradient by the word itself.

    Written with one indicator a word of the vocabulary, a word vector is the indicator times the
    table of vectors; so the sum of the product is the derivative of the output by the indicator
    of the word that is there: to first order, what the word does compared with a vector of zeros.

    Parameters
    ----------
    reduction : {"sum", "mean", "absolute_sum", "norm", "l1"}
        What is made of the products of a vector's numbers with theirs: the sum, the mean, the
        size of the sum, the length, or the sum of sizes.
    special_tokens : {"keep", "drop"}
        Whether tokens that the tokenizer added are explained.
    scale : {"probability", "logit", "value"}, optional
        The outputs that are explained; the ensemble's default unless given.

    Notes
    -----
    Shrikumar et al. (2016), arXiv:1605.01713. With ``reduction="absolute_sum"`` it is the gradient
    that Jain and Wallace (2019), arXiv:1902.10186, compare attention with, ``|dy / dx_tw|`` for the
    word w at place t, before they divide by the sum over the text; the scores that compare
    distributions (`relative_entropy`) divide themselves. Theirs holds the attention weights as they
    are; here gradients pass through the attention too, as through every layer.
    """

    reduction: Reduction = "sum"

    name: ClassVar[str] = "input_x_gradient"

    def _explain(self, work: VectorWork, *, upstream: bool) -> Arrays:
        attribution = work.empty()
        for part in work.parts():
            if upstream:
                product = captum_answers(part, _input_x_gradient)
            else:
                product = plain_gradients(part, False) * part.points.numpy()
            work.put(attribution, part, reduced(product, self.reduction))
        return {"attribution": attribution, "explained_value": work.explained_value}


def _input_x_gradient(
    forward: Forward, vectors: Tensor, output: int, place: tuple[int, int]
) -> Tensor:
    from captum.attr import InputXGradient

    answer: Tensor = InputXGradient(forward).attribute(vectors, target=output)
    return answer
