"""How often features are used, over all rows: a bar by the way of use, a dot a seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt
import numpy as np
import pandas as pd

from xaigeo.agreement.feature_use import FeatureUse
from xaigeo.viz.channels import at, layered
from xaigeo.viz.text_fit import Width, feature_rows, label_letters
from xaigeo.viz.theme import FAINT, INK, SEED

WIDTH = 400
MAX_FEATURES = 15
STEP = 30
# A narrower part of a bar has no room for its sign.
SIGN_PX = 14
ROUNDING = 1e-9


@dataclass(frozen=True)
class WayMark:
    """How a way to use a feature is drawn: a sign that is text, a colour and its strength."""

    sign: str
    colour: str
    opacity: float


def feature_use_tables(
    use: FeatureUse,
    marks: Sequence[WayMark],
    *,
    max_features: int = MAX_FEATURES,
    width: Width = WIDTH,
) -> dict[str, pd.DataFrame]:
    """Return `parts` (feature, way), `seeds` (feature, seed) and `features`, the commonest first.

    Shares are of rules or counterfactuals; a seed of which none is counted has no row.
    """
    order = used_features(use)[:max_features].tolist()
    overall, by_way, by_seed = use.overall, use.by_way, use.by_seed
    names = np.array(use.features, dtype=object)
    # The axis ends near the largest share.
    longest = max([0.0, *np.nan_to_num(by_seed).ravel(), *np.nan_to_num(overall)]) or 1.0
    px = (width if isinstance(width, int) else WIDTH) / longest
    starts = np.cumsum(by_way, axis=0) - by_way
    parts = [
        {
            "label": names[j],
            "rank": rank,
            "way": use.ways[w],
            "share": by_way[w, j],
            "x1": starts[w, j],
            "x2": starts[w, j] + by_way[w, j],
            "middle": starts[w, j] + by_way[w, j] / 2,
            "sign": marks[w].sign if by_way[w, j] * px >= SIGN_PX else "",
            "strength": marks[w].opacity,
        }
        for rank, j in enumerate(order)
        for w in np.flatnonzero(by_way[:, j]).tolist()
    ]
    seeds = [
        {
            "label": names[j],
            "rank": rank,
            "seed": use.seeds[s],
            "share": by_seed[s, j],
            "ways": _ways_text(use, s, j),
        }
        for rank, j in enumerate(order)
        for s in np.flatnonzero(~np.isnan(by_seed[:, j])).tolist()
    ]
    features = pd.DataFrame(
        {"label": names[order], "rank": np.arange(len(order)), "share": overall[order]}
    )
    return {
        "parts": pd.DataFrame(parts, columns=list(_PARTS)),
        "seeds": pd.DataFrame(seeds, columns=list(_SEEDS)),
        "features": features,
    }


_PARTS = ("label", "rank", "way", "share", "x1", "x2", "middle", "sign", "strength")
_SEEDS = ("label", "rank", "seed", "share", "ways")


def feature_use_body(
    use: FeatureUse,
    tables: dict[str, pd.DataFrame],
    marks: Sequence[WayMark],
    title: str,
    *,
    width: Width = WIDTH,
) -> alt.LayerChart:
    """Return the chart over the tables, without words above it.

    Parameters
    ----------
    use : FeatureUse
    tables : dict
        From `feature_use_tables`.
    marks : sequence of WayMark
        One a way.
    title : str
        Of the axis.
    width : int or "container"
    """
    quiet = use.made_for_all or len(use.seeds) < 2
    scale = alt.Scale(domain=[0, _longest(tables)], nice=True)
    x = alt.X(
        "share:Q",
        title=title,
        scale=scale,
        axis=alt.Axis(format=".0%", tickCount=5, labelFlush=True),
    )
    y = feature_rows(label_letters(width))
    # A scale, and no colours among the data: a page swaps the colours of charts for dark ones.
    ways = alt.Scale(domain=list(use.ways), range=[mark.colour for mark in marks])
    layers = _bars(x, y, alt.Color("way:N", scale=ways, legend=None))
    if not quiet:
        layers = [_track(y, scale), *layers, _dots(x, y)]
    height = STEP * max(1, len(tables["features"]))
    return layered(*layers).properties(width=width, height=height)


def _bars(x: alt.X, y: alt.Y, colour: alt.Color) -> list[alt.Chart]:
    told = [
        alt.Tooltip("label:N", title="Feature"),
        alt.Tooltip("way:N", title="Way"),
        alt.Tooltip("share:Q", title="Share", format=".1%"),
    ]
    data = alt.Chart(alt.NamedData("parts"))
    bars = data.mark_bar(height=11, yOffset=-6, stroke="white", strokeWidth=1).encode(
        x=at(x, "x1"),
        x2="x2:Q",
        y=y,
        color=colour,
        opacity=alt.Opacity("strength:Q", scale=None),
        tooltip=told,
    )
    signs = data.mark_text(fontSize=10, yOffset=-6, color=INK).encode(
        x=at(x, "middle"), y=y, text="sign:N", tooltip=told
    )
    overall = (
        alt.Chart(alt.NamedData("features"))
        .mark_tick(color=INK, thickness=2.2, size=14, yOffset=-6, opacity=1)
        .encode(
            x=x,
            y=y,
            tooltip=[
                alt.Tooltip("label:N", title="Feature"),
                alt.Tooltip("share:Q", title="Share over all seeds", format=".1%"),
            ],
        )
    )
    return [bars, signs, overall]


def _track(y: alt.Y, scale: alt.Scale) -> alt.Chart:
    chart: alt.Chart = (
        alt.Chart(alt.NamedData("features"))
        .mark_rule(color=FAINT, yOffset=7)
        .encode(x=alt.XDatum(0, scale=scale), x2=alt.value("width"), y=y)
    )
    return chart


def _dots(x: alt.X, y: alt.Y) -> alt.Chart:
    chart: alt.Chart = (
        alt.Chart(alt.NamedData("seeds"))
        .mark_point(filled=True, size=36, color=SEED, opacity=0.5, strokeWidth=0, yOffset=7)
        .encode(
            x=x,
            y=y,
            tooltip=[
                alt.Tooltip("label:N", title="Feature"),
                alt.Tooltip("seed:N", title="Seed"),
                alt.Tooltip("share:Q", title="Share", format=".1%"),
                alt.Tooltip("ways:N", title="of which"),
            ],
        )
    )
    return chart


def _longest(tables: dict[str, pd.DataFrame]) -> float:
    """Return the largest share that is drawn, 1 where there is none."""
    shares = pd.concat([tables["seeds"]["share"], tables["features"]["share"]])
    return float(shares.max()) if len(shares) and shares.max() > 0 else 1.0


def used_features(use: FeatureUse) -> np.ndarray:
    """Return the places of the features that are used at all, the commonest first."""
    overall = np.nan_to_num(use.overall)
    order = np.argsort(-overall, kind="stable")
    return np.asarray(order[overall[order] > 0])


def most_used(use: FeatureUse) -> str:
    """Return which feature is used most and how often, "a most: 62% of them, 47% to 80% by seed".

    Features that are used alike are all named, or counted where they are more than two.
    """
    overall = use.overall
    places = used_features(use)
    top = [j for j in places if overall[j] >= overall[places[0]] - ROUNDING]
    if len(top) > 2:
        return f"{len(top)} features most and alike: {overall[top[0]]:.0%} of them each"
    if len(top) == 2:
        names = " and ".join(use.features[j] for j in top)
        return f"{names} most: {overall[top[0]]:.0%} of them each"
    said = f"{use.features[top[0]]} most: {overall[top[0]]:.0%} of them"
    shares = use.by_seed[:, top[0]]
    shares = shares[~np.isnan(shares)]
    if use.made_for_all or len(shares) < 2:
        return said
    low, high = f"{shares.min():.0%}", f"{shares.max():.0%}"
    return f"{said}, {low} to {high} by seed" if low != high else f"{said} with every seed"


def left_out_note(use: FeatureUse, max_features: int) -> list[str]:
    """Return in a sentence how many features are not shown, or nothing."""
    n_used = len(used_features(use))
    hidden, unused = max(0, n_used - max_features), len(use.features) - n_used
    left = [f"{hidden} that are used less"] if hidden else []
    left += [f"{unused} never used"] if unused else []
    return [f"Features not shown: {' and '.join(left)}."] if left else []


def _ways_text(use: FeatureUse, seed: int, feature: int) -> str:
    counts = use.counts[:, seed, feature]
    total = use.totals[seed]
    parts = [f"{way} {n / total:.0%}" for way, n in zip(use.ways, counts, strict=True) if n]
    return ", ".join(parts) or "not used"
