"""What text networks are to learn: texts and labels, read, checked and split."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from xaigeo.ensemble.members import Task
from xaigeo.ensemble.problem import Problem
from xaigeo.ensemble.split import Split, split_rows
from xaigeo.ensemble.targets import (
    MANY_CLASSES,
    check_length,
    check_order,
    encode_labels,
    infer_task,
    read_classes,
    target_names,
)
from xaigeo.errors import InputError
from xaigeo.options import check_option
from xaigeo.text.huggingface_tokenizer import as_tokenizer
from xaigeo.text.schema import Texts, TextSchema, as_texts
from xaigeo.text.tokenizer import Tokenizer
from xaigeo.text.word_tokenizer import WordTokenizer

# Bytes of room for tokens beyond the longest text: more is a mistake, not foresight.
MOST_ROOM = 2**28
NO_LETTERS = re.compile(r"[\W_]+")


def read_text_problem(
    texts: Texts,
    y: Any,
    *,
    task: Task | None,
    validation_share: float,
    random_state: int,
    tokenizer: Any,
    min_count: int | None,
    max_words: int | None,
    max_tokens: int | None,
) -> tuple[Problem, Split]:
    """Check texts and labels, split them, and encode them by the words of the training share.

    Raises
    ------
    InputError
        For one text only, labels of another length or order, a single class or nearly one a text
        (texts and labels swapped), missing values,
        a tokenizer that is none, options of a vocabulary beside one, or a split that cannot be
        made.
    """
    given = read_labelled_texts(
        texts, y, task=task, validation_share=validation_share, random_state=random_state
    )
    read, split = given.texts, given.split
    tokenizer = _tokenizer(
        [read[place] for place in split.train], tokenizer, min_count=min_count, max_words=max_words
    )
    longest = max(1, max(len(tokenizer.split(text)) for text in read))
    schema = TextSchema.of(tokenizer, longest if max_tokens is None else max_tokens)
    check_room(schema.max_tokens, longest, 8 * len(read), "encoded texts")
    return given.problem(schema), split


@dataclass(frozen=True, eq=False, kw_only=True)
class LabelledTexts:
    """Texts and labels that fit each other, and which of them are trained on.

    Attributes
    ----------
    texts : list of str
    labels : ndarray
        As of `Problem`.
    classes : tuple
    task : {"classification", "regression"}
    split : Split
    """

    texts: list[str]
    labels: np.ndarray
    classes: tuple[Any, ...]
    task: Task
    split: Split

    def problem(self, schema: TextSchema) -> Problem:
        """Return what is to be learnt, the texts encoded by a schema."""
        return Problem(
            rows=schema.encode(self.texts),
            labels=self.labels,
            schema=schema,
            classes=self.classes,
            task=self.task,
        )


def read_labelled_texts(
    texts: Texts, y: Any, *, task: Task | None, validation_share: float, random_state: int
) -> LabelledTexts:
    """Check texts and labels, and split them; parameters and errors as of `read_text_problem`."""
    read = as_texts(texts)
    if len(read) < 2:
        raise InputError(
            expected="at least two texts to train on",
            arrived="1",
            do="Pass the whole training data; one text is enough for predict only.",
        )
    if task is not None:
        check_option("task", task, Task)
    check_order(texts, y)
    check_length(y, len(read))
    task = task or infer_task(y)
    if task == "classification":
        _check_not_texts(y)
    classes = target_names(y) if task == "regression" else read_classes(y)
    labels = encode_labels(y, classes, task, n_rows=len(read))
    split = split_texts(
        read,
        labels,
        task,
        validation_share=validation_share,
        random_state=random_state,
        classes=classes,
    )
    return LabelledTexts(texts=read, labels=labels, classes=classes, task=task, split=split)


def check_room(max_tokens: int, longest: int, each: int, what: str) -> None:
    """Raise where room for tokens that no text has takes more than `MOST_ROOM`, and than the rest.

    Parameters
    ----------
    max_tokens, longest : int
        The most tokens that are read, and those of the longest text.
    each : int
        Bytes that a place for a token takes.
    what : str
        What the room is for, in the message.

    Raises
    ------
    InputError
    """
    beyond = max(0, max_tokens - longest) * each
    if beyond > max(MOST_ROOM, longest * each):
        raise InputError(
            expected=f"max_tokens of at most {longest + max(MOST_ROOM // each, longest)}: the "
            f"longest text has {longest} tokens, and {what} take {each:,} bytes a token",
            arrived=str(max_tokens),
            do="Leave max_tokens out, or pass what the longest text that you will ask about has.",
        )


def _check_not_texts(y: Any) -> None:
    """Raise for labels of which nearly each is another, as where texts stand for them."""
    labels = np.asarray(y, dtype=object).reshape(-1)
    different = {label for label in labels if isinstance(label, str)}
    if len(different) > max(MANY_CLASSES, len(labels) / 2):
        shown = next(label for label in labels if isinstance(label, str))
        raise InputError(
            expected="labels that texts share, as classes",
            arrived=f"{len(different)} different ones for {len(labels)} texts, such as "
            f"{shown if len(shown) <= 60 else shown[:57] + '...'!r}",
            do="Pass the texts first and their labels second.",
        )


def split_texts(
    texts: list[str],
    labels: np.ndarray,
    task: Task,
    *,
    validation_share: float,
    random_state: int,
    classes: Sequence[Any] | None = None,
) -> Split:
    """Hold back a share of the texts, equal ones on one side, stratified by class.

    Texts are equal if they have the same words, whatever the case and the signs between them. The
    share is one of different texts; each follows the class that it has where it stands first.
    Messages name `classes`, the labels by place.

    Raises
    ------
    InputError
        If a class is too rare to be on both sides, or a side would be empty.
    """
    wording, first = np.unique([_wording(text) for text in texts], return_index=True)
    order = np.argsort(first)
    first = first[order]
    number = {text: place for place, text in enumerate(wording[order])}
    of_text = np.array([number[_wording(text)] for text in texts])
    drawn = split_rows(
        labels[first],
        task,
        validation_share=validation_share,
        random_state=random_state,
        what="texts" if len(first) == len(texts) else "different texts",
        classes=classes,
        told=""
        if len(first) == len(texts)
        else f" among {len(texts)}, those of the same words on one side",
    )
    held = np.isin(of_text, drawn.validation)
    return Split(np.flatnonzero(~held), np.flatnonzero(held))


def _wording(text: str) -> str:
    # ":)" and ":(" have no words, and yet are not the same text.
    return NO_LETTERS.sub(" ", text.lower()).strip() or text


def _tokenizer(
    texts: list[str], tokenizer: Any, *, min_count: int | None, max_words: int | None
) -> Tokenizer:
    if tokenizer is None:
        return WordTokenizer.from_texts(
            texts, min_count=1 if min_count is None else min_count, max_words=max_words
        )
    for name, value in (("min_count", min_count), ("max_words", max_words)):
        if value is not None:
            raise InputError(
                expected=f"{name} only where the tokenizer is made of the texts",
                arrived=f"{name}={value!r} and a tokenizer",
                do=f"Leave {name} out, or pass tokenizer=WordTokenizer.from_texts(texts, "
                f"{name}={value!r}).",
            )
    return as_tokenizer(tokenizer)
