"""Rows with one answer for different reasons: which feature each seed ranks first."""

from __future__ import annotations

import string

import altair as alt
import numpy as np
import pandas as pd

from xaigeo.agreement.compared import ComparedAttributions, compare
from xaigeo.agreement.places import membership
from xaigeo.agreement.unstable import POOR_STABILITY, same_answer_different_reason
from xaigeo.errors import InputError
from xaigeo.explanations import Attributions
from xaigeo.options import check_count
from xaigeo.viz.channels import layered
from xaigeo.viz.chart_size import check_width
from xaigeo.viz.chosen_row import check_table
from xaigeo.viz.method_words import words_for
from xaigeo.viz.records import plain
from xaigeo.viz.seed_agreement_heatmap import alike_order
from xaigeo.viz.table_data import with_tables
from xaigeo.viz.text_fit import middle, titled
from xaigeo.viz.theme import FAINT, INK, RAMP, SOFT_INK
from xaigeo.viz.themed import themed

ROW = 22  # height of a row, in pixels
STRIP = 78  # width of the strip of stabilities, in pixels
LABEL = 130  # about what the names of the rows take
UNDIVIDED = 5  # rows drawn where none has different reasons
KEYS = 8  # features that have a letter of their own
OTHER, TIE = "·", "="
SHADES = tuple(reversed(RAMP))
DARK = 3  # shades that need white letters


def divided_rows(
    explanation: Attributions,
    k: int | None = None,
    *,
    stability_below: float = POOR_STABILITY,
    max_rows: int = 12,
    width: int = 280,
) -> alt.HConcatChart:
    """Draw the rows on which all seeds give one answer, those for different reasons first.

    Each tile is a seed; its letter and shade name the feature of the largest attribution. At the
    right is the stability of the top features, over which the rows are sorted.

    Parameters
    ----------
    explanation : Attributions
        Of a classification.
    k : int, optional
        Number of top features; see `xaigeo.agreement.same_answer_different_reason`.
    stability_below : float
        Rows below it have different reasons.
    max_rows : int
        How many rows are drawn. Where no row has different reasons, the few (5 at most) that are
        nearest to it.
    width : int
        Of the tiles, in pixels.

    Raises
    ------
    InputError
        For a regression, a single seed, no attributions, texts, or where the seeds give one answer
        on no row.
    """
    check_width(width)
    check_count("max_rows", max_rows)
    check_table(explanation, "rows divided by their reasons")
    table = unanimous_rows(explanation, k, stability_below)
    tables = divided_tables(explanation, table, max_rows)
    finding = divided_finding(explanation, table, stability_below)
    body = divided_body(tables, stability_below=stability_below, width=width)
    chart = body.properties(
        title=titled(
            finding,
            [" ".join(divided_notes(explanation, table, tables, k, stability_below))],
            width + STRIP + LABEL,
        ),
        description=f"Tiles of the feature that each seed ranks first, by row. {finding}.",
    )
    return themed(with_tables(chart, tables))


def unanimous_rows(
    explanation: Attributions, k: int | None = None, stability_below: float = POOR_STABILITY
) -> pd.DataFrame:
    """Return `xaigeo.agreement.same_answer_different_reason`; no row at all raises."""
    table = same_answer_different_reason(explanation, k, stability_below=stability_below)
    if not len(table):
        raise InputError(
            expected="a row on which all seeds give one answer",
            arrived=f"{len(explanation.instances)} rows on which they differ",
            do="Explain more rows, or see xaigeo.agreement.unstable for those where answers flip.",
        )
    return table


