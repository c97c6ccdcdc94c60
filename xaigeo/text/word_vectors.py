"""Word vectors that a user has, in the text format of word2vec and GloVe or as a mapping."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from xaigeo.errors import InputError
from xaigeo.text.tokenizer import Tokenizer


@dataclass(frozen=True, eq=False)
class WordVectors:
    """Vectors of those words of a vocabulary that have one.

    Attributes
    ----------
    matrix : ndarray, shape (n_tokens, size)
        Row by number of the token; 0 where there is no vector.
    known : ndarray of bool, shape (n_tokens,)
        Which tokens have one.
    """

    matrix: np.ndarray
    known: np.ndarray

    @classmethod
    def read(cls, source: str | Path | Mapping[str, Any], tokenizer: Tokenizer) -> WordVectors:
        """Read the vectors of a vocabulary's words.

        Parameters
        ----------
        source : str, Path or mapping of str to array-like, shape (size,)
            A file, plain or .gz, with a word and its numbers a line and spaces or tabs between; a
            first line with the number of words and of numbers, as word2vec and fastText write it,
            may stand before. Words are matched as the tokenizer shows them, in its case; of a word
            that comes twice the first vector is taken.
        tokenizer : Tokenizer

        Raises
        ------
        InputError
            For something else than a path or a mapping, a missing file, lines without numbers or
            of other lengths, numbers that are not finite, or vectors of none of the words.
        """
        _check_source(source)
        numbers = {tokenizer.shown(token): token for token in range(tokenizer.n_tokens)}
        if isinstance(source, Mapping):
            found = _of_mapping(source, numbers)
        else:
            found = _of_file(Path(source), numbers)
        if not found:
            raise InputError(
                expected="vectors of words that the texts have",
                arrived="vectors of none of them",
                do="Check the language and the case of the words; the plain tokenizer reads them "
                "in small letters.",
            )
        size = len(next(iter(found.values())))
        matrix = np.zeros((tokenizer.n_tokens, size))
        known = np.zeros(tokenizer.n_tokens, dtype=bool)
        for token, vector in found.items():
            matrix[token], known[token] = vector, True
        return cls(matrix, known)

    @property
    def size(self) -> int:
        """Length of a vector."""
        return int(self.matrix.shape[1])

    @property
    def n_known(self) -> int:
        """Number of words that have a vector."""
        return int(self.known.sum())

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the vectors."""
        return hashlib.sha256(self.known.tobytes() + self.matrix.tobytes()).hexdigest()


def _check_source(source: object) -> None:
    if isinstance(source, str | PathLike | Mapping):
        return
    hints = {
        "DataFrame": "dict(zip(vectors.index, vectors.to_numpy())) where its index holds the words",
        "KeyedVectors": "{word: vectors[word] for word in vectors.index_to_key}",
    }
    name = type(source).__name__
    raise InputError(
        expected="vectors to be the path of a file, or a mapping of words to their vectors",
        arrived=name,
        do=f"Pass {hints.get(name, 'dict(zip(words, matrix)), the words in the order of its rows')}"
        ".",
    )


def _of_mapping(source: Mapping[str, Any], numbers: Mapping[str, int]) -> dict[int, np.ndarray]:
    found: dict[int, np.ndarray] = {}
    size: int | None = None
    first = ""
    for word, token in numbers.items():
        if word not in source:
            continue
        vector = _numbers(source[word], word)
        if size is None and vector.ndim == 1:
            size, first = len(vector), word
        if vector.shape != (size,) or not size or not np.isfinite(vector).all():
            raise InputError(
                expected="vectors of one length with finite numbers",
                arrived=_unfit(vector, word, size, first),
                do="Repair that vector or leave the word out.",
            )
        found[token] = vector
    return found


def _unfit(vector: np.ndarray, word: str, size: int | None, first: str) -> str:
    """Return what is wrong with a word's vector, where the `first` one has `size` numbers."""
    if not np.isfinite(vector).all():
        return f"NaN or infinite numbers for {word!r}"
    if vector.ndim != 1 or not len(vector) or not size:
        return f"one of shape {vector.shape} for {word!r}"
    return f"a length of {size} for {first!r}, but {len(vector)} for {word!r}"


def _numbers(given: Any, word: str) -> np.ndarray:
    try:
        return np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(
            expected="vectors of one length with finite numbers",
            arrived=f"{given!r:.80} for {word!r}",
            do="Repair that vector or leave the word out.",
        ) from error


def _of_file(path: Path, numbers: Mapping[str, int]) -> dict[int, np.ndarray]:
    if not path.is_file():
        raise InputError(
            expected=f"a file of word vectors at {path}",
            arrived="a folder" if path.is_dir() else "nothing there",
            do="Pass the path of a text file with a word and its numbers a line.",
        )
    found: dict[int, np.ndarray] = {}
    size: int | None = None
    for number, line in enumerate(_lines(path), start=1):
        fields = _fields(line)
        if number == 1 and len(fields) == 2 and all(field.isdecimal() for field in fields):
            size = int(fields[1])
            continue
        size = len(fields) - 1 if size is None else size
        if size < 1 or len(fields) <= size:
            raise _odd_line(path, number, f"{len(fields) - 1} numbers", size)
        # A word may have spaces inside.
        token = numbers.get(" ".join(fields[:-size]))
        if token is not None and token not in found:
            found[token] = _vector(fields[-size:], path, number, size)
    return found


def _fields(line: str) -> list[str]:
    # Not at any white space: words of published files may hold spaces of other kinds.
    first, *others = line.rstrip().replace("\t", " ").split(" ")
    return [first, *filter(None, others)]


def _lines(path: Path) -> Iterator[str]:
    opened = gzip.open if path.suffix == ".gz" else open
    # Some published files hold a few bytes that are no UTF-8; such words are not met.
    with opened(path, "rt", encoding="utf-8-sig", errors="replace", newline="\n") as file:
        yield from (line for line in file if line.strip())


def _vector(fields: list[str], path: Path, number: int, size: int) -> np.ndarray:
    try:
        vector = np.array(fields, dtype=np.float64)
    except ValueError as error:
        raise _odd_line(path, number, str(error), size) from error
    if not np.isfinite(vector).all():
        raise _odd_line(path, number, "NaN or infinite numbers", size)
    return vector


def _odd_line(path: Path, number: int, arrived: str, size: int) -> InputError:
    return InputError(
        expected=f"a word and {max(size, 1)} finite numbers, spaces or tabs between, in line "
        f"{number} of {path.name}",
        arrived=arrived,
        do="Pass vectors in the text format of word2vec or GloVe, not a binary file.",
    )
