"""How many seeds are enough: the interval of each score against their number."""

from __future__ import annotations

import json
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from xaigeo.agreement.score import SCORES
from xaigeo.agreement.seeds_needed import SeedsNeeded
from xaigeo.agreement.subset_moments import FEWEST
from xaigeo.errors import InputError
from xaigeo.options import check_count
from xaigeo.viz.channels import at, layered
from xaigeo.viz.chart_nouns import with_nouns
from xaigeo.viz.chart_size import check_width
from xaigeo.viz.number_text import counted, number_text
from xaigeo.viz.text_fit import Width, balanced, titled
from xaigeo.viz.theme import AMOUNTS, INK, SOFT_INK
from xaigeo.viz.themed import themed

PANEL, AXIS, HEIGHT = 190, 40, 92  # least width with its axis, of the axis, and height, in pixels
POINTS = 24  # numbers of seeds beyond the trained ones at which an interval is drawn
NO_INTERVAL = ("cannot tell", "no spread", "undefined")
SPAN = 4.0  # height of a panel, in wanted widths, at least


def seed_curve(needed: SeedsNeeded, max_scores: int = 9, *, width: int = 600) -> alt.FacetChart:
    """Draw each score with its interval over the choice of seeds, against their number.

    Parameters
    ----------
    needed : SeedsNeeded
        From `xaigeo.agreement.seeds_needed`.
    max_scores : int
        How many scores are drawn, those that need most seeds. Scores that are equal for every
        number of seeds share a panel.
    width : int
        Of all panels together with their axes, in pixels.

    Raises
    ------
    InputError
        For anything else.
    """
    check_width(width)
    check_count("max_scores", max_scores)
    if not isinstance(needed, SeedsNeeded):
        raise InputError(
            expected="how many seeds are needed",
            arrived=type(needed).__name__,
            do="Pass the answer of xaigeo.agreement.seeds_needed(explanation).",
        )
    finding = seed_curve_finding(needed)
    tables = seed_curve_tables(needed, max_scores)
    n_scores = tables["curve"]["score"].nunique()
    chart = seed_curve_body(needed, tables, width=width).properties(
        title=titled(finding, [" ".join(seed_curve_notes(needed, max_scores))], width),
        description=f"Curves of the interval of {counted(n_scores, 'score')} against the number "
        f"of seeds. {finding}.",
    )
    return themed(with_nouns(chart, tables, needed))


def seed_curve_tables(needed: SeedsNeeded, max_scores: int = 9) -> dict[str, pd.DataFrame]:
    """Return the table `curve`, of the scores that need most seeds first.

    A row a score, number of seeds and part ("trained", or "beyond", which begins at the trained
    number too). Columns: score, label, rank, n_seeds, value, half (of the interval), low, high,
    part, at_trained (whether this is the trained number), and, the same in all rows of a score:
    least (how many seeds are enough, NaN if not known), told (the same in words), instances
    (half the interval over instances), bottom and top (of an interval as wide as wanted), floor
    and ceiling (of the panel). value_y, low_y, high_y, bottom_y and top_y are the same within
    the panel.
    """
    answers = _most_first(_distinct(needed)[0]).head(max_scores).reset_index(drop=True)
    numbers = _numbers(needed)
    parts = []
    for rank, answer in enumerate(answers.to_dict(orient="records")):
        curve = needed.curve[needed.curve["score"] == answer["score"]]
        known = curve["value"].notna() | (curve["n_seeds"] == needed.n_trained)
        floor, ceiling = _reach(needed, answers, answer)
        curve = curve[curve["n_seeds"].isin(numbers) & known].assign(
            rank=rank,
            least=answer["n_seeds"],
            told=_told(answer),
            instances=answer["instance_half_width"],
            bottom=answer["value"] - needed.width / 2,
            top=answer["value"] + needed.width / 2,
            floor=floor,
            ceiling=ceiling,
        )
        trained = curve[curve["trained"]].assign(part="trained")
        beyond = curve[curve["n_seeds"] >= needed.n_trained].assign(part="beyond")
        parts += [trained, beyond]
    table = pd.concat(parts, ignore_index=True).rename(columns={"seed_half_width": "half"})
    at_trained = (table["n_seeds"] == needed.n_trained) & (table["part"] == "trained")
    # A panel is as high as its rows say, so what lies beyond it must not be among them.
    within = {
        f"{name}_y": table[name].clip(table["floor"], table["ceiling"])
        for name in ("value", "low", "high", "bottom", "top")
    }
    # Vega warns of a panel in which an edge of the band is nowhere: without one it has no width.
    for name in ("low_y", "high_y"):
        within[name] = within[name].fillna(within["value_y"])
    table = table.assign(at_trained=at_trained, **within)
    return {"curve": table.drop(columns=["seed_se", "trained"])}