def divided_tables(
    explanation: Attributions, table: pd.DataFrame, max_rows: int = 12
) -> dict[str, pd.DataFrame]:
    """Return the tables `tiles` (a row and seed each) and `rows` (a row each).

    Columns of `tiles`: row (text), instance, seed, letter, key (letter and feature), feature, dark
    (whether the letter is white), attribution. Of `rows`: row, instance, place, stability,
    flagged, predicted and leading (features ranked first, with the number of seeds).
    """
    shown = drawn_rows(table, max_rows)
    labels = [plain(label) for label in explanation.instances]
    places = [labels.index(plain(label)) for label in shown["instance"]]
    compared = compare(explanation)
    assert isinstance(compared, ComparedAttributions)  # the table is of attributions
    values = compared.values[:, places]  # (n_seeds, n_rows, n_features)
    first = np.abs(values).argmax(axis=-1)
    tied = membership(values, 1).max(axis=-1) < 1.0
    seeds = alike_order((first[:, None] == first[None]).mean(axis=-1))
    texts = [
        f"{label} · {predicted}"
        for label, predicted in zip(shown["instance"], shown["predicted"], strict=True)
    ]
    keys = _keys(first[~tied], explanation.features)
    tiles = []
    for i, row in enumerate(texts):
        for s in seeds:
            j = int(first[s, i])
            key = f"{TIE} Several alike" if tied[s, i] else keys.get(j, _other())
            shade = _shade(key)
            tiles.append(
                {
                    "row": row,
                    "instance": labels[places[i]],
                    "seed": str(explanation.seeds[s]),
                    "letter": key[0],
                    "key": key,
                    "feature": "several alike" if tied[s, i] else explanation.features[j],
                    "dark": shade < DARK,
                    "attribution": values[s, i, j],
                }
            )
    rows = pd.DataFrame(
        {
            "row": texts,
            "instance": [labels[place] for place in places],
            "place": range(len(texts)),
            "stability": shown["stability"].to_numpy(),
            "flagged": shown["flagged"].to_numpy(),
            "predicted": shown["predicted"].astype(str).to_numpy(),
            "leading": shown["leading_features"].to_numpy(),
        }
    )
    return {"tiles": pd.DataFrame(tiles), "rows": rows}


def drawn_rows(table: pd.DataFrame, max_rows: int = 12) -> pd.DataFrame:
    """Return the rows drawn: the flagged ones, or where there are none the least stable."""
    if table["flagged"].any():
        return table[table["flagged"]].head(max_rows)
    return table.head(min(max_rows, UNDIVIDED))


def divided_body(
    tables: dict[str, pd.DataFrame], *, stability_below: float = POOR_STABILITY, width: int
) -> alt.HConcatChart:
    """Return tiles and stabilities over the tables `tiles` and `rows`."""
    rows = tables["rows"]["row"].tolist()
    height = ROW * len(rows)
    tiles = _tiles(tables["tiles"], rows, width).properties(width=width, height=height)
    strip = _strip(tables["rows"], rows, stability_below).properties(width=STRIP, height=height)
    return alt.hconcat(tiles, strip, spacing=8)


def divided_finding(
    explanation: Attributions, table: pd.DataFrame, stability_below: float = POOR_STABILITY
) -> str:
    """Return how many rows have one answer for different reasons, without full stop."""
    n, flagged = len(explanation.instances), int(table["flagged"].sum())
    if not flagged:
        which = "The one row" if len(table) == 1 else f"None of {len(table)} rows"
        has = "has no" if len(table) == 1 else "has a"
        return f"{which} with one answer {has} stability of reasons below {stability_below:g}"
    rows = "row" if n == 1 else "rows"
    return f"On {flagged} of {n} {rows} all seeds give one answer for different reasons"


def divided_notes(
    explanation: Attributions,
    table: pd.DataFrame,
    tables: dict[str, pd.DataFrame],
    k: int | None,
    stability_below: float,
) -> list[str]:
    """Return how the tiles are read and what is not drawn, in sentences."""
    compared = compare(explanation, k=k)
    assert isinstance(compared, ComparedAttributions)  # the table is of attributions
    notes = [
        f"Tile: a seed ({words_for(explanation).title}); its letter is the feature of its largest "
        "attribution.",
        f"Dot: how alike the seeds' top {compared.k} are (1 the same, 0 as by lot); reasons differ "
        f"below {stability_below:g}.",
    ]
    n, shown = int(table["flagged"].sum()), len(tables["rows"])
    if not n:
        notes.append(f"Drawn: the {shown} least alike." if shown > 1 else "Drawn: the least alike.")
    if n > shown:
        notes.append(f"The {shown} least alike of {n} are drawn.")
    letters = tables["tiles"].groupby("row")["letter"].nunique()
    if n and (letters == 1).any() and compared.k > 1:
        notes.append("Where all letters are one, the reasons differ in the places after it.")
    return notes


