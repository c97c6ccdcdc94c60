"""Texts with labels, where they come from, and a split that keeps equal texts together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from xaigeo.errors import InputError
from xaigeo.options import check_count, is_number


@dataclass(frozen=True, eq=False, kw_only=True)
class TextSplit:
    """Texts to train on and texts to test on, each with its labels under the same index."""

    train_texts: pd.Series
    train_y: pd.Series
    test_texts: pd.Series
    test_y: pd.Series


@dataclass(frozen=True, eq=False, kw_only=True)
class TextDataset:
    """A series of texts, their labels `y`, and source, licence and notes.

    Attributes
    ----------
    name : str
    texts : Series of str, shape (n_texts,)
        Texts that are not empty; the index tells them apart.
    y : Series, shape (n_texts,)
        Labels, under the same index as `domain` and `score`.
    source, licence, notes : str
    domain : Series of str, shape (n_texts,), optional
        What each text is about, where there is more than one kind of text.
    score : Series of float, shape (n_texts,), optional
        A grade from which the label follows.

    Raises
    ------
    InputError
        If texts are no series of str or empty, or the indexes differ or repeat.
    """

    name: str
    texts: pd.Series
    y: pd.Series
    source: str
    licence: str
    notes: str = ""
    domain: pd.Series | None = None
    score: pd.Series | None = None

    def __post_init__(self) -> None:
        _check_texts(self.texts)
        for name in ("y", "domain", "score"):
            column = getattr(self, name)
            if column is not None or name == "y":
                _check_column(name, column, self.texts.index)

    @property
    def n_words(self) -> pd.Series:
        """Number of words of each text, as blanks part them."""
        return self.texts.str.split().map(len).rename("n_words")

    @property
    def wording(self) -> pd.Series:
        """Number of each text's wording, from 0 in order of first appearance.

        Texts with the same words in the same order share a wording, whatever their case and
        punctuation.

        Examples
        --------
        >>> texts = pd.Series(["Great phone!", "Awful.", "great phone"])
        >>> y = pd.Series(["positive", "negative", "positive"])
        >>> TextDataset(name="n", texts=texts, y=y, source="s", licence="l").wording.tolist()
        [0, 1, 0]
        """
        words = self.texts.str.lower().str.replace(r"[\W_]+", " ", regex=True).str.strip()
        # ":)" and ":(" have no words, and yet are not the same text.
        codes, _ = pd.factorize(words.where(words != "", self.texts))
        return pd.Series(codes, index=self.texts.index, name="wording")

    @property
    def n_repeated(self) -> int:
        """Number of texts whose wording stood in an earlier one already."""
        return int(self.wording.duplicated().sum())

    def split(self, test_share: float = 0.3, *, random_state: int = 0) -> TextSplit:
        """Return a split in which no wording stands on both sides.

        Wordings are drawn by `sklearn.model_selection.train_test_split`, stratified by the label
        and the domain that each has where it stands first; every text follows its wording. The
        share of texts therefore differs from `test_share` a little where wordings repeat. Texts
        stay in their order.

        Parameters
        ----------
        test_share : float
            Share of the wordings to test on, between 0 and 1.
        random_state : int

        Raises
        ------
        InputError
            If a share or seed makes no sense, or there are too few texts to have some of each
            label (of each domain) on both sides.
        """
        check_count("random_state", random_state, at_least=0)
        wording = self.wording.to_numpy()
        first = ~self.wording.duplicated().to_numpy()
        parts = [self.y] if self.domain is None else [self.y, self.domain]
        labels = pd.MultiIndex.from_arrays(parts)
        strata = labels.factorize()[0]
        names = [" of ".join(map(repr, label)) for label in dict.fromkeys(labels)]
        repeated = f" (of {len(first)}; others repeat these)" if not first.all() else ""
        test = _drawn(strata[first], names, repeated, test_share, random_state)[wording]
        return TextSplit(
            train_texts=self.texts[~test],
            train_y=self.y[~test],
            test_texts=self.texts[test],
            test_y=self.y[test],
        )


def _check_texts(texts: object) -> None:
    if not isinstance(texts, pd.Series) or not texts.map(lambda t: isinstance(t, str)).all():
        raise InputError(
            expected="texts to be a pandas Series of str",
            arrived=type(texts).__name__
            if not isinstance(texts, pd.Series)
            else f"a Series of {texts.dtype}",
            do="Pass pd.Series(list_of_str); leave missing texts out.",
        )
    empty = texts.str.strip() == ""
    if not len(texts) or empty.any():
        raise InputError(
            expected="texts with at least one that is not blank, and none that is",
            arrived=f"{int(empty.sum())} blank texts of {len(texts)}",
            do="Leave blank texts out, with their labels.",
        )
    if not texts.index.is_unique:
        raise InputError(
            expected="an index that tells texts apart",
            arrived=f"{texts.index[texts.index.duplicated()][0]!r} more than once",
            do="Call texts.reset_index(drop=True), and the same on the labels.",
        )


def _check_column(name: str, column: object, index: pd.Index) -> None:
    if not isinstance(column, pd.Series) or not column.index.equals(index):
        raise InputError(
            expected=f"{name} to be a pandas Series under the index of the texts",
            arrived=f"a Series of {len(column)} under another index"
            if isinstance(column, pd.Series)
            else type(column).__name__,
            do=f"Pass pd.Series({name}, index=texts.index).",
        )
    if column.isna().any():
        raise InputError(
            expected=f"{name} without missing values",
            arrived=f"{int(column.isna().sum())} missing",
            do="Leave those texts out.",
        )


def _drawn(
    strata: np.ndarray, names: Sequence[str], repeated: str, test_share: float, random_state: int
) -> np.ndarray:
    """Return which wordings to test on, given the stratum of each; both sides get of every one.

    In the message strata read `names`, and `repeated` follows the number of wordings.
    """
    from sklearn.model_selection import train_test_split

    if not is_number(test_share) or not 0 < test_share < 1:
        raise InputError(
            expected="test_share to be a number between 0 and 1",
            arrived=repr(test_share),
            do="Pass a number such as test_share=0.3.",
        )
    n, sizes = len(strata), np.bincount(strata, minlength=len(names))
    n_test = math.ceil(test_share * n)
    test = np.zeros(n, dtype=bool)
    if min(n_test, n - n_test) >= len(sizes) and sizes.min() >= 2:
        _, drawn = train_test_split(
            np.arange(n), test_size=test_share, random_state=random_state, stratify=strata
        )
        test[drawn] = True
    # A small stratum may still get no place on a small side.
    on_test = np.bincount(strata[test], minlength=len(sizes))
    if not ((on_test > 0) & (on_test < sizes)).all():
        raise InputError(
            expected="texts of every label (of every domain) to train on and to test on",
            arrived=f"test_share={test_share!r} of {n} different "
            f"text{'' if n == 1 else 's'}{repeated}, {sizes.min()} of "
            f"{names[int(sizes.argmin())]}, the rarest",
            do="Leave rare labels out, or pass more texts or a test_share nearer to 0.5.",
        )
    return test
