"""What the tables of a configuration have in common, and the settings of training."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
)

from xaigeo.ensemble.settings import AVERAGING_OPTIONS, TrainingSettings


class Section(BaseModel):
    """A table of the file; unknown keys and wrong types are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class TrainingSection(Section):
    """How networks are trained, of tables or of texts."""

    dropout: float = Field(default=0.0, ge=0, lt=1)
    epochs: int = Field(default=100, ge=1)
    batch_size: int = Field(default=32, ge=1)
    optimizer: Literal["adam", "adamw", "sgd", "rmsprop"] = "adam"
    learning_rate: float = Field(default=0.01, gt=0)
    weight_decay: float = Field(default=0.0, ge=0)
    patience: int | None = Field(default=None, ge=1)
    validation_share: float = Field(default=0.2, ge=0, lt=1)
    averaging: Literal["swa", "aswa", "naswa", "ema"] | None = None
    averaging_start: int | float | None = None
    averaging_every: int | None = None
    averaging_order: Literal["after_step", "before_step"] | None = None
    ema_decay: float | None = None
    ema_bias_correction: bool | None = None
    naswa_divisor: Literal["accepted", "iterations"] | None = None
    restart_optimizer: Literal["keep", "reset"] | None = None

    @model_serializer(mode="wrap")
    def _of_use(self, plain: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Tell of averaging what has use alone, and what it is where nothing was given."""
        told: dict[str, Any] = plain(self)
        used = TrainingSettings.of(**self.training).to_dict()
        return {
            name: used[name] if name in AVERAGING_OPTIONS else value
            for name, value in told.items()
            if name in used or name not in AVERAGING_OPTIONS
        }

    @property
    def training(self) -> dict[str, Any]:
        """Settings of training that are given, as the ensembles' `train` takes them."""
        known = TrainingSettings.__annotations__
        return {name: value for name, value in self if name in known and value is not None}
