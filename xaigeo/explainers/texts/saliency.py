"""The gradient at the word vectors of a text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xaigeo.explainers.blocks.block import Arrays
from xaigeo.explainers.texts.catalogue import TEXT_EXPLAINERS
from xaigeo.explainers.texts.gradients.captum_vectors import captum_answers, saliency_answer
from xaigeo.explainers.texts.gradients.reductions import reduced
from xaigeo.explainers.texts.gradients.text_gradient_explainer import TextGradientExplainer
from xaigeo.explainers.texts.gradients.vector_work import VectorPart, VectorWork


@TEXT_EXPLAINERS.register("saliency")
@dataclass(frozen=True, kw_only=True)
class TextSaliencyExplainer(TextGradientExplainer):
    """The gradient of an output by a token's word vector, as one number a token.

    Its length, by default: how fast the output can be made to move by moving the word. Word
    vectors of different seeds have directions and lengths of their own, so numbers compare
    between seeds as shares of a text's sum, or as ranks, rather than as they are.

    Parameters
    ----------
    reduction : {"norm", "l1", "sum", "mean", "absolute_sum"}
        Length of the gradient, sum of the sizes of its numbers, their sum, their mean, or the size
        of their sum. A signed sum depends on how a model happens to lay out its vectors.
    special_tokens : {"keep", "drop"}
        Whether tokens that the tokenizer added are explained.
    scale : {"probability", "logit", "value"}, optional
        The outputs that are explained; the ensemble's default unless given.

    Notes
    -----
    Simonyan, Vedaldi and Zisserman (2013), arXiv:1312.6034; for texts, Li et al. (2016),
    arXiv:1506.01066. Gradients pass through the attention as through every layer, and their length
    is what Madhyastha and Jain (2019), arXiv:1909.10447, compare between seeds, as shares of a
    text's sum, which the scores that compare distributions (`relative_entropy`) take themselves.
    The gradient by the *word*, which Jain and Wallace (2019), arXiv:1902.10186, compare attention
    with, is the vector times its gradient:
    ``method="input_x_gradient", reduction="absolute_sum"``.
    """

    name: ClassVar[str] = "saliency"

    def _explain(self, work: VectorWork, *, upstream: bool) -> Arrays:
        attribution = work.empty()
        for part in work.parts():
            work.put(attribution, part, reduced(plain_gradients(part, upstream), self.reduction))
        return {"attribution": attribution, "explained_value": work.explained_value}


def plain_gradients(part: VectorPart, upstream: bool) -> np.ndarray:
    """Return gradients at the word vectors, shape (n_outputs, n_members, n_texts, T, d)."""
    if upstream:
        return captum_answers(part, saliency_answer)
    return np.asarray(part.gradients(part.points[:, :, None])[:, :, :, 0])
