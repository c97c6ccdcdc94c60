"""Heads, layers and queries of attention made one weight a token."""

from __future__ import annotations

from typing import Literal

import numpy as np

from xaigeo.errors import InputError

HeadReduction = Literal["mean", "max"]
LayerReduction = Literal["mean", "max", "rollout"]


def head_weights(weights: np.ndarray, heads: list[int], reduction: HeadReduction) -> np.ndarray:
    """Return weights over some heads made one, shape (n_members, n_texts, n_layers, Q, T).

    Parameters
    ----------
    weights : ndarray, shape (n_members, n_texts, n_layers, n_heads, Q, T)
    heads : list of int
    reduction : {"mean", "max"}
    """
    chosen = weights[:, :, :, heads]
    return np.asarray(chosen.mean(axis=3) if reduction == "mean" else chosen.max(axis=3))


def layer_weights(weights: np.ndarray, layers: list[int], reduction: LayerReduction) -> np.ndarray:
    """Return weights over some layers made one, shape (n_members, n_texts, Q, T).

    Parameters
    ----------
    weights : ndarray, shape (n_members, n_texts, n_layers, Q, T)
    layers : list of int
    reduction : {"mean", "max", "rollout"}
    """
    if reduction == "rollout":
        return rollout(weights[:, :, sorted(layers)])
    chosen = weights[:, :, layers]
    return np.asarray(chosen.mean(axis=2) if reduction == "mean" else chosen.max(axis=2))


def rollout(weights: np.ndarray) -> np.ndarray:
    """Return how much of each input token reaches each token of the last layer.

    Parameters
    ----------
    weights : ndarray, shape (..., n_layers, T, T)
        From a query (row) to tokens (column), the first layer first.

    Returns
    -------
    ndarray, shape (..., T, T)
        0 in rows of tokens that are not there.

    Notes
    -----
    Abnar and Zuidema (2020), arXiv:2005.00928: with the residual connection a layer passes on
    ``0.5 W + 0.5 I``, rows divided by their sums; layers are multiplied, the first one innermost.
    """
    identity = np.eye(weights.shape[-1])
    there = weights[..., 0, :, :].sum(axis=-1, keepdims=True) > 0
    rolled = np.broadcast_to(identity, (*weights.shape[:-3], *identity.shape))
    for layer in range(weights.shape[-3]):
        mixed = 0.5 * weights[..., layer, :, :] + 0.5 * identity
        rolled = (mixed / mixed.sum(axis=-1, keepdims=True)) @ rolled
    return np.asarray(np.where(there, rolled, 0.0))


def query_weights(weights: np.ndarray, query: str | int, there: np.ndarray) -> np.ndarray:
    """Return the weights of the query that stands for a text, shape (n_members, n_texts, T).

    Parameters
    ----------
    weights : ndarray, shape (n_members, n_texts, Q, T)
    query : {"mean", "first", "last"} or int
        The mean over a text's tokens, its first or its last token, or that at a place; a negative
        place counts from the text's end.
    there : ndarray, shape (n_texts, T)
        Where there is a token.

    Raises
    ------
    InputError
        For a place beyond the end of a text.
    """
    if weights.shape[2] == 1:  # the whole text is the query
        return weights[:, :, 0]
    lengths = there.sum(axis=1)
    if query == "mean":
        own = there / np.maximum(lengths, 1)[:, None]
        return np.asarray(np.einsum("nq,knqt->knt", own, weights))
    place = {"first": 0, "last": -1}.get(str(query), query)
    assert not isinstance(place, str)
    short = (lengths <= place) | (lengths < -place)
    if short.any():
        raise InputError(
            expected=f"texts with a token at place {place}, the query that stands for them",
            arrived=f"{int(short.sum())} shorter ones, the shortest of {int(lengths.min())} tokens",
            do="Pass query='mean', or leave such texts out.",
        )
    places = np.where(place < 0, lengths + place, place).astype(np.intp)
    return np.asarray(weights[:, np.arange(len(places)), places])
