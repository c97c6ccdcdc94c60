from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import xaigeo as xg
from xaigeo.datasets import TextDataset
from xaigeo.errors import InputError


def made(texts, y=None, **columns):
    texts = pd.Series(texts)
    y = pd.Series(["a", "b"] * len(texts))[: len(texts)] if y is None else pd.Series(y)
    columns = {name: pd.Series(values) for name, values in columns.items()}
    return TextDataset(name="made", texts=texts, y=y, source="here", licence="none", **columns)


@pytest.fixture
def repeated():
    """Ninety texts of which every wording stands up to four times, with one label each."""
    rng = np.random.default_rng(0)
    words = rng.choice(40, 90)
    forms = ("text {}", "Text {}!", "  text, {} ", "TEXT {}...")
    texts = [rng.choice(forms).format(word) for word in words]
    labels = [("low", "high")[word % 2] for word in words]
    domains = [("north", "south", "west")[word % 3] for word in words]
    data = made(texts, labels, domain=domains)
    order = pd.Index([f"row {i}" for i in rng.permutation(90)])
    return replace(
        data,
        texts=data.texts.set_axis(order),
        y=data.y.set_axis(order),
        domain=data.domain.set_axis(order),
    )


def naive_wordings(texts):
    """Tell texts apart by their letters and digits alone, one after another."""
    seen = {}
    for text in texts:
        kept = "".join(c if c.isalnum() else " " for c in text.lower())
        key = " ".join(kept.split()) or text
        seen.setdefault(key, len(seen))
        yield seen[key]


def test_wordings_are_told_apart_by_words_alone(repeated):
    assert repeated.wording.tolist() == list(naive_wordings(repeated.texts))
    assert repeated.wording.index.equals(repeated.texts.index)
    data = xg.datasets.sentences()
    assert data.wording.tolist() == list(naive_wordings(data.texts))


def test_texts_without_words_differ_by_their_characters():
    data = made([":)", ":(", ":)", "don't", "don t", "dont", "Été", "été_"])
    assert data.wording.tolist() == [0, 1, 0, 2, 2, 3, 4, 4]
    assert data.n_repeated == 3


def test_words_are_counted_between_blanks():
    assert made(["one", " two  words ", "a-b c\td"]).n_words.tolist() == [1, 2, 3]


def test_a_split_holds_every_text_once_in_its_order(repeated):
    split = repeated.split(0.3, random_state=1)
    assert set(split.train_texts.index).isdisjoint(split.test_texts.index)
    for side in (split.train_texts, split.test_texts):
        kept = [label for label in repeated.texts.index if label in side.index]
        pd.testing.assert_series_equal(side, repeated.texts.loc[kept])
    assert len(split.train_texts) + len(split.test_texts) == 90
    assert split.train_y.equals(repeated.y.loc[split.train_texts.index])
    assert split.test_y.equals(repeated.y.loc[split.test_texts.index])


@pytest.mark.parametrize("random_state", range(5))
def test_no_wording_stands_on_both_sides(repeated, random_state):
    split = repeated.split(0.4, random_state=random_state)
    wording = repeated.wording
    train, test = (set(wording[t.index]) for t in (split.train_texts, split.test_texts))
    assert train.isdisjoint(test)
    n = wording.nunique()
    assert len(test) == int(np.ceil(0.4 * n))
    assert len(train) == n - len(test)


def test_copies_with_different_labels_stay_together_too():
    texts = [f"text {i}" for i in range(20)]
    data = made([*texts, *(text.upper() for text in texts)], ["a", "b"] * 10 + ["b", "a"] * 10)
    split = data.split(0.5)
    assert {i % 20 for i in split.test_texts.index}.isdisjoint(
        i % 20 for i in split.train_texts.index
    )
    assert len(split.test_texts) == len(split.train_texts) == 20


def test_labels_and_domains_keep_their_shares():
    data = xg.datasets.sentences()
    split = data.split(0.2, random_state=3)
    assert abs(len(split.test_texts) - 600) <= 10
    counts = pd.crosstab(data.domain[split.test_texts.index], split.test_y)
    assert counts.shape == (3, 2)
    assert ((counts - 100).abs() <= 5).all(axis=None)


def test_without_a_domain_the_label_alone_is_kept():
    data = made([f"text {i}" for i in range(40)], ["a"] * 30 + ["b"] * 10)
    split = data.split(0.3)
    assert split.test_y.value_counts().to_dict() == {"a": 9, "b": 3}


