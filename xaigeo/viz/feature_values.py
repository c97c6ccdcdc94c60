"""A feature's values as a colour from low to high."""

from __future__ import annotations

from collections.abc import Iterable

import altair as alt
import numpy as np

from xaigeo.schema import Feature
from xaigeo.viz.theme import AMOUNTS

# As shap's plots: a few extreme rows would leave one colour for all others.
CLIPPED = (0.05, 0.95)


def relative_values(feature: Feature, values: np.ndarray) -> np.ndarray:
    """Return values from 0 (low) to 1 (high) among the rows, shape (n_rows,).

    Numbers between the 5% and 95% quantile of the rows, those outside held at the ends; categories
    by their place in the schema. All 0.5 where every row has the same number.
    """
    if feature.is_discrete:
        return values / max(len(feature.categories) - 1, 1)
    low, high = np.quantile(values, CLIPPED)
    if not high > low:
        low, high = float(values.min()), float(values.max())
    if not high > low:
        return np.full(len(values), 0.5)
    return np.asarray(np.clip((values - low) / (high - low), 0.0, 1.0))


def value_texts(feature: Feature, values: np.ndarray) -> list[str]:
    """Return encoded values as a reader should see them, with their unit."""
    unit = f" {feature.unit}" if feature.unit else ""
    return [feature.text(value) + unit for value in values]


def value_colour(field: str, *, title: str = "Feature value", length: int = 120) -> alt.Color:
    """Return the colour encoding of a field from `relative_values`."""
    return alt.Color(
        f"{field}:Q",
        title=title,
        scale=alt.Scale(domain=[0, 1], range=list(AMOUNTS)),
        legend=alt.Legend(
            orient="bottom",
            titleOrient="left",
            gradientLength=length,
            gradientThickness=10,
            values=[0, 1],
            labelExpr="datum.value < 0.5 ? 'low' : 'high'",
        ),
    )


def category_note(features: Iterable[Feature]) -> list[str]:
    """Return how categories are coloured, if any feature has some."""
    named = [f for f in features if f.is_discrete]
    if not named:
        return []
    f = named[0]
    return [f"Categories run from low to high in the order of the data, such as {_order(f)}."]


def _order(feature: Feature) -> str:
    shown = [str(category) for category in feature.categories]
    if len(shown) > 3:
        shown = [*shown[:2], "…", shown[-1]]
    return f"{', '.join(shown)} of {feature.name}"
