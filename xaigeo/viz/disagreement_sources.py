"""Where disagreement comes from: each source's share, and what is left when it alone changes."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from xaigeo.agreement.crossed import BACKGROUND, EXPLAINER, INIT, METHOD, MODEL, ORDER
from xaigeo.agreement.crossed_tables import BY_SIZE, EVERYTHING, INTERACTIONS, TRAINING
from xaigeo.agreement.disagreement_sources import ALL_METHODS, SourcesOfDisagreement
from xaigeo.errors import InputError
from xaigeo.options import suggestion
from xaigeo.viz.channels import at, layered
from xaigeo.viz.chart_size import check_width
from xaigeo.viz.method_words import TITLES
from xaigeo.viz.number_text import counted, share_text
from xaigeo.viz.table_data import with_tables
from xaigeo.viz.text_fit import label_expression, label_px, titled
from xaigeo.viz.theme import FAINT, INK, RAMP, SOFT_INK
from xaigeo.viz.themed import themed

ROW = 26  # height of a source's row, in pixels
GAP = 16  # between the two plots
LETTERS = 20  # of a line of a source's name
LABELS = {
    INIT: "Initial weights",
    ORDER: "Batch order",
    MODEL: "Model's seed",
    TRAINING: "Weights and order together",
    EXPLAINER: "Explainer's seed",
    BACKGROUND: "Background sample",
    METHOD: "Method",
    INTERACTIONS: "Other interactions",
    EVERYTHING: "Everything at once",
}


def disagreement_sources(
    sources: SourcesOfDisagreement, method: str | None = None, *, width: int = 420
) -> alt.HConcatChart:
    """Draw which source of disagreement makes what share, and how far explanations agree then.

    Parameters
    ----------
    sources : SourcesOfDisagreement
        From `xaigeo.sources_of_disagreement` or `xaigeo.agreement.disagreement_sources`.
    method : str, optional
        One of its methods; by default the only one, or "all methods" together.
    width : int
        Of the two plots together, in pixels, without the names of the sources.

    Raises
    ------
    InputError
        For anything else, or a method that was not run.
    """
    check_width(width)
    chosen = chosen_method(sources, method)
    tables = disagreement_sources_tables(sources, chosen)
    finding = disagreement_sources_finding(sources, chosen)
    labels = tables["sources"]["label"].tolist()
    body = disagreement_sources_body(tables, k=sources.k, width=width).properties(
        title=titled(
            finding,
            [" ".join(disagreement_sources_notes(sources, chosen))],
            width + min(label_px(labels, 200), LETTERS * 6.5),
        ),
        description=f"Bars of shares of variance and dots of agreement, by source. {finding}.",
    )
    return themed(with_tables(body, tables))


def chosen_method(sources: SourcesOfDisagreement, method: str | None) -> str:
    """Return the method whose rows are drawn, or raise."""
    if not isinstance(sources, SourcesOfDisagreement):
        raise InputError(
            expected="sources of disagreement",
            arrived=type(sources).__name__,
            do="Pass the answer of xaigeo.sources_of_disagreement(...).",
        )
    known = list(dict.fromkeys(sources.table["method"]))
    chosen = known[-1] if method is None else method
    if chosen not in known:
        raise InputError(
            expected=f"a method of the experiment ({', '.join(known)})",
            arrived=repr(method),
            do=suggestion(method, known) or "Name one of the listed methods.",
        )
    return chosen


def disagreement_sources_tables(
    sources: SourcesOfDisagreement, method: str
) -> dict[str, pd.DataFrame]:
    """Return the table `sources`: one row a source, the largest share first, all at once last.

    Columns: label, share, low, high, level_low, level_high (of the share), agreement,
    agreement_low, agreement_high, null, none (whether the source makes nothing) and note.
    """
    table = sources.table[sources.table["method"] == method]
    last = table["source"] == EVERYTHING
    table = pd.concat(
        [table[~last].sort_values("share", ascending=False, kind="stable"), table[last]]
    )
    one = (table["source"] == EVERYTHING).to_numpy()
    hidden = {name: table[name].mask(one) for name in ("share", *_ENDS)}
    return {
        "sources": pd.DataFrame(
            {
                "label": [source_label(source) for source in table["source"]],
                **hidden,
                "agreement": table["feature_agreement"],
                "agreement_low": table["agreement_low"],
                "agreement_high": table["agreement_high"],
                "null": table["null"],
                "none": table["note"].str.startswith("none") & ~one,
                "note": table["note"],
            }
        ).reset_index(drop=True)
    }


def disagreement_sources_body(
    tables: dict[str, pd.DataFrame], *, k: int, width: int
) -> alt.HConcatChart:
    """Return both plots over the table `sources`."""
    labels = tables["sources"]["label"].tolist()
    half = (width - GAP) // 2
    size = {"width": half, "height": ROW * len(tables["sources"])}
    chart: alt.HConcatChart = alt.hconcat(
        layered(*_share_layers(labels)).properties(**size),
        layered(*_agreement_layers(labels, k)).properties(**size),
        spacing=GAP,
    )
    return chart


def disagreement_sources_finding(sources: SourcesOfDisagreement, method: str) -> str:
    """Return which two sources make the most, with their shares, without full stop."""
    table = sources.table[sources.table["method"] == method].set_index("source")
    known = table.drop(index=EVERYTHING)["share"].dropna().sort_values(ascending=False)
    known = known[known > 0]
    if INTERACTIONS in known.index[1:]:
        known = known.drop(index=INTERACTIONS)  # sources first
    who = "Explanations" if method == ALL_METHODS else f"{method_title(method)} explanations"
    if known.empty:
        return f"{who} vary with nothing that was changed"
    parts = [
        f"{source_label(str(name)).lower()} ({share_text(float(share))}{of})"
        for (name, share), of in zip(known.head(2).items(), (" of the variance", ""), strict=False)
    ]
    return f"{who} vary most with {' and '.join(parts)}"


def disagreement_sources_notes(sources: SourcesOfDisagreement, method: str) -> list[str]:
    """Return how to read the chart, in sentences."""
    table = sources.table[sources.table["method"] == method].set_index("source")
    whole = table.loc[EVERYTHING]
    rows, runs = counted(sources.n_instances, "row"), counted(_n_runs(sources, method), "run")
    notes = [
        f"Left: share of the variance of an attribution ({rows}, {runs}).",
        *_intervals_told(table.drop(index=EVERYTHING)),
        f"Right: share of their top {sources.k} that two explanations have in common which differ "
        "in this source only.",
    ]
    if np.isfinite(whole["null"]):
        notes.append(f"Upright tick: unrelated explanations ({whole['null']:.0%}).")
    for name, note in table["note"].items():
        if note == BY_SIZE:
            notes.append(f"{note[0].upper()}{note[1:]}.")
        elif note and name != EVERYTHING:
            notes.append(f"{source_label(str(name))}: {note.removeprefix('none: ')}.")
    return notes


def _intervals_told(table: pd.DataFrame) -> list[str]:
    """Return what the lines on the bars are: only the wider ones speak of other seeds."""
    drawn = table["share"].notna() & (table["note"] == "")
    known = table.loc[drawn, "level_low"]
    if len(known) and known.isna().all():
        return [
            "Thin line: 95% interval over rows, for these runs alone.",
            "Too few levels to say how far other seeds and samples would differ.",
        ]
    return [
        "Thick line: 95% interval with other seeds, samples and rows; thin, light: over rows, for "
        "these runs alone."
    ]


def _n_runs(sources: SourcesOfDisagreement, method: str) -> int:
    """Return how many explanations were made of one method, or of all."""
    factors = sources.table[sources.table["n_levels"] > 0]
    runs = factors[factors["method"] != ALL_METHODS].groupby("method")["n_levels"].prod()
    return int(runs.sum() if method == ALL_METHODS else runs[method])


def source_label(source: str) -> str:
    """Return what a source is called before a reader."""
    return LABELS.get(source, source)


def method_title(method: str) -> str:
    """Return what a method is called before a reader."""
    return TITLES.get(method, method)


_ENDS = ("low", "high", "level_low", "level_high")


def _rows(labels: list[str], *, named: bool) -> alt.Y:
    axis = alt.Axis(
        labelExpr=label_expression(LETTERS),
        labelLimit=round(LETTERS * 6.5),
        labelOffset={
            "condition": {"test": f"length(datum.label) > {LETTERS}", "value": -6},
            "value": 0,
        },
        labelColor=INK,
        domain=False,
        ticks=False,
        labelPadding=8,
    )
    # Said, not taken from the data: each plot leaves out a row that the other has.
    scale = alt.Scale(domain=labels)
    return alt.Y("label:N", scale=scale, title=None, axis=axis if named else None)


def _shares(field: str, title: str) -> alt.X:
    return alt.X(
        f"{field}:Q",
        title=title,
        scale=alt.Scale(domain=[0, 1]),
        axis=alt.Axis(format=".0%", values=[0, 0.5, 1], labelFlush=True),
    )


def _share_layers(labels: list[str]) -> list[alt.Chart]:
    x, y = _shares("share", "Share of the variance"), _rows(labels, named=True)
    base = alt.Chart(alt.NamedData("sources"))
    drawn = base.transform_filter("isValid(datum.share) && !datum.none")
    bars = drawn.mark_bar(height=ROW - 12, color=RAMP[2]).encode(
        x=x,
        y=y,
        tooltip=[
            alt.Tooltip("label:N", title="Source"),
            alt.Tooltip("share:Q", title="Share of the variance", format=".1%"),
            alt.Tooltip("low:Q", title="95% over rows, from", format=".1%"),
            alt.Tooltip("high:Q", title="to", format=".1%"),
            alt.Tooltip("level_low:Q", title="With other seeds and samples, from", format=".1%"),
            alt.Tooltip("level_high:Q", title="to ", format=".1%"),
        ],
    )
    levels = drawn.mark_rule(color=INK, strokeWidth=3).encode(
        x=at(x, "level_low"), x2="level_high:Q", y=y
    )
    # On top, lighter than what it lies on.
    light = alt.when("isValid(datum.level_low)").then(alt.value(FAINT)).otherwise(alt.value(INK))
    rows = drawn.mark_rule(strokeWidth=1.2).encode(x=at(x, "low"), x2="high:Q", y=y, color=light)
    nothing = (
        base.transform_filter("datum.none")
        .mark_text(align="left", dx=4, color=SOFT_INK, text="none")
        .encode(x=alt.XDatum(0, type="quantitative"), y=y, tooltip=[alt.Tooltip("note:N")])
    )
    return [bars, levels, rows, nothing]


def _agreement_layers(labels: list[str], k: int) -> list[alt.Chart]:
    x, y = _shares("agreement", f"Top {k} in common"), _rows(labels, named=False)
    base = alt.Chart(alt.NamedData("sources")).transform_filter("isValid(datum.agreement)")
    tooltip = [
        alt.Tooltip("label:N", title="What changes"),
        alt.Tooltip("agreement:Q", title=f"Top {k} in common", format=".1%"),
        alt.Tooltip("agreement_low:Q", title="95% over rows, from", format=".1%"),
        alt.Tooltip("agreement_high:Q", title="to", format=".1%"),
        alt.Tooltip("null:Q", title="Unrelated explanations", format=".1%"),
        alt.Tooltip("note:N", title="Note"),
    ]
    rail = base.mark_rule(color=FAINT, strokeWidth=1).encode(
        x=alt.XDatum(0, type="quantitative"), x2=alt.datum(1), y=y
    )
    null = base.mark_tick(color=SOFT_INK, thickness=1.4, size=15).encode(
        x=at(x, "null"), y=y, tooltip=tooltip
    )
    interval = base.mark_rule(color=INK, strokeWidth=2.2).encode(
        x=at(x, "agreement_low"), x2="agreement_high:Q", y=y
    )
    dot = base.mark_point(filled=True, size=60, color=INK, strokeWidth=0, opacity=1).encode(
        x=x, y=y, tooltip=tooltip
    )
    return [rail, null, interval, dot]
