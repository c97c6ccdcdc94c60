"""What a configuration says of a table and of the models that read it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from xaigeo.ensemble.settings import TrainingSettings
from xaigeo.runs.section import Section, TrainingSection
from xaigeo.schema import Kind


class DataSection(Section):
    """Where the rows come from and how they are split."""

    file: str | None = None
    dataset: Literal["penguins", "breast_cancer", "diabetes", "german_credit"] | None = None
    target: str | None = None
    features: list[str] | None = None
    drop: list[str] = Field(default_factory=list)
    missing: Literal["error", "drop"] = "error"
    kinds: dict[str, Kind] = Field(default_factory=dict)
    orders: dict[str, list[str | int | float]] = Field(default_factory=dict)
    units: dict[str, str] = Field(default_factory=dict)
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


class ModelSection(TrainingSection):
    """The model that every seed trains: a network of dense layers or an estimator by its path."""

    kind: Literal["network", "estimator"] = "network"
    hidden: list[int] = Field(default_factory=lambda: [16])
    activation: Literal["relu", "tanh", "gelu", "silu", "elu"] = "relu"
    class_weight: Literal["balanced"] | None = None
    estimator: str | None = None
    parameters: dict[str, Any] = Field(default_factory=dict)

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
        if self.kind == "estimator" and self.averaging is not None:
            raise ValueError('averaging goes with kind = "network"')
        TrainingSettings.of(**self.training)  # raises where settings do not go together
        return self


class ReportSection(Section):
    """The pairs of features that the report draws, most telling first."""

    views: list[tuple[str, str]] | None = None
    notes: str = ""

    @field_validator("views", mode="before")
    @classmethod
    def _pairs(cls, value: Any) -> Any:
        return [tuple(v) if isinstance(v, list) else v for v in value] if value else value
