"""A tokenizer of Hugging Face, as a text schema asks for it and as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from xaigeo.errors import InputError
from xaigeo.text.pieces import GOES_ON
from xaigeo.text.tokenizer import Tokenizer

if TYPE_CHECKING:
    from tokenizers import Tokenizer as Backend

# Signs that a reader would not see, and a line break, which parts the words of a text.
VISIBLE = str.maketrans({" ": "␣", "\n": "⏎", "\r": "⏎", "\t": "⇥"})


@dataclass(frozen=True)
class HuggingFaceTokenizer:
    """A fast tokenizer of Hugging Face: its normaliser, vocabulary and special tokens.

    Truncation and padding are the schema's, so those of the tokenizer are shut off. Nothing is
    downloaded. A token is shown as a reader knows it: the start of a word plain ("Ġgood" and
    "▁good" as "good"), a part that goes on with "##" before it, an unknown word as it stands in
    the text, white space by a sign for it.

    Attributes
    ----------
    description : str
        The tokenizer as the `tokenizers` library writes it, JSON.
    unknown : int or None
        Number of the token that hides a word: the mask token, or that of unknown words where there
        is none; None where there is neither, or where the tokenizer adds it to every text.
    pad : int or None
        Number of the token that fills up shorter texts.

    Examples
    --------
    >>> from tokenizers import Tokenizer, models, pre_tokenizers
    >>> words = Tokenizer(models.WordLevel({"<unk>": 0, "good": 1}, unk_token="<unk>"))
    >>> words.pre_tokenizer = pre_tokenizers.Whitespace()
    >>> HuggingFaceTokenizer.from_tokenizer(words).split("good film")
    [('good', 1), ('film', 0)]
    """

    description: str = field(repr=False)
    unknown: int | None
    pad: int | None

    @classmethod
    def from_tokenizer(cls, tokenizer: Any) -> HuggingFaceTokenizer:
        """Take over a tokenizer of `transformers` or `tokenizers`; it is left as it is.

        Parameters
        ----------
        tokenizer : transformers.PreTrainedTokenizerFast or tokenizers.Tokenizer

        Raises
        ------
        InputError
            For a tokenizer written in Python ("slow"), or something else.
        """
        named = {role: _named(tokenizer, role) for role in ("mask", "unk", "pad")}
        backend = getattr(tokenizer, "backend_tokenizer", tokenizer)
        if not all(hasattr(backend, name) for name in ("to_str", "token_to_id", "no_padding")):
            slow = hasattr(tokenizer, "convert_tokens_to_ids")
            raise InputError(
                expected="a fast tokenizer of transformers, or one of tokenizers",
                arrived=f"a slow one, {type(tokenizer).__name__}"
                if slow
                else type(tokenizer).__name__,
                do="Load it with transformers.AutoTokenizer.from_pretrained(..., use_fast=True), "
                "or build one with the tokenizers library.",
            )
        own = _backend(backend.to_str())
        own.no_truncation()
        own.no_padding()
        described = json.loads(own.to_str())
        known = own.get_vocab(with_added_tokens=True)
        pad = _first(known, named["pad"], "[PAD]", "<pad>")
        hiding = _first(known, named["mask"], "[MASK]", "<mask>")
        if hiding is None:
            hiding = _first(known, named["unk"])
        if hiding is None:
            hiding = _unknown_word(described, known)
        added = set(own.encode("").ids)
        return cls(own.to_str(), None if hiding in added else hiding, pad)

    @property
    def kind(self) -> str:
        """Name under which `to_dict` describes it."""
        return "huggingface"

    @cached_property
    def n_tokens(self) -> int:
        """One more than the largest number of a token."""
        return max(self.backend.get_vocab(with_added_tokens=True).values()) + 1

    @cached_property
    def special(self) -> frozenset[int]:
        """Numbers of the tokens that are added to every text, such as [CLS] and [SEP]."""
        return frozenset(self.backend.encode("").ids)

    @cached_property
    def backend(self) -> Backend:
        """The tokenizer itself."""
        return _backend(self.description)

    def split(self, text: str) -> list[tuple[str, int]]:
        """Return the tokens of a text, those that are added among them."""
        encoded = self.backend.encode(text)
        places = zip(encoded.tokens, encoded.ids, encoded.offsets, encoded.word_ids, strict=True)
        found = []
        before: int | None = None
        for token, number, (start, stop), word in places:
            goes_on = word is not None and word == before
            written = text[start:stop]
            if number == self.unknown_word and written:
                shown = written.translate(VISIBLE)
            else:
                shown = self._as_read(token, goes_on=goes_on)
                if "�" in shown and written:
                    shown = (GOES_ON if goes_on else "") + written  # one byte of a longer sign
            found.append((shown, number))
            blank = all(sign in VISIBLE.values() for sign in shown)
            before = None if blank else word
        return found

    def shown(self, token: int) -> str:
        """Return what a reader sees of the token with a number, wherever it stands."""
        name = self.backend.id_to_token(token)
        if name is None:
            raise InputError(
                expected=f"the number of a token below {self.n_tokens}",
                arrived=str(token),
                do="Pass numbers that split() gave.",
            )
        return self._as_read(name, goes_on=self.style != "words")

    def shortened(
        self, tokens: Sequence[tuple[str, int]], max_tokens: int
    ) -> list[tuple[str, int]]:
        """Return the first tokens of a text and the special ones that close it.

        Raises
        ------
        InputError
            If there is room for special tokens only.
        """
        n_added = len(self.backend.encode("").ids)
        if max_tokens <= n_added:
            raise InputError(
                expected=f"max_tokens of at least {n_added + 1}, with {n_added} special tokens "
                "in every text",
                arrived=str(max_tokens),
                do=f"Pass max_tokens={n_added + 1} or more.",
            )
        tokens = list(tokens)
        if len(tokens) <= max_tokens:
            return tokens
        closing = len(tokens)
        while closing and tokens[closing - 1][1] in self.special:
            closing -= 1
        end = tokens[closing:]
        return tokens[: max_tokens - len(end)] + end

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-able description."""
        return {
            "kind": self.kind,
            "tokenizer": self.description,
            "unknown": self.unknown,
            "pad": self.pad,
        }

    @classmethod
    def from_dict(cls, description: Mapping[str, Any]) -> HuggingFaceTokenizer:
        """Build the tokenizer that `to_dict` described."""
        return cls(description["tokenizer"], description["unknown"], description["pad"])

    @cached_property
    def _described(self) -> dict[str, Any]:
        described: dict[str, Any] = json.loads(self.description)
        return described

    @cached_property
    def added(self) -> frozenset[str]:
        """Tokens with a meaning of their own, as they are written: [CLS], <unk> and the like."""
        return frozenset(token["content"] for token in self._described["added_tokens"])

    @cached_property
    def unknown_word(self) -> int | None:
        """Number of the token that stands for words that are not known; None where there is none.

        `unknown`, which hides words, is another where there is a mask token.
        """
        return _unknown_word(self._described, self.backend.get_vocab(with_added_tokens=True))

    @property
    def end_mark(self) -> str:
        """What closes the last piece of a word, such as "</w>"; empty where nothing does."""
        return self._described["model"].get("end_of_word_suffix") or ""

    def written(self, token: int) -> str:
        """Return a token with the space before it and its marks, as the vocabulary has it.

        A byte that is no character by itself reads "�"; a space is a space.
        """
        if self.style == "bytes":
            return self.together([token])
        name = str(self.backend.id_to_token(token))
        return name.replace("▁", " ") if self.style == "spaces" else name

    def together(self, tokens: Sequence[int]) -> str:
        """Return tokens of bytes as text, "�" for what is no whole character."""
        from tokenizers import decoders

        return decoders.ByteLevel().decode([str(self.backend.id_to_token(t)) for t in tokens])

    @cached_property
    def style(self) -> str:
        """How tokens tell the start of a word: "bytes", "spaces", or "words" where they do not."""
        text = json.dumps([self._described["pre_tokenizer"], self._described["decoder"]])
        for sign, style in (("ByteLevel", "bytes"), ("Metaspace", "spaces"), ("▁", "spaces")):
            if json.dumps(sign)[1:-1] in text:
                return style
        return "words"

    def _as_read(self, token: str, *, goes_on: bool) -> str:
        if token in self.added:
            return token.translate(VISIBLE)
        text = token
        if self.style == "bytes":
            from tokenizers import decoders

            text = decoders.ByteLevel().decode([token])
        elif self.style == "spaces":
            text = token.replace("▁", " ")
        else:
            model = self._described["model"]
            suffix = model.get("end_of_word_suffix")
            prefix = model.get("continuing_subword_prefix")
            if suffix:
                text = text.removesuffix(suffix)
            elif prefix and text.startswith(prefix) and text != prefix:
                return GOES_ON + text.removeprefix(prefix).translate(VISIBLE)
            elif prefix:
                goes_on = False
        if text[:1].isspace() and text.strip():
            text, goes_on = text[1:], False
        mark = GOES_ON if goes_on and text[:1].isalnum() else ""
        return mark + text.translate(VISIBLE)


