"""Gradients at random places between random background rows and the instance, by shap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from xaigeo.explainers.base import Arrays, Block
from xaigeo.explainers.blocks.streams import global_stream
from xaigeo.explainers.catalogue import EXPLAINERS
from xaigeo.explainers.gradient_shap import additivity
from xaigeo.explainers.gradients.gradient_explainer import GradientWork, of_member
from xaigeo.explainers.gradients.sampled_gradients import (
    Draws,
    SampledGradientExplainer,
    mean_arrays,
)

if TYPE_CHECKING:
    import torch
    from torch import nn


@EXPLAINERS.register("expected_gradients")
@dataclass(frozen=True, kw_only=True)
class ExpectedGradientsExplainer(SampledGradientExplainer):
    """Integrated gradients averaged over the background, with shap's draws.

    Each draw takes a background row and a place on the way from it to the instance, both at
    random, and multiplies the gradient there with the way. Attributions add up, but for chance,
    to the output less the mean output over the background (`base_value`);
    `convergence_delta` states by how much they miss, and `std_error` the error by column.
    `slope` is the mean gradient.

    Parameters
    ----------
    n_samples : int
        Draws for each instance; shap's default of 200.
    scale : {"probability", "logit", "value"}, optional
        The outputs that are explained; the ensemble's default unless given.
    layer : str, optional
        Dotted name of a layer, such as the embeddings of categories. Ways are then straight in
        the layer's outputs, and in the inputs of all columns that do not pass through it.

    Notes
    -----
    Erion et al. (2021), doi:10.1038/s42256-021-00343-w, as in ``shap.GradientExplainer``, which
    keeps its points in float32. Its own variances are by input and divided by the root of the
    number of draws; `std_error` is by column, from the same draws.
    """

    n_samples: int = 200

    name: ClassVar[str] = "expected_gradients"
    packages: ClassVar[tuple[str, ...]] = ("torch", "shap")
    additive: ClassVar[bool] = True

    def draws(self, work: GradientWork, place: int) -> Draws:
        """Return points between background rows and an instance, and the ways."""
        import torch

        stream = np.random.RandomState(_shap_seed(work.block, place))
        n_background = len(work.block.background.rows)
        # shap 0.51 draws a row and a place in turn.
        drawn = [(stream.randint(n_background), stream.random_sample()) for _ in self._range]
        baseline = work.space.points(work.block.background.rows[[row for row, _ in drawn]])
        share = torch.tensor([[share] for _, share in drawn], dtype=baseline.dtype)
        point = work.points[..., place : place + 1, :]
        return Draws(share * point + (1.0 - share) * baseline, point - baseline)

    def values(
        self, work: GradientWork, places: slice, gradient: np.ndarray, ways: np.ndarray | None
    ) -> np.ndarray:
        """Return each draw's gradient times its way, by column."""
        assert ways is not None  # draws have them
        return work.columns.sums(gradient * ways[..., None])

    @property
    def _range(self) -> range:
        return range(self.n_samples)

    def _explain(self, work: GradientWork) -> Arrays:
        arrays = mean_arrays(work, self.sampled(work))
        if work.upstream:
            arrays["attribution"] = work.columns.sums(self._upstream(work))
        return arrays | additivity(work, arrays["attribution"])

    def _upstream(self, work: GradientWork) -> np.ndarray:
        import shap

        background = work.space.points(work.block.background.rows)
        answers = []
        for member in range(work.n_members):
            module = _widening(work.space.module(member, work.scale), background.dtype)
            explainer = shap.GradientExplainer(module, of_member(background, member))
            points = of_member(work.points, member)
            answers.append(
                np.concatenate(
                    [
                        self._ask(explainer, points[place : place + 1], work.block, place)
                        for place in range(len(points))
                    ]
                )
            )
        return np.stack(answers).astype(np.float64)

    def _ask(self, explainer: Any, point: Any, block: Block, place: int) -> np.ndarray:
        # shap seeds numpy's global stream with rseed, and leaves it so.
        with global_stream(block.seeds[place]):
            answer = explainer.shap_values(
                point, nsamples=self.n_samples, rseed=_shap_seed(block, place)
            )
        return np.asarray(answer)


def _shap_seed(block: Block, place: int) -> int:
    return int(block.seeds[place].generate_state(1)[0])


def _widening(module: nn.Module, dtype: torch.dtype) -> nn.Module:
    """Return a module that takes shap's float32 points, whatever its own type."""
    from torch import Tensor, nn

    class Widening(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.module = module

        def forward(self, points: Tensor) -> Tensor:
            answer: Tensor = self.module(points.to(dtype))
            return answer

    return Widening().eval()