def _tiles(table: pd.DataFrame, rows: list[str], width: int) -> alt.LayerChart:
    seeds = list(dict.fromkeys(table["seed"]))
    keys = sorted(set(table["key"]), key=_shade_order)
    step = width / len(seeds)
    longest = max(14, int(width / 7.5))
    x = alt.X(
        "seed:N",
        sort=seeds,
        title="Seed",
        axis=alt.Axis(ticks=False, domain=False, labelAngle=0, labelOverlap=True),
    )
    y = alt.Y(
        "row:N",
        sort=rows,
        title=None,
        axis=alt.Axis(ticks=False, domain=False, labelLimit=LABEL, labelPadding=6, labelColor=INK),
    )
    tooltip = [
        alt.Tooltip("row:N", title="Row"),
        alt.Tooltip("seed:N", title="Seed"),
        alt.Tooltip("feature:N", title="Ranks first"),
        alt.Tooltip("attribution:Q", title="Attribution", format="+.3~g"),
    ]
    base = alt.Chart(alt.NamedData("tiles"))
    squares = base.mark_rect(stroke="white", strokeWidth=1).encode(
        x=x,
        y=y,
        color=alt.Color(
            "key:N",
            title=None,
            scale=alt.Scale(domain=keys, range=[SHADES[_shade(key)] for key in keys]),
            legend=alt.Legend(
                orient="bottom",
                columns=1 if width < 240 or max(map(len, keys)) > longest / 2 else 2,
                symbolType="square",
                symbolStrokeColor=SOFT_INK,
                symbolSize=90,
                labelLimit=width,
            ),
        ),
        tooltip=tooltip,
    )
    letters = base.mark_text(fontSize=min(11.0, max(7.0, 0.85 * step))).encode(
        x=x,
        y=y,
        text="letter:N",
        color=alt.when("datum.dark").then(alt.value("white")).otherwise(alt.value(INK)),
        tooltip=tooltip,
    )
    return layered(squares, letters)


def _strip(table: pd.DataFrame, rows: list[str], limit: float) -> alt.LayerChart:
    least = float(np.nanmin([*table["stability"], 0.0]))
    domain = [float(np.floor(least * 5) / 5), 1.0]
    scale = alt.Scale(domain=domain, nice=False)
    y = alt.Y("row:N", sort=rows, axis=None)
    axis = alt.Axis(values=sorted({domain[0], 0.0, 1.0}), format="~g", grid=False)
    x = alt.X("stability:Q", title="Stability", scale=scale, axis=axis)
    base = alt.Chart(alt.NamedData("rows"))
    rails = base.mark_rule(color=FAINT).encode(
        x=alt.datum(domain[0], type="quantitative", title="Stability", scale=scale, axis=axis),
        x2=alt.datum(1.0),
        y=y,
    )
    line = base.mark_rule(color=SOFT_INK, strokeDash=[3, 3]).encode(
        x=alt.datum(limit, type="quantitative", title="Stability", scale=scale, axis=axis)
    )
    dots = base.mark_point(filled=True, size=55, color=INK, opacity=1).encode(
        x=x,
        y=y,
        tooltip=[
            alt.Tooltip("row:N", title="Row"),
            alt.Tooltip("stability:Q", title="Stability of the top features", format=".2f"),
            alt.Tooltip("leading:N", title="Ranked first (seeds)"),
        ],
    )
    return layered(rails, line, dots)


def _keys(first: np.ndarray, features: list[str]) -> dict[int, str]:
    """Return letter and name of the features that most tiles rank first."""
    counts = np.bincount(first.reshape(-1), minlength=len(features))
    order = [int(j) for j in np.argsort(-counts, kind="stable") if counts[j] > 0]
    # The last letter is not spent on "others" where one feature alone is left.
    named = order if len(order) <= KEYS else order[: KEYS - 1]
    return {
        j: f"{letter} {middle(features[j], 40)}"
        for j, letter in zip(named, string.ascii_uppercase, strict=False)
    }


def _other() -> str:
    return f"{OTHER} Another feature"


def _shade(key: str) -> int:
    """Return the place of a key's shade: the commonest is the darkest, later ones are pale."""
    place = string.ascii_uppercase.find(key[0])
    return len(SHADES) - 1 if place < 0 else min(place, len(SHADES) - 2)


def _shade_order(key: str) -> tuple[bool, str]:
    return key[0] in (OTHER, TIE), key
