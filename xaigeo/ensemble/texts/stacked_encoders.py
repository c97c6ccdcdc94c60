"""Encoders of all seeds at once, on lines of tokens."""

from __future__ import annotations

from torch import Tensor

from xaigeo.ensemble.texts.line_words import LineWords
from xaigeo.ensemble.texts.stacked_convolution import stacked_convolution
from xaigeo.ensemble.texts.stacked_recurrence import stacked_recurrence
from xaigeo.ensemble.texts.stacked_transformer import stacked_transformer
from xaigeo.ensemble.texts.text_architecture import TextArchitecture
from xaigeo.ensemble.texts.token_line import TokenLine

State = dict[str, Tensor]


def line_of(architecture: TextArchitecture, tokens: Tensor) -> TokenLine:
    """Lay tokens, shape (L, n_texts, T), on the line that an encoder reads."""
    return (TokenLine.by_time if architecture.encoder == "lstm" else TokenLine.by_text)(tokens)


def encoded(
    architecture: TextArchitecture, state: State, words: LineWords, line: TokenLine
) -> Tensor:
    """Return hidden vectors on the line, shape (K, length, encoded_size).

    Parameters
    ----------
    architecture : TextArchitecture
    state : dict of str to Tensor
    words : LineWords
    line : TokenLine
        As `line_of` lays it.
    """
    if architecture.encoder == "cnn":
        names = [f"encoder.convolutions.{k}" for k in range(len(architecture.kernel_sizes))]
        weights = [state[f"{name}.weight"] for name in names]
        biases = [state[f"{name}.bias"] for name in names]
        return stacked_convolution(words, line, weights, biases)
    if architecture.encoder == "lstm":
        return stacked_recurrence(state, words, line)
    return stacked_transformer(architecture, state, words, line)[0]
