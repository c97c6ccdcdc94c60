"""The registered scores of anchors and counterfactuals of texts."""

from __future__ import annotations

import numpy as np
from scipy.stats import hypergeom

from xaigeo.agreement.boxes import mean_off_diagonal, off_diagonal
from xaigeo.agreement.compared_words import ComparedWords
from xaigeo.agreement.pairs import mean_defined
from xaigeo.agreement.score import Score, register


def shared_words_matrix(chosen: np.ndarray) -> np.ndarray:
    """Return the tokens that two seeds both choose over those that either does (Jaccard).

    Parameters
    ----------
    chosen : ndarray of bool, shape (n_seeds, n_instances, n_tokens)

    Returns
    -------
    ndarray, shape (n_instances, n_seeds, n_seeds)
        NaN where neither chooses any.
    """
    held = np.moveaxis(chosen, 1, 0).astype(float)
    both = held @ held.swapaxes(-1, -2)
    size = held.sum(axis=-1)
    either = size[:, :, None] + size[:, None, :] - both
    return np.where(either > 0, both / np.where(either > 0, either, 1.0), np.nan)


def expected_shared_words(
    n_tokens: np.ndarray, n_first: np.ndarray, n_second: np.ndarray
) -> np.ndarray:
    """Return the mean of `shared_words_matrix` when tokens are chosen at random.

    Parameters
    ----------
    n_tokens : ndarray of int, shape (...)
        Tokens of the text that may be chosen.
    n_first, n_second : ndarray of int, shape (...)
        How many of them each of two seeds chooses.

    Returns
    -------
    ndarray, shape (...)
        NaN where neither chooses any.

    Notes
    -----
    The number h of tokens that both choose has the hypergeometric distribution of n_second
    draws without replacement from n_tokens, of which n_first count; the mean is that of
    h/(n_first + n_second − h).

    Examples
    --------
    >>> expected_shared_words(np.array([3]), np.array([1]), np.array([1])).round(3).tolist()
    [0.333]
    """
    sizes = np.stack(np.broadcast_arrays(n_tokens, n_first, n_second), axis=-1)
    # Few texts and seeds differ in all three numbers.
    distinct, place = np.unique(sizes.reshape(-1, 3), axis=0, return_inverse=True)
    n, first, second = distinct.T[:, :, None]
    both = np.arange(distinct[:, 1:].max(initial=0) + 1)
    either = first + second - both
    share = np.divide(both, either, out=np.zeros(either.shape), where=either > 0)
    mean = (hypergeom.pmf(both, n, first, second) * share).sum(axis=-1)
    mean = np.where(distinct[:, 1:].any(axis=-1), mean, np.nan)
    return np.asarray(mean[place.reshape(-1)].reshape(sizes.shape[:-1]))


def _shared(c: ComparedWords) -> np.ndarray:
    return np.where(c.comparable, shared_words_matrix(c.chosen), np.nan)


def _mean_shared(c: ComparedWords) -> np.ndarray:
    return mean_defined(_shared(c)[:, off_diagonal(c.n_seeds)], axis=1)


def _shared_by_chance(c: ComparedWords) -> np.ndarray:
    """Return the chance level of every text, over the pairs of seeds that its value is of."""
    n_chosen = c.chosen.sum(axis=-1).T
    expected = expected_shared_words(
        c.there.sum(axis=-1)[:, None, None], n_chosen[:, :, None], n_chosen[:, None, :]
    )
    expected = np.where(c.comparable, expected, np.nan)
    return mean_defined(expected[:, off_diagonal(c.n_seeds)], axis=1)


def _carried(c: ComparedWords) -> np.ndarray:
    return np.full(c.n_instances, np.nan) if c.cross is None else mean_off_diagonal(c.cross)


register(
    Score(
        name="shared_words",
        label="Same words",
        kind=ComparedWords,
        low=0.0,
        high=1.0,
        higher_is_better=True,
        compute=_mean_shared,
        by_pair=_shared,
        null_per_instance=_shared_by_chance,
        chance="mean when every seed chooses as many words of the same text at random, exactly",
        reference="doi:10.18653/v1/K19-1065",
        meaning="Of the words that either of two seeds names for the same answer, the share that "
        "both name.",
    )
)
register(
    Score(
        name="words_carry_over",
        label="Words carry over to other seeds",
        kind=ComparedWords,
        low=0.0,
        high=1.0,
        higher_is_better=True,
        compute=_carried,
        by_pair=lambda c: np.asarray(c.cross, dtype=np.float64).transpose(2, 0, 1),
        directed=True,
        null_per_instance=lambda c: mean_off_diagonal(c.empty),
        chance="share of the background texts to which the other seed gives the answer",
        reference="doi:10.1609/aaai.v32i1.11491",
        meaning="How often the words found for one seed, enough for an answer or changed for "
        "another, do the same under the model of another seed.",
    )
)
