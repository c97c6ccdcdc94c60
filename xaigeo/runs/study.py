"""What a run is about: data, split, and the models that are trained on them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import pandas as pd

from xaigeo.datasets.dataset import Dataset
from xaigeo.datasets.text_dataset import TextDataset
from xaigeo.ensemble.members import Task
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.ensemble.targets import infer_task
from xaigeo.errors import ConfigError, InputError
from xaigeo.explainers.base import Explainer
from xaigeo.explainers.named_method import Explained
from xaigeo.runs.config import TableConfig, TextConfig


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Rows or texts to train on and to test on, each with its labels under the same index."""

    train: Any
    train_y: pd.Series
    test: Any
    test_y: pd.Series


class Study(ABC):
    """Data that are read, and how a configuration splits, trains and explains them.

    Attributes
    ----------
    config : TableConfig or TextConfig
    data : Dataset or TextDataset
    explained : {"tables", "texts"}
        Which methods there are.
    noun : str
        What is explained, in the plural.
    default_methods : tuple of str
        Methods of a run that names none, as far as they fit.
    """

    config: TableConfig | TextConfig
    data: Dataset | TextDataset
    explained: ClassVar[Explained]
    noun: ClassVar[str]
    default_methods: ClassVar[tuple[str, ...]]

    @property
    def pools_by_attention(self) -> bool:
        """Whether the models weigh the words of a text by one attention."""
        return False

    @cached_property
    def task(self) -> Task:
        """Classes or amounts, as the configuration says or the labels show.

        Raises
        ------
        ConfigError
            For labels that show neither.
        """
        told: Task | None = self.config.data.task
        if told is not None:
            return told
        try:
            return infer_task(self.data.y)
        except InputError as error:
            raise ConfigError(
                expected=f"a target that shows whether it is classes or a quantity "
                f"({error.expected})",
                arrived=error.arrived,
                do='Write task = "classification" or task = "regression" under [data].',
            ) from error

    @property
    @abstractmethod
    def parts(self) -> Parts:
        """The data, split."""

    @property
    @abstractmethod
    def n_features(self) -> int:
        """The most features, or tokens, that an explanation speaks of."""

    @property
    @abstractmethod
    def digest(self) -> str:
        """Hash of everything that is read of the data."""

    @property
    def reading(self) -> str:
        """What the models do not read of the data; empty where they read all."""
        return ""

    @abstractmethod
    def check(self) -> None:
        """Raise where the configuration and the data do not go together."""

    @abstractmethod
    def check_parameters(self, method: str, parameters: Mapping[str, Any]) -> None:
        """Raise for parameters of a method that do not go with the data."""

    @abstractmethod
    def misfit(self, explainer: Explainer) -> str:
        """Return what a method cannot explain, or an empty string when it fits."""

    @abstractmethod
    def train(self, labels: pd.Series | None = None, *, progress: bool = False) -> SeedEnsemble:
        """Return the ensemble, trained on the labels of the data or on others."""

    @abstractmethod
    def rows(self) -> Any:
        """Return what is explained of the test part."""

    @abstractmethod
    def background(self, explainer: Explainer, *, random_state: int | None = None) -> Any:
        """Return what stands for the data.

        With a `random_state` another sample of as many, drawn with replacement; None where it would
        change nothing, as a method does not look at it.
        """

    def groups(self) -> dict[str, list[Any]]:
        """Return groups of the explained rows that are not columns of them."""
        return {}
