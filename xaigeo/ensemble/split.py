"""Which rows are trained on and which are held back, the same for every seed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from xaigeo.ensemble.members import Task
from xaigeo.errors import InputError


class Split(NamedTuple):
    """Places of rows, each sorted."""

    train: np.ndarray
    validation: np.ndarray


def split_rows(
    labels: np.ndarray,
    task: Task,
    *,
    validation_share: float,
    random_state: int,
    what: str = "rows",
    told: str = "",
    classes: Sequence[Any] | None = None,
) -> Split:
    """Hold back a share of the rows, stratified by class; the model seeds play no part.

    In messages rows are called `what`, `told` follows their number, and labels read `classes`.

    Raises
    ------
    InputError
        If a class is too rare to be on both sides, or a side would be empty.
    """
    from sklearn.model_selection import train_test_split

    places = np.arange(len(labels))
    if validation_share == 0:
        return Split(places, places[:0])
    classification = task == "classification"
    try:
        train, validation = train_test_split(
            places,
            test_size=validation_share,
            random_state=random_state,
            stratify=labels if classification else None,
        )
    except ValueError as error:
        raise InputError(
            expected=f"{what} enough to hold back {validation_share:.0%} for validation"
            + (", with every class on both sides" if classification else ""),
            arrived=f"{len(labels)} {what}{told}"
            + (_rarest(labels, classes) if classification else "")
            + _sides(len(labels), validation_share),
            do=f"Pass more {what}, drop rare classes, or pass validation_share=0.",
        ) from error
    return Split(np.sort(train), np.sort(validation))


def _rarest(labels: np.ndarray, classes: Sequence[Any] | None) -> str:
    counts = np.bincount(labels)
    place = int(counts.argmin())
    name = "the rarest class"
    if classes is not None:
        name = f"{str(classes[place])!r}, {name}"
    return f", {counts[place]} of {name}"


def _sides(n_rows: int, share: float) -> str:
    held = math.ceil(share * n_rows)
    return f", so that {held} would be held back and {n_rows - held} trained on"
