"""Whether models that read texts as they are written answer alike to them and to their words."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from xaigeo.ensemble.members import Task
from xaigeo.ensemble.texts.plain_text_members import PlainTextMembers
from xaigeo.ensemble.texts.text_answers import short, spread
from xaigeo.errors import RebuiltTextWarning
from xaigeo.schema import Matrix
from xaigeo.text.schema import TextSchema
from xaigeo.text.word_tokenizer import WordTokenizer

# How far answers may lie apart: in probability, or as a share of the range of a model's values.
TOLERANCE = 0.01
# Unknown words that the warning names.
MOST_WORDS = 3


def note_rebuilt(
    members: Any,
    schema: TextSchema,
    texts: Sequence[str],
    rows: Matrix,
    task: Task,
    *,
    what: str = "texts",
    most: int | None = None,
    stacklevel: int = 2,
) -> None:
    """Warn if models answer otherwise to texts than to what is made of their tokens.

    Explanations take tokens out of a text, and the models read what is left with a space between.
    That need not be the text itself even where nothing is taken out. Nor need a word that the
    tokenizer does not know be to the models what stands for it: each is asked about alone, since a
    text that other words decide does not tell. Models that read tokens themselves are not asked.

    Parameters
    ----------
    members : TextMembers
    schema : TextSchema
        That `rows` are of; where it is not the members' own, `texts` are not what is read.
    texts : sequence of str
    rows : ndarray, shape (n_texts, max_tokens)
        The same, encoded.
    task : {"classification", "regression"}
    what : str
        What the texts are called in the message.
    most : int, optional
        The most texts to compare, spread over all; all unless given.
    stacklevel : int
        As `warnings.warn` takes it in the caller.

    Warns
    -----
    RebuiltTextWarning
        If answers lie more than 0.01 apart in probability, or for a regression more than a
        hundredth of the range of a model's values over these texts, the empty one and unknown
        words. Models that answer otherwise to the same texts a second time are told as such.
    """
    if not isinstance(members, PlainTextMembers) or schema != members.schema:
        return
    if most is not None:
        chosen = spread(len(texts), most)
        texts, rows = [texts[place] for place in chosen], rows[chosen]
    rebuilt, words = members.texts(rows), _unknown_words(schema, texts, rows)
    if rebuilt == list(texts) and not words:
        return
    n = len(texts)
    stands = [_unknown(schema)] if words else []
    answers = members.values_of_texts([*texts, *rebuilt, "", *words, *stands])
    own, whole, alone = answers[:, :n], answers[:, : 2 * n + 1], answers[:, 2 * n + 1 :]
    of_texts = _apart(own, answers[:, n : 2 * n], whole, task)
    of_words = _apart(alone, alone[:, -1:], answers, task)
    if max(of_texts.max(), of_words.max(initial=0)) <= TOLERANCE:
        return
    drawn = _apart(own, members.values_of_texts(texts), whole, task)
    if drawn.max() > TOLERANCE:
        told = [_told_of_chance(texts, drawn, task, what)]
    else:
        capitals = False
        if _lowers(schema):
            small = members.values_of_texts([text.lower() for text in texts])
            capitals = bool(_apart(own, small, whole, task).max() > TOLERANCE)
        told = [
            *_told_of_texts(texts, rebuilt, of_texts, task, what),
            *_told_of_words(schema, words, of_words, task, what),
            *_advice(schema, texts, of_texts, capitals=capitals, unknown=bool(words)),
        ]
    warnings.warn(" ".join(told), RebuiltTextWarning, stacklevel=stacklevel + 1)


def _unknown(schema: TextSchema) -> str:
    """Return what stands for words that the tokenizer does not know."""
    unknown = schema.tokenizer.unknown
    return "" if unknown is None else schema.tokenizer.shown(unknown)


def _unknown_words(schema: TextSchema, texts: Sequence[str], rows: Matrix) -> list[str]:
    """Return the different words of texts that the tokenizer does not know."""
    if schema.tokenizer.unknown is None or not (rows == schema.tokenizer.unknown).any():
        return []
    tokens = [token for tokens in schema.split(texts, tell_cut=False) for token in tokens]
    return list(
        dict.fromkeys(word for word, number in tokens if number == schema.tokenizer.unknown)
    )


def _apart(own: np.ndarray, other: np.ndarray, among: np.ndarray, task: Task) -> np.ndarray:
    """Return how far answers to each text lie apart at most, shape (n_texts,).

    Values are measured by the range of those `among`, all shape (n_members, n_texts, n_outputs).
    """
    apart = np.abs(own - other)
    if task == "regression":
        # By model and target; one text alone has a range too, from nothing to what it says.
        extent = np.ptp(among, axis=1, keepdims=True)
        apart = np.divide(apart, extent, out=np.zeros_like(apart), where=extent > 0)
    return np.asarray(apart.max(axis=(0, 2)))


def _far(apart: np.ndarray, task: Task) -> str:
    unit = " in probability" if task == "classification" else " of the range of a model's values"
    return f"up to {apart.max():.2g}{unit} apart"


def _told_of_chance(texts: Sequence[str], drawn: np.ndarray, task: Task, what: str) -> str:
    return (
        f"The models' answers are random: asked twice about the same {what} they lie "
        f"{_far(drawn, task)}, to {short(texts[int(drawn.argmax())])}. Explanations would tell of "
        "chance beside the words. Let every model answer alike whenever it is asked, whatever "
        "texts it is asked about beside: make its generator anew in each call, such as "
        "np.random.default_rng(0), or ask a language model at temperature 0."
    )


def _told_of_texts(
    texts: Sequence[str], rebuilt: Sequence[str], apart: np.ndarray, task: Task, what: str
) -> list[str]:
    differing, worst = apart > TOLERANCE, int(apart.argmax())
    if not differing.any():
        return []
    return [
        f"To {int(differing.sum())} of {len(texts)} {what} models answer otherwise than to the "
        f"words that they are explained by, {_far(apart, task)}: to {short(texts[worst])} and to "
        f"{short(rebuilt[worst])}. Explanations speak of the words with a space between."
    ]


def _told_of_words(
    schema: TextSchema, words: Sequence[str], apart: np.ndarray, task: Task, what: str
) -> list[str]:
    if not words:
        return []
    many = "word of the {} is" if len(words) == 1 else "words of the {} are"
    stands = repr(_unknown(schema))
    told = [f"{len(words)} {many.format(what)} not known to the tokenizer, and read {stands}."]
    order = [place for place in np.argsort(-apart, kind="stable") if apart[place] > TOLERANCE]
    if order:
        named = ", ".join(short(words[place]) for place in order[:MOST_WORDS])
        some = f"{len(order)} of them alone, such as " if len(order) > MOST_WORDS else ""
        told.append(
            f"Models answer otherwise to {stands} than to {some}{named}, {_far(apart, task)}: "
            f"explanations say of such a word what is true of {stands}."
        )
    options = "" if _lowers(schema) else ", lowercase=False"
    told.append(
        f"Make the ensemble with tokenizer=WordTokenizer.from_texts(texts{options}) of texts that "
        "include those to be explained."
    )
    return told


def _lowers(schema: TextSchema) -> bool:
    return isinstance(schema.tokenizer, WordTokenizer) and schema.tokenizer.lowercase


def _advice(
    schema: TextSchema,
    texts: Sequence[str],
    apart: np.ndarray,
    *,
    capitals: bool,
    unknown: bool,
) -> list[str]:
    """Return what to do about texts to which models answer otherwise, beside unknown words."""
    texts = [text for text, far in zip(texts, apart, strict=True) if far > TOLERANCE]
    if not texts:
        return []
    advice = []
    if capitals:
        advice.append(
            "The tokenizer makes letters small, and the models read capitals: make the ensemble "
            "with one of lowercase=False."
        )
    if any(schema.unread(text) for text in texts):
        advice.append("Ends beyond max_tokens are not read: make the ensemble with a larger one.")
    if not advice and not unknown:
        advice.append(
            "If the models read spaces, or signs together with words, make the ensemble with a "
            "tokenizer whose tokens are what they read."
        )
    return advice
