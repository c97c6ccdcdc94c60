"""Whether α̂ goes with churn and calibration: one point a seed."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from xaigeo.agreement.difference_correlations import OrderedBy, difference_correlations
from xaigeo.agreement.model_difference import ModelDifference
from xaigeo.options import check_option
from xaigeo.viz.channels import layered
from xaigeo.viz.chart_size import check_width
from xaigeo.viz.difference_words import (
    ALPHA,
    MEASURES,
    NONE,
    ORDERS,
    alpha_texts,
    check_difference,
    compared_text,
    nothing_trimmed,
    visible_text,
)
from xaigeo.viz.number_text import all_seeds, counted
from xaigeo.viz.table_data import with_tables
from xaigeo.viz.text_fit import titled
from xaigeo.viz.theme import INK, SEED, SOFT_INK
from xaigeo.viz.themed import themed

DRAWN = {"classification": ("churn_ensemble", "ece"), "regression": ("rmse",)}
HEIGHT = 170
SIDE = 62  # pixels beside a panel, for its axis


def difference_scatter(
    difference: ModelDifference,
    *,
    by: OrderedBy = "alpha_hat",
    width: int = 420,
    random_state: int = 0,
) -> alt.VConcatChart:
    """Draw α̂ against churn and calibration error (regression: RMSE), a point a seed.

    Parameters
    ----------
    difference : ModelDifference
        From `xaigeo.agreement.model_difference`.
    by : {"alpha_hat", "alpha_mean", "distance"}
        What stands on the common axis: α̂, its bootstrap mean, or the plain distance d_0, which
        tells models apart for which α̂ is 0. It takes the place of α̂ where that is 0 for all seeds.
    width : int
        Of each panel in pixels; they stand one below the other and have the same axis.
    random_state : int
        Of the bootstrap over seeds behind the intervals of Spearman's ρ.

    Raises
    ------
    InputError
        For anything else, or an axis that is not offered.
    """
    check_width(width)
    check_difference(difference, "a scatter plot")
    check_option("by", by, OrderedBy)
    instead = by == "alpha_hat" and nothing_trimmed(difference)
    by = "distance" if instead else by
    tables = difference_scatter_tables(difference, by, random_state=random_state)
    finding = difference_scatter_finding(tables, by)
    notes = [
        f"Each point is a seed, compared with {compared_text(difference)}; dark: outliers. "
        "ρ: Spearman's rank correlation over seeds, with 95% bootstrap interval. "
        + ("" if tables["seeds"]["accepts"].all() else f"Diamond: {NONE}{_shown_at(by)}. ")
        + ("The trimmed share is 0 for all seeds, and cannot order them. " if instead else "")
        + (f"Dashed: the test lets {difference.delta:.1%} pass (δ). " if by == "distance" else "")
        + visible_text(difference)
    ]
    delta = difference.delta if by == "distance" else None
    body = difference_scatter_body(tables, difference.task, by, delta=delta, width=width)
    chart = body.properties(
        title=titled(finding, notes, width + SIDE - 12),
        description=f"Scatter plots of {counted(len(tables['seeds']), 'seed')}: {ORDERS[by][1]} "
        f"against {' and '.join(MEASURES[m][1] for m in DRAWN[difference.task])}. {finding}.",
    )
    return themed(with_tables(chart, tables))


def difference_scatter_tables(
    difference: ModelDifference, by: OrderedBy = "alpha_hat", *, random_state: int = 0
) -> dict[str, pd.DataFrame]:
    """Return the tables `seeds` and `correlations`.

    Columns of `seeds`: seed, order (what stands on the axis; 1 where no α accepts), told,
    accepts, outlier and the measures. Of `correlations`: measure, rho, low, high and
    n_models, for the measures drawn.
    """
    measures = list(DRAWN[difference.task])
    table = difference.table
    seeds = pd.DataFrame(
        {
            "seed": [str(seed) for seed in table["seed"]],
            "order": difference.sizes if by == "alpha_hat" else table[by],
            "told": alpha_texts(table),
            "accepts": table["accepts"],
            "outlier": table["outlier"],
        }
        | {measure: table[measure] for measure in measures}
    )
    found = difference_correlations(difference, by=by, random_state=random_state)
    return {"seeds": seeds, "correlations": found[found["measure"].isin(measures)]}


def difference_scatter_body(
    tables: dict[str, pd.DataFrame],
    task: str,
    by: OrderedBy = "alpha_hat",
    *,
    delta: float | None = None,
    width: int = 420,
) -> alt.VConcatChart:
    """Return a panel a measure over the table `seeds`, with a line at δ where it is given."""
    found = tables["correlations"].set_index("measure")
    panels = [
        _panel(tables["seeds"], measure, found.loc[measure], by, delta, width)
        for measure in DRAWN[task]
    ]
    return alt.vconcat(*panels, spacing=14)


def _panel(
    seeds: pd.DataFrame, measure: str, found: Any, by: str, delta: float | None, width: int
) -> alt.LayerChart:
    name = MEASURES[measure][0]
    reach = max(0.05, float(seeds["order"].max()), delta or 0.0)
    values = seeds[measure]
    # Measures that all but agree must not be drawn as if they were far apart.
    room = max(0.08 * float(np.ptp(values)), 0.003 * max(1.0, float(values.abs().max())))
    low = float(values.min()) - room
    x = alt.X(
        "order:Q",
        title=ORDERS[by][0],
        scale=alt.Scale(domain=[0, min(1.0, reach * 1.04)], nice=False, padding=6),
        axis=alt.Axis(tickCount=5, format="~g", labelFlush=True),
    )
    layers = []
    if delta is not None:
        layers = [
            alt.Chart()
            .mark_rule(color=SOFT_INK, strokeDash=[4, 3], strokeWidth=1.2)
            .encode(x=alt.XDatum(delta, type="quantitative", title=x["title"], scale=x["scale"]))
        ]
    points = (
        alt.Chart(alt.NamedData("seeds"))
        .mark_point(filled=True, strokeWidth=0, size=65, opacity=0.65)
        .encode(
            x=x,
            y=alt.Y(
                f"{measure}:Q",
                title=None,
                scale=alt.Scale(
                    domain=[
                        max(low, 0.0) if values.min() >= 0 else low,
                        float(values.max()) + room,
                    ],
                    nice=False,
                    zero=False,
                    padding=4,
                ),
                axis=alt.Axis(tickCount=4, format="~g", minExtent=34, maxExtent=34),
            ),
            color=alt.when("datum.outlier").then(alt.value(INK)).otherwise(alt.value(SEED)),
            shape=alt.when("datum.accepts")
            .then(alt.value("circle"))
            .otherwise(alt.value("diamond")),
            tooltip=[
                alt.Tooltip("seed:N", title="Seed"),
                alt.Tooltip("told:N", title=ALPHA),
                alt.Tooltip(f"{measure}:Q", title=name, format=".3~f"),
                alt.Tooltip("outlier:N", title="Outlier"),
            ],
        )
    )
    return layered(*layers, points).properties(
        width=width,
        height=HEIGHT,
        title=alt.Title(
            f"{name}: {_rho(found)}",
            fontSize=11.5,
            fontWeight="normal",
            color=SOFT_INK,
            offset=4,
            limit=width,
        ),
    )


def _rho(found: Any) -> str:
    """Return ρ with its interval in words."""
    if not np.isfinite(found["rho"]):
        return "ρ is undefined"
    rho, low, high = (f"{found[n]:.2f}".replace("-", "−") for n in ("rho", "low", "high"))
    return f"ρ {rho} (95%: {low} to {high})"


def difference_scatter_finding(tables: dict[str, pd.DataFrame], by: OrderedBy = "alpha_hat") -> str:
    """Return whether the order of the seeds goes with the measures drawn, without full stop."""
    seeds, found = tables["seeds"], tables["correlations"]
    n, order, name = len(seeds), seeds["order"].to_numpy(), ORDERS[by][1]
    if np.ptp(order) == 0:
        told = f"{name[0].upper()}{name[1:]} is {order[0]:.3g} for {all_seeds(n)}"
        if not seeds["accepts"].any() and by == "alpha_hat":
            told = f"No trimming makes any of {counted(n, 'seed')} pass"
        return f"{told}, so that nothing can go with it"
    if found["rho"].isna().all():
        return f"{counted(n, 'seed')} cannot tell whether {name} goes with another measure"
    parts = []
    for measure, row in found.set_index("measure").iterrows():
        other = MEASURES[str(measure)][1]
        if not np.isfinite(row["rho"]):
            parts.append(f"cannot go with {other}, which is equal for all")
        elif row["low"] > 0:
            parts.append(f"rises with {other}, {_rho(row)}")
        elif row["high"] < 0:
            parts.append(f"falls with {other}, {_rho(row)}")
        else:
            parts.append(f"is not shown to go with {other}, {_rho(row)}")
    return f"Over {counted(n, 'seed')} {name} {' and '.join(parts)}"


def _shown_at(by: str) -> str:
    return ", shown at 1" if by == "alpha_hat" else ""
