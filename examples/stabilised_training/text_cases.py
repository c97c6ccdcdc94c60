"""Texts, how they are split, the networks, what is trained, and how much of everything."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

import xaigeo as xg
from xaigeo.datasets import TextDataset
from xaigeo.errors import LongTextWarning
from xaigeo.text import WordTokenizer

POSITIVE = "positive"
# Words of a text that are read, and how often a word must occur to have a vector of its own.
MAX_TOKENS, MIN_COUNT = 30, 2
# Shorter texts are not explained: of one token, all seeds agree on it.
FEWEST_TOKENS = 3


@dataclass(frozen=True, kw_only=True)
class Amounts:
    """How much is done: of everything, or so little that it takes seconds."""

    n_seeds: int = 10
    epochs: int = 20
    patience: int = 3
    n_explained: int = 300
    n_bootstrap: int = 2000
    n_draws: int = 100  # shuffles of the attention of each text
    most_texts: int | None = None  # of a data set
    size: int = 64  # of a word's vector
    hidden: int = 32  # filters of each width, units of each direction


QUICK = Amounts(
    n_seeds=3,
    epochs=2,
    patience=1,
    n_explained=12,
    n_bootstrap=50,
    n_draws=5,
    most_texts=240,
    size=8,
    hidden=4,
)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A data set, and the share of its texts that is tested on."""

    key: str
    name: str
    load: Callable[[], TextDataset]
    test_share: float = 0.3


SENTENCES = Case(key="sentences", name="sentences", load=xg.datasets.sentences)
# Most movie sentences are left for tests, so that training takes as long as that on the others.
MOVIES = Case(
    key="movies", name="movie sentences", load=xg.datasets.movie_sentences, test_share=0.7
)
CASES = (SENTENCES, MOVIES)


@dataclass(frozen=True, kw_only=True)
class Network:
    """An encoder and how it weighs tokens."""

    encoder: Literal["cnn", "lstm"]
    attention: Literal["additive", "scaled_dot"]

    @property
    def key(self) -> str:
        return f"{self.encoder}-{self.attention}"

    @property
    def label(self) -> str:
        attention = {"additive": "additive", "scaled_dot": "scaled dot-product"}[self.attention]
        return f"{self.encoder.upper()}, {attention}"


NETWORKS = (
    Network(encoder="cnn", attention="additive"),
    Network(encoder="cnn", attention="scaled_dot"),
    Network(encoder="lstm", attention="additive"),
    Network(encoder="lstm", attention="scaled_dot"),
)


@dataclass(frozen=True, kw_only=True)
class Training:
    """One way to train; `like` names the averaging at whose training loss plain training stops."""

    key: str
    label: str
    settings: dict[str, Any] = field(default_factory=dict)
    like: str | None = None


LEARNING_RATE = 0.001
PLAIN = Training(key="plain", label="plain")
ASWA = Training(key="aswa", label="ASWA", settings={"averaging": "aswa"})
NASWA = Training(key="naswa", label="NASWA", settings={"averaging": "naswa"})
AVERAGED = (ASWA, NASWA)
# Averaged weights go a shorter way; a larger step makes up for it.
FAST = Training(
    key="fast_aswa",
    label="ASWA, four times the step",
    settings={"averaging": "aswa", "learning_rate": 4 * LEARNING_RATE},
)
SAME_LOSS = (
    Training(key="like_aswa", label="plain, stopped like ASWA", like="aswa"),
    Training(key="like_naswa", label="plain, stopped like NASWA", like="naswa"),
    Training(key="like_fast_aswa", label="plain, stopped like that", like="fast_aswa"),
)
TRAINED = (PLAIN, *AVERAGED, FAST)
# Numbers of epochs at which plain training may stop.
GRID = (1, 2, 3, 4, 5, 6, 8, 10)


def like(training: Training) -> Training:
    """Return plain training stopped at the training loss of an averaging."""
    return next(t for t in SAME_LOSS if t.like == training.key)


@dataclass(frozen=True, kw_only=True)
class Texts:
    """Texts to train on and to test on, with labels, and those test texts that are explained."""

    train: pd.Series
    y_train: pd.Series
    test: pd.Series
    y_test: pd.Series
    explained: pd.Series


def prepare(case: Case, amounts: Amounts) -> Texts:
    """Split a data set; which texts are explained does not depend on how networks are trained."""
    split = case.load().split(case.test_share)
    train, test = split.train_texts, split.test_texts
    if amounts.most_texts is not None:
        train = train.sample(amounts.most_texts, random_state=0)
        test = test.sample(amounts.most_texts, random_state=0)
    words = WordTokenizer.from_texts(list(train))
    long = test[[len(words.split(text)) >= FEWEST_TOKENS for text in test]]
    return Texts(
        train=train,
        y_train=split.train_y[train.index],
        test=test,
        y_test=split.test_y[test.index],
        explained=long.sample(min(amounts.n_explained, len(long)), random_state=0),
    )


def train(
    texts: pd.Series, y: pd.Series, network: Network, amounts: Amounts, **settings: Any
) -> xg.TextEnsemble:
    """Train the seeds of one network; all trainings start from the same weights."""
    given = {"epochs": amounts.epochs, "learning_rate": LEARNING_RATE} | settings
    return xg.TextEnsemble.train(
        texts,
        y,
        seeds=range(amounts.n_seeds),
        encoder=network.encoder,
        attention=network.attention,
        embedding_size=amounts.size,
        hidden_size=amounts.hidden,
        min_count=MIN_COUNT,
        max_tokens=MAX_TOKENS,
        **given,
    )


def ignore_long_texts() -> None:
    """Say nothing of texts that are cut at `MAX_TOKENS`: the page tells how many are."""
    warnings.simplefilter("ignore", LongTextWarning)
