"""K text networks of one architecture, run together on lines of tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor, nn

from xaigeo.ensemble.architecture import state_of
from xaigeo.ensemble.dropout import DropoutNoise
from xaigeo.ensemble.stacked import unstack
from xaigeo.ensemble.texts.line_words import DistinctTokens, LineWords
from xaigeo.ensemble.texts.stacked_encoders import encoded, line_of
from xaigeo.ensemble.texts.stacked_pooling import pooled, pooling_weights
from xaigeo.ensemble.texts.text_architecture import TextArchitecture
from xaigeo.ensemble.texts.text_module import TextModule
from xaigeo.ensemble.texts.token_line import TokenLine

State = dict[str, Tensor]


@dataclass(frozen=True, eq=False)
class TextNetwork:
    """`TextModule` K times, with `state` holding each weight as (K, ...).

    Texts of a batch lie on one line a seed, so that short texts cost no more than they are long.

    Attributes
    ----------
    architecture : TextArchitecture
    state : dict of str to Tensor
        Names as in the state dict of a `TextModule`.
    """

    architecture: TextArchitecture
    state: State
    engine: str = field(default="text", init=False)

    @classmethod
    def from_modules(
        cls, modules: Sequence[TextModule], architecture: TextArchitecture
    ) -> TextNetwork:
        """Stack the weights of modules of an architecture."""
        states = [state_of(module) for module in modules]
        state = {name: torch.stack([s[name] for s in states]) for name in states[0]}
        return cls(architecture, state)

    @property
    def n_members(self) -> int:
        """Number of networks."""
        return len(next(iter(self.state.values())))

    @property
    def dtype(self) -> torch.dtype:
        """Type of the weights."""
        return self.state["output.weight"].dtype

    @cached_property
    def template(self) -> nn.Module:
        """A module of the architecture; its weights are not used."""
        with torch.random.fork_rng(devices=[]):
            return self.architecture.build().to(self.dtype).eval().requires_grad_(False)

    @property
    def width(self) -> int:
        """The most numbers a text becomes on its way through one network."""
        architecture = self.architecture
        size = max(architecture.encoded_size, architecture.embedding_size, architecture.hidden_size)
        return architecture.max_tokens * size

    def forward(self, inputs: Tensor) -> Tensor:
        """Return raw outputs (K, n_texts, n_raw) of tokens (n_texts, T) or (K, n_texts, T)."""
        return self.run(self.state, inputs)

    def run(self, state: State, inputs: Tensor, noise: DropoutNoise | None = None) -> Tensor:
        """Return raw outputs under `state` in place of the network's own; dropout with `noise`."""
        inputs = reached(inputs)
        line = self.line(inputs)
        return self.run_line(state, self.words_on(state, inputs, line), line, noise)

    def line(self, inputs: Tensor) -> TokenLine:
        """Return where the tokens of inputs, (n_texts, T) or (K, n_texts, T), stand."""
        return line_of(self.architecture, inputs if inputs.ndim == 3 else inputs[None])

    def words_on(self, state: State, inputs: Tensor, line: TokenLine) -> LineWords:
        """Return the word vectors of inputs, as `line` lays them."""
        return LineWords.of_tokens(state["embedding.weight"], self.distinct(inputs, line))

    def distinct(self, inputs: Tensor, line: TokenLine) -> DistinctTokens:
        """Return the different tokens of inputs, as `line` lays them."""
        tokens = inputs if inputs.ndim == 3 else inputs[None]
        return DistinctTokens.on(line, tokens, self.architecture.n_tokens)

    def run_line(
        self, state: State, words: LineWords, line: TokenLine, noise: DropoutNoise | None = None
    ) -> Tensor:
        """Return raw outputs, (K, n_texts, n_raw), of word vectors on a line."""
        hidden = self.hidden(state, words, line)
        weights = pooling_weights(self.architecture, state, hidden, line)
        return self.raw_of_pooled(state, pooled(weights, hidden, line), noise)

    def hidden(self, state: State, words: LineWords, line: TokenLine) -> Tensor:
        """Return what the encoder makes of word vectors on a line, (K, length, encoded_size)."""
        return encoded(self.architecture, state, words, line)

    def raw_of_pooled(
        self, state: State, context: Tensor, noise: DropoutNoise | None = None
    ) -> Tensor:
        """Return raw outputs of pooled texts, (K, n_texts, encoded_size)."""
        if noise is not None and self.architecture.dropout:
            context = noise.apply(context, self.architecture.dropout)
        weight, bias = state["output.weight"], state["output.bias"]
        return torch.baddbmm(bias[:, None], context, weight.transpose(1, 2))

    def subset(self, places: Sequence[int]) -> TextNetwork:
        """Return the networks at these places."""
        index = list(places)
        state = {name: value[index] for name, value in self.state.items()}
        return TextNetwork(self.architecture, state)

    def modules(self) -> list[nn.Module]:
        """Return K plain modules with these weights, in evaluation mode."""
        return unstack(self.template, self.state)


def reached(tokens: Tensor) -> Tensor:
    """Return tokens, (..., T), without the last places, which no text reaches."""
    places = (tokens >= 0).flatten(0, -2).any(dim=0).nonzero()
    return tokens[..., : int(places[-1]) + 1 if len(places) else 1]
