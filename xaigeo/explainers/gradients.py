"""Gradient explanations of torch ensembles: saliency, input x gradient, integrated gradients."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from xaigeo.ensemble.members import Scale
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.explainers.background import Background
from xaigeo.explainers.base import Arrays, Block, Explainer, resolved_scale
from xaigeo.explainers.baselines import (
    Baseline,
    baseline_inputs,
    check_baseline,
    describe_baseline,
)
from xaigeo.explainers.catalogue import EXPLAINERS
from xaigeo.explainers.input_columns import InputColumns
from xaigeo.explainers.input_gradients import input_gradients, path_gradients, torch_members
from xaigeo.explanations import Attributions, Explanation
from xaigeo.options import check_count, check_option

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor, nn

    from xaigeo.ensemble.torch_members import TorchMembers

    Attribute = Callable[[nn.Module, Tensor, int], Tensor]


@dataclass(frozen=True, kw_only=True)
class _GradientExplainer(Explainer):
    """What the three share: the networks, their inputs, and the scale that is explained."""

    scale: Scale | None = None

    result: ClassVar[type[Explanation]] = Attributions
    packages: ClassVar[tuple[str, ...]] = ("torch", "captum")
    needs_gradients: ClassVar[bool] = True
    block_rows: ClassVar[int] = 25

    def __post_init__(self) -> None:
        if self.scale is not None:
            check_option("scale", self.scale, Scale)

    def check(self, ensemble: SeedEnsemble) -> None:
        """Raise when the members have no gradients, or none that belong to columns."""
        torch_members(ensemble, self.name)

    def explain_batched(self, block: Block) -> Arrays:
        """Take all seeds' gradients in one stacked backward pass an output."""
        return self._explain(_Work(self, block, upstream=False))

    def explain_upstream(self, block: Block) -> Arrays:
        """Call captum for every model and output."""
        return self._explain(_Work(self, block, upstream=True))

    @abstractmethod
    def _explain(self, work: _Work) -> Arrays:
        """Return the arrays of a block, by either engine."""


class _Work:
    """One block in the space of the networks' inputs."""

    def __init__(self, explainer: _GradientExplainer, block: Block, *, upstream: bool) -> None:
        self.block = block
        self.upstream = upstream
        self.scale = resolved_scale(explainer.scale, block.ensemble)
        self.members: TorchMembers = torch_members(block.ensemble, explainer.name)
        self.columns = InputColumns.from_members(self.members, block.ensemble.schema)
        self.explained_value = block.ensemble.outputs_encoded(block.rows, scale=self.scale)
        self.inputs: Tensor = self.members.inputs(block.rows)

    def gradient(self) -> np.ndarray:
        """Return gradients at the instances, (n_seeds, n_instances, n_inputs, n_outputs)."""
        if not self.upstream:
            return input_gradients(self.members, self.inputs, self.scale)
        return self.each(_saliency)

    def each(self, attribute: Attribute) -> np.ndarray:
        """Return captum's answers for every model and output, shaped as `gradient`."""
        answers = []
        for place in range(self.members.n_members):
            module = self.members.output_module(place, self.scale)
            # captum warns of inputs that do not require gradients yet.
            inputs = self.inputs.clone().requires_grad_()
            outputs = [attribute(module, inputs, c) for c in range(self.members.n_outputs)]
            answers.append(np.stack([o.detach().numpy() for o in outputs], axis=-1))
        return np.stack(answers).astype(np.float64)


@EXPLAINERS.register("saliency")
@dataclass(frozen=True, kw_only=True)
class SaliencyExplainer(_GradientExplainer):
    """The gradient at the instance, on a scale on which columns compare.

    The attribution of a numeric column is the gradient per standard deviation of the
    background, ``slope * feature_scale``, with `slope` the signed gradient per original
    unit. That of a categorical or ordinal column is the gradient times the way from the
    background's mean inputs to the category's own: to first order, what having this category
    rather than a usual one does. For one-hot inputs this is the gradient of the category's
    indicator less the mean of all indicators' gradients, weighted by the categories' shares.
    (The indicator's gradient alone would not do: adding one number to all weights of a one-hot
    block and taking it off the bias leaves the model as it is, but moves that gradient.)

    Parameters
    ----------
    absolute : bool
        Report the attribution's size without its sign, as captum does by default.
    scale : {"probability", "logit", "value"}, optional
        The outputs that are explained; the ensemble's default unless given.

    Notes
    -----
    Simonyan, Vedaldi and Zisserman (2013), arXiv:1312.6034.
    """

    absolute: bool = True

    name: ClassVar[str] = "saliency"

    def _explain(self, work: _Work) -> Arrays:
        gradient, background = work.gradient(), work.block.background
        inputs = work.inputs.numpy().astype(np.float64)
        usual = work.members.inputs(background.rows).numpy().mean(axis=0, dtype=np.float64)
        signed = work.columns.sensitivities(gradient, inputs, usual, background.scale)
        discrete = background.schema.discrete
        return {
            "attribution": np.abs(signed) if self.absolute else signed,
            "slope": work.columns.slopes(gradient),
            "explained_value": work.explained_value,
            "feature_location": np.where(discrete, 0.0, background.location),
            "feature_scale": np.where(discrete, 1.0, background.scale),
        }


