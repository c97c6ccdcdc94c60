"""Gradients averaged over noise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from xaigeo.errors import InputError
from xaigeo.explainers.base import Arrays
from xaigeo.explainers.catalogue import EXPLAINERS
from xaigeo.explainers.gradients.gradient_explainer import GradientWork, of_member
from xaigeo.explainers.gradients.sampled_gradients import (
    Draws,
    Sampled,
    SampledGradientExplainer,
    global_torch_stream,
    noise,
    torch_seed,
)
from xaigeo.explainers.saliency import comparing_scale
from xaigeo.options import check_option, check_positive

if TYPE_CHECKING:
    from torch import Tensor, nn

Smoothing = Literal["smoothgrad", "smoothgrad_sq", "vargrad"]


@EXPLAINERS.register("smooth_grad")
@dataclass(frozen=True, kw_only=True)
class SmoothGradExplainer(SampledGradientExplainer):
    """The gradient averaged over noise around the instance, on `saliency`'s scale.

    Gaussian noise is added to every input of the networks (or number of the layer): `stdev`
    times that input's standard deviation over the background, so that units do not matter, and
    none where it does not vary; captum's ``NoiseTunnel`` takes the same as its `stdevs` for
    inputs divided by their standard deviations. Numbers are then those of `saliency` at the
    noisy points. `std_error` is that of the mean over draws (for "vargrad", of the variance).

    Parameters
    ----------
    nt_type : {"smoothgrad", "smoothgrad_sq", "vargrad"}
        The mean of the draws, of their squares, or their variance, as captum's `NoiseTunnel`
        names them; the latter two are in squared units.
    stdev : float
        Share of each input's standard deviation.
    n_samples : int
        Draws for each instance.
    absolute : bool
        Report the size of the mean without its sign.
    scale : {"probability", "logit", "value"}, optional
        The outputs that are explained; the ensemble's default unless given.
    layer : str, optional
        Dotted name of a layer, such as the embeddings of categories, at whose outputs gradients
        are taken and noise is added; all columns that do not pass through it are taken at the
        networks' inputs.

    Notes
    -----
    Smilkov et al. (2017), arXiv:1706.03825; Hooker et al. (2019), arXiv:1806.10758
    (squares); Adebayo et al. (2018), arXiv:1810.03292 (variance).
    """

    nt_type: Smoothing = "smoothgrad"
    stdev: float = 0.2
    absolute: bool = True

    name: ClassVar[str] = "smooth_grad"
    needs_spread: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        check_option("nt_type", self.nt_type, Smoothing)
        check_positive("stdev", self.stdev)
        if self.nt_type != "smoothgrad" and not self.absolute:
            raise InputError(
                expected=f"absolute=True, its default, with nt_type={self.nt_type!r}, whose "
                "numbers have no sign",
                arrived="absolute=False",
                do="Use nt_type='smoothgrad' for signed means.",
            )

    @property
    def order(self) -> int:
        """Highest power of draws that is needed: the fourth for the error of a variance."""
        return 4 if self.nt_type == "vargrad" else 2

    def draws(self, work: GradientWork, place: int) -> Draws:
        """Return noisy points around an instance."""
        point = work.points[..., place : place + 1, :]
        seed = torch_seed(work.block.seeds[place])
        drawn = noise(self.n_samples, self.stdev, point.shape[-1], seed)
        return Draws((point + drawn * work.background_spread).to(point.dtype))

    def values(
        self, work: GradientWork, places: slice, gradient: np.ndarray, ways: np.ndarray | None
    ) -> np.ndarray:
        """Return each draw's sensitivities, squared where squares are averaged."""
        factors = work.factors[..., places, :][..., None, :]
        found = work.columns.sensitivities(gradient, factors)
        return found**2 if self.nt_type == "smoothgrad_sq" else found

    def _explain(self, work: GradientWork) -> Arrays:
        sampled = self.sampled(work)
        found, error = self._batched(sampled)
        gradient = sampled.gradient
        if work.upstream:
            found, gradient = _tunnels(self, work)
        absolute = self.absolute and self.nt_type == "smoothgrad"
        return {
            "attribution": np.abs(found) if absolute else found,
            "std_error": error,
            "slope": work.columns.slopes(gradient),
            "explained_value": work.explained_value,
        } | comparing_scale(work)

    def _batched(self, sampled: Sampled) -> tuple[np.ndarray, np.ndarray]:
        if self.nt_type == "vargrad":
            return sampled.values.variance, sampled.values.error_of_variance
        return sampled.values.mean, sampled.values.error_of_mean


def _tunnels(explainer: SmoothGradExplainer, work: GradientWork) -> tuple[np.ndarray, np.ndarray]:
    """Return captum's NoiseTunnel over sensitivities and, for slopes, over gradients."""
    shape = work.n_members, len(work.block.rows), len(work.columns.blocks), work.n_outputs
    found = np.empty(shape)
    gradient = np.empty((*shape[:2], work.points.shape[-1], shape[-1]))
    for member, place, output in np.ndindex(shape[0], shape[1], shape[3]):
        factors = work.factors[member] if work.factors.ndim == 3 else work.factors

        def columns(drawn: np.ndarray, factors: np.ndarray = factors[place]) -> np.ndarray:
            return work.columns.sensitivities(drawn[..., None], factors)[..., 0]

        noisy = _NoisyPoint(
            work.space.module(member, work.scale),
            of_member(work.points, member)[place],
            of_member(work.background_spread, member)[0],
            torch_seed(work.block.seeds[place]),
            output,
        )
        found[member, place, :, output] = noisy.tunnel(explainer, explainer.nt_type, columns)
        gradient[member, place, :, output] = noisy.tunnel(explainer, "smoothgrad", None)
    return found, gradient


@dataclass(frozen=True, eq=False)
class _NoisyPoint:
    """One model, instance and output for captum's NoiseTunnel, in standard coordinates."""

    module: nn.Module
    point: Tensor
    spread: Tensor
    seed: int
    output: int

    def tunnel(
        self,
        explainer: SmoothGradExplainer,
        nt_type: Smoothing,
        columns: Callable[[np.ndarray], np.ndarray] | None,
    ) -> np.ndarray:
        """Return the smoothed gradient, or numbers made of each draw's gradient by `columns`."""
        import torch
        from captum.attr import NoiseTunnel, Saliency

        point, spread = self.point, self.spread

        class StandardSaliency(Saliency):  # type: ignore[misc]
            """captum's gradient at ``point + spread * inputs``."""

            def attribute(self, inputs: Tensor, target: int) -> Tensor:
                points = (point + inputs.detach() * spread).to(point.dtype).requires_grad_()
                ask = Saliency.attribute.__wrapped__
                drawn: Tensor = ask(self, points, target=target, abs=False)
                if columns is None:
                    return drawn
                return torch.as_tensor(columns(drawn.numpy().astype(np.float64)[None])[0])

            # NoiseTunnel (captum 0.9) calls what stands behind the decorator of captum's methods.
            attribute.__wrapped__ = attribute  # type: ignore[attr-defined]

        with global_torch_stream(self.seed):
            answer = NoiseTunnel(StandardSaliency(self.module)).attribute(
                torch.zeros((1, len(point))),
                nt_type=nt_type,
                nt_samples=explainer.n_samples,
                stdevs=float(explainer.stdev),
                target=self.output,
            )
        return np.asarray(answer.detach().numpy()[0])
