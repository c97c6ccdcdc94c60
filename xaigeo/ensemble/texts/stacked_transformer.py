"""A transformer encoder of all seeds at once."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from xaigeo.ensemble.texts.text_architecture import TextArchitecture
from xaigeo.ensemble.texts.text_pooling import masked_softmax
from xaigeo.ensemble.texts.token_line import TokenLine, rows_at

State = dict[str, Tensor]


def stacked_transformer(
    architecture: TextArchitecture,
    state: State,
    words: Tensor,
    line: TokenLine,
    *,
    with_maps: bool = False,
) -> tuple[Tensor, list[Tensor]]:
    """Return hidden vectors on the line, and the attention of each layer on request.

    Parameters
    ----------
    architecture : TextArchitecture
    state : dict of str to Tensor
    words : Tensor, shape (K, length, embedding_size)
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
    rank = (torch.cumsum(line.there, dim=2) - 1).clamp(min=0)
    ranks = torch.zeros_like(line.source).scatter_(1, line.places.flatten(1), rank.flatten(1))
    offset = torch.arange(len(words))[:, None] * architecture.max_tokens
    place = state["encoder.places.weight"].flatten(0, 1).index_select(0, (ranks + offset).flatten())
    x = words + place.view_as(words)
    maps: list[Tensor] = []
    groups = [] if with_maps else line.by_length()
    for layer in range(architecture.n_layers):
        name = f"encoder.layers.{layer}"
        normed = _norm(state, f"{name}.attention_norm", x)
        projected = _linear(state, f"{name}.attention.in_proj", normed, dot="_")
        if with_maps:
            mixed, weights = _explicit(projected, line, architecture.n_heads)
            maps.append(weights)
        else:
            mixed = _fused(projected, line, groups, architecture.n_heads)
        x = x + _linear(state, f"{name}.attention.out_proj", mixed)
        wide = torch.relu(
            _linear(state, f"{name}.widen", _norm(state, f"{name}.feed_forward_norm", x))
        )
        x = x + _linear(state, f"{name}.narrow", wide)
    return _norm(state, "encoder.norm", x), maps


def _explicit(projected: Tensor, line: TokenLine, n_heads: int) -> tuple[Tensor, Tensor]:
    """Return mixed values on the line, and the weights, (K, n_texts, n_heads, T, T)."""
    query, key, value = _heads(line.give(projected), n_heads)
    scores = query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1])
    weights = masked_softmax(scores, line.there[:, :, None, None, :])
    return line.take((weights @ value).transpose(2, 3).flatten(3)), weights


def _fused(projected: Tensor, line: TokenLine, groups: list[Tensor], n_heads: int) -> Tensor:
    """Return mixed values on the line; texts of like length attend together, weights unkept."""
    if not groups:
        return projected[..., : projected.shape[2] // 3]
    n_members, length, _ = projected.shape
    lines = projected if len(line.source) == 1 else projected.flatten(0, 1)[None]
    behind = torch.cat([places.flatten(1) for places in groups], dim=1)
    parts = torch.split(rows_at(lines, behind), [places[0].numel() for places in groups], dim=1)
    given = []
    for places, part in zip(groups, parts, strict=True):
        own = part.view(len(lines), *places.shape[1:], -1)
        query, key, value = (heads.flatten(0, 1) for heads in _heads(own, n_heads))
        seen = places % length != length - 1
        seen = seen.expand(len(lines), -1, -1).flatten(0, 1)[:, None, None]
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=seen)
        given.append(mixed.transpose(1, 2).reshape(len(lines), places[0].numel(), -1))
    back = torch.zeros_like(line.source).view(len(behind), -1)
    back.scatter_(1, behind, torch.arange(behind.shape[1]).expand_as(behind))
    return rows_at(torch.cat(given, dim=1), back).view(n_members, length, -1)


def _heads(projected: Tensor, n_heads: int) -> tuple[Tensor, ...]:
    """Return queries, keys and values, each (K, n_texts, n_heads, T, size of a head)."""
    parts = projected.view(*projected.shape[:-1], 3, n_heads, -1)
    return tuple(part.transpose(2, 3) for part in parts.unbind(3))


def _norm(state: State, name: str, x: Tensor) -> Tensor:
    normed = functional.layer_norm(x, x.shape[-1:])
    return torch.addcmul(state[f"{name}.bias"][:, None], normed, state[f"{name}.weight"][:, None])


def _linear(state: State, name: str, x: Tensor, dot: str = ".") -> Tensor:
    weight, bias = state[f"{name}{dot}weight"], state[f"{name}{dot}bias"]
    return torch.baddbmm(bias[:, None], x, weight.transpose(1, 2))
