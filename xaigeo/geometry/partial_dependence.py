"""How every seed's prediction changes, on average, with one column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from xaigeo.geometry.ensemble_check import check_ensemble
from xaigeo.options import check_count
from xaigeo.schema import Feature, Frame, Matrix

if TYPE_CHECKING:
    from xaigeo.ensemble import SeedEnsemble

# Bytes of the outputs of all seeds and of the rows that one prediction may take.
BATCH_BYTES: Final = 32 * 2**20


@dataclass(frozen=True, eq=False)
class PartialDependence:
    """Mean predictions of every seed with one column set to each of some values.

    Attributes
    ----------
    feature : Feature
    values : ndarray, shape (n_values,)
        Encoded, rising.
    mean : ndarray, shape (n_seeds, n_values, n_outputs)
        Partial dependence: class probabilities or values, averaged over the rows.
    ice : ndarray, shape (n_seeds, n_ice, n_values, n_outputs)
        Curves of single rows (individual conditional expectation).
    ice_rows : ndarray, shape (n_ice,)
        Labels of these rows.
    ice_values : ndarray, shape (n_ice,)
        Encoded values that the column has in them.
    observed : ndarray, shape (n_rows,)
        The column in the data, encoded.
    seeds : tuple of int
    outputs : tuple of str
    task : {"classification", "regression"}
    """

    feature: Feature
    values: np.ndarray
    mean: np.ndarray
    ice: np.ndarray
    ice_rows: np.ndarray
    ice_values: np.ndarray
    observed: np.ndarray
    seeds: tuple[int, ...]
    outputs: tuple[str, ...]
    task: str


def partial_dependence(
    ensemble: SeedEnsemble, X: Frame, feature: str, *, n_values: int = 40, n_ice: int = 50
) -> PartialDependence:
    """Predict with all seeds while one column takes value after value.

    Parameters
    ----------
    ensemble : SeedEnsemble
    X : DataFrame or ndarray, shape (n_rows, n_features)
        Rows to average over.
    feature : str
        Column. A numeric one takes `n_values` of the values it has in `X`, at evenly spaced
        quantiles from the lowest to the highest; another one all its categories.
    n_values : int
        2 at least.
    n_ice : int
        Rows whose own curves are kept, spread evenly over `X`; 0 for none.

    Returns
    -------
    PartialDependence

    Raises
    ------
    InputError
        If there is no such column, rows do not fit the schema, or something else than an
        ensemble is asked.

    Notes
    -----
    ``PD(v) = 1/n Σᵢ f(v, xᵢ without the column)`` (Friedman 2001, doi:10.1214/aos/1013203451);
    single terms are ICE curves (Goldstein et al. 2015, arXiv:1309.6392). Where columns depend
    on each other, rows are met that the data do not hold.
    """
    check_ensemble(ensemble)
    check_count("n_values", n_values, at_least=2)
    check_count("n_ice", n_ice, at_least=0)
    rows = ensemble.schema.encode(X)
    place = ensemble.schema.index(feature)
    column = ensemble.schema.features[place]
    values = _values(column, rows[:, place], n_values)
    kept = np.unique(np.linspace(0, len(rows) - 1, min(n_ice, len(rows))).round().astype(int))
    mean, ice = _predicted(ensemble, rows, place, values, kept)
    labels = X.index.to_numpy() if isinstance(X, pd.DataFrame) else np.arange(len(rows))
    return PartialDependence(
        feature=column,
        values=values,
        mean=mean,
        ice=ice,
        ice_rows=labels[kept],
        ice_values=rows[kept, place],
        observed=rows[:, place],
        seeds=tuple(ensemble.seeds),
        outputs=tuple(ensemble.output_names),
        task=ensemble.task,
    )


def _values(feature: Feature, column: np.ndarray, n: int) -> np.ndarray:
    if feature.is_discrete:
        return np.arange(len(feature.categories), dtype=float)
    return np.unique(np.quantile(column, np.linspace(0, 1, n), method="nearest"))


def _predicted(
    ensemble: SeedEnsemble, rows: Matrix, place: int, values: np.ndarray, kept: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return mean curves and curves of the kept rows, asking all seeds for many rows at once."""
    n_seeds, n_values, n_outputs = ensemble.n_seeds, len(values), ensemble.n_outputs
    row_bytes = 8 * n_values * (rows.shape[1] + n_seeds * n_outputs)
    size = max(1, BATCH_BYTES // row_bytes)
    total = np.zeros((n_seeds, n_values, n_outputs))
    ice = np.empty((n_seeds, len(kept), n_values, n_outputs))
    for start in range(0, len(rows), size):
        part = np.repeat(rows[start : start + size], n_values, axis=0)
        part[:, place] = np.tile(values, len(part) // n_values)
        curves = ensemble.outputs_encoded(part).reshape(n_seeds, -1, n_values, n_outputs)
        total += curves.sum(axis=1)
        here = (kept >= start) & (kept < start + size)
        ice[:, here] = curves[:, kept[here] - start]
    return total / len(rows), ice
