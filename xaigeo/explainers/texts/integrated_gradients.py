"""Gradients integrated on the way from baseline vectors to the word vectors of a text."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.explainers.background import Background
from xaigeo.explainers.blocks.block import Arrays
from xaigeo.explainers.gradients.completeness import note_incomplete
from xaigeo.explainers.gradients.input_gradients import unit_nodes
from xaigeo.explainers.texts.catalogue import TEXT_EXPLAINERS
from xaigeo.explainers.texts.gradients.captum_vectors import captum_answers
from xaigeo.explainers.texts.gradients.reductions import Reduction, reduced
from xaigeo.explainers.texts.gradients.text_gradient_explainer import TextGradientExplainer
from xaigeo.explainers.texts.gradients.vector_baselines import (
    VectorBaseline,
    baseline_vectors,
    check_vector_baseline,
)
from xaigeo.explainers.texts.gradients.vector_work import VectorPart, VectorWork
from xaigeo.explanations import Attributions, Explanation
from xaigeo.options import check_count, check_option

if TYPE_CHECKING:
    from torch import Tensor

    from xaigeo.explainers.texts.gradients.captum_vectors import Ask, Forward

# Nodes of "auto", and the share of the output's change that may be missing with it.
AUTO, EXACT = (50, 200, 800), 0.01


@TEXT_EXPLAINERS.register("integrated_gradients")
@dataclass(frozen=True, kw_only=True)
class TextIntegratedGradientsExplainer(TextGradientExplainer):
    """The way from a baseline vector to a word vector times the mean gradient on it, summed.

    All tokens go from baseline to word together, on a straight way. With ``reduction="sum"``
    attributions add up to the output at the text less that at the baseline (`base_value`), up to
    the error of the numerical mean, which `convergence_delta` states: the sum of attributions less
    that difference. With another reduction they do not add up; `convergence_delta` is then still
    that of the sums.

    Parameters
    ----------
    baseline : {"zero", "unknown", "mean"}
        The vector that stands for nothing in particular in every token's place: zeros; the vector
        of the tokenizer's mask token where it has one, else its unknown token; or the
        mean vector of the background's tokens, each as often as it occurs.
    n_steps : int or "auto"
        Nodes of the Gauss-Legendre mean. "auto" takes 50, and for a model and a text whose sum
        misses the output's change by more than 1%, four times as many, at most 800: outputs of
        a transformer may jump on the way.
    reduction : {"sum", "mean", "absolute_sum", "norm", "l1"}
        What is made of the products of a vector's numbers: the sum, the mean, the size of the sum,
        the length, or the sum of sizes.
    special_tokens : {"keep", "drop"}
        Whether tokens that the tokenizer added are explained. With "drop" they keep their vectors
        at the baseline, so that the others' attributions still add up.
    scale : {"probability", "logit", "value"}, optional
        The outputs that are explained; the ensemble's default unless given.

    Warns
    -----
    CompletenessWarning
        If a sum misses the output's change by more than 5% of its largest over the texts.

    Notes
    -----
    Sundararajan, Taly and Yan (2017), arXiv:1703.01365.
    """

    baseline: VectorBaseline = "zero"
    n_steps: int | str = "auto"
    reduction: Reduction = "sum"

    name: ClassVar[str] = "integrated_gradients"
    additive: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        check_option("baseline", self.baseline, VectorBaseline)
        if self.n_steps != "auto":
            check_count("n_steps", self.n_steps)

    def check(self, ensemble: SeedEnsemble) -> None:
        """Raise when the models have no word vectors, or the tokenizer no token to start from."""
        super().check(ensemble)
        check_vector_baseline(self.baseline, ensemble)

    def resolved(self, ensemble: SeedEnsemble, background: Background) -> dict[str, Any]:
        """Return whether the attributions have a sign, and whether they add up."""
        return super().resolved(ensemble, background) | {"additive": self.reduction == "sum"}

    def note(self, explanation: Explanation) -> None:
        """Warn of sums that miss the output's change."""
        assert isinstance(explanation, Attributions)  # the result that it has
        more = 4 * (AUTO[-1] if self.n_steps == "auto" else int(self.n_steps))
        note_incomplete(explanation, f"Pass a larger n_steps, such as n_steps={more}.")

    def _explain(self, work: VectorWork, *, upstream: bool) -> Arrays:
        attribution, total = work.empty(), work.empty(tokens=False)
        base_value = work.empty(tokens=False)
        for part in work.parts():
            start = part.outputs(self._baseline(part, work))
            change = work.explained_value[part.seeds, part.texts] - start
            product = self._products(part, change, work, upstream=upstream)
            work.put(attribution, part, reduced(product, self.reduction))
            total[part.seeds, part.texts] = _sums(product)
            base_value[part.seeds, part.texts] = start
        return {
            "attribution": attribution,
            "base_value": base_value,
            "explained_value": work.explained_value,
            "convergence_delta": total - (work.explained_value - base_value),
        }

    def _products(
        self, part: VectorPart, change: np.ndarray, work: VectorWork, *, upstream: bool
    ) -> np.ndarray:
        """Return ways times mean gradients, (n_outputs, n_members, n_texts, T, d).

        With "auto" in more nodes for the models and texts, each by itself, of which sums miss the
        output's `change`, shape (n_members, n_texts, n_outputs).
        """

        def asked(some: VectorPart, n_steps: int) -> np.ndarray:
            baseline = self._baseline(some, work)
            if upstream:
                return captum_answers(some, _integrate(baseline, n_steps))
            return _path_products(some, baseline, n_steps)

        if self.n_steps != "auto":
            return asked(part, int(self.n_steps))
        product = asked(part, AUTO[0])
        for n_steps in AUTO[1:]:
            missed = _missed(_sums(product), change, work.explained_value[part.seeds, part.texts])
            texts = np.flatnonzero(missed.any(axis=0))
            if not len(texts):
                break
            again = asked(replace(part, rows=part.rows[texts], texts=part.texts[texts]), n_steps)
            width = again.shape[3]  # of the longest among them
            own = missed[:, texts, None, None]
            product[:, :, texts, :width] = np.where(own, again, product[:, :, texts, :width])
        return product

    def _baseline(self, part: VectorPart, work: VectorWork) -> Tensor:
        """Return the vectors that the way starts from, shaped as the part's points."""
        import torch

        moved = part.there.copy()
        if self.special_tokens == "drop":
            special = part.members.schema.special(part.rows)[:, : moved.shape[1]]
            moved[:, : special.shape[1]] &= ~special
        start = baseline_vectors(
            self.baseline, part.members, work.block.background.rows, part.points
        )
        return torch.where(torch.as_tensor(moved)[:, :, None], start, part.points)