def test_a_split_repeats_itself_and_follows_its_seed(repeated):
    texts = [repeated.split(random_state=seed).test_texts for seed in (1, 1, 2)]
    assert texts[0].equals(texts[1])
    assert not texts[0].equals(texts[2])


@pytest.mark.parametrize("share", [0, 1, 1.5, -0.1, float("nan"), "0.3", None, True])
def test_a_share_that_is_none_is_refused(repeated, share):
    with pytest.raises(
        InputError,
        match=r"Expected test_share to be a number between 0 and 1, got .*\. Pass a number such "
        r"as test_share=0\.3\.",
    ):
        repeated.split(share)


@pytest.mark.parametrize(
    ("n_rare", "share", "told"),
    [
        (1, 0.3, "test_share=0.3 of 10 different texts, 1 of 'b', the rarest"),
        (5, 0.1, "test_share=0.1 of 10 different texts, 5 of 'a', the rarest"),
        (5, 0.85, "test_share=0.85 of 10 different texts, 5 of 'a', the rarest"),
        (2, 0.2, "test_share=0.2 of 10 different texts, 2 of 'b', the rarest"),
    ],
)
def test_too_few_texts_for_a_split_are_refused(n_rare, share, told):
    data = made([f"text {i}" for i in range(10)], ["a"] * (10 - n_rare) + ["b"] * n_rare)
    with pytest.raises(
        InputError,
        match=rf"Expected texts of every label .* to train on and to test on, got {told}\. Leave "
        r"rare labels out, or pass more texts or a test_share nearer to 0\.5",
    ):
        data.split(share)


def test_texts_that_repeat_others_are_told_where_they_leave_too_few():
    texts = ["Good.", "Fine.", "Bad.", "good", "fine", "Good!"]
    data = made(texts, ["a", "a", "b", "a", "a", "rare"])
    told = r"0\.3 of 3 different texts \(of 6; others repeat these\), 0 of 'rare', the rarest"
    with pytest.raises(InputError, match=told):
        data.split()


@pytest.mark.parametrize("share", [0.25, 0.5, 0.75])
def test_a_split_has_rare_labels_on_both_sides(share):
    data = made([f"text {i}" for i in range(48)], ["a"] * 40 + ["b"] * 4 + ["c"] * 4)
    split = data.split(share)
    assert set(split.train_y) == set(split.test_y) == {"a", "b", "c"}


def test_a_seed_that_is_none_is_refused(repeated):
    with pytest.raises(InputError, match="random_state to be a whole number of at least 0, got -1"):
        repeated.split(random_state=-1)


def test_texts_that_are_none_are_refused():
    with pytest.raises(
        InputError, match=r"Expected texts to be a pandas Series of str, got list\. Pass pd\.Series"
    ):
        TextDataset(name="n", texts=["a"], y=pd.Series(["b"]), source="", licence="")
    with pytest.raises(InputError, match="a pandas Series of str, got a Series of int64"):
        made([1, 2])
    with pytest.raises(InputError, match=r"got a Series of .*; leave missing texts out\."):
        made(["a", None])
    with pytest.raises(InputError, match=r"got 1 blank texts of 3\. Leave blank texts out"):
        made(["a", " ", "b"])
    with pytest.raises(
        InputError, match=r"Expected texts with at least one .* got 0 blank texts of 0"
    ):
        made(pd.Series([], dtype=str), pd.Series([], dtype=str))
    with pytest.raises(
        InputError,
        match=r"an index that tells texts apart, got 5 more than once\. Call texts\.reset",
    ):
        made(pd.Series(["a", "b"], index=[5, 5]))


def test_columns_under_another_index_or_with_gaps_are_refused():
    with pytest.raises(
        InputError,
        match=r"Expected y to be a pandas Series under the index of the texts, got a Series of 2 "
        r"under another index\. Pass pd\.Series\(y, index=texts\.index\)",
    ):
        made(["a", "b"], pd.Series(["x", "y"], index=[1, 2]))
    with pytest.raises(InputError, match=r"Expected y to be a pandas Series .*, got NoneType"):
        TextDataset(name="n", texts=pd.Series(["a"]), y=None, source="", licence="")
    with pytest.raises(InputError, match=r"Expected domain to be .* a Series of 1 "):
        made(["a", "b"], domain=["x"])
    with pytest.raises(
        InputError, match=r"score without missing values, got 1 missing\. Leave those texts out\."
    ):
        made(["a", "b"], score=[0.5, None])
