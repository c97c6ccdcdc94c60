"""K networks of common layers as one: every weight stacked, every layer one batched product."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from xaigeo.ensemble.architecture import Description, describe, leaves_of, state_of
from xaigeo.ensemble.dropout import DropoutNoise

State = dict[str, Tensor]

# Layers with fewer outputs than this are multiplied from the left.
NARROW = 16

ACTIVATIONS: dict[str, Callable[..., Tensor]] = {
    "ReLU": functional.relu,
    "LeakyReLU": functional.leaky_relu,
    "Tanh": torch.tanh,
    "Sigmoid": torch.sigmoid,
    "GELU": functional.gelu,
    "ELU": functional.elu,
    "SiLU": functional.silu,
    "Softplus": functional.softplus,
}


@dataclass(frozen=True, eq=False)
class StackedNetwork:
    """K modules of one description; `state` holds each weight and buffer as (K, ...).

    Attributes
    ----------
    template : nn.Module
        A module of the architecture; its own weights are not used.
    description : dict
        `architecture.describe(template)`.
    state : dict of str to Tensor
        Names as in the template's state dict.
    """

    template: nn.Module
    description: Description
    state: State
    engine: str = field(default="stacked", init=False)

    @classmethod
    def from_modules(cls, modules: Sequence[nn.Module]) -> StackedNetwork | None:
        """Stack modules; None when they hold other layers, differ in layers or have no weights."""
        descriptions = [describe(module) for module in modules]
        if descriptions[0] is None or any(d != descriptions[0] for d in descriptions):
            return None
        states = [state_of(module) for module in modules]
        if not states[0]:  # nothing to stack, and nothing that would tell how many there are
            return None
        state = {name: torch.stack([s[name] for s in states]) for name in states[0]}
        return cls(copy.deepcopy(modules[0]), descriptions[0], state)

    @property
    def n_members(self) -> int:
        """Number of networks."""
        return len(next(iter(self.state.values())))

    @cached_property
    def layers(self) -> list[tuple[str, Description]]:
        """Every layer with its name, in the order of the forward pass."""
        return list(leaves_of(self.description))

    @property
    def width(self) -> int:
        """The most numbers a row becomes on its way through one network."""
        widths = [layer["options"].get("out_features", 1) for _, layer in self.layers]
        return int(max(widths))

    def forward(self, inputs: Tensor) -> Tensor:
        """Return outputs (K, n_rows, n_outputs) of inputs (n_rows, d) or (K, n_rows, d)."""
        return self.run(self.state, inputs)

    def run(
        self, state: State, inputs: Tensor, noise: DropoutNoise | None = None, start: int = 0
    ) -> Tensor:
        """Return outputs under `state` in place of the network's own.

        With `start` the inputs are those of the layer at that place, (K, n_rows, d), and may be
        overwritten.

        With `noise` the networks are in training mode: dropout draws from it, and batch
        normalisation uses batch statistics and updates its buffers in `state` in place.
        """
        x = inputs
        if x.ndim == 2 and [layer["kind"] for _, layer in self.layers[:1]] != ["Linear"]:
            x = x.expand(self.n_members, *x.shape)
        fresh = start > 0  # whether x is a product of this pass, which an activation may overwrite
        for name, layer in self.layers[start:]:
            if fresh and layer["kind"] == "ReLU" and not x.requires_grad:
                x.relu_()
            else:
                x = _apply(name, layer["kind"], layer["options"], state, x, noise)
            fresh = layer["kind"] == "Linear"
        return x

    def subset(self, places: Sequence[int]) -> StackedNetwork:
        """Return the networks at these places."""
        index = list(places)
        state = {name: value[index] for name, value in self.state.items()}
        return StackedNetwork(self.template, self.description, state)

    def modules(self) -> list[nn.Module]:
        """Return K plain modules with these weights, in evaluation mode."""
        return unstack(self.template, self.state)


def _apply(
    name: str,
    kind: str,
    options: dict[str, Any],
    state: State,
    x: Tensor,
    noise: DropoutNoise | None,
) -> Tensor:
    own = _own(state, name)
    if kind == "Linear":
        return _linear(own, x)
    if kind in ACTIVATIONS:
        return ACTIVATIONS[kind](x, **options)
    if kind == "Dropout":
        return x if noise is None else noise.apply(x, options["p"])
    if kind == "BatchNorm1d":
        return _batch_norm(own, options, x, training=noise is not None)
    if kind == "LayerNorm":
        return _affine(own, functional.layer_norm(x, x.shape[-1:], eps=options["eps"]))
    return x  # Identity, and Flatten of rows that are flat already


def _own(state: State, name: str) -> State:
    prefix = f"{name}." if name else ""
    parts = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
    return {part: state[prefix + part] for part in parts if prefix + part in state}


def _linear(own: State, x: Tensor) -> Tensor:
    weight, bias = own["weight"], own.get("bias")
    if x.ndim == 2:
        # Inputs shared by all networks: one wide product.
        flat = None if bias is None else bias.flatten()
        wide = functional.linear(x, weight.flatten(0, 1), flat)
        return wide.view(len(x), *weight.shape[:2]).transpose(0, 1)
    rows_last = x.stride(1) == 1 < x.stride(2)
    if rows_last or weight.shape[1] < NARROW < x.shape[1]:
        # Few outputs of many rows: the product the other way round is two to eight times faster.
        # What it gives lies with its rows behind, and the next layer does best to go on so.
        x = x.transpose(1, 2)
        y = torch.bmm(weight, x) if bias is None else torch.baddbmm(bias[:, :, None], weight, x)
        return y.transpose(1, 2)
    weight = weight.transpose(1, 2)
    return torch.bmm(x, weight) if bias is None else torch.baddbmm(bias[:, None], x, weight)


def _affine(own: State, x: Tensor) -> Tensor:
    if "weight" in own:
        x = x * own["weight"][:, None]
    return x + own["bias"][:, None] if "bias" in own else x


def _batch_norm(own: State, options: dict[str, Any], x: Tensor, *, training: bool) -> Tensor:
    mean, variance = own["running_mean"], own["running_var"]
    if training:
        batch_variance, batch_mean = torch.var_mean(x, dim=1, correction=0)
        _track(own, options["momentum"], batch_mean.detach(), batch_variance.detach(), x.shape[1])
        mean, variance = batch_mean, batch_variance
    x = (x - mean[:, None]) / torch.sqrt(variance[:, None] + options["eps"])
    return _affine(own, x)


def _track(own: State, rate: Any, mean: Tensor, variance: Tensor, n_rows: int) -> None:
    own["num_batches_tracked"].add_(1)
    if rate is None:  # torch's cumulative average
        rate = (1.0 / own["num_batches_tracked"].to(mean.dtype))[:, None]
    unbiased = variance * (n_rows / (n_rows - 1))
    own["running_mean"].add_(rate * (mean - own["running_mean"]))
    own["running_var"].add_(rate * (unbiased - own["running_var"]))


def unstack(template: nn.Module, state: dict[str, Tensor]) -> list[nn.Module]:
    """Return plain modules, one for each place of a stacked state, in evaluation mode."""
    modules = []
    for place in range(len(next(iter(state.values())))):
        module = copy.deepcopy(template)
        for name, value in state_of(module).items():
            value.copy_(state[name][place])
        modules.append(module.eval().requires_grad_(False))
    return modules
