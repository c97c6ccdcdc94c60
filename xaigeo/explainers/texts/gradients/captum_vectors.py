"""captum on word vectors, asked for one model, text and output at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from xaigeo.explainers.texts.gradients.vector_work import VectorPart

if TYPE_CHECKING:
    from torch import Tensor

    # From word vectors, (n, T, d), to outputs, (n, n_outputs), of one model at one text.
    Forward = Callable[[Tensor], Tensor]
    # captum's answer, (1, T, d), from forward, word vectors, output, and places of model and text.
    Ask = Callable[[Forward, Tensor, int, tuple[int, int]], Tensor]


def captum_answers(part: VectorPart, ask: Ask) -> np.ndarray:
    """Return what captum says, float64, shape (n_outputs, n_members, n_texts, T, d).

    captum repeats what it is given along the first axis, so it gets one text at a time, and the
    text's tokens are repeated with it. 0 where there is no token.
    """
    points = part.points
    found = np.empty((part.n_outputs, *points.shape))
    for member in range(len(points)):
        alone = part.members.subset([member])
        for text in range(points.shape[1]):

            def forward(vectors: Tensor, alone=alone, row=part.rows[[text]]) -> Tensor:  # type: ignore[no-untyped-def]
                rows = np.repeat(row, len(vectors), axis=0)
                outputs: Tensor = alone.outputs_of_embedded(vectors[None], rows, part.scale)[0]
                return outputs

            # captum warns of inputs that do not require gradients yet.
            own = points[member, [text]].clone().requires_grad_()
            for c in range(part.n_outputs):
                answer = ask(forward, own, c, (member, text))
                found[c, member, text] = answer.detach().numpy()[0]
    return np.asarray(np.where(part.there[:, :, None], found, 0.0))


def saliency_answer(
    forward: Forward, vectors: Tensor, output: int, place: tuple[int, int]
) -> Tensor:
    """Return captum's gradient of one output."""
    from captum.attr import Saliency

    answer: Tensor = Saliency(forward).attribute(vectors, target=output, abs=False)
    return answer
