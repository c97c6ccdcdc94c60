"""Gradients at random places between random background rows and the instance, by captum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from xaigeo.errors import InputError
from xaigeo.explainers.base import Arrays
from xaigeo.explainers.blocks.streams import global_stream
from xaigeo.explainers.catalogue import EXPLAINERS
from xaigeo.explainers.gradients.gradient_explainer import GradientWork, of_member
from xaigeo.explainers.gradients.sampled_gradients import (
    Draws,
    SampledGradientExplainer,
    global_torch_stream,
    mean_arrays,
    noise,
    torch_seed,
)

if TYPE_CHECKING:
    from torch import Tensor, nn


@EXPLAINERS.register("gradient_shap")
@dataclass(frozen=True, kw_only=True)
class GradientShapExplainer(SampledGradientExplainer):
    """The way from a random background row times the gradient at a random place on it.

    The mean over draws estimates SHAP values of a model whose columns are independent and
    whose path between rows matters little. Attributions add up, but for chance, to the
    output less the mean output over the background (`base_value`); `convergence_delta` states
    by how much they miss, and `std_error` the error by column. `slope` is the mean gradient.

    Parameters
    ----------
    n_samples : int
        Draws for each instance.
    stdev : float
        Gaussian noise added to the instance in each draw, as a share of each input's standard
        deviation over the background; none by default.
    scale : {"probability", "logit", "value"}, optional
        The outputs that are explained; the ensemble's default unless given.
    layer : str, optional
        Dotted name of a layer, such as the embeddings of categories. Ways are then straight in
        the layer's outputs, and in the inputs of all columns that do not pass through it.

    Notes
    -----
    Lundberg and Lee (2017), arXiv:1705.07874, as in captum's ``GradientShap``, which takes the
    noise as given here through repeated inputs, since it has one `stdevs` for all inputs.
    """

    stdev: float = 0.0

    name: ClassVar[str] = "gradient_shap"
    additive: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        number = isinstance(self.stdev, int | float) and not isinstance(self.stdev, bool)
        if not number or not 0 <= self.stdev < float("inf"):
            raise InputError(
                expected="stdev to be a finite number of at least 0",
                arrived=repr(self.stdev),
                do="Pass a share of each input's standard deviation, such as stdev=0.1.",
            )

    def draws(self, work: GradientWork, place: int) -> Draws:
        """Return points between background rows and the noisy instance, and the ways."""
        import torch

        # The order in which captum 0.9 reads numpy's stream.
        stream = work.block.stream(place)
        chosen = stream.choice(len(work.block.background.rows), self.n_samples)
        share = torch.as_tensor(stream.uniform(0.0, 1.0, self.n_samples)[:, None])
        baseline = work.space.points(work.block.background.rows[chosen])
        noisy = self._noisy(work, place)
        share = share.to(noisy.dtype)
        return Draws(share * noisy + (1.0 - share) * baseline, noisy - baseline)

    def values(
        self, work: GradientWork, places: slice, gradient: np.ndarray, ways: np.ndarray | None
    ) -> np.ndarray:
        """Return each draw's gradient times its way, by column."""
        assert ways is not None  # draws have them
        return work.columns.sums(gradient * ways[..., None])

    def _noisy(self, work: GradientWork, place: int) -> Tensor:
        point = work.points[..., place : place + 1, :]
        repeated = point.expand(*point.shape[:-2], self.n_samples, -1)
        if not self.stdev:
            return repeated
        seed = torch_seed(work.block.seeds[place])
        drawn = noise(self.n_samples, self.stdev, point.shape[-1], seed)
        return (repeated + drawn * work.background_spread).to(point.dtype)

    def _explain(self, work: GradientWork) -> Arrays:
        arrays = mean_arrays(work, self.sampled(work))
        if work.upstream:
            found = self._upstream(work, multiply=True)
            arrays["attribution"] = work.columns.sums(found)
            arrays["slope"] = work.columns.slopes(self._upstream(work, multiply=False))
        return arrays | additivity(work, arrays["attribution"])

    def _upstream(self, work: GradientWork, *, multiply: bool) -> np.ndarray:
        from captum.attr import GradientShap

        background = work.space.points(work.block.background.rows)

        def at(place: int) -> np.ndarray:
            def attribute(module: nn.Module, points: Tensor, output: int, member: int) -> Tensor:
                with global_stream(work.block.seeds[place]), global_torch_stream(0):
                    # One draw for each repeated row, since the rows have noise already.
                    answer: Tensor = GradientShap(module, multiply_by_inputs=multiply).attribute(
                        points,
                        baselines=of_member(background, member),
                        n_samples=1,
                        stdevs=0.0,
                        target=output,
                    )
                return answer.mean(dim=0, keepdim=True)

            return work.each(attribute, self._noisy(work, place))

        return np.concatenate([at(place) for place in range(len(work.block.rows))], axis=1)


def additivity(work: GradientWork, attribution: np.ndarray) -> Arrays:
    """Return the mean output over the background, and by how much attributions miss it."""
    base_value = work.base_of_background
    return {
        "base_value": base_value,
        "convergence_delta": attribution.sum(axis=2) - (work.explained_value - base_value),
    }
