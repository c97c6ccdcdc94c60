"""What an ensemble of text models lets explainers ask beyond its answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np

from xaigeo.ensemble.members import Scale
from xaigeo.schema import Matrix

if TYPE_CHECKING:
    from torch import Tensor

    from xaigeo.text.schema import TextSchema


@dataclass(frozen=True, eq=False, kw_only=True)
class AttentionMaps:
    """The attention of every model over some texts, as the models have it.

    Attributes
    ----------
    weights : ndarray, shape (n_members, n_texts, n_layers, n_heads, n_queries, max_tokens)
        How much of each token every query takes; 0 where there is no token. A query is a token,
        whose place it has (n_queries is then max_tokens, with 0 where there is no such token), or
        the whole text where attention pools (n_queries is 1).
    layers : tuple of str
        Names of the layers.
    pooling : bool
        Whether a query is the whole text.
    reads : {"mean", "first", "last", "pool"}
        What the answer is read from: the mean of all tokens, the first or the last token, or the
        pooled text.
    """

    weights: np.ndarray
    layers: tuple[str, ...]
    pooling: bool
    reads: str


@runtime_checkable
class TextMembers(Protocol):
    """K text models, asked all at once.

    Rows are those of a `TextSchema`, shape (n_texts, max_tokens), float64 numbers of tokens, -1
    where there is none. A row with -1 in the middle is the text without that token; a row without
    any token is an empty text, and gets an answer too.

    `values`, `member_values` and `subset` are those of every kind of `Members`.
    """

    kind: str  # "text"
    n_members: int
    has_logits: bool
    schema: TextSchema

    def values(self, rows: Matrix, scale: Scale) -> np.ndarray:
        """Return outputs, shape (n_members, n_texts, n_outputs)."""
        ...

    def member_values(self, place: int, rows: Matrix, scale: Scale) -> np.ndarray:
        """Return one member's outputs, shape (n_texts, n_outputs)."""
        ...

    def subset(self, places: Sequence[int]) -> TextMembers:
        """Return the members at these places."""
        ...

    @property
    def modules(self) -> list[Any]:
        """The K plain modules."""
        ...

    def embed(self, rows: Matrix) -> Tensor:
        """Return the word vectors that each model reads, shape (n_members, n_texts, T, d).

        T is the length of the longest text among `rows`, or more; tokens stand at their places
        in the rows, which have no -1 in the middle. Zero where there is no token. No gradients.
        """
        ...

    def outputs_of_embedded(self, embedded: Tensor, rows: Matrix, scale: Scale) -> Tensor:
        """Return outputs for given word vectors, with gradients, (n_members, n_texts, n_outputs).

        Parameters
        ----------
        embedded : Tensor, shape (n_members, n_texts, T, d)
            In place of what `embed` gives for these rows.
        rows : ndarray, shape (n_texts, max_tokens)
            Which tokens there are.
        scale : {"logit", "probability", "value"}
        """
        ...

    def attention(self, rows: Matrix) -> AttentionMaps:
        """Return the attention over texts, rows without -1 in the middle, in one pass.

        Raises
        ------
        InputError
            For models without attention, or whose attention cannot be read.
        """
        ...

    def outputs_with_attention(self, rows: Matrix, weights: np.ndarray, scale: Scale) -> np.ndarray:
        """Return outputs under other weights of the attention that pools.

        Parameters
        ----------
        rows : ndarray, shape (n_texts, max_tokens)
            Without -1 in the middle.
        weights : ndarray, shape (n_members, n_texts, n_draws, max_tokens)
            In place of the models' own; 0 where there is no token.
        scale : {"logit", "probability", "value"}

        Returns
        -------
        ndarray, shape (n_members, n_texts, n_draws, n_outputs)

        Raises
        ------
        InputError
            For models that do not pool by attention.
        """
        ...
