"""What the seeds say of the words of one text: which lead, their mean, and how far they differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from xaigeo.errors import InputError
from xaigeo.explanations import TokenAttributions
from xaigeo.explanations.majority import majority
from xaigeo.geometry.round_off import without_round_off
from xaigeo.options import check_count, suggestion


@dataclass(frozen=True, eq=False)
class TokenSpread:
    """The explained words of one text, seed by seed and over the seeds that answer alike.

    Attributes
    ----------
    places : ndarray of int, shape (n_words,)
        Places of the explained tokens in the text.
    values : ndarray, shape (n_seeds, n_words)
        Attributions of one output; of anchors and counterfactuals 1 for a word that the seed
        chose, else 0.
    alike : ndarray of bool, shape (n_seeds,)
        Seeds that give the answer of most seeds; of a regression all.
    mean, sd : ndarray, shape (n_words,)
        Mean over these seeds, and standard deviation (K − 1 degrees of freedom; NaN for one seed).
    leading : ndarray of int, shape (n_seeds,)
        Each seed's word of the largest size, a place in `places`, the first of equal ones; −1 where
        all are 0. Tokens that the tokenizer adds, such as [CLS], do not lead.
    answer : int
        Place of the answer of most seeds, 0 for a regression.
    output : int
        Place of the output that the values speak of.
    """

    places: np.ndarray
    values: np.ndarray
    alike: np.ndarray
    mean: np.ndarray
    sd: np.ndarray
    leading: np.ndarray
    answer: int
    output: int


def token_spread(
    explanation: TokenAttributions, place: int = 0, output: str | None = None
) -> TokenSpread:
    """Return what the seeds say of the words of the text at a place.

    Parameters
    ----------
    explanation : TokenAttributions
    place : int
        Of the text among the instances.
    output : str, optional
        The answer of most seeds unless named; of a regression the first target.

    Raises
    ------
    InputError
        For other explanations, a place that is not there or an output that does not exist.

    Notes
    -----
    The standard deviation of a word's attribution over seeds is that of Jain (2019) and Madhyastha
    and Jain (CoNLL 2019, arXiv:1909.10447). Seeds that answer differently explain different answers
    and are not averaged with the others.
    """
    check_tokens(explanation)
    check_count("place", place, at_least=0)
    if place >= len(explanation.instances):
        raise InputError(
            expected=f"the place of one of {len(explanation.instances)} texts",
            arrived=str(place),
            do="Places start at 0.",
        )
    prediction = explanation.array("prediction")[:, [place]]
    regression = explanation.task == "regression"
    answer = 0 if regression else int(majority(prediction)[0])
    alike = explanation.predicted[:, place] == answer
    chosen = answer if output is None else _output_place(explanation.outputs, output)
    places = np.flatnonzero(explanation.mask[place])
    if explanation.role != "attributions":
        values = explanation.array("chosen")[:, place][:, places].astype(float)
    else:
        values = explanation.array("attribution")[:, place, :, chosen][:, places]
    own = values[alike]
    sd = np.full(len(places), np.nan)
    if len(own) > 1:
        sd = without_round_off(own.std(axis=0, ddof=1), float(np.abs(own).max(initial=0.0)))
    return TokenSpread(
        places=places,
        values=values,
        alike=alike,
        mean=own.mean(axis=0),
        sd=sd,
        leading=_leading(values, explanation.word_mask[place][places]),
        answer=answer,
        output=chosen,
    )


def check_tokens(explanation: Any, what: str = "the words of a text") -> None:
    """Raise unless an explanation of texts is given.

    Raises
    ------
    InputError
        For anything else.
    """
    if not isinstance(explanation, TokenAttributions):
        raise InputError(
            expected=f"TokenAttributions for {what}",
            arrived=type(explanation).__name__,
            do="Pass the result of xaigeo.explain with an ensemble of text models.",
        )


def _leading(values: np.ndarray, words: np.ndarray) -> np.ndarray:
    sizes = np.where(words, np.abs(values), 0.0)
    return np.where(sizes.any(axis=1), sizes.argmax(axis=1), -1)


def _output_place(names: Sequence[str], output: str) -> int:
    if str(output) not in names:
        raise InputError(
            expected=f"an output of the explanation ({', '.join(names)})",
            arrived=repr(output),
            do=suggestion(output, names) or "Name one of the listed outputs.",
        )
    return list(names).index(str(output))
