"""How networks are trained: everything but the seeds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from xaigeo.errors import InputError
from xaigeo.options import check_option

OptimizerName = Literal["adam", "adamw", "sgd", "rmsprop"]
Dtype = Literal["float32", "float64"]
TrainingEngine = Literal["auto", "stacked", "functional"]


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """Hyperparameters shared by all seeds; `SeedEnsemble.train` documents each.

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

    def __post_init__(self) -> None:
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

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as JSON-able values."""
        described = asdict(self)
        if isinstance(self.class_weight, Mapping):
            described["class_weight"] = {str(k): float(v) for k, v in self.class_weight.items()}
        return described


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
