"""Which output of a model each column of a frame is that it answers with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from xaigeo.errors import InputError


class OutputColumns:
    """Puts the named columns of answers into the order of the outputs.

    Columns 0, 1, ... have no names: they are taken in their order. Labels and names are compared as
    text.

    Parameters
    ----------
    labels : sequence, optional
        Classes or targets in output order. Without them the columns of the first model, if they
        are named, name the outputs once it has answered.
    classification : bool
        Whether a lone column is the probability of the second class of two.

    Attributes
    ----------
    labels : tuple or None
    """

    def __init__(self, labels: Sequence[Any] | None, *, classification: bool) -> None:
        self.labels = None if labels is None else tuple(labels)
        self.classification = classification

    def ordered(self, answer: pd.DataFrame, place: int) -> pd.DataFrame:
        """Return the answer of the model at a place with its columns in the order of the outputs.

        Raises
        ------
        InputError
            For names that are not those of the outputs, and numbers that may be places or classes.
        """
        columns: list[Any] = answer.columns.tolist()
        numbers = list(range(len(columns)))
        if columns == numbers and all(type(column) is int for column in columns):
            self._check_numbers(numbers, place)
            return answer
        if self.labels is None and place == 0:
            self._check_names(columns)
            self.labels = tuple(columns)
            return answer
        # A first model without names has the outputs 0, 1, ...
        labels = [str(label) for label in (numbers if self.labels is None else self.labels)]
        names = [str(column) for column in columns]
        if self.classification and len(labels) == 2 and names == labels[1:]:
            return answer
        if sorted(names) != sorted(labels):
            raise InputError(
                expected=f"the columns {', '.join(labels)} from model {place}",
                arrived=f"a frame with {', '.join(names) or 'none'}",
                do="Name the columns by the classes or targets, all of them; or return an array or "
                "a Series, whose outputs are taken in their order.",
            )
        return answer.iloc[:, [names.index(label) for label in labels]]

    def _check_names(self, columns: list[Any]) -> None:
        lone = self.classification and len(columns) == 1
        if lone or len({str(column) for column in columns}) < len(columns):
            raise InputError(
                expected="columns of different names from model 0, one a class or target",
                arrived=f"a frame with {', '.join(map(str, columns))}",
                do="Return a column for each; or a Series, for the probability of the second class "
                "of two.",
            )

    def _check_numbers(self, numbers: list[int], place: int) -> None:
        if self.labels not in (None, tuple(numbers)) and set(self.labels or ()) == set(numbers):
            raise InputError(
                expected=f"columns of model {place} of which the order is clear",
                arrived=f"a frame with {', '.join(map(str, numbers))} for the classes "
                f"{', '.join(map(str, self.labels or ()))}",
                do="Return an array in the order of the classes, or pass classes="
                f"{numbers} where the columns are these.",
            )
