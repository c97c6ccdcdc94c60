"""Gradients of text networks, written straight to where the optimiser reads them."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from xaigeo.ensemble.dropout import DropoutNoise
from xaigeo.ensemble.texts.line_words import LineWords
from xaigeo.ensemble.texts.text_network import State, TextNetwork, reached

VECTORS = "embedding.weight"


class TextBackpropagation:
    """Passes back through a `TextNetwork`, of whose word vectors a batch touches a few only.

    Autograd would fill, add up and join arrays as large as the vocabulary at every step. Here the
    pass ends at the vectors that were read, and only their rows are written, and cleared after.

    Parameters
    ----------
    network : TextNetwork
        Of which the architecture is used, not the weights.
    """

    def __init__(self, network: TextNetwork) -> None:
        self.network = network
        self._written: tuple[Tensor, Tensor] | None = None

    def gradient(
        self,
        state: State,
        slots: State,
        x: Tensor,
        by_output: Callable[[Tensor], Tensor],
        noise: DropoutNoise,
    ) -> None:
        """Write the gradient of each seed's loss by every weight into `slots`.

        Parameters
        ----------
        state : dict of str to Tensor
            Weights by name, (K, ...).
        slots : dict of str to Tensor
            Of the trained weights, where gradients go; the same from call to call, since what a
            batch does not touch is left as it is.
        x : Tensor of int, shape (K, n_texts, T)
        by_output : callable
            Gives the derivative of the losses by the outputs, of their shape.
        noise : DropoutNoise
        """
        network = self.network
        x = reached(x)
        line = network.line(x)
        tokens = network.distinct(x, line)
        words = LineWords.of_tokens(state[VECTORS].detach(), tokens)
        leaves = {n: state[n].detach().requires_grad_() for n in slots if n != VECTORS}
        sources = list(leaves.values())
        if VECTORS in slots:
            sources.append(words.vectors.requires_grad_())
        raw = network.run_line(state | leaves, words, line, noise)
        slopes = torch.autograd.grad(raw, sources, by_output(raw.detach()))
        for name, slope in zip(leaves, slopes, strict=False):
            slots[name].copy_(slope)
        if VECTORS in slots:
            slope = slopes[-1]
            slope[:, 0] = 0.0  # what stands where there is no token is no word
            self._write_vectors(slots[VECTORS], tokens.numbers, slope)

    def _write_vectors(self, slot: Tensor, tokens: Tensor, slopes: Tensor) -> None:
        if self._written is None or self._written[0] is not slot:
            slot.zero_()
        else:
            for own, old in zip(slot, self._written[1], strict=True):
                own.index_fill_(0, old, 0.0)
        for own, rows, slope in zip(slot, tokens, slopes, strict=True):
            own.index_add_(0, rows, slope)
        self._written = (slot, tokens)
