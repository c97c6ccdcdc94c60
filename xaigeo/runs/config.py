"""What a run does, read from a TOML file and checked before anything starts."""

from __future__ import annotations

import hashlib
import json
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from xaigeo.audit.item import ITEMS
from xaigeo.audit.thresholds import read_toml
from xaigeo.errors import ConfigError
from xaigeo.schema import Kind


class Section(BaseModel):
    """A table of the file; unknown keys and wrong types are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class DataSection(Section):
    """Where the rows come from and how they are split."""

    file: str | None = None
    dataset: Literal["penguins", "breast_cancer", "diabetes", "german_credit"] | None = None
    target: str | None = None
    features: list[str] | None = None
    drop: list[str] = []
    missing: Literal["error", "drop"] = "error"
    kinds: dict[str, Kind] = {}
    orders: dict[str, list[str | int | float]] = {}
    units: dict[str, str] = {}
    task: Literal["classification", "regression"] | None = None
    test_share: float = Field(default=0.3, gt=0, lt=1)
    split_random_state: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _one_source(self) -> DataSection:
        if (self.file is None) == (self.dataset is None):
            raise ValueError("give either file or dataset")
        if self.file is not None and self.target is None:
            raise ValueError("name the target column of the file")
        return self


class ModelSection(Section):
    """The model that every seed trains: a network of dense layers or an estimator by its path."""

    kind: Literal["network", "estimator"] = "network"
    hidden: list[int] = [16]
    activation: Literal["relu", "tanh", "gelu", "silu", "elu"] = "relu"
    dropout: float = Field(default=0.0, ge=0, lt=1)
    epochs: int = Field(default=100, ge=1)
    batch_size: int = Field(default=32, ge=1)
    optimizer: Literal["adam", "adamw", "sgd", "rmsprop"] = "adam"
    learning_rate: float = Field(default=0.01, gt=0)
    weight_decay: float = Field(default=0.0, ge=0)
    patience: int | None = Field(default=None, ge=1)
    validation_share: float = Field(default=0.2, ge=0, lt=1)
    class_weight: Literal["balanced"] | None = None
    estimator: str | None = None
    parameters: dict[str, Any] = {}

    @field_validator("hidden")
    @classmethod
    def _positive(cls, widths: list[int]) -> list[int]:
        if any(width < 1 for width in widths):
            raise ValueError("widths of hidden layers are at least 1")
        return widths

    @model_validator(mode="after")
    def _named(self) -> ModelSection:
        if (self.kind == "estimator") != (self.estimator is not None):
            raise ValueError('estimator = "package.Class" goes with kind = "estimator"')
        return self


class ExplainSection(Section):
    """Which methods explain how many of the test rows, and with which explainer seed."""

    methods: list[str] | None = None
    n_instances: int | None = Field(default=None, ge=1)
    random_state: int = Field(default=0, ge=0)
    noise_repeats: int = Field(default=3, ge=0)
    rerun: bool = True
    parameters: dict[str, dict[str, Any]] = {}

    @model_validator(mode="after")
    def _known(self) -> ExplainSection:
        if self.methods is not None and len(set(self.methods)) != max(1, len(self.methods)):
            raise ValueError("name at least one method, each once, or leave methods out")
        return self


class FaithfulnessSection(Section):
    """Whether explanations describe the models, found out by asking the models again.

    Deletion and insertion are measured for every method of attributions; sensitivity and
    randomisation, at `n_instances` of the rows, and other backgrounds for the method that the audit
    judges first.
    """

    deletion: bool = True
    insertion: bool = True
    sensitivity: bool = True
    randomisation: bool = True
    off_support: bool = True
    backgrounds: int = Field(default=1, ge=0)
    n_instances: int | None = Field(default=30, ge=1)


class ReportSection(Section):
    """The pairs of features that the report draws, most telling first."""

    views: list[tuple[str, str]] | None = None
    notes: str = ""

    @field_validator("views", mode="before")
    @classmethod
    def _pairs(cls, value: Any) -> Any:
        return [tuple(v) if isinstance(v, list) else v for v in value] if value else value


class AuditSection(Section):
    """What the run's audit must answer, and what it compares.

    `required` items must be answered for it to pass; `groups` are columns among whose values the
    seeds' agreement is compared (R2), every categorical one unless given; `baseline` is an earlier
    ``audit.json`` (C3); `thresholds` is a file of thresholds, as `xaigeo audit --write-thresholds`
    writes one, in place of the table of that name. Paths are relative to the configuration.
    """

    required: list[str] = []
    groups: list[str] | None = None
    baseline: str | None = None
    thresholds: str | None = None

    @field_validator("required")
    @classmethod
    def _known(cls, required: list[str]) -> list[str]:
        unknown = [name for name in required if name not in ITEMS.names()]
        if unknown:
            raise ValueError(
                f"no items of the audit: {', '.join(unknown)} (known: {', '.join(ITEMS.names())})"
            )
        return required


class RunConfig(Section):
    """One run: data, model, seeds, explanations, checks, report, audit and its thresholds."""

    title: str = "Seed audit"
    output: str = "out/run"
    seeds: int | list[int] = 20
    data: DataSection
    model: ModelSection = ModelSection()
    explain: ExplainSection = ExplainSection()
    faithfulness: FaithfulnessSection = FaithfulnessSection()
    report: ReportSection = ReportSection()
    audit: AuditSection = AuditSection()
    thresholds: dict[str, Any] = {}

    @field_validator("seeds")
    @classmethod
    def _some_seeds(cls, seeds: int | list[int]) -> int | list[int]:
        listed = list(range(seeds)) if isinstance(seeds, int) else seeds
        if not listed or len(set(listed)) != len(listed) or min(listed) < 0:
            raise ValueError("seeds is a count of at least 1 or a list of different seeds >= 0")
        return seeds

    @model_validator(mode="after")
    def _thresholds_once(self) -> RunConfig:
        if self.thresholds and self.audit.thresholds is not None:
            raise ValueError("give thresholds in a table or in the file of audit.thresholds")
        return self

    def settled(self, base: Path) -> RunConfig:
        """Return the configuration with its files of thresholds and baseline found.

        Thresholds are read, so that what is registered is what the file says now.

        Parameters
        ----------
        base : Path
            What relative paths start from.

        Raises
        ------
        ConfigError
            For a file of thresholds that cannot be read.
        """
        told, changes = self.audit, dict[str, Any]()
        if told.baseline is not None:
            baseline = str((base / told.baseline).resolve())
            changes["audit"] = told.model_copy(update={"baseline": baseline})
        if told.thresholds is not None:
            changes["thresholds"] = read_toml(base / told.thresholds)
        return self.model_copy(update=changes)

    @property
    def seed_list(self) -> list[int]:
        """The seeds themselves."""
        return list(range(self.seeds)) if isinstance(self.seeds, int) else list(self.seeds)

    @property
    def sha256(self) -> str:
        """Hash of everything the file says."""
        return hashlib.sha256(json.dumps(self.model_dump(), sort_keys=True).encode()).hexdigest()


def read_config(path: str | Path) -> RunConfig:
    """Read and check a run configuration.

    Raises
    ------
    ConfigError
        If the file is missing, is not TOML, or says something that makes no sense; every
        problem is named with its place.
    """
    try:
        table = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            expected=f"a readable configuration at {path}",
            arrived=error.strerror or type(error).__name__,
            do="Pass the path of a TOML file.",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            expected=f"TOML in {path}",
            arrived=f"text that is not ({error})",
            do="Correct the line, or compare with the example in the README.",
        ) from error
    return config_from_dict(table, where=str(path))


def config_from_dict(table: dict[str, Any], *, where: str = "the configuration") -> RunConfig:
    """Check a configuration given as a dict.

    Raises
    ------
    ConfigError
        See `read_config`.
    """
    try:
        return RunConfig.model_validate(table)
    except ValidationError as error:
        problems = [
            f"{'.'.join(str(part) for part in problem['loc']) or 'file'}: {problem['msg']}"
            for problem in error.errors()
        ]
        raise ConfigError(
            expected=f"known keys with fitting values in {where}",
            arrived="; ".join(problems),
            do="Correct these entries.",
        ) from error
