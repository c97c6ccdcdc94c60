"""Ensembles that are trained on shuffled labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError

Refit = Callable[[Any], SeedEnsemble]


class RandomLabels:
    """Models that had nothing to learn: the one step of the data randomisation test.

    Parameters
    ----------
    explained : SeedEnsemble
    y : Series, DataFrame or array-like, shape (n_rows,) or (n_rows, n_targets)
        What the explained ensemble was trained on.
    refit : callable
        From shuffled `y` to an ensemble like the explained one.
    random_state : int

    Raises
    ------
    InputError
        Where `y` or `refit` is missing.
    """

    names = ("labels",)
    n_models = 1

    def __init__(
        self, explained: SeedEnsemble, y: Any, refit: Refit | None, random_state: int
    ) -> None:
        if y is None or refit is None or not callable(refit):
            raise InputError(
                expected="y=... and refit=..., a function from shuffled labels to an ensemble, "
                "with mode='labels'",
                arrived=f"y={_said(y)}, refit={_said(refit)}",
                do="Pass for example refit=lambda y: SeedEnsemble.fit(estimator, X, y, "
                "seeds=ensemble.seeds).",
            )
        self.explained = explained
        self.y = y if isinstance(y, pd.Series | pd.DataFrame) else np.asarray(y)
        self.refit = refit
        self.random_state = random_state

    @property
    def described(self) -> dict[str, Any]:
        """What the provenance tells of them."""
        return {"n_labels": len(self.y)}

    def models(self, repeat: int) -> Iterator[SeedEnsemble]:
        """Yield the ensemble that is trained on labels shuffled anew.

        Raises
        ------
        InputError
            If it is not like the explained one.
        """
        seed = np.random.SeedSequence(self.random_state, spawn_key=(repeat,))
        order = np.random.default_rng(seed).permutation(len(self.y))
        if isinstance(self.y, np.ndarray):
            shuffled: Any = self.y[order]
        else:
            # Labels move and the index stays, which says which rows they belong to.
            shuffled = self.y.iloc[order].set_axis(self.y.index, axis=0)
        ensemble = self.refit(shuffled)
        _check_alike(ensemble, self.explained)
        yield ensemble


def _said(value: Any) -> str:
    return "None" if value is None else type(value).__name__


def _check_alike(refitted: Any, ensemble: SeedEnsemble) -> None:
    fits = (
        isinstance(refitted, SeedEnsemble)
        and refitted.seeds == ensemble.seeds
        and refitted.task == ensemble.task
        and _outputs_alike(refitted, ensemble)
        and refitted.schema.names == ensemble.schema.names
    )
    if not fits:
        raise InputError(
            expected=f"refit to give an ensemble like the explained one ({ensemble!r}, seeds "
            f"{list(ensemble.seeds)})",
            arrived=f"{refitted!r}"
            + (f", seeds {list(refitted.seeds)}" if isinstance(refitted, SeedEnsemble) else ""),
            do="Train with the same estimator or network, columns, classes and seeds.",
        )


def _outputs_alike(refitted: SeedEnsemble, ensemble: SeedEnsemble) -> bool:
    # A bare array of shuffled values has no name, and its target is the same for all that.
    if ensemble.task == "regression":
        return refitted.n_outputs == ensemble.n_outputs
    return refitted.output_names == ensemble.output_names
