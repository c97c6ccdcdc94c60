"""The trainable weights of K networks in one array, so that an optimiser is one kernel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

import torch
from torch import Tensor

from xaigeo.ensemble.backpropagation import KNOWN, Backpropagation
from xaigeo.ensemble.dropout import DropoutNoise
from xaigeo.ensemble.functional import FunctionalNetwork
from xaigeo.ensemble.stacked import StackedNetwork, State
from xaigeo.ensemble.texts.text_backpropagation import TextBackpropagation
from xaigeo.ensemble.texts.text_network import TextNetwork

TrainableNetwork = StackedNetwork | FunctionalNetwork | TextNetwork


class FlatWeights:
    """A network and its trainable weights as `values`, shape (n_seeds, n_weights).

    Parameters
    ----------
    network : StackedNetwork, FunctionalNetwork or TextNetwork
        Its state is copied.
    trainable : sequence of str
        Names of the parameters that training may change.
    """

    def __init__(self, network: TrainableNetwork, trainable: Sequence[str]) -> None:
        self.network = network
        self.names = list(trainable)
        self.shapes = [network.state[name].shape[1:] for name in self.names]
        self.sizes = [shape.numel() for shape in self.shapes]
        pieces = [network.state[name].reshape(network.n_members, -1) for name in self.names]
        self.values = torch.cat(pieces, dim=1)
        self.fixed = {n: v.clone() for n, v in network.state.items() if n not in self.names}
        self._gradients = torch.zeros_like(self.values)

    def gradient(
        self, x: Tensor, by_output: Callable[[Tensor], Tensor], noise: DropoutNoise
    ) -> Tensor:
        """Return the gradient of each seed's loss, shape (n_seeds, n_weights).

        Parameters
        ----------
        x : Tensor, shape (n_seeds, n_rows, n_inputs)
        by_output : callable
            Gives the derivative of the losses by the outputs, of their shape.
        noise : DropoutNoise
        """
        if self._by_hand is not None:
            state = self.fixed | self._views
            self._by_hand.gradient(state, self._slots, x, by_output, noise)
            return self._gradients
        leaf = self.values.detach().requires_grad_()
        state = self.fixed | self._split(leaf)
        raw = self.network.run(state, x, noise)
        self.fixed = {name: state[name] for name in self.fixed}
        (gradient,) = torch.autograd.grad(raw, leaf, by_output(raw.detach()))
        return gradient

    def outputs(self, x: Tensor) -> Tensor:
        """Return outputs in evaluation mode, shape (n_seeds, n_rows, n_outputs)."""
        with torch.no_grad():
            return self.network.run(self.fixed | self._views, x)

    def keep(self, places: Sequence[int]) -> None:
        """Go on with the seeds at these places only."""
        index = list(places)
        self.network = self.network.subset(index)
        self.values = self.values[index]
        self.fixed = {name: value[index] for name, value in self.fixed.items()}
        self._gradients = torch.zeros_like(self.values)
        for name in ("_views", "_slots"):
            self.__dict__.pop(name, None)

    def state(self, values: Tensor) -> State:
        """Return `values`, shape (n_seeds, n_weights), as named parameters."""
        return {
            # Contiguous, so that loaded weights take the same path through BLAS to the bit.
            name: value.clone(memory_format=torch.contiguous_format)
            for name, value in self._split(values).items()
        }

    def _split(self, values: Tensor) -> State:
        pieces = torch.split(values, self.sizes, dim=1)
        return {
            name: piece.view(len(values), *shape)
            for name, piece, shape in zip(self.names, pieces, self.shapes, strict=True)
        }

    @cached_property
    def _views(self) -> State:
        return self._split(self.values)

    @cached_property
    def _slots(self) -> State:
        return self._split(self._gradients)

    @cached_property
    def _by_hand(self) -> Backpropagation | TextBackpropagation | None:
        if isinstance(self.network, TextNetwork):
            return TextBackpropagation(self.network)
        if not isinstance(self.network, StackedNetwork) or self.fixed:
            return None
        if not {layer["kind"] for _, layer in self.network.layers} <= KNOWN:
            return None
        return Backpropagation(self.network.layers)
