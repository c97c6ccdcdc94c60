"""Rows of tokens passed as texts, so that they are explained as they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.schema import Matrix
from xaigeo.text.schema import ABSENT, TextSchema
from xaigeo.text.tokenizer import Tokenizer


@dataclass(frozen=True)
class CodedTokenizer:
    """A tokenizer to which a text is the numbers of its tokens, with a space between.

    Words that a tokenizer does not know are lost in a row, and sub-words run together, so that
    not every row can be written as a text of words.

    Attributes
    ----------
    own : Tokenizer
        What the tokens are.
    """

    own: Tokenizer

    @property
    def kind(self) -> str:
        """Name of its kind."""
        return "coded"

    @property
    def n_tokens(self) -> int:
        """Number of different tokens."""
        return self.own.n_tokens

    @property
    def unknown(self) -> int | None:
        """Number of the token that hides a word."""
        return self.own.unknown

    @property
    def special(self) -> frozenset[int]:
        """Numbers of tokens that the tokenizer adds."""
        return self.own.special

    def split(self, text: str) -> list[tuple[str, int]]:
        """Return the tokens whose numbers a text is; none is added."""
        return [(self.own.shown(int(code)), int(code)) for code in text.split()]

    def shown(self, token: int) -> str:
        """Return what a reader sees of a token."""
        return self.own.shown(token)

    def shortened(
        self, tokens: Sequence[tuple[str, int]], max_tokens: int
    ) -> list[tuple[str, int]]:
        """Return the first tokens."""
        return list(tokens[:max_tokens])

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-able description."""
        return {"kind": self.kind, "tokenizer": self.own.to_dict()}


def coded_texts(rows: Matrix) -> list[str]:
    """Return rows as texts for `reading_codes`.

    Parameters
    ----------
    rows : ndarray, shape (n_texts, max_tokens)
        Numbers of tokens, -1 behind the end of a text.

    Examples
    --------
    >>> import numpy as np
    >>> coded_texts(np.array([[5.0, 2.0, -1.0]]))
    ['5 2']
    """
    return [" ".join(str(int(code)) for code in row[row != ABSENT]) for row in rows]


def reading_codes(ensemble: SeedEnsemble) -> SeedEnsemble:
    """Return the same text models, to which a text is the numbers of its tokens."""
    schema = cast(TextSchema, ensemble.schema)
    coded = TextSchema.of(CodedTokenizer(schema.tokenizer), schema.max_tokens)
    return replace(ensemble, schema=coded)
