"""What a text schema asks of a tokenizer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class Tokenizer(Protocol):
    """From texts to numbers of tokens, and back to what a reader sees.

    Attributes
    ----------
    kind : str
        Name under which `to_dict` describes it.
    n_tokens : int
        Number of different tokens; their numbers are 0, 1, ..., n_tokens - 1.
    unknown : int or None
        Number of the token that stands for a word which is not known, or that hides one.
    special : frozenset of int
        Numbers of tokens that the tokenizer adds itself, such as [CLS]; they are never removed.
    """

    @property
    def kind(self) -> str: ...  # noqa: D102
    @property
    def n_tokens(self) -> int: ...  # noqa: D102
    @property
    def unknown(self) -> int | None: ...  # noqa: D102
    @property
    def special(self) -> frozenset[int]: ...  # noqa: D102

    def split(self, text: str) -> list[tuple[str, int]]:
        """Return the tokens of a text, in order: what a reader sees of each, and its number.

        Special tokens are among them.
        """
        ...

    def shown(self, token: int) -> str:
        """Return what a reader sees of the token with a number."""
        ...

    def shortened(
        self, tokens: Sequence[tuple[str, int]], max_tokens: int
    ) -> list[tuple[str, int]]:
        """Return the first tokens of a text that is too long, with the special ones that belong."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-able description, from which the tokenizer can be built again."""
        ...