@EXPLAINERS.register("input_x_gradient")
@dataclass(frozen=True, kw_only=True)
class InputXGradientExplainer(_GradientExplainer):
    """The networks' inputs times the gradients at them, summed over a column's inputs.

    Inputs are what the networks see: standardised numbers, one-hot categories. So the
    attribution of a numeric column is ``slope * (value - feature_location)``, with the
    location of the ensemble's own preprocessing, and that of a category the gradient of its
    indicator.

    Parameters
    ----------
    scale : {"probability", "logit", "value"}, optional
        The outputs that are explained; the ensemble's default unless given.

    Notes
    -----
    Shrikumar et al. (2016), arXiv:1605.01713.
    """

    name: ClassVar[str] = "input_x_gradient"

    def _explain(self, work: _Work) -> Arrays:
        gradient = work.gradient()
        if work.upstream:
            product = work.each(_input_x_gradient)
        else:
            product = gradient * work.inputs.numpy().astype(np.float64)[None, :, :, None]
        return {
            "attribution": work.columns.sums(product),
            "slope": work.columns.slopes(gradient),
            "explained_value": work.explained_value,
            "feature_location": work.columns.location,
            "feature_scale": work.columns.scale,
        }


@EXPLAINERS.register("integrated_gradients")
@dataclass(frozen=True, kw_only=True)
class IntegratedGradientsExplainer(_GradientExplainer):
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

    Notes
    -----
    Sundararajan, Taly and Yan (2017), arXiv:1703.01365.
    """

    baseline: Baseline = "mean"
    n_steps: int = 50

    name: ClassVar[str] = "integrated_gradients"
    additive: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        check_baseline(self.baseline)
        check_count("n_steps", self.n_steps)

    def check(self, ensemble: SeedEnsemble) -> None:
        """Raise when the members have no gradients, or the baseline is no row of theirs."""
        super().check(ensemble)
        if isinstance(self.baseline, Mapping):
            import pandas as pd

            ensemble.schema.encode(pd.DataFrame([dict(self.baseline)]), what="baseline")

    def parameters(self) -> dict[str, Any]:
        """Return the parameters as a JSON-able dict."""
        baseline = self.baseline
        if isinstance(baseline, Mapping):
            baseline = {
                str(name): value.item() if isinstance(value, np.generic) else value
                for name, value in baseline.items()
            }
        return super().parameters() | {"baseline": baseline}

    def resolved(self, ensemble: SeedEnsemble, background: Background) -> dict[str, Any]:
        """Return the baseline by column, in original units."""
        members = torch_members(ensemble, self.name)
        return {"baseline": describe_baseline(self.baseline, members, background)}

    def _explain(self, work: _Work) -> Arrays:
        import torch

        baseline = baseline_inputs(self.baseline, work.members, work.block.background)
        with torch.no_grad():
            base = work.members.forward_inputs(baseline, work.scale).numpy().astype(np.float64)
        base_value = np.repeat(base, len(work.block.rows), axis=1)
        if work.upstream:
            integrate = partial(_integrated_gradients, baseline=baseline, n_steps=self.n_steps)
            gradient = work.each(partial(integrate, multiply=False))
            product = work.each(partial(integrate, multiply=True))
        else:
            gradient = path_gradients(work.members, work.inputs, baseline, work.scale, self.n_steps)
            way = (work.inputs - baseline).numpy().astype(np.float64)
            product = gradient * way[None, :, :, None]
        attribution = work.columns.sums(product)
        return {
            "attribution": attribution,
            "slope": work.columns.slopes(gradient),
            "base_value": base_value,
            "explained_value": work.explained_value,
            "convergence_delta": attribution.sum(axis=2) - (work.explained_value - base_value),
        }


def _saliency(module: nn.Module, inputs: Tensor, output: int) -> Tensor:
    from captum.attr import Saliency

    answer: Tensor = Saliency(module).attribute(inputs, target=output, abs=False)
    return answer


def _input_x_gradient(module: nn.Module, inputs: Tensor, output: int) -> Tensor:
    from captum.attr import InputXGradient

    answer: Tensor = InputXGradient(module).attribute(inputs, target=output)
    return answer


def _integrated_gradients(
    module: nn.Module,
    inputs: Tensor,
    output: int,
    *,
    baseline: Tensor,
    n_steps: int,
    multiply: bool,
) -> Tensor:
    from captum.attr import IntegratedGradients

    answer: Tensor = IntegratedGradients(module, multiply_by_inputs=multiply).attribute(
        inputs, baselines=baseline, target=output, n_steps=n_steps, method="gausslegendre"
    )
    return answer
