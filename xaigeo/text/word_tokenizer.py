"""A plain tokenizer: words and signs, in small letters, numbered by how often they occur."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from xaigeo.errors import InputError
from xaigeo.options import check_count, check_flag
from xaigeo.text.word_parting import PARTINGS, Parting, parted

UNKNOWN = "<unk>"


@dataclass(frozen=True)
class WordTokenizer:
    """Words, numbers and signs of a text as tokens.

    A token is a run of letters and digits, with apostrophes and hyphens inside it; a character of
    Chinese or Japanese (Han or kana), which have no spaces between words; or a single other sign
    that is no space, a joined emoji as one. Token 0 stands for every word that is not in the
    vocabulary.

    Attributes
    ----------
    words : tuple of str
        The vocabulary; the number of a word is its place here. The first is ``<unk>``.
    lowercase : bool
        Whether words are read in small letters.
    parting : {2, 1}
        Version of the rule that parts a text. In 1, that of ensembles saved before there was
        another, a run of Chinese or Japanese is one token, accents that stand apart from their
        letter part words, and a joined emoji is parted.

    Raises
    ------
    InputError
        If the vocabulary does not begin with ``<unk>``, or names a word twice, or for a rule that
        is not known.

    Examples
    --------
    >>> tokenizer = WordTokenizer.from_texts(["A good film!", "Not good."])
    >>> tokenizer.split("A GOOD plot.")
    [('a', 4), ('good', 1), ('plot', 0), ('.', 3)]
    """

    words: tuple[str, ...]
    lowercase: bool = True
    parting: Parting = PARTINGS[0]

    def __post_init__(self) -> None:
        if self.parting not in PARTINGS:
            raise InputError(
                expected=f"parting among {', '.join(map(str, PARTINGS))}",
                arrived=repr(self.parting),
                do="Read it with the version of xaigeo that wrote it, or leave parting out.",
            )
        if not self.words or self.words[0] != UNKNOWN or len(set(self.words)) != len(self.words):
            repeated = [word for word, n in Counter(self.words).items() if n > 1]
            raise InputError(
                expected=f"a vocabulary of different words that begins with {UNKNOWN!r}",
                arrived=f"{repeated[0]!r} twice" if repeated else repr(self.words[:1]),
                do="Make one with WordTokenizer.from_texts(texts).",
            )

    @classmethod
    def from_texts(
        cls,
        texts: Iterable[str],
        *,
        min_count: int = 1,
        max_words: int | None = None,
        lowercase: bool = True,
    ) -> WordTokenizer:
        """Make the vocabulary of some texts, the commonest words first.

        Parameters
        ----------
        texts : iterable of str
            The texts that models are trained on, and no others: a vocabulary that knows test texts
            has seen them.
        min_count : int
            Words that occur less often are left out, and read as unknown.
        max_words : int, optional
            Most words in the vocabulary, beside the unknown one.
        lowercase : bool
            Whether words are read in small letters.

        Raises
        ------
        InputError
            For numbers below 1, or texts without a word.
        """
        check_count("min_count", min_count, at_least=1)
        if max_words is not None:
            check_count("max_words", max_words, at_least=1)
        check_flag("lowercase", lowercase)
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(_words(text, lowercase, PARTINGS[0]))
        # Equal counts in the order of the alphabet, so that the order of texts does not matter.
        ordered = sorted(counts, key=lambda word: (-counts[word], word))
        known = [word for word in ordered if counts[word] >= min_count][:max_words]
        if not known:
            raise InputError(
                expected=f"texts with words that occur at least {min_count} times",
                arrived=f"{len(counts)} different words, each rarer" if counts else "no words",
                do="Pass more texts, or a smaller min_count.",
            )
        return cls(words=(UNKNOWN, *known), lowercase=lowercase)

    @property
    def kind(self) -> str:
        """Name under which `to_dict` describes it."""
        return "words"

    @property
    def n_tokens(self) -> int:
        """Number of words, the unknown one among them."""
        return len(self.words)

    @property
    def unknown(self) -> int:
        """Number of the unknown word."""
        return 0

    @property
    def special(self) -> frozenset[int]:
        """No token is added to a text."""
        return frozenset()

    def split(self, text: str) -> list[tuple[str, int]]:
        """Return the tokens of a text, each as it is written there (in small letters), numbered."""
        words = _words(text, self.lowercase, self.parting)
        return [(word, self._places.get(word, 0)) for word in words]

    def shown(self, token: int) -> str:
        """Return the word with a number."""
        return self.words[token]

    def shortened(
        self, tokens: Sequence[tuple[str, int]], max_tokens: int
    ) -> list[tuple[str, int]]:
        """Return the first tokens."""
        return list(tokens[:max_tokens])

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-able description."""
        told = {"kind": self.kind, "words": list(self.words), "lowercase": self.lowercase}
        # The first rule was not told, and digests of what was made with it stay.
        return told if self.parting == 1 else told | {"parting": self.parting}

    @classmethod
    def from_dict(cls, description: Mapping[str, Any]) -> WordTokenizer:
        """Build the tokenizer that `to_dict` described."""
        return cls(
            words=tuple(description["words"]),
            lowercase=bool(description["lowercase"]),
            parting=description.get("parting", 1),
        )

    @cached_property
    def _places(self) -> dict[str, int]:
        return {word: place for place, word in enumerate(self.words)}


def _words(text: str, lowercase: bool, parting: Parting) -> list[str]:
    return parted(text.lower() if lowercase else text, parting)
