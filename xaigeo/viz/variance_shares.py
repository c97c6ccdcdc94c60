"""Where attributions vary: with the model's seed, or with the explainer's own draws."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from xaigeo.agreement.noise import ExplainerNoise
from xaigeo.agreement.variance_shares import SOURCES
from xaigeo.agreement.variance_shares import variance_shares as shares_of
from xaigeo.errors import InputError
from xaigeo.options import check_count
from xaigeo.viz.chart_size import check_width
from xaigeo.viz.table_data import with_tables
from xaigeo.viz.text_fit import Width, feature_axis, label_letters, titled, total_px
from xaigeo.viz.theme import RAMP
from xaigeo.viz.themed import themed

ROW = 24  # height of a feature's row, in pixels
ALL = "All features"
WORDS = {
    "seed": "Seed of the model",
    "explainer_own": "Explainer, one model",
    "explainer_common": "Explainer, all models alike",
}
SHADES = (RAMP[5], RAMP[3], RAMP[1])


def variance_shares(
    noise: ExplainerNoise, max_features: int = 12, *, width: int = 420
) -> alt.Chart:
    """Draw which share of an attribution's variance the seed makes, and which the explainer.

    Parameters
    ----------
    noise : ExplainerNoise
        From `xaigeo.agreement.explainer_noise`.
    max_features : int
        How many features are drawn, those of largest variance.
    width : int
        Of the bars, in pixels.

    Raises
    ------
    InputError
        For anything else.
    """
    check_width(width)
    if not isinstance(noise, ExplainerNoise):
        raise InputError(
            expected="the noise of an explainer",
            arrived=type(noise).__name__,
            do="Pass the answer of xaigeo.agreement.explainer_noise(repeats).",
        )
    check_count("max_features", max_features)
    tables = variance_tables(noise, max_features)
    labels = tables["shares"]["label"].unique().tolist()
    finding = variance_finding(noise)
    n_features = noise.table["feature"].nunique()
    n = len(labels) - 1
    notes = [
        f"{noise.n_seeds} seeds of the model, {noise.n_repeats} of the explainer.",
        "The part that is alike for all models cancels when seeds are compared.",
        *([f"The {n} of {n_features} features that vary most."] if n < n_features else []),
    ]
    chart = variance_body(tables, width=width).properties(
        title=titled(finding, [" ".join(notes)], total_px(labels, width)),
        description=f"Stacked bars of shares of variance by feature. {finding}.",
    )
    return themed(with_tables(chart, tables))


def variance_tables(noise: ExplainerNoise, max_features: int = 12) -> dict[str, pd.DataFrame]:
    """Return the table `shares`: label, source, order, share, start and end of each bar's part."""
    table = shares_of(noise)
    total = table.groupby("feature", sort=False)["variance"].sum().sort_values(ascending=False)
    shown = total.index[:max_features].tolist()
    parts = []
    for feature in [None, *shown]:
        one = table[table["feature"].isna() if feature is None else table["feature"] == feature]
        end = one["share"].fillna(0.0).cumsum()
        parts.append(
            one.assign(
                label=ALL if feature is None else str(feature),
                source=[WORDS[source] for source in one["source"]],
                start=end - one["share"].fillna(0.0),
                end=end,
            )
        )
    drawn = pd.concat(parts, ignore_index=True)
    return {"shares": drawn[["label", "source", "variance", "share", "start", "end"]]}


def variance_body(tables: dict[str, pd.DataFrame], *, width: Width) -> alt.Chart:
    """Return the bars over the table `shares`."""
    labels = tables["shares"]["label"].unique().tolist()
    bars: alt.Chart = (
        alt.Chart(alt.NamedData("shares"))
        .mark_bar(height=ROW - 8, stroke="white", strokeWidth=0.6)
        .encode(
            x=alt.X(
                "start:Q",
                title="Share of the variance",
                scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(format=".0%", tickCount=5, labelFlush=True),
            ),
            x2="end:Q",
            y=alt.Y("label:N", sort=labels, title=None, axis=feature_axis(label_letters(width))),
            color=alt.Color(
                "source:N",
                title=None,
                scale=alt.Scale(domain=[WORDS[s] for s in SOURCES], range=list(SHADES)),
                legend=alt.Legend(
                    orient="bottom", symbolType="square", columns=1 if _narrow(width) else 3,
                    labelLimit=220,
                ),
            ),
            tooltip=[
                alt.Tooltip("label:N", title="Feature"),
                alt.Tooltip("source:N", title="Varies with"),
                alt.Tooltip("share:Q", title="Share of the variance", format=".1%"),
                alt.Tooltip("variance:Q", title="Variance, squared units", format=".3~g"),
            ],
        )
        .properties(width=width, height=ROW * len(labels))
    )  # fmt: skip
    return bars


def variance_finding(noise: ExplainerNoise) -> str:
    """Return which share of the variance the seed makes, without full stop."""
    whole = shares_of(noise).head(len(SOURCES)).set_index("source")["share"]
    if not np.isfinite(whole["seed"]):
        return "The attributions vary neither with the seed nor with the explainer"
    return (
        f"The seed makes {whole['seed']:.0%} of the variance of an attribution, the explainer's "
        f"own draws {1 - whole['seed']:.0%}"
    )


def _narrow(width: Width) -> bool:
    return isinstance(width, int) and width < 360