def _sums(product: np.ndarray) -> np.ndarray:
    """Return sums over tokens and numbers of a vector, shape (n_members, n_texts, n_outputs)."""
    return np.moveaxis(product.sum(axis=(-2, -1)), 0, -1)


def _missed(sums: np.ndarray, change: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Return of which models and texts sums miss, shape (n_members, n_texts).

    Beside the largest change of an output, or a thousandth of the largest output where that is
    more: a smaller change says nothing.
    """
    unit = np.maximum(np.abs(change).max(axis=-1), 1e-3 * np.abs(value).max(axis=-1))
    return np.asarray(np.abs(sums - change).max(axis=-1) > EXACT * unit)


def _path_products(part: VectorPart, baseline: Tensor, n_steps: int) -> np.ndarray:
    """Return ways times mean gradients on them, (n_outputs, n_members, n_texts, T, d)."""
    import torch

    nodes, weights = unit_nodes(n_steps)
    way = part.points - baseline
    total = np.zeros((part.n_outputs, *way.shape))
    step = max(1, part.copies // len(part.rows))
    for start in range(0, n_steps, step):
        along = torch.as_tensor(nodes[start : start + step], dtype=way.dtype)
        points = baseline[:, :, None] + along[:, None, None] * way[:, :, None]
        gradient = part.gradients(points)
        total += np.einsum("ckntd...,t->cknd...", gradient, weights[start : start + step])
    return np.asarray(total * way.numpy())


def _integrate(baseline: Tensor, n_steps: int) -> Ask:
    def ask(forward: Forward, vectors: Tensor, output: int, place: tuple[int, int]) -> Tensor:
        from captum.attr import IntegratedGradients

        member, text = place
        answer: Tensor = IntegratedGradients(forward).attribute(
            vectors,
            baselines=baseline[member, [text]],
            target=output,
            n_steps=n_steps,
            method="gausslegendre",
        )
        return answer

    return ask
