"""K networks of common layers as one: every weight stacked, every layer one batched product."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from xaigeo.ensemble.architecture import Description, describe, leaves_of
from xaigeo.ensemble.dropout import DropoutNoise

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
    state: dict[str, Tensor]
    engine = "stacked"

    @classmethod
    def from_modules(cls, modules: Sequence[nn.Module]) -> StackedNetwork | None:
        """Stack modules, or return None when they hold other layers or differ in layers."""
        descriptions = [describe(module) for module in modules]
        if descriptions[0] is None or any(d != descriptions[0] for d in descriptions):
            return None
        states = [module.state_dict() for module in modules]
        state = {name: torch.stack([s[name].detach() for s in states]) for name in states[0]}
        return cls(copy.deepcopy(modules[0]), descriptions[0], state)

    @property
    def n_members(self) -> int:
        """Number of networks."""
        return len(next(iter(self.state.values())))

    @property
    def width(self) -> int:
        """The most numbers a row becomes on its way through one network."""
        widths = [layer["options"].get("out_features", 1) for _, layer in leaves_of(self.description)]
        return int(max(widths))

    def forward(self, inputs: Tensor, noise: DropoutNoise | None = None) -> Tensor:
        """Return outputs (K, n_rows, n_outputs) of inputs (n_rows, d) or (K, n_rows, d).

        With `noise` the networks are in training mode: dropout draws from it and batch
        normalisation uses and tracks batch statistics. Without, in evaluation mode.
        """
        x = inputs if inputs.ndim == 3 else inputs.expand(self.n_members, *inputs.shape)
        for name, layer in leaves_of(self.description):
            x = self._apply(name, layer["kind"], layer["options"], x, noise)
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
        self, name: str, kind: str, options: dict[str, Any], x: Tensor, noise: DropoutNoise | None
    ) -> Tensor:
        if kind == "Linear":
            weight = self._weight(name, "weight").transpose(1, 2)
            bias = self._weight(name, "bias") if options["bias"] else None
            return torch.bmm(x, weight) if bias is None else torch.baddbmm(bias[:, None], x, weight)
        if kind in ACTIVATIONS:
            return ACTIVATIONS[kind](x, **options)
        if kind == "Dropout":
            return x if noise is None else noise.apply(x, options["p"])
        if kind == "BatchNorm1d":
            return self._batch_norm(name, options, x, training=noise is not None)
        if kind == "LayerNorm":
            x = functional.layer_norm(x, options["normalized_shape"], eps=options["eps"])
            return self._affine(name, x) if options["elementwise_affine"] else x
        return x  # Identity, and Flatten of rows that are flat already

    def _weight(self, name: str, part: str) -> Tensor:
        return self.state[f"{name}.{part}" if name else part]

    def _affine(self, name: str, x: Tensor) -> Tensor:
        x = x * self._weight(name, "weight")[:, None]
        bias = f"{name}.bias" if name else "bias"
        return x + self.state[bias][:, None] if bias in self.state else x

    def _batch_norm(
        self, name: str, options: dict[str, Any], x: Tensor, *, training: bool
    ) -> Tensor:
        mean, variance = self._weight(name, "running_mean"), self._weight(name, "running_var")
        if training:
            batch_variance, batch_mean = torch.var_mean(x, dim=1, correction=0)
            count = self._weight(name, "num_batches_tracked")
            count += 1
            rate = options["momentum"]
            if rate is None:
                rate = (1.0 / count.to(x.dtype))[:, None]
            unbiased = batch_variance.detach() * (x.shape[1] / (x.shape[1] - 1))
            mean += rate * (batch_mean.detach() - mean)
            variance += rate * (unbiased - variance)
            mean, variance = batch_mean, batch_variance
        x = (x - mean[:, None]) / torch.sqrt(variance[:, None] + options["eps"])
        return self._affine(name, x) if options["affine"] else x


def unstack(template: nn.Module, state: dict[str, Tensor]) -> list[nn.Module]:
    """Return plain modules, one for each place of a stacked state, in evaluation mode."""
    modules = []
    for place in range(len(next(iter(state.values())))):
        module = copy.deepcopy(template)
        module.load_state_dict({name: value[place].clone() for name, value in state.items()})
        modules.append(module.eval().requires_grad_(False))
    return modules
