"""Which rows are trained on and which are held back, the same for every seed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from xaigeo.ensemble.members import Task
from xaigeo.errors import InputError


class Split(NamedTuple):
    """Places of rows, each sorted."""

    train: np.ndarray
    validation: np.ndarray


def split_rows(
    labels: np.ndarray, task: Task, *, validation_share: float, random_state: int
) -> Split:
    """Hold back a share of the rows, stratified by class; the model seeds play no part.

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
            expected=f"rows enough to hold back {validation_share:.0%} for validation"
            + (", with every class on both sides" if classification else ""),
            arrived=f"{len(labels)} rows"
            + (f", {np.bincount(labels).min()} in the rarest class" if classification else "")
            + f" ({error})",
            do="Pass more rows, drop rare classes, or pass validation_share=0.",
        ) from error
    return Split(np.sort(train), np.sort(validation))
