"""What a run does, read from a TOML file and checked before anything starts."""

from __future__ import annotations

import hashlib
import json
import tomllib
from pathlib import Path
from typing import Any, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from xaigeo.audit.item import ITEMS
from xaigeo.audit.thresholds import read_toml
from xaigeo.errors import ConfigError
from xaigeo.options import closest
from xaigeo.runs.config_problems import told_problem
from xaigeo.runs.section import Section
from xaigeo.runs.table_sections import DataSection, ModelSection, ReportSection
from xaigeo.runs.text_sections import (
    TextDataSection,
    TextModelSection,
    TextReportSection,
    texts_because,
)


class ExplainSection(Section):
    """Which methods explain how many of the test rows, and with which explainer seed."""

    methods: list[str] | None = None
    n_instances: int | None = Field(default=None, ge=1)
    random_state: int = Field(default=0, ge=0)
    noise_repeats: int = Field(default=3, ge=0)
    rerun: bool = True
    parameters: dict[str, dict[str, Any]] = Field(default_factory=dict)

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
    backgrounds: int = Field(default=1, ge=0)
    n_instances: int | None = Field(default=30, ge=1)


class TableFaithfulnessSection(FaithfulnessSection):
    """Rows unlike the data are planted too."""

    off_support: bool = True


class TextFaithfulnessSection(FaithfulnessSection):
    """Attention is shuffled too, where it pools the words of a classifier's texts.

    Another background goes to methods alone that take words or shares from it.
    """

    attention_permutation: bool = True


class AuditSection(Section):
    """What the run's audit must answer, and what it compares.

    `required` items must be answered for it to pass; `groups` are columns among whose values the
    seeds' agreement is compared (R2), every categorical one unless given; `baseline` is an earlier
    ``audit.json`` (C3); `thresholds` is a file of thresholds, as `xaigeo audit --write-thresholds`
    writes one, in place of the table of that name. Paths are relative to the configuration.
    """

    required: list[str] = Field(default_factory=list)
    groups: list[str] | None = None
    baseline: str | None = None
    thresholds: str | None = None

    @field_validator("required")
    @classmethod
    def _known(cls, required: list[str]) -> list[str]:
        unknown = [name for name in required if name not in ITEMS.names()]
        if unknown:
            name = closest(unknown[0], ITEMS.names())
            raise ValueError(
                f"no items of the audit: {', '.join(unknown)} (known: {', '.join(ITEMS.names())})"
                + (f"; did you mean {name!r}?" if name else "")
            )
        return required


class RunConfig(Section):
    """One run: seeds, explanations, checks, audit and its thresholds.

    `TableConfig` and `TextConfig` add data, model and report.
    """

    title: str = "Seed audit"
    output: str = "out/run"
    seeds: int | list[int] = 20
    explain: ExplainSection = ExplainSection()
    faithfulness: FaithfulnessSection = FaithfulnessSection()
    audit: AuditSection = AuditSection()
    thresholds: dict[str, Any] = Field(default_factory=dict)

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

    def settled(self, base: Path) -> Self:
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


class TableConfig(RunConfig):
    """A run of a table."""

    data: DataSection
    model: ModelSection = ModelSection()
    faithfulness: TableFaithfulnessSection = TableFaithfulnessSection()
    report: ReportSection = ReportSection()


class TextConfig(RunConfig):
    """A run of texts."""

    data: TextDataSection
    model: TextModelSection = TextModelSection()
    faithfulness: TextFaithfulnessSection = TextFaithfulnessSection()
    report: TextReportSection = TextReportSection()

    def settled(self, base: Path) -> Self:
        """Return the configuration with its files of thresholds, baseline and vectors found."""
        settled = super().settled(base)
        if self.model.vectors is None:
            return settled
        vectors = str((base / self.model.vectors).resolve())
        return settled.model_copy(
            update={"model": self.model.model_copy(update={"vectors": vectors})}
        )


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

    It is of texts if its data have a column `text`, a file of JSON Lines or the name of a data set
    of texts; else it is of a table.

    Raises
    ------
    ConfigError
        See `read_config`.
    """
    why = texts_because(table.get("data"))
    kind, other = (TextConfig, TableConfig) if why else (TableConfig, TextConfig)
    try:
        return kind.model_validate(table)
    except ValidationError as error:
        raise ConfigError(
            expected=f"known keys with fitting values in {where}"
            + (f", a run of texts by {why}" if why else ""),
            arrived="; ".join(
                told_problem(problem, kind, other, of_texts=bool(why)) for problem in error.errors()
            ),
            do="Correct these entries.",
        ) from error
