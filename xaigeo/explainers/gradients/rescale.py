"""DeepLIFT's Rescale rule for any module whose activations are modules."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from xaigeo.explainers.gradients.input_gradients import RawMultipliers

# Modules that treat every number alone.
ELEMENTWISE = (
    nn.CELU,
    nn.ELU,
    nn.GELU,
    nn.Hardsigmoid,
    nn.Hardswish,
    nn.Hardtanh,
    nn.LeakyReLU,
    nn.LogSigmoid,
    nn.Mish,
    nn.ReLU,
    nn.SELU,
    nn.SiLU,
    nn.Sigmoid,
    nn.Softplus,
    nn.Softsign,
    nn.Tanh,
)


def rescale_multipliers(
    module: nn.Module, points: Tensor, references: Tensor, *, smallest: float, at_reference: bool
) -> RawMultipliers:
    """Return multipliers of raw outputs by pairs of a point and its reference.

    Every activation module passes back the ratio of the differences of its outputs and inputs;
    all other operations, activations called as functions among them, their derivative.
    """
    # shap reads what comes back at the references, captum at the points; operations without
    # the rule have other derivatives there.
    half = slice(len(points), None) if at_reference else slice(len(points))
    both = torch.cat([points, references]).detach().requires_grad_()
    with _rescaled(module, smallest, at_reference):
        outputs = module(both)
    rows = []
    for c in range(outputs.shape[1]):
        (gradient,) = torch.autograd.grad(outputs[half, c].sum(), both, retain_graph=True)
        rows.append(gradient[half])
    own, other = outputs.detach().chunk(2)
    return RawMultipliers(torch.stack(rows), own, other)


def activations_of(module: nn.Module) -> list[nn.Module]:
    """Return the modules to which the rule applies."""
    return [part for part in module.modules() if isinstance(part, ELEMENTWISE)]


@contextmanager
def _rescaled(module: nn.Module, smallest: float, at_reference: bool) -> Iterator[None]:
    handles = []
    for part in activations_of(module):
        hook = _RatioHook(smallest, at_reference)
        handles.append(part.register_forward_pre_hook(hook.before))
        handles.append(part.register_forward_hook(hook.after))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


class _RatioHook:
    """Put a straight line through a point and its reference in place of an activation."""

    def __init__(self, smallest: float, at_reference: bool) -> None:
        self.smallest = smallest
        self.at_reference = at_reference
        self._calls: list[tuple[Tensor, Tensor]] = []

    def before(self, _module: nn.Module, args: tuple[Any, ...]) -> tuple[Any, ...]:
        leaf = args[0].detach().clone().requires_grad_()
        self._calls.append((args[0], leaf))
        with torch.enable_grad():
            return (leaf.clone(), *args[1:])  # a copy, since the module may work in place

    def after(self, _module: nn.Module, _args: tuple[Any, ...], outputs: Tensor) -> Tensor:
        z, leaf = self._calls.pop()
        own, other = z.detach().chunk(2)
        y = outputs.detach()
        with torch.enable_grad():
            (slope,) = torch.autograd.grad(outputs.sum(), leaf)
        at = slope.chunk(2)[1 if self.at_reference else 0]
        gap = own - other
        y_own, y_other = y.chunk(2)
        ratio = torch.where(gap.abs() < self.smallest, at, (y_own - y_other) / gap)
        ratio = torch.cat([ratio, ratio])
        return y + ratio * (z - z.detach())
