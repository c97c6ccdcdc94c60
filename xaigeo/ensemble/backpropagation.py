"""Gradients of stacked networks by hand-written backward passes, without the autograd graph.

For small networks the graph costs more than the arithmetic: one step of a hundred 2-16-1
networks is about twice as fast this way. Only layers whose backward pass is a formula of a
line are known; other networks use autograd.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from xaigeo.ensemble.architecture import Description
from xaigeo.ensemble.dropout import DropoutNoise
from xaigeo.ensemble.stacked import ACTIVATIONS

_aten = torch.ops.aten
# Gradient by the input from (gradient by the output, input, output, options).
BACKWARD: dict[str, Callable[[Tensor, Tensor, Tensor, dict[str, Any]], Tensor]] = {
    "ReLU": lambda g, x, y, o: _aten.threshold_backward(g, y, 0),
    "LeakyReLU": lambda g, x, y, o: _aten.leaky_relu_backward(g, x, o["negative_slope"], False),
    "Tanh": lambda g, x, y, o: _aten.tanh_backward(g, y),
    "Sigmoid": lambda g, x, y, o: _aten.sigmoid_backward(g, y),
    "GELU": lambda g, x, y, o: _aten.gelu_backward(g, x, approximate=o["approximate"]),
    "ELU": lambda g, x, y, o: _aten.elu_backward(g, o["alpha"], 1.0, 1.0, False, x),
    "SiLU": lambda g, x, y, o: _aten.silu_backward(g, x),
    "Softplus": lambda g, x, y, o: _aten.softplus_backward(g, x, o["beta"], o["threshold"]),
}
KNOWN = {"Linear", "Dropout", "Identity", "Flatten", *BACKWARD}


class Backpropagation:
    """The chain rule for a stack of known layers.

    Parameters
    ----------
    layers : sequence of (name, description)
        As `architecture.leaves_of` gives them.
    """

    def __init__(self, layers: Sequence[tuple[str, Description]]) -> None:
        self.layers = [(name, layer["kind"], layer["options"]) for name, layer in layers]
        first = next(i for i, (_, kind, _) in enumerate(self.layers) if kind == "Linear")
        self.first_linear = first

    def gradient(
        self,
        state: Mapping[str, Tensor],
        slots: Mapping[str, Tensor],
        x: Tensor,
        by_output: Callable[[Tensor], Tensor],
        noise: DropoutNoise,
    ) -> None:
        """Write the gradient by every weight into `slots`.

        Parameters
        ----------
        state, slots : mapping of str to Tensor
            Weights and places for their gradients, each (n_seeds, ...).
        x : Tensor, shape (n_seeds, n_rows, n_inputs)
        by_output : callable
            Gives the derivative of the loss by the outputs.
        noise : DropoutNoise
        """
        tape: list[tuple[Tensor, Tensor]] = []
        for name, kind, options in self.layers:
            y, kept = _forward(name, kind, options, state, x, noise)
            tape.append((x, kept))
            x = y
        g = by_output(x)
        for place in range(len(self.layers) - 1, self.first_linear - 1, -1):
            name, kind, options = self.layers[place]
            x, kept = tape[place]
            if kind == "Linear":
                _write(slots, name, x, g)
                if place > self.first_linear:
                    g = _times(g, state[f"{name}.weight" if name else "weight"])
            elif kind in BACKWARD:
                g = BACKWARD[kind](g, x, kept, options)
            elif kind == "Dropout":
                g = g * kept


def _forward(
    name: str,
    kind: str,
    options: dict[str, Any],
    state: Mapping[str, Tensor],
    x: Tensor,
    noise: DropoutNoise,
) -> tuple[Tensor, Tensor]:
    if kind == "Linear":
        prefix = f"{name}." if name else ""
        y = _linear(x, state[f"{prefix}weight"], state.get(f"{prefix}bias"))
        return y, y
    if kind in ACTIVATIONS:
        y = ACTIVATIONS[kind](x, **options)
        return y, y
    if kind == "Dropout":
        mask = noise.mask(x.shape[1:], options["p"], x.dtype)
        return x * mask, mask
    return x, x


def _linear(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    if weight.shape[1] == 1:
        # A product with one column is a slow shape for batched BLAS; one with one row is not.
        y = torch.bmm(weight, x.transpose(1, 2)).transpose(1, 2)
        return y if bias is None else y + bias[:, None]
    turned = weight.transpose(1, 2)
    return torch.bmm(x, turned) if bias is None else torch.baddbmm(bias[:, None], x, turned)


def _times(g: Tensor, weight: Tensor) -> Tensor:
    return g * weight if weight.shape[1] == 1 else torch.bmm(g, weight)


def _write(slots: Mapping[str, Tensor], name: str, x: Tensor, g: Tensor) -> None:
    prefix = f"{name}." if name else ""
    if g.shape[2] == 1:
        slots[f"{prefix}weight"].copy_(torch.bmm(g.transpose(1, 2), x))
    else:
        slots[f"{prefix}weight"].transpose(1, 2).copy_(torch.bmm(x.transpose(1, 2), g))
    if f"{prefix}bias" in slots:
        torch.sum(g, dim=1, out=slots[f"{prefix}bias"])