def seed_curve_body(
    needed: SeedsNeeded, tables: dict[str, pd.DataFrame], *, width: Width = 600
) -> alt.FacetChart:
    """Return a panel a score over the table `curve`."""
    px = 600 if isinstance(width, str) else width
    n_scores = tables["curve"]["score"].nunique()
    n_columns = min(max(1, px // PANEL), n_scores)
    each = px // n_columns - AXIS
    letters = int((each + AXIS - 14) / (11 * 0.52))
    order = alt.EncodingSortField("rank", op="min", order="ascending")
    header = alt.Header(
        title=None,
        labelExpr=_header(tables["curve"], letters),
        labelAnchor="start",
        labelFontSize=11,
        labelColor=INK,
        labelPadding=5,
    )
    panel = layered(*_layers(needed)).properties(width=each, height=HEIGHT)
    chart: alt.FacetChart = (
        panel.facet(
            alt.Facet("score:N", sort=order, header=header),
            columns=n_columns,
            data=alt.NamedData("curve"),
            spacing={"row": 12, "column": 8},
        )
        .resolve_scale(y="independent")
        .resolve_axis(x="independent")
    )
    return chart


def seed_curve_finding(needed: SeedsNeeded) -> str:
    """Return how many seeds are enough for all scores, a sentence without full stop."""
    width = number_text(needed.width)
    scores = needed.scores[needed.scores["status"] != "undefined"]
    told = scores[scores["status"] != "no spread"]
    said = "every interval" if len(scores) > 1 else "the interval"
    if len(told) < len(scores):
        said = f"the interval of {len(told)} of {len(scores)} scores"
    trained = f"{needed.n_trained} were trained"
    if needed.status == "undefined":
        return "No score is defined, so that no number of seeds can be told"
    if needed.status == "cannot tell":
        return (
            f"{needed.n_trained} seeds cannot tell how many are enough: {FEWEST} are the fewest "
            "that can"
        )
    if needed.status == "no spread":
        which = "any score" if len(scores) > 1 else "the score"
        return (
            f"The {needed.n_trained} trained seeds do not differ in {which}, which does not tell "
            "how many are enough"
        )
    if needed.status == "not reached":
        n = int((scores["status"] == "not reached").sum())
        which = f"{n} of {len(scores)} intervals" if len(scores) > 1 else "the interval"
        return f"Even {needed.up_to} seeds leave {which} wider than {width}; {trained}"
    between = _between(told["n_seeds_low"].max(), told["n_seeds_high"].max(skipna=False))
    about = "About " if between or needed.status == "extrapolated" else ""
    return (
        f"{about}{needed.n_seeds} seeds{between} are enough for {said} to be at most {width} wide; "
        f"{trained}"
    )


def seed_curve_notes(needed: SeedsNeeded, max_scores: int = 9) -> list[str]:
    """Return how the panels are read, in sentences."""
    notes = [f"Dot: the score of the {needed.n_trained} trained."]
    if needed.status not in NO_INTERVAL:
        notes = [
            f"Line and band: the score and its {needed.level:.0%} interval over the choice of "
            f"seeds; dashed and pale beyond the {needed.n_trained} trained: extrapolated.",
            f"Rules across: the wanted width, {number_text(needed.width)}. "
            "Upright: the fewest seeds that reach it, and in brackets between which numbers that "
            "lies.",
        ]
    instances = needed.scores["instance_half_width"].max()
    if np.isfinite(instances):
        notes.append(
            f"The choice of rows adds up to ±{number_text(instances, 2)}, which more seeds do not "
            "narrow."
        )
    scores, alike = _distinct(needed)
    rest = _most_first(scores).iloc[max_scores:]
    n_same = int((needed.scores["status"] == "no spread").sum())
    if n_same:
        notes.append(
            f"In {counted(n_same, 'score')} the {needed.n_trained} trained seeds do not differ, "
            f"which gives no interval: up to {needed.unseen:.0%} of all seeds may differ all the "
            f"same ({needed.level:.0%})."
        )
    if alike:
        notes.append(f"Equal throughout, drawn once: {'; '.join(alike)}.")
    if len(rest):
        notes.append(_others(rest))
    return notes


def _distinct(needed: SeedsNeeded) -> tuple[pd.DataFrame, list[str]]:
    """Return scores without those that repeat another, and which are alike, in words."""
    ends = needed.curve.groupby("score", sort=False)[["value", "low", "high"]]
    curves = {str(name): curve.to_numpy() for name, curve in ends}
    groups: dict[str, list[str]] = {}
    for row in needed.scores.to_dict(orient="records"):
        name = row["score"]
        first = next(
            (
                other
                for other in groups
                if np.isfinite(row["value"])
                and np.allclose(curves[name], curves[other], rtol=0, atol=1e-9, equal_nan=True)
            ),
            name,
        )
        groups.setdefault(first, []).append(row["label"])
    alike = [" = ".join(labels) for labels in groups.values() if len(labels) > 1]
    return needed.scores[needed.scores["score"].isin(list(groups))], alike


def _layers(needed: SeedsNeeded) -> list[alt.Chart]:
    """Return the layers of every panel, back to front, over rows that the panel is given."""
    x = alt.X(
        "n_seeds:Q",
        title="Seeds",
        scale=alt.Scale(domain=[2, int(_numbers(needed).max())], nice=False, zero=False),
        axis=alt.Axis(tickCount=4, format="d", tickMinStep=1, grid=False),
    )
    y = alt.Y(
        "value_y:Q",
        title=None,
        scale=alt.Scale(nice=False, zero=False),
        axis=alt.Axis(tickCount=3, format="~g", labelOverlap=True),
    )
    base = alt.Chart()
    answer = base.transform_filter("datum.at_trained")
    layers = [answer.mark_rule(opacity=0).encode(x=x, y=at(y, "floor"), y2="ceiling:Q")]
    if needed.status not in NO_INTERVAL:
        layers += [
            answer.mark_rule(color=SOFT_INK, strokeWidth=0.9).encode(y=at(y, f"{edge}_y"))
            for edge in ("bottom", "top")
        ]
    for part, opacity, dash in (("trained", 0.45, [1, 0]), ("beyond", 0.2, [4, 3])):
        one = base.transform_filter(f"datum.part === '{part}'")
        layers += [
            one.mark_area(color=AMOUNTS[1], opacity=opacity).encode(
                x=x, y=at(y, "low_y"), y2="high_y:Q"
            ),
            one.mark_line(color=INK, strokeWidth=1.6, strokeDash=dash).encode(x=x, y=y),
        ]
    return [
        *layers,
        answer.mark_rule(color=INK, strokeWidth=1.4).encode(
            x=at(x, "least"), y=alt.value(0), y2=alt.value(HEIGHT)
        ),
        answer.mark_point(filled=True, size=34, color=INK, opacity=1).encode(x=x, y=y),
        # A line is hard to point at: its points answer for it.
        base.mark_point(filled=True, size=70, opacity=0).encode(x=x, y=y, tooltip=_tips(needed)),
    ]


def _header(curve: pd.DataFrame, letters: int) -> str:
    """Return the Vega expression of a panel's heading: its score, and how many are enough."""
    lines = {
        row["score"]: [*balanced(row["label"], letters * 11 * 0.52, 11.0), row["told"]]
        for row in curve.drop_duplicates("score").to_dict(orient="records")
    }
    # Headings of one height keep the panels of a row level.
    n_lines = max(map(len, lines.values()))
    level = {name: [" "] * (n_lines - len(said)) + said for name, said in lines.items()}
    return f"{json.dumps(level)}[datum.value]"


def _reach(needed: SeedsNeeded, shown: pd.DataFrame, answer: dict[Any, Any]) -> tuple[float, float]:
    """Return the ends of a panel's axis: of one length in all panels of scores with a range."""
    score = SCORES.get(answer["score"])
    ranges = np.array([[one.low, one.high] for one in map(SCORES.get, shown["score"])])
    bounded = np.isfinite([score.low, score.high]).all()
    alike = np.isfinite(ranges).all(axis=1) if bounded else shown["score"] == answer["score"]
    widest = 2.4 * float(np.nanmax([0.0, *shown.loc[alike, "seed_half_width"]]))
    span = max(SPAN * needed.width, widest)
    value = answer["value"] if np.isfinite(answer["value"]) else max(score.low, 0.0)
    if bounded:
        span = min(span, score.high - score.low)
    low = min(max(value - span / 2, score.low), score.high - span)
    return round(float(low), 6), round(float(low + span), 6)


def _numbers(needed: SeedsNeeded) -> np.ndarray:
    """Return the numbers of seeds at which intervals are drawn."""
    n = needed.n_trained
    reached = needed.scores["n_seeds"].max()
    end = min(needed.up_to, max(2 * n, int(reached * 1.15) if np.isfinite(reached) else 0))
    if needed.status == "not reached":
        end = needed.up_to
    beyond = np.linspace(n, end, min(POINTS, end - n + 1)).round().astype(int)
    return np.unique(np.concatenate([np.arange(2, n + 1), beyond]))


def _most_first(scores: pd.DataFrame) -> pd.DataFrame:
    """Return scores by falling number of seeds needed; unreached first, those untold last."""
    need = scores["n_seeds"].fillna(np.inf)
    need = need.mask(scores["status"] == "no spread", -1.0)
    need = need.mask(scores["status"] == "undefined", -2.0)
    width = scores["seed_half_width"].fillna(-1.0)
    order = np.lexsort((-width.to_numpy(), -need.to_numpy()))
    return scores.iloc[order]


def _told(answer: dict[Any, Any]) -> str:
    if answer["status"] in ("undefined", "not reached"):
        return str(answer["status"])
    if answer["status"] == "cannot tell":
        return "cannot be told"
    if answer["status"] == "no spread":
        return "no difference"
    return f"{answer['n_seeds']:.0f} seeds{_between(answer['n_seeds_low'], answer['n_seeds_high'])}"


def _between(low: float, high: float) -> str:
    """Return between which numbers of seeds the recommended one lies, in brackets."""
    if np.isnan(high):
        return f" ({low:.0f} or more)"
    return f" ({low:.0f} to {high:.0f})" if low != high else ""


def _others(rest: pd.DataFrame) -> str:
    who = "1 other score is" if len(rest) == 1 else f"{len(rest)} other scores are"
    most = rest["n_seeds"].max()
    if not rest["n_seeds"].notna().all():
        return f"{who} not shown."
    need = "needs" if len(rest) == 1 else "need no more than"
    return f"{who} not shown and {need} {most:.0f} seeds."


def _tips(needed: SeedsNeeded) -> list[alt.Tooltip]:
    return [
        alt.Tooltip("label:N", title="Score"),
        alt.Tooltip("n_seeds:Q", title="Seeds"),
        alt.Tooltip("value:Q", title="Expected score", format=".3~f"),
        alt.Tooltip("low:Q", title=f"{needed.level:.0%} interval from", format=".3~f"),
        alt.Tooltip("high:Q", title="to", format=".3~f"),
        alt.Tooltip("instances:Q", title="± over rows", format=".3~f"),
        alt.Tooltip("told:N", title="Enough"),
    ]
