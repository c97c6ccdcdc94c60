"""The words of one text coloured by their attributions, a row a seed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import altair as alt
import pandas as pd

from xaigeo.explanations import TokenAttributions
from xaigeo.geometry.token_spread import check_tokens, token_spread
from xaigeo.options import check_count, check_option
from xaigeo.viz.channels import layered
from xaigeo.viz.chart_size import check_width
from xaigeo.viz.chosen_row import row_place, seed_places
from xaigeo.viz.number_text import counted
from xaigeo.viz.records import plain
from xaigeo.viz.table_data import with_tables
from xaigeo.viz.text_fit import titled
from xaigeo.viz.themed import themed
from xaigeo.viz.token_layers import Frame, token_layers
from xaigeo.viz.token_rows import Normalise, TokenRows
from xaigeo.viz.token_words import token_finding, token_notes

WIDTH = 620
Tables = dict[str, pd.DataFrame]


def token_attributions(
    explanation: TokenAttributions,
    instance: Any = None,
    *,
    seeds: Iterable[int] | None = None,
    output: str | None = None,
    normalise: Normalise = "seed",
    max_words: int = 120,
    width: int = WIDTH,
) -> alt.LayerChart:
    """Draw the words of one text coloured by what each seed says of them, a row a seed.

    Every row has the same layout, so that eyes compare down the page. Above stand the mean of the
    seeds that give the answer of most and, under each word, the standard deviation between them;
    seeds that answer differently follow under a heading of their own. Words that are enough, of
    anchors, are framed; those that counterfactuals take away are struck through, above what takes
    their place and before the answer that then results. A dashed frame is around words of a search
    that found none that do. Words that the tokenizer does not know stand over dots; of a text that
    is longer than the models read it is told how much of its end was not.

    Parameters
    ----------
    explanation : TokenAttributions
    instance : label, optional
        The first one if None.
    seeds : iterable of int, optional
        Whose rows; all seeds' if None.
    output : str, optional
        The class that most of these seeds predict if None; of a regression the first target.
    normalise : {"seed", "common"}
        Whether colours go to the largest size in each row, or to the largest of all rows.
    max_words : int
        Words at most; of a longer text the stretch that counts most is drawn.
    width : int
        Pixels, labels of the rows included.

    Raises
    ------
    InputError
        If the explanation is of no texts, or has no such instance, seed or output.
    """
    check_width(width)
    rows = token_rows(explanation, instance, seeds, output, normalise, max_words, width)
    tables = token_attributions_tables(rows)
    finding = token_attributions_finding(rows)
    label = plain(rows.explanation.instances[rows.place])
    chart = token_attributions_body(rows, tables).properties(
        title=titled(finding, [" ".join(token_notes(rows))], width),
        description=f"{finding}. The words of text {label}, coloured for "
        f"{counted(len(rows.explanation.seeds), 'seed')}.",
    )
    return themed(with_tables(chart, tables))


def token_rows(
    explanation: TokenAttributions,
    instance: Any = None,
    seeds: Iterable[int] | None = None,
    output: str | None = None,
    normalise: Normalise = "seed",
    max_words: int = 120,
    width: int = WIDTH,
) -> TokenRows:
    """Return the rows of words that are drawn; parameters and errors of `token_attributions`."""
    check_tokens(explanation)
    check_option("normalise", normalise, Normalise)
    check_count("max_words", max_words)
    places = seed_places(explanation, seeds)
    shown = (
        explanation if seeds is None else explanation.sel(seed=explanation.seeds[places].tolist())
    )
    place = row_place(shown, instance)
    return TokenRows(shown, place, token_spread(shown, place, output), normalise, max_words, width)


def token_attributions_tables(rows: TokenRows) -> Tables:
    """Return `words`, `rows` (labels), `answers` (headings), `ends` and `spread`, in pixels."""
    return rows.tables()


def token_attributions_finding(rows: TokenRows) -> str:
    """Return whether the seeds that answer alike name the same words, without full stop."""
    return token_finding(rows)


def token_attributions_body(rows: TokenRows, tables: Tables) -> alt.LayerChart:
    """Return the chart over the tables, without words above it."""
    height = float(tables["rows"]["height"].iloc[0])
    frame = Frame(rows.width, height)
    return layered(*token_layers(rows, tables, frame)).properties(width=rows.width, height=height)
