"""A transformer encoder of all seeds at once."""

from __future__ import annotations

from torch import Tensor

from xaigeo.ensemble.texts.line_words import LineWords
from xaigeo.ensemble.texts.stacked_attention import attention, attention_with_maps
from xaigeo.ensemble.texts.stacked_rows import linear, norm, with_places
from xaigeo.ensemble.texts.text_architecture import TextArchitecture
from xaigeo.ensemble.texts.token_line import TokenLine

State = dict[str, Tensor]


def stacked_transformer(
    architecture: TextArchitecture,
    state: State,
    words: LineWords,
    line: TokenLine,
    *,
    with_maps: bool = False,
) -> tuple[Tensor, list[Tensor]]:
    """Return hidden vectors on the line, and the attention of each layer on request.

    Parameters
    ----------
    architecture : TextArchitecture
    state : dict of str to Tensor
    words : LineWords
    line : TokenLine
        By text.
    with_maps : bool
        Whether to return the attention, which is otherwise not kept.

    Returns
    -------
    hidden : Tensor, shape (K, length, embedding_size)
    maps : list of Tensor, each of shape (K, n_texts, n_heads, T, T)
        Queries, then tokens, which stand side by side; 0 where one of them is not there.
    """
    x = with_places(words, state["encoder.places.weight"], line)
    maps: list[Tensor] = []
    for layer in range(architecture.n_layers):
        name = f"encoder.layers.{layer}"
        normed = norm(x, *_both(state, f"{name}.attention_norm."), line)
        projected = linear(normed, *_both(state, f"{name}.attention.in_proj_"), line)
        if with_maps:
            mixed, weights = attention_with_maps(projected, line, architecture.n_heads)
            maps.append(weights)
        else:
            mixed = attention(projected, line, architecture.n_heads)
        x = linear(mixed, *_both(state, f"{name}.attention.out_proj."), line, onto=x)
        normed = norm(x, *_both(state, f"{name}.feed_forward_norm."), line)
        wide = linear(normed, *_both(state, f"{name}.widen."), line, relu=True)
        x = linear(wide, *_both(state, f"{name}.narrow."), line, onto=x)
    return norm(x, *_both(state, "encoder.norm."), line), maps


def _both(state: State, name: str) -> tuple[Tensor, Tensor]:
    return state[f"{name}weight"], state[f"{name}bias"]
