"""How much each word counts for each seed, over all texts in which it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd

from xaigeo.agreement.compared_output import values_at
from xaigeo.agreement.importance import output_places, overall_order
from xaigeo.agreement.result_html import result_html
from xaigeo.agreement.selection import feature_sign_consensus
from xaigeo.agreement.unstable import LEAST_PLACES
from xaigeo.errors import InputError
from xaigeo.explanations import TokenAttributions
from xaigeo.explanations.amounts import kind_name
from xaigeo.options import check_count
from xaigeo.text.schema import TextSchema


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class WordImportance:
    """The mean absolute attribution of every word, by seed, the largest median first.

    Attributes
    ----------
    words : list of str
        Different tokens that stand at enough places, as a reader sees them. Those that models do
        not know are one to them, and here.
    codes : ndarray of int, shape (n_words,)
        Their numbers in the vocabulary.
    n_places : ndarray of int, shape (n_words,)
        At how many places of the texts each is explained.
    sizes : ndarray, shape (n_seeds, n_words)
        Mean absolute attribution over these places, in units of the output.
    sign_consensus : ndarray, shape (n_words,)
        Share of seeds that give the word the sign of most, mean over its places; NaN for
        attributions without a sign, and for words that are 0 everywhere.
    seeds : ndarray, shape (n_seeds,)
    method : str
    """

    words: list[str]
    codes: np.ndarray
    n_places: np.ndarray
    sizes: np.ndarray
    sign_consensus: np.ndarray
    seeds: np.ndarray
    method: str

    def __repr__(self) -> str:
        return f"WordImportance({self.method}, {len(self.words)} words, {len(self.seeds)} seeds)"

    def _repr_html_(self) -> str:
        return result_html(repr(self), {}, self.to_frame())

    def to_frame(self) -> pd.DataFrame:
        """Return one row a word.

        Columns: word, n_places, median, lowest and highest (of the seeds' mean sizes) and
        sign_consensus.
        """
        return pd.DataFrame(
            {
                "word": self.words,
                "n_places": self.n_places,
                "median": np.median(self.sizes, axis=0),
                "lowest": self.sizes.min(axis=0),
                "highest": self.sizes.max(axis=0),
                "sign_consensus": self.sign_consensus,
            }
        )


def word_importance(
    explanation: TokenAttributions,
    output: str | None = None,
    *,
    least_places: int = LEAST_PLACES,
) -> WordImportance:
    """Return how much each word counts for each seed: its mean absolute attribution.

    Parameters
    ----------
    explanation : TokenAttributions
        Amounts of every token, such as those of attention, Kernel SHAP or a gradient.
    output : str, optional
        By default, at each text, the class that most seeds predict, one output for all seeds; of
        a regression the first target.
    least_places : int
        Words at fewer places are left out: one of two places says nothing in general.

    Raises
    ------
    InputError
        For another kind of result, an unknown output, or if no word stands at so many places.

    Notes
    -----
    The global importance of `xaigeo.agreement.importance` with words in place of columns: a mean
    over the places where the word stands, not over all texts, so that a rare word that decides
    comes before a frequent one that hardly counts. A word at two places of a text counts twice.
    """
    check_count("least_places", least_places)
    _check(explanation)
    mask = explanation.word_mask
    codes = explanation.array("input")[mask].astype(np.intp)
    schema = cast(TextSchema, explanation.schema)
    n_places = np.bincount(codes, minlength=schema.tokenizer.n_tokens)
    known = np.flatnonzero(n_places >= least_places)
    if not len(known):
        raise InputError(
            expected=f"a word that stands at {least_places} places or more",
            arrived=f"texts in which the commonest stands at {n_places.max()}",
            do="Explain more texts, or pass a smaller least_places.",
        )
    values = values_at(explanation, output_places(explanation, output), mask)[:, mask]
    sizes = np.stack([_means(np.abs(row), codes, len(n_places))[known] for row in values])
    consensus = np.full(len(n_places), np.nan)
    if explanation.signed:
        told = (values != 0).any(axis=0)
        consensus = _means(feature_sign_consensus(values)[told], codes[told], len(n_places))
    order = overall_order(sizes)
    return WordImportance(
        words=[schema.tokenizer.shown(int(code)) for code in known[order]],
        codes=known[order],
        n_places=n_places[known[order]],
        sizes=sizes[:, order],
        sign_consensus=consensus[known[order]],
        seeds=explanation.seeds,
        method=explanation.method,
    )


def _means(values: np.ndarray, codes: np.ndarray, n_codes: int) -> np.ndarray:
    """Return the mean of the values of each code, shape (n_codes,); NaN for codes without any."""
    counts = np.bincount(codes, minlength=n_codes)
    sums = np.bincount(codes, weights=values, minlength=n_codes)
    return np.asarray(sums / np.where(counts > 0, counts, np.nan))


def _check(explanation: TokenAttributions) -> None:
    texts = isinstance(explanation, TokenAttributions)
    if texts and explanation.role == "attributions":
        return
    raise InputError(
        expected="attributions of the words of texts",
        arrived=kind_name(explanation),
        do="Explain texts with method='kernel_shap', 'attention' or another that gives amounts; "
        "of a table see xaigeo.agreement.importance.",
    )
