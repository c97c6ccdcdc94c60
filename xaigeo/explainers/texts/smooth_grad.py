"""Gradients by word vectors averaged over noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.explainers.background import Background
from xaigeo.explainers.blocks.block import Arrays
from xaigeo.explainers.gradients.sampled_gradients import global_torch_stream, noise, torch_seed
from xaigeo.explainers.texts.catalogue import TEXT_EXPLAINERS
from xaigeo.explainers.texts.gradients.captum_vectors import captum_answers
from xaigeo.explainers.texts.gradients.reductions import reduced
from xaigeo.explainers.texts.gradients.smoothing import Smoothing, smoothed
from xaigeo.explainers.texts.gradients.text_gradient_explainer import TextGradientExplainer
from xaigeo.explainers.texts.gradients.vector_baselines import background_vectors, plain_tokens
from xaigeo.explainers.texts.gradients.vector_work import VectorPart, VectorWork
from xaigeo.options import check_count, check_option, check_positive
from xaigeo.schema import Matrix

if TYPE_CHECKING:
    from torch import Tensor

    from xaigeo.explainers.texts.gradients.captum_vectors import Forward


@TEXT_EXPLAINERS.register("smooth_grad")
@dataclass(frozen=True, kw_only=True)
class TextSmoothGradExplainer(TextGradientExplainer):
    """The gradient by a token's word vector, averaged over noise, as one number a token.

    Gaussian noise is added to every number of every token's vector: `stdev` times the standard
    deviation of that number over the background's tokens (each as often as it occurs), model by
    model, so that the lengths of a seed's vectors do not matter. Draws are made for each text from
    its own stream and shared by all seeds; captum's ``NoiseTunnel`` takes the same as its `stdevs`
    for vectors divided by these standard deviations. The mean vector is then made one number, as
    `saliency` does. `std_error` is that of the mean over draws, to first order for lengths and
    sizes.

    Parameters
    ----------
    nt_type : {"smoothgrad", "smoothgrad_sq", "vargrad"}
        The mean of the draws, of their squares, or their variance, number by number of a vector,
        as captum's `NoiseTunnel` names them; the latter two are in squared units.
    stdev : float
        Share of each number's standard deviation.
    n_samples : int
        Draws for each text.
    reduction : {"norm", "l1", "sum", "mean", "absolute_sum"}
        Length of the mean vector, sum of the sizes of its numbers, their sum, their mean, or the
        size of their sum.
    special_tokens : {"keep", "drop"}
        Whether tokens that the tokenizer added are explained. Noise is added to all.
    scale : {"probability", "logit", "value"}, optional
        The outputs that are explained; the ensemble's default unless given.

    Notes
    -----
    Smilkov et al. (2017), arXiv:1706.03825; Hooker et al. (2019), arXiv:1806.10758
    (squares); Adebayo et al. (2018), arXiv:1810.03292 (variance).
    """

    nt_type: Smoothing = "smoothgrad"
    stdev: float = 0.2
    n_samples: int = 50

    name: ClassVar[str] = "smooth_grad"
    randomised: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        check_option("nt_type", self.nt_type, Smoothing)
        check_positive("stdev", self.stdev)
        check_count("n_samples", self.n_samples)

    def resolved(self, ensemble: SeedEnsemble, background: Background) -> dict[str, Any]:
        """Return whether the attributions have a sign: squares have none."""
        found = super().resolved(ensemble, background)
        return found | {"signed": found["signed"] and self.nt_type == "smoothgrad"}

    def _background(self, background: Any, ensemble: SeedEnsemble) -> Matrix:
        rows = super()._background(background, ensemble)
        if len(plain_tokens(ensemble.schema, rows)[0]) < 2:  # type: ignore[arg-type]
            raise InputError(
                expected="background texts with at least two different words for smooth_grad, "
                "whose noise is measured by how word vectors vary",
                arrived="a single word",
                do="Pass background=texts_train, the texts that stand for the data.",
            )
        return rows

    def _explain(self, work: VectorWork, *, upstream: bool) -> Arrays:
        attribution, error = work.empty(), work.empty()
        for part in work.parts(n_kept=self.n_samples):
            spread = background_vectors(part.members, work.block.background.rows)[1]
            seeds = [torch_seed(work.block.seeds[text]) for text in part.texts]
            noisy = _NoisyPart(part, spread, seeds, self)
            numbers, errors = smoothed(noisy.gradients(), self.nt_type, self.reduction)
            if upstream:
                numbers = reduced(captum_answers(part, noisy.tunnel), self.reduction)
            work.put(attribution, part, numbers)
            work.put(error, part, errors)
        return {
            "attribution": attribution,
            "std_error": error,
            "explained_value": work.explained_value,
        }


@dataclass(frozen=True, eq=False)
class _NoisyPart:
    """A part's word vectors with noise; `spread` is (n_members, 1, 1, d), a seed a text."""

    part: VectorPart
    spread: Tensor
    seeds: list[int]
    explainer: TextSmoothGradExplainer

    def gradients(self) -> np.ndarray:
        """Return gradients at noisy vectors, (n_outputs, n_members, n_texts, n_draws, T, d)."""
        import torch

        points = self.part.points
        n_texts, width, d = points.shape[1:]
        drawn = torch.zeros((n_texts, self.explainer.n_samples, width, d), dtype=torch.float32)
        for text, length in enumerate(self._lengths):
            # As many as the text has tokens, so that texts beside it do not change its draws.
            flat = noise(
                self.explainer.n_samples, self.explainer.stdev, length * d, self.seeds[text]
            )
            drawn[text, :, :length] = flat.reshape(-1, length, d)
        noisy = points[:, :, None] + drawn * self.spread[:, :, None]
        return self.part.gradients(noisy.to(points.dtype))

    def tunnel(
        self, forward: Forward, vectors: Tensor, output: int, place: tuple[int, int]
    ) -> Tensor:
        """Return captum's NoiseTunnel over gradients, in vectors divided by their spread."""
        import torch
        from captum.attr import NoiseTunnel, Saliency

        member, text = place
        length, spread = self._lengths[text], self.spread[member, 0]

        class StandardSaliency(Saliency):  # type: ignore[misc]
            """captum's gradient at ``vectors + spread * inputs``."""

            def attribute(self, inputs: Tensor, target: int) -> Tensor:
                points = vectors.detach().repeat(len(inputs), 1, 1)
                points[:, :length] += (inputs.detach() * spread).to(points.dtype)
                ask = Saliency.attribute.__wrapped__
                found: Tensor = ask(self, points.requires_grad_(), target=target, abs=False)
                return found[:, :length].to(torch.float64)

            # NoiseTunnel (captum 0.9) calls what stands behind the decorator of captum's methods.
            attribute.__wrapped__ = attribute  # type: ignore[attr-defined]

        answer = torch.zeros_like(vectors, dtype=torch.float64)
        with global_torch_stream(self.seeds[text]):
            answer[:, :length] = NoiseTunnel(StandardSaliency(forward)).attribute(
                torch.zeros((1, length, vectors.shape[-1])),
                nt_type=self.explainer.nt_type,
                nt_samples=self.explainer.n_samples,
                stdevs=float(self.explainer.stdev),
                target=output,
            )
        return answer

    @property
    def _lengths(self) -> list[int]:
        return [int(n) for n in self.part.there.sum(axis=1)]
