"""Evaluations on disk: one ``.npz`` file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from xaigeo.errors import StoreError

if TYPE_CHECKING:
    from xaigeo.ensemble.evaluation import Evaluation


def save_evaluation(evaluation: Evaluation, path: str | Path) -> Path:
    """Write an evaluation into the file `path` (``.npz``, no pickle inside)."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    labels = evaluation.instances
    described = json.dumps(
        {
            "name": evaluation.name,
            "task": evaluation.task,
            "classes": list(evaluation.classes),
            "instances": None if labels is None else labels.tolist(),
            "fingerprint": evaluation.fingerprint,
        },
        default=str,
    )
    with target.open("wb") as file:
        np.savez_compressed(
            file,
            described=np.array(described),
            seeds=evaluation.seeds,
            rows=evaluation.rows,
            labels=evaluation.labels,
            prediction=evaluation.prediction,
        )
    return target


def _row_labels(listed: list[Any] | None) -> np.ndarray | None:
    """Return labels as they were; those of several levels are tuples, which JSON lists."""
    if listed is None:
        return None
    if all(type(label) is int for label in listed):
        return np.array(listed, dtype=np.int64)
    labels = np.empty(len(listed), dtype=object)
    labels[:] = [tuple(label) if isinstance(label, list) else label for label in listed]
    return labels


def load_evaluation(path: str | Path) -> Evaluation:
    """Read an evaluation written by `save_evaluation`.

    Raises
    ------
    StoreError
        If the file is missing or not such a file.
    """
    from xaigeo.ensemble.evaluation import Evaluation

    try:
        with np.load(Path(path), allow_pickle=False) as arrays:
            described = json.loads(str(arrays["described"]))
            return Evaluation(
                name=described["name"],
                task=described["task"],
                classes=tuple(described["classes"]),
                instances=_row_labels(described.get("instances")),
                fingerprint=described.get("fingerprint"),
                **{name: arrays[name] for name in ("seeds", "rows", "labels", "prediction")},
            )
    except (OSError, KeyError, ValueError) as error:
        raise StoreError(
            expected=f"an evaluation written by xaigeo at {path}",
            arrived=f"{type(error).__name__}: {error}",
            do="Run the job again to write it.",
        ) from error
