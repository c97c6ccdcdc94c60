"""Global importance: how much each feature, or each word, counts over all, a dot a seed."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from xaigeo.agreement.importance import (
    first_places,
    importance_ranks,
    overall_order,
    shared_top,
)
from xaigeo.agreement.unstable import LEAST_PLACES
from xaigeo.errors import InputError
from xaigeo.explanations import Attributions, TokenAttributions
from xaigeo.options import check_count, check_flag
from xaigeo.text.nouns import of_texts
from xaigeo.viz.attribution_choice import (
    INTERVAL,
    check_amounts,
    heading_of,
    named_output,
    shown_note,
    size_axis,
)
from xaigeo.viz.attribution_words import AttributionWords, attribution_words
from xaigeo.viz.channels import at, layered
from xaigeo.viz.chart_size import check_width
from xaigeo.viz.class_channels import class_channels
from xaigeo.viz.importance_sizes import WEIGHT, Sizes, is_weight, sizes_of
from xaigeo.viz.importance_words import (
    heading_of_each,
    kind_of_output,
    outputs_finding,
    words_of_each,
)
from xaigeo.viz.method_words import method_title
from xaigeo.viz.number_text import all_seeds, counted
from xaigeo.viz.table_data import with_tables
from xaigeo.viz.text_fit import Width, feature_rows, label_letters, titled, total_px
from xaigeo.viz.theme import INK, SEED
from xaigeo.viz.themed import themed

ROW = 26  # height of a feature's row, in pixels
LANE = 13  # height of a class's lane in it, where classes are drawn apart
CLASSES_SHOWN = 8
_OF_WORDS = {
    "places": alt.Tooltip("places:Q", title="Places where it stands"),
    "consensus": alt.Tooltip("consensus:Q", title="Seeds that give it one sign", format=".0%"),
}


def attribution_importance(
    explanation: Attributions,
    output: str | None = None,
    max_features: int = 15,
    *,
    by_output: bool = False,
    least_places: int = LEAST_PLACES,
    width: int = 420,
) -> alt.LayerChart:
    """Draw the mean absolute attribution over rows: a dot a seed, the median, the middle 80%.

    Parameters
    ----------
    explanation : Attributions
        Of a table, or of texts: then words take the place of features, each over the places where
        it stands (`xaigeo.agreement.word_importance`).
    output : str, optional
        At each row the class that most seeds predict there if None; of a regression the first
        target.
    max_features : int
        How many features are drawn, the largest.
    by_output : bool
        Draw the classes, or the targets of a regression, apart, each on a lane of its own.
    least_places : int
        Of texts: words at fewer places are left out.
    width : int
        Of the plot, in pixels, without the labels of the features.

    Raises
    ------
    InputError
        If the explanation has no such output, holds no attributions, or `by_output` meets a
        named output, a single one or more than eight; of texts, if no word stands at so many
        places.
    """
    check_width(width)
    check_amounts(explanation, "a chart of importance")
    check_count("max_features", max_features)
    check_flag("by_output", by_output)
    if by_output:
        _check_outputs(explanation, output)
    place = 0 if output is None else named_output(explanation, output)
    words = words_of_each(explanation) if by_output else attribution_words(explanation, place)
    tables = importance_tables(
        explanation, output, max_features, by_output=by_output, least_places=least_places
    )
    finding = (
        outputs_finding(explanation, least_places)
        if by_output
        else importance_finding(explanation, output, least_places)
    )
    labels = list(tables["medians"]["label"].unique())
    n = len(explanation.seeds)
    told = explanation.outputs[place] if explanation.task == "regression" else output
    heading = _heading(explanation, words, told, by_output=by_output)
    marks = (
        "One seed."
        if n == 1
        else "Dot: one seed. "
        f"{'Bar' if by_output else 'Dark bar'}: median and middle 80% of {counted(n, 'seed')}."
    )
    sizes = sizes_of(explanation, output, least_places)
    notes = [
        f"Mean size over {_over(explanation, least_places)}. {heading} "
        f"({method_title(explanation)}).",
        marks,
        *shown_note(len(labels), len(sizes.names), sizes.noun),
    ]
    body = importance_body(
        words, tables, width=width, outputs=explanation.outputs if by_output else None
    )
    chart = body.properties(
        title=titled(finding, [" ".join(notes)], total_px(labels, width)),
        description=f"Dot plot of the mean absolute attribution by {sizes.noun} for "
        f"{counted(n, 'seed')}. {finding}.",
    )
    return themed(with_tables(chart, tables))


def importance_tables(
    explanation: Attributions,
    output: str | None = None,
    max_features: int = 15,
    *,
    by_output: bool = False,
    least_places: int = LEAST_PLACES,
) -> dict[str, pd.DataFrame]:
    """Return the tables `dots` (a row a feature and seed) and `medians` (a row a feature).

    `dots`: label, rank, predicted, seed, importance, place (its rank in that seed). `medians`:
    label, rank, predicted, median, low, high (middle 80% of seeds), firsts (in how many seeds it
    alone is the largest), of texts also places (where the word stands) and consensus (share of
    seeds that give it one sign). `predicted` is the class, where classes are drawn apart.
    """
    names: list[str | None] = list(explanation.outputs) if by_output else [output]
    every = [sizes_of(explanation, name, least_places) for name in names]
    order = overall_order(np.mean([one.sizes for one in every], axis=0))[:max_features]
    parts = [
        _of_output(explanation, name, one, order) for name, one in zip(names, every, strict=True)
    ]
    return {
        key: pd.concat([part[key] for part in parts], ignore_index=True)
        for key in ("dots", "medians")
    }


def importance_body(
    words: AttributionWords,
    tables: dict[str, pd.DataFrame],
    *,
    width: Width = 420,
    outputs: list[str] | None = None,
) -> alt.LayerChart:
    """Return the layers over the tables `dots` and `medians`, back to front.

    Parameters
    ----------
    words : AttributionWords
    tables : dict of DataFrame
        From `importance_tables`.
    width : int or "container"
    outputs : list of str, optional
        The classes or targets, where they are drawn apart.
    """
    several = len(tables["dots"]["seed"].unique()) > 1
    label = "Word" if "places" in tables["medians"] else "Feature"
    y = feature_rows(label_letters(width))
    x = alt.X(
        "importance:Q",
        title=["Mean attention", "(weight)"] if words.unit == WEIGHT else size_axis(words),
        axis=alt.Axis(tickCount=5, labelOverlap=True),
        scale=alt.Scale(zero=True),
    )
    lanes: dict[str, object] = {}
    dot_colour: dict[str, object] = {"color": alt.value(SEED)}
    median_colour: dict[str, object] = {"color": alt.value(INK)}
    if outputs is not None:
        lanes = {"yOffset": alt.YOffset("predicted:N", sort=outputs)}
        colour, shape = class_channels(outputs, width, title=kind_of_output(words))
        median_colour = {"color": colour}
        dot_colour = {"color": colour, "shape": shape}
    medians, dots = (alt.Chart(alt.NamedData(name)) for name in ("medians", "dots"))
    named = [alt.Tooltip("predicted:N", title=kind_of_output(words))] if outputs is not None else []
    interval = medians.mark_rule(strokeWidth=1.6).encode(
        x=at(x, "low"), x2="high:Q", y=y, **lanes, **median_colour
    )
    points = dots.mark_point(filled=True, size=30, strokeWidth=0, opacity=0.45).encode(
        x=x,
        y=y,
        **lanes,
        **dot_colour,
        tooltip=[
            alt.Tooltip("label:N", title=label),
            *named,
            alt.Tooltip("seed:N", title="Seed"),
            alt.Tooltip("importance:Q", title=f"Mean size ({words.unit})", format=".3~g"),
            alt.Tooltip("place:Q", title="Rank in this seed"),
        ],
    )
    median = medians.mark_tick(thickness=2.6, size=14 if outputs is None else LANE - 2).encode(
        x=at(x, "median"),
        y=y,
        **lanes,
        **median_colour,
        tooltip=[
            alt.Tooltip("label:N", title=label),
            *named,
            alt.Tooltip("median:Q", title=f"Median of seeds ({words.unit})", format=".3~g"),
            alt.Tooltip("low:Q", title="10% of seeds below", format=".3~g"),
            alt.Tooltip("high:Q", title="90% of seeds below", format=".3~g"),
            alt.Tooltip("firsts:Q", title="Ranks first in seeds"),
            *(tip for name, tip in _OF_WORDS.items() if name in tables["medians"]),
        ],
    )
    step = ROW if outputs is None else LANE * len(outputs) + 8
    layers = [interval, points, median] if several else [points]
    return layered(*layers).properties(width=width, height=alt.Step(step, **{"for": "position"}))


def importance_finding(
    explanation: Attributions, output: str | None = None, least_places: int = LEAST_PLACES
) -> str:
    """Return how far the seeds agree on the order of the features, a sentence."""
    found = sizes_of(explanation, output, least_places)
    sizes = found.sizes
    if not sizes.any():
        return f"No {found.noun} changes the output of any seed on these {found.instance}s"
    firsts, n = first_places(sizes), len(sizes)
    leader = int(firsts.argmax())
    name = found.quoted(leader)
    if firsts[leader] == 0:
        return f"In no seed does one {found.noun} alone count most ({n} seed{'s' if n > 1 else ''})"
    if n == 1:
        return f"{name} counts most for seed {explanation.seeds[0]}"
    where = all_seeds(n) if firsts[leader] == n else f"{firsts[leader]} of {n} seeds"
    first = f"{name} counts most in {where}"
    k = found.k
    if k < 2:
        return first
    shared = shared_top(sizes, k)
    who = "both" if n == 2 else "all"
    return f"{first}; {who} share {shared if shared else 'none'} of their top {k}"


def _heading(
    explanation: Attributions, words: AttributionWords, output: str | None, *, by_output: bool
) -> str:
    """Return what the numbers are, a sentence without full stop."""
    said = heading_of_each(words) if by_output else heading_of(words, output)
    if not isinstance(explanation, TokenAttributions):
        return said
    if is_weight(explanation):
        return "How much attention each word gets"
    return of_texts(said, explanation.outputs)


def _over(explanation: Attributions, least_places: int) -> str:
    """Return over what sizes are means, the end of a sentence."""
    n = len(explanation.instances)
    if not isinstance(explanation, TokenAttributions):
        return counted(n, "row")
    least = f"{counted(least_places, 'place')} or more"
    return f"the places of a word in {counted(n, 'text')}, of words at {least}"


def _of_output(
    explanation: Attributions, output: str | None, found: Sizes, order: np.ndarray
) -> dict[str, pd.DataFrame]:
    """Return dots and medians of one output, features in a given order."""
    ranks = importance_ranks(found.sizes)[:, order]
    sizes = found.sizes[:, order]
    labels = [found.names[j] for j in order]
    low, high = np.quantile(sizes, INTERVAL, axis=0)
    place = np.arange(len(order))
    medians = pd.DataFrame(
        {
            "label": labels,
            "rank": place,
            "predicted": output or "",
            "median": np.median(sizes, axis=0),
            "low": low,
            "high": high,
            "firsts": first_places(found.sizes)[order],
            **{name: values[order] for name, values in found.told.items()},
        }
    )
    n = len(sizes)
    dots = pd.DataFrame(
        {
            "label": np.repeat(labels, n),
            "rank": np.repeat(place, n),
            "predicted": output or "",
            "seed": np.tile(explanation.seeds, len(order)),
            "importance": sizes.T.reshape(-1),
            "place": ranks.T.reshape(-1),
        }
    )
    return {"dots": dots, "medians": medians}


def _check_outputs(explanation: Attributions, output: str | None) -> None:
    if output is not None:
        raise InputError(
            expected="by_output=True without an output, since all are drawn",
            arrived=f"output={output!r}",
            do="Leave out one of the two.",
        )
    n = len(explanation.outputs)
    if not 2 <= n <= CLASSES_SHOWN:
        raise InputError(
            expected=f"2 to {CLASSES_SHOWN} outputs to draw apart",
            arrived=f"{n}",
            do="Leave out by_output, or name one output.",
        )
