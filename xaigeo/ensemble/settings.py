"""How networks are trained: everything but the seeds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

import numpy as np

from xaigeo.errors import InputError
from xaigeo.options import check_flag, check_option

OptimizerName = Literal["adam", "adamw", "sgd", "rmsprop"]
Dtype = Literal["float32", "float64"]
TrainingEngine = Literal["auto", "stacked", "functional"]
AveragingName = Literal["swa", "aswa", "naswa", "ema"]
AveragingOrder = Literal["after_step", "before_step"]
NaswaDivisor = Literal["accepted", "iterations"]
OptimizerRestart = Literal["keep", "reset"]

# Which further settings each way of averaging weights has.
AVERAGING_SETTINGS: dict[str | None, tuple[str, ...]] = {
    None: (),
    "swa": ("averaging_start", "averaging_every"),
    "ema": ("averaging_start", "averaging_every", "ema_decay", "ema_bias_correction"),
    "aswa": ("averaging_order", "restart_optimizer"),
    "naswa": ("averaging_order", "restart_optimizer", "naswa_divisor"),
}
AVERAGING_OPTIONS = tuple(sorted({name for names in AVERAGING_SETTINGS.values() for name in names}))
# The share of epochs that SWA lets pass (Izmailov et al. 2018, arXiv:1803.05407).
SWA_START = 0.75


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """Hyperparameters shared by all seeds; `SeedEnsemble.train` documents each.

    Numbers and truth values of numpy are kept as plain ones.

    Raises
    ------
    InputError
        For a value outside its range or an unknown option.
    """

    epochs: int = 100
    batch_size: int = 32
    optimizer: OptimizerName = "adam"
    learning_rate: float = 0.01
    weight_decay: float = 0.0
    momentum: float = 0.0
    validation_share: float = 0.2
    split_random_state: int = 0
    patience: int | None = None
    class_weight: Mapping[Any, float] | Literal["balanced"] | None = None
    standardise: bool = True
    dtype: Dtype = "float32"
    averaging: AveragingName | None = None
    averaging_start: int | float | None = None
    averaging_every: int | None = None
    averaging_order: AveragingOrder = "after_step"
    ema_decay: float = 0.999
    ema_bias_correction: bool = True
    naswa_divisor: NaswaDivisor = "accepted"
    restart_optimizer: OptimizerRestart = "keep"

    def __post_init__(self) -> None:
        for field in fields(self):
            if isinstance(value := getattr(self, field.name), np.generic):
                object.__setattr__(self, field.name, value.item())
        check_option("optimizer", self.optimizer, OptimizerName)
        check_option("dtype", self.dtype, Dtype)
        for name in ("epochs", "batch_size"):
            _check(name, getattr(self, name), whole=True, low=1)
        _check("split_random_state", self.split_random_state, whole=True, low=0)
        if self.patience is not None:
            _check("patience", self.patience, whole=True, low=1)
        _check("learning_rate", self.learning_rate, low=0, open_low=True)
        _check("weight_decay", self.weight_decay, low=0)
        _check("momentum", self.momentum, low=0, below=1)
        _check("validation_share", self.validation_share, low=0, below=1)
        self._check_together()
        self._check_averaging()

    @classmethod
    def of(cls, **options: Any) -> TrainingSettings:
        """Return settings in which None stands for an option of averaging that is not given.

        Raises
        ------
        InputError
            Also for an option of averaging that is given where it has no use, even its default.
        """
        unset = {name for name in AVERAGING_OPTIONS if options.get(name) is None}
        given = {name: value for name, value in options.items() if name not in unset}
        settings = cls(**given)
        for name in AVERAGING_OPTIONS:
            if name in given and name not in AVERAGING_SETTINGS[settings.averaging]:
                raise _stray(name, given[name], settings.averaging)
        return settings

    @property
    def first_averaged_epoch(self) -> int:
        """The epoch, from 1, in which averaging begins."""
        start = self.averaging_start
        if start is None:
            start = SWA_START if self.averaging == "swa" else 1
        if isinstance(start, int):
            return start
        # Less a little: 0.1 * 30 is above 3 on some shares only by rounding.
        return max(1, math.ceil(start * self.epochs - 1e-9))

    def _check_together(self) -> None:
        if self.momentum and self.optimizer in ("adam", "adamw"):
            raise InputError(
                expected="momentum=0 with optimizer='adam' or 'adamw'",
                arrived=f"momentum={self.momentum}",
                do="Leave momentum out, or use optimizer='sgd' or 'rmsprop'.",
            )
        if self.patience is not None and self.validation_share == 0:
            raise InputError(
                expected="validation_share above 0 with early stopping",
                arrived=f"patience={self.patience} and validation_share=0",
                do="Pass validation_share=0.2, or patience=None to train for all epochs.",
            )
        if isinstance(self.class_weight, str):
            check_option("class_weight", self.class_weight, Literal["balanced"])

    def _check_averaging(self) -> None:
        if self.averaging is not None:
            check_option("averaging", self.averaging, AveragingName)
        check_option("averaging_order", self.averaging_order, AveragingOrder)
        check_option("naswa_divisor", self.naswa_divisor, NaswaDivisor)
        check_option("restart_optimizer", self.restart_optimizer, OptimizerRestart)
        check_flag("ema_bias_correction", self.ema_bias_correction)
        _check("ema_decay", self.ema_decay, low=0, below=1)
        if self.averaging_every is not None:
            _check("averaging_every", self.averaging_every, whole=True, low=1)
        if self.averaging_start is not None:
            self._check_start(self.averaging_start)
        for name in AVERAGING_OPTIONS:
            unused = name not in AVERAGING_SETTINGS[self.averaging]
            if unused and getattr(self, name) != getattr(type(self), name):
                raise _stray(name, getattr(self, name), self.averaging)

    def _check_start(self, start: Any) -> None:
        share = isinstance(start, float) and 0 <= start < 1
        epoch = isinstance(start, int) and not isinstance(start, bool)
        if share or (epoch and 1 <= start <= self.epochs):
            return
        meant = isinstance(start, float) and start.is_integer() and 1 <= start <= self.epochs
        raise InputError(
            expected=f"averaging_start to be an epoch from 1 to {self.epochs}, a whole number, or "
            "a share of the epochs of at least 0 and below 1",
            arrived=repr(start),
            do=f"For epoch {start:.0f} pass {start:.0f}, without a decimal point."
            if meant
            else "Pass a whole number such as 1 or a share such as 0.75.",
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as JSON-able values.

        Of averaging only what is in use is told, and `averaging_start` as an epoch, so that the
        record of training without it says nothing of it.
        """
        described = asdict(self)
        for name in AVERAGING_OPTIONS:
            if name not in AVERAGING_SETTINGS[self.averaging]:
                del described[name]
        if self.averaging is None:
            del described["averaging"]
        if "averaging_start" in described:
            described["averaging_start"] = self.first_averaged_epoch
        if isinstance(self.class_weight, Mapping):
            described["class_weight"] = {str(k): float(v) for k, v in self.class_weight.items()}
        return described


def _stray(name: str, value: Any, averaging: str | None) -> InputError:
    owners = [f"{kind!r}" for kind, names in AVERAGING_SETTINGS.items() if name in names]
    return InputError(
        expected=f"{name} only with averaging={' or '.join(owners)}",
        arrived=f"{name}={value!r} with averaging={averaging!r}",
        do=f"Leave {name} out, or choose such an averaging.",
    )


def _check(
    name: str,
    value: Any,
    *,
    low: float,
    whole: bool = False,
    open_low: bool = False,
    below: float = float("inf"),
) -> None:
    kinds: tuple[type, ...] = (int,) if whole else (int, float)
    number = isinstance(value, kinds) and not isinstance(value, bool)
    if number and (low < value if open_low else low <= value) and value < below:
        return
    bound = f"above {low:g}" if open_low else f"of at least {low:g}"
    upper = "" if below == float("inf") else f" and below {below:g}"
    raise InputError(
        expected=f"{name} to be a {'whole ' if whole else ''}number {bound}{upper}",
        arrived=repr(value),
        do=f"Pass such a number for {name}.",
    )
