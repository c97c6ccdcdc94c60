"""A run of texts: texts, their labels, and networks that read them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

import pandas as pd

from xaigeo.agreement.compared_tokens import FEWEST_TOKENS
from xaigeo.datasets.text_dataset import TextDataset
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.ensemble.targets import read_classes
from xaigeo.ensemble.texts.text_ensemble import TextEnsemble
from xaigeo.errors import ConfigError
from xaigeo.explainers.base import Explainer
from xaigeo.explainers.named_method import Explained
from xaigeo.explainers.texts.base import TextExplainer
from xaigeo.explainers.texts.removal.token_shapley import TextShapleyExplainer
from xaigeo.options import check_keywords
from xaigeo.runs.config import TextConfig
from xaigeo.runs.study import Parts, Study
from xaigeo.text.word_tokenizer import WordTokenizer


@dataclass(frozen=True, eq=False)
class TextStudy(Study):
    """Texts with labels, and the text networks that are trained on them; see `Study`.

    Attributes
    ----------
    config : TextConfig
    data : TextDataset
    columns : DataFrame
        What else is known of each text, under the index of the texts.
    """

    config: TextConfig
    data: TextDataset
    columns: pd.DataFrame

    explained: ClassVar[Explained] = "texts"
    noun: ClassVar[str] = "texts"
    default_methods: ClassVar[tuple[str, ...]] = (
        "attention",
        "lime",
        "kernel_shap",
        "integrated_gradients",
        "anchors",
        "counterfactuals",
    )

    @cached_property
    def parts(self) -> Parts:
        """The texts, split so that equal ones stand on one side."""
        told = self.config.data
        data = self.data
        if self.task == "regression":
            # Amounts are no groups of which each side needs some.
            data = replace(data, y=pd.Series(0, index=data.y.index))
        split = data.split(told.test_share, random_state=told.split_random_state)
        train, test = split.train_texts, split.test_texts
        return Parts(
            train=train,
            train_y=self.data.y.loc[train.index],
            test=test,
            test_y=self.data.y.loc[test.index],
        )

    @cached_property
    def n_features(self) -> int:
        """The most tokens that are read of a text."""
        told = self.config.model.max_tokens
        return told or int(_n_tokens(self.parts.train).max())

    @property
    def digest(self) -> str:
        """Hash of texts, labels and what else is known of each."""
        told = [self.data.texts.items(), self.data.y, *self.columns.items()]
        total = hashlib.sha256()
        for one in told:
            total.update(repr(list(one)).encode())
        return total.hexdigest()

    @cached_property
    def reading(self) -> str:
        """How many texts are not read to their end."""
        n_cut = int((_n_tokens(self.data.texts) > self.n_features).sum())
        if not n_cut:
            return ""
        return (
            f"{n_cut} of {len(self.data.texts)} texts have more than {self.n_features} tokens; "
            "what is beyond is not read."
        )

    def check(self) -> None:
        """Raise for one class alone, groups that are no columns, and vectors that are not there.

        Also for texts of single tokens, which cannot be compared.
        """
        if self.task == "classification":
            read_classes(self.data.y)
        names = list(map(str, self.columns.columns))
        for name in self.config.audit.groups or ():
            check_keywords("the data (audit.groups)", [name], names)
        vectors = self.config.model.vectors
        if vectors is not None:
            _check_readable(vectors)
        _ = self._class_weight, self.parts  # both raise
        self._check_comparable()

    def _check_comparable(self) -> None:
        """Raise where no text that is explained has two tokens: their order is what is compared."""
        if self._most_explained < FEWEST_TOKENS:
            cut = self.config.model.max_tokens == 1
            raise ConfigError(
                expected=f"texts of at least {FEWEST_TOKENS} tokens to explain, whose weights can "
                "be compared",
                arrived="max_tokens = 1" if cut else "texts of a single one",
                do="Raise model.max_tokens." if cut else "Pass longer texts in data.file.",
            )

    def check_parameters(self, method: str, parameters: Mapping[str, Any]) -> None:
        """Raise for nothing: parameters of methods for texts name no columns."""

    def misfit(self, explainer: Explainer) -> str:
        """Return what a method cannot explain, or an empty string when it fits."""
        if explainer.name == "attention" and not self.has_attention:
            return "networks without attention"
        if isinstance(explainer, TextShapleyExplainer) and explainer.removal == "delete":
            most = explainer.most_tokens
            if most is not None and self._most_explained > most:
                return f"texts of {self._most_explained} tokens"
        return explainer.misfit(self.task)

    @property
    def has_attention(self) -> bool:
        """Whether the networks have attention, in their layers or where they pool."""
        return self.config.model.encoder == "transformer" or self.pools_by_attention

    @property
    def pools_by_attention(self) -> bool:
        """Whether attention alone weighs the tokens of a text."""
        model = self.config.model
        return model.encoder != "transformer" and model.attention != "none"

    def train(self, labels: pd.Series | None = None, *, progress: bool = False) -> SeedEnsemble:
        """Train a text network for every seed."""
        return TextEnsemble.train(
            self.parts.train,
            self.parts.train_y if labels is None else labels,
            seeds=self.config.seed_list,
            task=self.task,
            progress=progress,
            **self.config.model.arguments | {"class_weight": self._class_weight},
        )

    def rows(self) -> pd.Series:
        """Return test texts, drawn at random: the order of texts may be that of their source."""
        told = self.config.explain
        test: pd.Series = self.parts.test
        if told.n_instances is None or told.n_instances >= len(test):
            return test
        drawn = test.sample(told.n_instances, random_state=told.random_state)
        return test[test.index.isin(drawn.index)]

    def background(
        self, explainer: Explainer, *, random_state: int | None = None
    ) -> pd.Series | None:
        """Return the training texts, or a sample for methods that take words or shares from it."""
        train: pd.Series = self.parts.train
        if random_state is None:
            return train
        if not isinstance(explainer, TextExplainer) or not explainer.background_use:
            return None
        return train.sample(frac=1.0, replace=True, random_state=random_state)

    def groups(self) -> dict[str, list[Any]]:
        """Return the groups that the audit compares, a value an explained text."""
        names = self.config.audit.groups or ()
        known = self.columns.loc[self.rows().index]
        return {name: known[name].astype(object).where(known[name].notna(), None).tolist()
                for name in names}  # fmt: skip

    @cached_property
    def _most_explained(self) -> int:
        """The most tokens that are read of a text that is explained."""
        return min(int(_n_tokens(self.rows()).max()), self.n_features)

    @cached_property
    def _class_weight(self) -> Any:
        """Weights by class as the labels have them; a file can only write names."""
        told = self.config.model.class_weight
        if not isinstance(told, dict) or self.task != "classification":
            return told
        named = {str(label): label for label in read_classes(self.data.y)}
        check_keywords("the labels (model.class_weight)", told, named)
        if set(told) != set(named) or min(told.values()) <= 0:
            raise ConfigError(
                expected=f"model.class_weight with a number above 0 for each of {', '.join(named)}",
                arrived=repr(told),
                do='Name every class once, or write class_weight = "balanced".',
            )
        return {named[name]: weight for name, weight in told.items()}


def _n_tokens(texts: pd.Series) -> pd.Series:
    """Return how many tokens the plain tokenizer makes of each text."""
    tokenizer = WordTokenizer.from_texts(texts)
    return texts.map(lambda text: len(tokenizer.split(text)))


def _check_readable(path: str) -> None:
    try:
        with open(path, "rb"):
            pass
    except OSError as error:
        raise ConfigError(
            expected=f"a readable file of word vectors at {path}",
            arrived=error.strerror or type(error).__name__,
            do="Check model.vectors; it is relative to the configuration.",
        ) from error
