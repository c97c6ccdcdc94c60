"""Attributions to the pieces of words, added up by word."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from xaigeo import dims
from xaigeo.errors import InputError
from xaigeo.explanations.token_attributions import BETWEEN_WORDS, WORDS, TokenAttributions
from xaigeo.text.schema import TextSchema
from xaigeo.text.whole_word_schema import WholeWordSchema, joined_pieces
from xaigeo.text.whole_words import WholeWords

# What holds of a text as a whole, whatever it is cut into.
OF_TEXTS = (
    *("prediction", "background_prediction", "base_value", "explained_value", "intercept"),
    *("convergence_delta", "weight_sum"),
)


def by_words(explanation: TokenAttributions) -> TokenAttributions:
    """Return attributions with one number a word: the sum over its pieces.

    So that attention and gradients, which are of tokens, can be laid beside methods that take
    whole words away (``units="words"``). Sums over a text stay what they were. A sum is not what a
    method would give that took the word away as one: the Shapley value of a word is, in general,
    not the sum of those of its pieces.

    Parameters
    ----------
    explanation : TokenAttributions
        Amounts of every token.

    Returns
    -------
    TokenAttributions
        With a place a word. What is known of tokens alone, such as standard errors and whole maps
        of attention, is left out. The explanation itself where every token is a word, or it is of
        words already.

    Raises
    ------
    InputError
        For anchors and counterfactuals, whose words cannot be added up.

    Notes
    -----
    Attention to a word as the sum over its pieces: Clark et al. (2019), arXiv:1906.04341.
    """
    schema = explanation.schema
    assert isinstance(schema, TextSchema)  # checked when made
    if isinstance(schema, WholeWordSchema) or schema.tokenizer.kind == "words":
        return explanation
    if explanation.role != "attributions":
        raise InputError(
            expected="amounts of tokens, which can be added up",
            arrived=explanation.role,
            do=f"Explain with method={explanation.method!r} and units='words'.",
        )
    rows = explanation.array("input")
    words = WholeWordSchema.of_rows(schema, rows)
    rule = WholeWords(schema.tokenizer)
    owners = np.stack([rule.owners(row) for row in rows])
    data = explanation.data
    kept = data[["attribution", "mask", *(name for name in OF_TEXTS if name in data)]]
    told = [_words(tokens, row, rule) for tokens, row in zip(explanation.tokens, rows, strict=True)]
    summed = _summed(explanation.array("attribution"), owners)
    of_words = {
        "attribution": (data["attribution"].dims, summed),
        "mask": (data["mask"].dims, _summed(explanation.mask[None, ..., None], owners)[0, ..., 0]),
        "input": (data["input"].dims, words.of_pieces(rows)),
        "background": (data["background"].dims, words.of_pieces(explanation.array("background"))),
    }
    made = kept.assign(of_words).assign_coords({WORDS: (dims.INSTANCE, np.array(told, object))})
    return replace(explanation, data=made, schema=words)


def _summed(values: np.ndarray, owners: np.ndarray) -> np.ndarray:
    """Return sums over the pieces of words, shape of `values` (n_seeds, n_texts, n_tokens, n).

    Of a mask: whether any piece is there.
    """
    holds = owners[:, :, None] == np.arange(owners.shape[1])
    return np.asarray(np.einsum("kito,itw->kiwo", values, holds.astype(values.dtype)))


def _words(tokens: list[str], row: np.ndarray, rule: WholeWords) -> str:
    codes = row[: len(tokens)].astype(int).tolist()
    joined = joined_pieces(list(zip(tokens, codes, strict=True)), rule)
    return BETWEEN_WORDS.join(word for word, _ in joined)
