"""Instances by their values, and the same instances by their attributions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from xaigeo.errors import InputError
from xaigeo.explanations import Attributions
from xaigeo.geometry.attribution_meaning import attribution_meaning
from xaigeo.geometry.output_choice import target_place
from xaigeo.geometry.prediction import verdict
from xaigeo.geometry.principal_axes import principal_axes
from xaigeo.geometry.round_off import without_round_off
from xaigeo.geometry.seed_vectors import common_place
from xaigeo.geometry.shadow import xy
from xaigeo.geometry.standard_frame import StandardFrame
from xaigeo.geometry.table import Columns, labels, table

FEWEST: Final = 3
N_NEIGHBOURS: Final = 5
# A share of the size of the numbers below which differences between instances are round-off.
_EQUAL: Final = 1e-9

FRAME: Final[Columns] = {
    "instance": "label",
    "predicted": "label",
    "agreement": "float64",
    "data_x": "float64",
    "data_y": "float64",
    "attribution_x": "float64",
    "attribution_y": "float64",
    "seed_spread": "float64",
    "distance": "float64",
    "outlier": "int64",
}


@dataclass(frozen=True, eq=False, kw_only=True)
class AttributionSpace:
    """Where instances lie among the data, and where among the explanations.

    Attributes
    ----------
    frame : DataFrame
        One row an instance: instance; predicted (the class explained; a regression's mean
        prediction, or that of the named seed) and agreement (share of all seeds that give this
        class; NaN for a regression); data_x, data_y; attribution_x, attribution_y (output
        units); seed_spread, the root mean square distance of the seeds' attributions from their
        mean here (output units); distance, the mean distance in all features from the 5 nearest
        other instances among the attributions (output units), and outlier, its rank: 1 for the
        instance that is explained least like any other.
    data_explained, attribution_explained : ndarray, shape (2,)
        Share of variance on each axis.
    loadings : DataFrame
        One row a feature: feature, attribution_x and attribution_y, the entries of the unit
        vectors of the attribution axes.
    data_loadings : DataFrame
        One row a numeric feature or category: feature, category (None for numeric ones), data_x,
        data_y.
    method, unit : str
        Unit of the attributions.
    seed : int or None
        Whose attributions; None for the median of all seeds.
    output : str or None
        Output that the attributions speak of; None where it is each instance's own answer.
    """

    frame: pd.DataFrame
    data_explained: np.ndarray
    attribution_explained: np.ndarray
    loadings: pd.DataFrame
    data_loadings: pd.DataFrame
    method: str
    unit: str
    seed: int | None
    output: str | None

    def __repr__(self) -> str:
        shares = ", ".join(f"{share:.0%}" for share in self.attribution_explained)
        return (
            f"AttributionSpace({self.method!r}, {len(self.frame)} instances, axes of attributions "
            f"{shares})"
        )


def attribution_space(
    explanation: Attributions, *, seed: int | None = None, output: str | None = None
) -> AttributionSpace:
    """Lay instances out by their values and by their attributions.

    Instances that lie apart among the data and together among the attributions are explained
    alike although they differ; the other way round, like rows have different reasons.

    Parameters
    ----------
    explanation : Attributions
    seed : int, optional
        One model's attributions; the median over the seeds unless named.
    output : str, optional
        Output that all attributions speak of. Unless named the class that most seeds predict at
        each instance (the named seed's own class), of a regression the first target.

    Returns
    -------
    AttributionSpace

    Raises
    ------
    InputError
        For other explanations, fewer than three instances, attributions that are the same at all
        of them, or an unknown seed or output.

    Notes
    -----
    Both layouts are principal components, centred on the instances. Among the data, numeric
    columns are standardised by the background and a category is an indicator over √2, so that
    two categories are 1 apart, as in the distance of counterfactuals; units do not matter.
    Attributions stay in output units. Signs are those of `principal_axes`. Where there is no
    second direction its axis is 0.
    """
    _check(explanation)
    whose = explanation if seed is None else explanation.sel(seed=seed)
    place = common_place(whose, output)
    at = np.arange(len(place))
    every = explanation.array("attribution")[:, at, :, place].swapaxes(0, 1)
    values = np.median(whose.array("attribution")[:, at, :, place].swapaxes(0, 1), axis=0)
    scores, axes, shares = _principal_plane(values)
    if shares[0] == 0.0:
        raise InputError(
            expected="attributions that differ between instances",
            arrived=f"the same at all {len(values)}",
            do="Explain other rows; attributions of a constant, or of equal rows, span no space.",
        )
    data, names = _data_columns(explanation)
    where, data_axes, data_shares = _principal_plane(data)
    apart = _from_neighbours(values)
    named = output is not None or explanation.task == "regression"
    target = target_place(explanation, output)
    return AttributionSpace(
        frame=table(
            FRAME,
            _answers(explanation, whose, target)
            | xy(where, "data_x", "data_y")
            | xy(scores, "attribution_x", "attribution_y")
            | {
                "instance": explanation.instances,
                "seed_spread": _seed_spread(every),
                "distance": apart,
                "outlier": _falling_rank(apart),
            },
        ),
        data_explained=data_shares,
        attribution_explained=shares,
        loadings=table(
            {"feature": "text", "attribution_x": "float64", "attribution_y": "float64"},
            {"feature": np.array(explanation.features, dtype=object)}
            | xy(axes, "attribution_x", "attribution_y"),
        ),
        data_loadings=table(
            {"feature": "text", "category": "text", "data_x": "float64", "data_y": "float64"},
            {"feature": names[:, 0], "category": names[:, 1]} | xy(data_axes, "data_x", "data_y"),
        ),
        method=explanation.method,
        unit=attribution_meaning(explanation).of_target(explanation, target).unit,
        seed=seed,
        output=explanation.outputs[int(place[0])] if named else None,
    )


def _seed_spread(every: np.ndarray) -> np.ndarray:
    """Return the spread of attributions, shape (n_seeds, n_instances, n_features), by instance."""
    apart = np.sqrt(((every - every.mean(axis=0)) ** 2).sum(-1).mean(axis=0))
    return without_round_off(apart, float(np.abs(every).max()))


def _check(explanation: object) -> None:
    if not isinstance(explanation, Attributions):
        raise InputError(
            expected="Attributions",
            arrived=type(explanation).__name__,
            do="Rules and counterfactuals have no attributions; use LIME, SHAP or gradients.",
        )
    if len(explanation.instances) < FEWEST:
        raise InputError(
            expected=f"at least {FEWEST} explained instances",
            arrived=str(len(explanation.instances)),
            do="Explain more rows to lay them out.",
        )


def _answers(explanation: Attributions, whose: Attributions, target: int) -> dict[str, np.ndarray]:
    """Return `predicted` and `agreement` by instance."""
    said = verdict(whose.array("prediction"), explanation.outputs, explanation.task, target)
    if explanation.task == "regression":
        return {"predicted": said.predicted, "agreement": said.agreement}
    own = labels(explanation.outputs, explanation.predicted)
    return {"predicted": said.predicted, "agreement": (own == said.predicted).mean(axis=0)}


def _data_columns(explanation: Attributions) -> tuple[np.ndarray, np.ndarray]:
    """Return standardised columns and indicators, and feature and category of each, (n, 2)."""
    rows, schema = explanation.array("input"), explanation.schema
    z = StandardFrame.from_rows(schema, explanation.array("background")).points(rows)
    columns: list[np.ndarray] = []
    names: list[tuple[str, str | None]] = []
    for j, feature in enumerate(schema.features):
        if not feature.is_discrete:
            columns.append(z[:, j])
            names.append((feature.name, None))
            continue
        for code, category in enumerate(feature.categories):
            columns.append((rows[:, j] == code) / np.sqrt(2.0))
            names.append((feature.name, str(category)))
    return np.column_stack(columns), np.array(names, dtype=object).reshape(-1, 2)


def _principal_plane(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return scores (n, 2), unit axes (n_columns, 2) and shares of variance (2,)."""
    n, width = values.shape
    scores, axes, shares = np.zeros((n, 2)), np.zeros((width, 2)), np.zeros(2)
    rows, sizes = principal_axes(values)
    k = min(2, int((sizes > _EQUAL * np.linalg.norm(values)).sum()))
    axes[:, :k] = rows[:k].T
    scores[:, :k] = (values - values.mean(axis=0)) @ axes[:, :k]
    shares[:k] = sizes[:k] ** 2 / (sizes**2).sum() if k else 0.0
    return scores, axes, shares


def _from_neighbours(values: np.ndarray) -> np.ndarray:
    """Return the mean distance of each row from its nearest others, shape (n,)."""
    nearest = min(N_NEIGHBOURS, len(values) - 1)
    # Row by row, so that memory stays linear; the row itself is the nearest one.
    apart = (np.sort(np.linalg.norm(values - one, axis=1))[1 : nearest + 1] for one in values)
    return np.array([near.mean() for near in apart])


def _falling_rank(values: np.ndarray) -> np.ndarray:
    """Return 1 for the largest; equal values have the rank of the first."""
    return np.asarray(1 + (values[None, :] > values[:, None]).sum(axis=1))
