"""Averages of weights that hold one state only, and so average nothing."""

from __future__ import annotations

import warnings
from typing import Any

from xaigeo.ensemble.settings import AVERAGING_SETTINGS, TrainingSettings
from xaigeo.errors import LoneAverageWarning


def note_lone_average(
    settings: TrainingSettings, record: dict[str, Any], *, stacklevel: int
) -> None:
    """Warn if the average of every seed holds the weights of one step only.

    An exponential average is told only where that step is the last one, so that it is plain
    training.

    Parameters
    ----------
    settings : TrainingSettings
    record : dict
        Of the training: `n_averaged`, `n_train`, `epochs_run` and `epoch_kept` are read.
    stacklevel : int
        As `warnings.warn` takes it in the caller.

    Warns
    -----
    LoneAverageWarning
    """
    counts = record.get("n_averaged")
    if counts is None or any(count != 1 for count in counts):
        return
    if settings.averaging == "ema" and not _ends_there(settings, record):
        return
    warnings.warn(
        f"averaging={settings.averaging!r} took in 1 step of each seed{_when(settings)}, so what "
        "is kept is one state of the weights, as without averaging, and no mean of several. "
        f"{_advice(settings, record)}",
        LoneAverageWarning,
        stacklevel=stacklevel + 1,
    )


def _ends_there(settings: TrainingSettings, record: dict[str, Any]) -> bool:
    """Return whether the one step averaged is the last one of every seed's epoch that is kept."""
    n_steps = -(-record["n_train"] // settings.batch_size)
    first, every = settings.first_averaged_epoch, settings.averaging_every or 1
    return all((epoch - first + 1) * n_steps == every for epoch in record["epoch_kept"])


def _when(settings: TrainingSettings) -> str:
    if "averaging_start" not in AVERAGING_SETTINGS[settings.averaging]:
        return ""
    return f" (from epoch {settings.first_averaged_epoch} of {settings.epochs} on)"


def _advice(settings: TrainingSettings, record: dict[str, Any]) -> str:
    passed_over = settings.patience is not None and record["epochs_run"] != record["epoch_kept"]
    ways = [
        "leave patience out, which kept the first average"
        if passed_over
        else f"train for more epochs than {settings.epochs}"
    ]
    known = AVERAGING_SETTINGS[settings.averaging]
    if "averaging_start" in known and settings.first_averaged_epoch > 1:
        ways.append("begin earlier, such as averaging_start=1")
    if settings.averaging == "swa" and settings.averaging_every is None:
        ways.append("average after every step, averaging_every=1")
    elif settings.averaging_every is not None and settings.averaging_every > 1:
        ways.append("average more often, with a smaller averaging_every")
    told = f"{', '.join(ways[:-1])}, or {ways[-1]}" if len(ways) > 1 else ways[0]
    return f"{told[0].upper()}{told[1:]}."