def as_tokenizer(tokenizer: Any) -> Tokenizer:
    """Return a tokenizer as a text schema takes it: as it is, or taken over from Hugging Face.

    Parameters
    ----------
    tokenizer : Tokenizer, transformers.PreTrainedTokenizerFast or tokenizers.Tokenizer

    Raises
    ------
    InputError
        For a tokenizer written in Python ("slow"), or something else.
    """
    if isinstance(tokenizer, Tokenizer):
        return tokenizer
    return HuggingFaceTokenizer.from_tokenizer(tokenizer)


def _named(tokenizer: Any, role: str) -> str | None:
    # Tokenizers of transformers warn about, or lack, roles that were not set.
    token = (getattr(tokenizer, "special_tokens_map", None) or {}).get(f"{role}_token")
    return None if token is None else str(token)


def _first(known: Mapping[str, int], *names: str | None) -> int | None:
    return next((known[name] for name in names if name is not None and name in known), None)


def _unknown_word(described: Mapping[str, Any], known: Mapping[str, int]) -> int | None:
    model = described["model"]
    place = model.get("unk_id")  # Unigram tells the place, the other models the token
    return place if place is not None else _first(known, model.get("unk_token"))


def _backend(description: str) -> Backend:
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise InputError(
            expected="the packages tokenizers and transformers, for tokenizers of Hugging Face",
            arrived=f"an installation without them ({error})",
            do="Run pip install 'xaigeo[transformers]'.",
        ) from error
    return Tokenizer.from_str(description)
