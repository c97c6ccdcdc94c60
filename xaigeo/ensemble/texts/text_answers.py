"""What models answer to texts as they are written: asked in parts, each text once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np

from xaigeo.ensemble.members import of_one_shape
from xaigeo.errors import InputError

# Texts, and characters of texts, that a model is asked about at once.
TEXTS_AT_ONCE = 2**10
CHARACTERS_AT_ONCE = 2**20
# Characters of a text that messages show.
MOST_SHOWN = 60


class Answers(Protocol):
    """K models that are given data as it is: `EstimatorAnswers` or `FunctionAnswers`."""

    @property
    def kind(self) -> str:
        """Return what they are: "estimator" or "callable"."""
        ...

    @property
    def n_members(self) -> int:
        """Number of models."""
        ...

    def answer(self, place: int, data: Any, n_rows: int) -> np.ndarray:
        """Return one model's outputs, shape (n_rows, n_outputs)."""
        ...

    def subset(self, places: Sequence[int]) -> Answers:
        """Return the models at these places."""
        ...


def answers_to_texts(answers: Answers, texts: Sequence[str]) -> np.ndarray:
    """Return what models answer to one text or more, shape (n_members, n_texts, n_outputs).

    Texts that are the same are asked about once.

    Raises
    ------
    InputError
        For answers that are none, or of another shape than those of the other models.
    """
    number = {text: place for place, text in enumerate(dict.fromkeys(texts))}
    parts = list(_parts(list(number)))
    every = of_one_shape(
        [
            np.vstack([answer_of_one(answers, place, part) for part in parts])
            for place in range(answers.n_members)
        ]
    )
    return every[:, [number[text] for text in texts]]


def answer_of_one(answers: Answers, place: int, texts: Sequence[str]) -> np.ndarray:
    """Return what the model at a place answers to texts, shape (n_texts, n_outputs).

    Raises
    ------
    InputError
        For an answer that is none; it names the text, if it is the answer to some texts only.
    """
    try:
        return _asked(answers, place, texts)
    except InputError as error:
        text = failing_text(answers, place, texts)
        if text is None:
            raise
        raise InputError(
            expected=error.expected,
            arrived=f"{error.arrived}, asked about {short(text)}",
            do=error.do,
        ) from error


def failing_text(answers: Answers, place: int, texts: Sequence[str]) -> str | None:
    """Return a text that a model fails on where it answers to another; None if there is none.

    Halves are asked, so that about as many texts are read again as there are.
    """

    def fails(some: Sequence[str]) -> bool:
        try:
            _asked(answers, place, some)
        except Exception:
            return True
        return False

    left = list(texts)
    while len(left) > 1:
        half = left[: len(left) // 2]
        left = half if fails(half) else left[len(left) // 2 :]
    others = [text for text in (texts[0], *reversed(texts)) if text != left[0]]
    if not others or not fails(left) or fails(others[:1]):
        return None
    return left[0]


def spread(n: int, most: int) -> np.ndarray:
    """Return places of some of n texts, at most so many, spread over all."""
    return np.linspace(0, n - 1, most).astype(int) if n > most else np.arange(n)


def short(text: str) -> str:
    """Return a text as messages show it."""
    return repr(text if len(text) <= MOST_SHOWN else text[: MOST_SHOWN - 3] + "...")


def _asked(answers: Answers, place: int, texts: Sequence[str]) -> np.ndarray:
    # Each is given a list of its own, which it may change.
    return answers.answer(place, list(texts), len(texts))


def _parts(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield texts, one at least, as many as may be asked about at once."""
    start, n_characters = 0, 0
    for place, text in enumerate(texts):
        n_characters += len(text)
        full = n_characters > CHARACTERS_AT_ONCE or place - start == TEXTS_AT_ONCE
        if place > start and full:
            yield texts[start:place]
            start, n_characters = place, len(text)
    yield texts[start:]
