"""Differences from a baseline, propagated by DeepLIFT's Rescale rule."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from xaigeo.errors import InputError
from xaigeo.explainers.base import Arrays
from xaigeo.explainers.catalogue import EXPLAINERS
from xaigeo.explainers.gradients.baseline_explainer import BaselineExplainer
from xaigeo.explainers.gradients.baselines import baseline_point
from xaigeo.explainers.gradients.gradient_explainer import GradientWork, as_float64, of_member

if TYPE_CHECKING:
    from collections.abc import Collection

    from torch import Tensor, nn

# Smallest difference of an activation's inputs whose ratio is taken: captum's.
SMALLEST = 1e-10


@EXPLAINERS.register("deep_lift")
@dataclass(frozen=True, kw_only=True)
class DeepLiftExplainer(BaselineExplainer):
    """The way from a baseline to the instance times DeepLIFT's multipliers.

    Every activation passes back the ratio of the differences, between instance and baseline,
    of its output and its input (the Rescale rule). So attributions add up to the output at the
    instance less the output at the baseline (`base_value`); `convergence_delta` states by how
    much they miss, which they do where operations other than activation modules bend:
    functions called in a module's ``forward``, normalisation over columns. `slope` is the
    multiplier per original unit.

    Parameters
    ----------
    baseline : {"mean", "median", "zero"} or mapping
        As for `integrated_gradients`; in original units it is recorded as
        ``provenance["resolved"]["baseline"]``.
    scale : {"probability", "logit", "value"}, optional
        The outputs that are explained; the ensemble's default unless given.
    layer : str, optional
        Dotted name of a layer, such as the embeddings of categories, from whose outputs on
        differences are propagated; all columns that do not pass through it start at the
        networks' inputs.

    Notes
    -----
    Shrikumar, Greenside and Kundaje (2017), arXiv:1704.02685. captum's ``DeepLift`` gives the
    multipliers of the networks' own outputs. Softmax mixes them, and no ratio of one class
    alone describes it: its multipliers are the mean derivative on the straight way between the
    two sets of logits, which is complete and, for two classes, the Rescale rule. (captum's own
    rule for softmax modules takes a mean over the whole batch, so that a row's answer
    depends on the rows beside it, and does not add up; shap's divides by the difference of one
    logit, however small.)
    """

    name: ClassVar[str] = "deep_lift"

    def _explain(self, work: GradientWork) -> Arrays:
        baseline = baseline_point(self.baseline, work.space, work.block.background)
        base_value = work.base_value(baseline)
        if work.upstream:
            multipliers = _upstream(work, baseline)
        else:
            multipliers = work.passes.multipliers(
                work.points, baseline, smallest=SMALLEST, at_reference=False
            )
        product = multipliers * as_float64(work.points - baseline)[..., None]
        attribution = work.columns.sums(product)
        return {
            "attribution": attribution,
            "slope": work.columns.slopes(multipliers),
            "base_value": base_value,
            "explained_value": work.explained_value,
            "convergence_delta": attribution.sum(axis=2) - (work.explained_value - base_value),
        }


def _upstream(work: GradientWork, baseline: Tensor) -> np.ndarray:
    """Return multipliers of the outputs from captum's multipliers of the raw outputs."""
    import torch
    from captum.attr import DeepLift
    from captum.attr._core.deep_lift import SUPPORTED_NON_LINEAR

    from xaigeo.ensemble.output_head import OutputHead
    from xaigeo.explainers.gradients.input_gradients import RawMultipliers, head_multipliers

    head = OutputHead.from_members(work.space.members, work.scale)
    found = []
    for place in range(work.n_members):
        module = work.space.raw_module(place)
        check_activations(module, {kind.__name__ for kind in SUPPORTED_NON_LINEAR}, "captum")
        own, base = of_member(work.points, place), of_member(baseline, place)
        with torch.no_grad():
            raw, other = module(own), module(base).expand(len(own), -1)
        asked = DeepLift(module, multiply_by_inputs=False, eps=SMALLEST)
        with warnings.catch_warnings():
            # captum tells at every call that it hooks the module.
            warnings.filterwarnings("ignore", "Setting forward, backward hooks")
            each = [
                asked.attribute(own.clone().requires_grad_(), baselines=base, target=c).detach()
                for c in range(raw.shape[1])
            ]
        multipliers = RawMultipliers(torch.stack(each), raw, other)
        found.append(head_multipliers(head, multipliers, smallest=SMALLEST, at_reference=False))
    return np.moveaxis(as_float64(torch.cat(found)), 1, -1)


def check_activations(module: nn.Module, known: Collection[str], library: str) -> None:
    """Raise when a library would pass an activation by without its rule.

    Raises
    ------
    InputError
    """
    from xaigeo.explainers.gradients.rescale import activations_of

    strange = sorted({type(part).__name__ for part in activations_of(module)} - set(known))
    if strange:
        raise InputError(
            expected=f"activations for which {library} has the Rescale rule",
            arrived=", ".join(strange),
            do="Use engine='batched', which has it for these too.",
        )
