"""How a search came to its rule: precision and coverage by step, and the limits of one step."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from xaigeo.agreement.made_for_all import made_for_all
from xaigeo.explanations import Anchors
from xaigeo.geometry.rule_trace import RuleTrace, trace_lengths
from xaigeo.options import check_count
from xaigeo.viz.chart_size import check_width
from xaigeo.viz.chosen_row import check_kind, row_place, seed_places
from xaigeo.viz.number_text import all_seeds
from xaigeo.viz.records import plain
from xaigeo.viz.search_layers import caption, curves, limits
from xaigeo.viz.search_tables import SearchTables
from xaigeo.viz.table_data import with_tables
from xaigeo.viz.text_fit import titled
from xaigeo.viz.themed import themed

WIDTH, HEIGHT = 440, 170
MAX_FEATURES = 12
Tables = dict[str, pd.DataFrame]


def anchor_search(
    anchors: Anchors,
    instance: Any = None,
    seed: int | None = None,
    max_features: int = MAX_FEATURES,
    *,
    width: int = WIDTH,
) -> alt.VConcatChart:
    """Replay the search for a rule: a slider goes through its steps.

    Parameters
    ----------
    anchors : Anchors
        With the steps of their search, kept by ``keep_trace=True``.
    instance : label, optional
        The first one if None.
    seed : int, optional
        Whose search; the first seed's if None. The others are thin lines.
    max_features : int
        Features at most whose limits are drawn.
    width : int
        Pixels.

    Raises
    ------
    InputError
        If the anchors keep no steps, or the row or the seed is not there.
    """
    check_width(width)
    tables = anchor_search_tables(anchors, instance, seed, max_features)
    finding = anchor_search_finding(anchors, instance, seed)
    notes = anchor_search_notes(anchors, instance, seed, max_features)
    n_steps = len(tables["steps"])
    place, own = _places(anchors, instance, seed)
    whose = "" if made_for_all(anchors) else f", seed {anchors.seeds[own]}"
    slider = f"Row {plain(anchors.instances[place])}{whose}: step "
    body = anchor_search_body(tables, width=width, slider=slider).properties(
        title=titled(finding, notes, width),
        description=f"{finding}. Lines of precision and coverage over {n_steps} steps, and the "
        "limits of the step that the slider chooses.",
    )
    return themed(with_tables(body, tables))


def anchor_search_body(
    tables: Tables, *, width: int = WIDTH, slider: str = "Step "
) -> alt.VConcatChart:
    """Return the chart over the tables, without words above it; `slider` is what it is called."""
    n_steps = len(tables["steps"])
    step = alt.param(value=n_steps, bind=alt.binding_range(min=1, max=n_steps, step=1, name=slider))
    now = f"datum.step === {step.name}"
    upper = curves(tables, now).add_params(step).properties(width=width, height=HEIGHT)
    below: list[Any] = [caption(now).properties(width=width, height=30)]
    if len(tables["lanes"]):
        below.append(limits(tables, now, width).properties(width=width))
    made: alt.VConcatChart = alt.vconcat(upper, *below, spacing=8)
    return made


def anchor_search_finding(anchors: Anchors, instance: Any = None, seed: int | None = None) -> str:
    """Return in a sentence what the search ended with, and after how many steps."""
    place, own = _places(anchors, instance, seed)
    trace = RuleTrace.of(anchors, own, place)
    wanted = anchors.provenance["parameters"].get("threshold")
    low, precision = float(trace.precision_low[-1]), float(trace.precision[-1])
    if made_for_all(anchors):
        whose = f"the rule made for {all_seeds(len(anchors.seeds))}"
        met = bool(anchors.array("met")[:, place].all())
    else:
        whose = f"seed {anchors.seeds[own]}'s rule"
        met = bool(anchors.array("met")[own, place])
    goal = "the wanted precision" if wanted is None else f"the wanted {wanted:.0%}"
    n, n_rows = trace.n_steps, len(trace.background)
    covered = round(float(trace.coverage[-1]) * n_rows)
    return (
        f"Row {plain(anchors.instances[place])}: after {n} step{'s' if n > 1 else ''} {whose} "
        f"{'reaches' if met else 'stays below'} {goal} (precision {precision:.1%}, at least "
        f"{low:.1%}) and covers {covered} of {n_rows} rows of the data"
    )


def anchor_search_notes(
    anchors: Anchors,
    instance: Any = None,
    seed: int | None = None,
    max_features: int = MAX_FEATURES,
) -> list[str]:
    """Return how the chart is read, and what it leaves out, in sentences."""
    place, own = _places(anchors, instance, seed)
    trace = RuleTrace.of(anchors, own, place)
    said = [
        "Dark: precision on the rows of a step, with its lower bound. Dashed: coverage. Dotted: "
        "wanted precision. Precision falls back where a rule is measured again on fresh rows.",
        "The slider chooses the step whose limits are drawn below; outline: the last rule.",
    ]
    if made_for_all(anchors):
        said.append("One search served all seeds; precision is the lowest of theirs.")
    elif len(anchors.seeds) > 1:
        lengths = trace_lengths(anchors)[:, place]
        said.append(f"Thin: the other seeds, of {lengths.min()} to {lengths.max()} steps in all.")
    hidden = max(0, len(trace.order) - max_features)
    unused = len(anchors.features) - len(trace.order)
    left = [f"{hidden} more that steps restrict"] if hidden else []
    left += [f"{unused} that no step restricts"] if unused else []
    return said + ([f"Features not shown: {' and '.join(left)}."] if left else [])


def anchor_search_tables(
    anchors: Anchors,
    instance: Any = None,
    seed: int | None = None,
    max_features: int = MAX_FEATURES,
) -> Tables:
    """Return the tables that are drawn.

    `steps` of the chosen search; `curves` (seed, step, measure) of all; `threshold`; `lanes` and
    `mass` (see `Lanes`); `limits`, `arrows` and `cells` (step, feature); `last` (edges).
    """
    place, own = _places(anchors, instance, seed)
    check_count("max_features", max_features)
    trace = RuleTrace.of(anchors, own, place)
    others = [] if made_for_all(anchors) else np.arange(len(anchors.seeds)).tolist()
    wanted = anchors.provenance["parameters"].get("threshold")
    lengths = trace_lengths(anchors)[:, place]
    thin = {s: RuleTrace.of(anchors, s, place) for s in others if s != own and lengths[s]}
    labels = {s: plain(anchors.seeds[s]) for s in [own, *thin]}
    made = SearchTables(trace, max_features).tables()
    return made | {
        "curves": pd.concat(
            [_curves(labels[s], t, s == own) for s, t in ({own: trace} | thin).items()]
        ),
        "threshold": pd.DataFrame({"value": [] if wanted is None else [float(wanted)]}),
    }


def _places(anchors: Anchors, instance: Any, seed: int | None) -> tuple[int, int]:
    """Return the places of the row and of the seed."""
    place = row_place(check_kind(anchors, Anchors, "the steps of a search"), instance)
    return place, seed_places(anchors, None if seed is None else [seed])[0]


def _curves(seed: Any, trace: RuleTrace, chosen: bool) -> pd.DataFrame:
    n = trace.n_steps
    return pd.DataFrame(
        {
            "seed": str(seed),
            "chosen": chosen,
            "step": np.tile(np.arange(1, n + 1), 2),
            "measure": np.repeat(["precision", "coverage"], n),
            "value": np.concatenate([trace.precision, trace.coverage]),
            "low": np.concatenate([trace.precision_low, trace.coverage]),
        }
    )
