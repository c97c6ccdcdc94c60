"""How far rules can be relied upon against how much they cover: a point a seed and row."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from xaigeo.agreement.made_for_all import made_for_all
from xaigeo.errors import InputError
from xaigeo.explanations import Anchors
from xaigeo.viz.anchor_intervals import kept_words
from xaigeo.viz.channels import layered
from xaigeo.viz.chart_size import check_width
from xaigeo.viz.chosen_row import check_kind, row_places
from xaigeo.viz.class_channels import class_channels
from xaigeo.viz.method_words import written_rule
from xaigeo.viz.number_text import all_seeds
from xaigeo.viz.records import plain
from xaigeo.viz.table_data import with_tables
from xaigeo.viz.text_fit import Width, titled
from xaigeo.viz.theme import INK, SEED, SOFT_INK
from xaigeo.viz.themed import themed

WIDTH, HEIGHT = 420, 300
# More points hide each other and weigh too much: rows are then taken evenly.
MAX_RULES = 3000
Tables = dict[str, pd.DataFrame]
CHART = "precision and coverage of rules"


def precision_coverage(
    anchors: Anchors,
    instances: Iterable[Any] | None = None,
    *,
    consensus: Anchors | None = None,
    width: int = WIDTH,
) -> alt.LayerChart:
    """Draw the precision of rules, with its lower bound, against their coverage.

    Parameters
    ----------
    anchors : Anchors
        Of rules made for all seeds a row has one point, at the lowest precision of the seeds.
    instances : iterable of labels, optional
        All rows if None; of very many an even choice.
    consensus : Anchors, optional
        Rules that were made for all seeds at these rows, from ``method="consensus_anchors"``,
        to be drawn beside the seeds' own.
    width : int
        Pixels.

    Raises
    ------
    InputError
        If there are no anchors, a row is not there, or `consensus` is not made for all seeds.
    """
    check_width(width)
    tables = precision_coverage_tables(anchors, instances, consensus=consensus)
    finding = precision_coverage_finding(anchors, instances, consensus=consensus)
    notes = precision_coverage_notes(anchors, instances, consensus=consensus)
    body = precision_coverage_body(anchors, tables, width=width).properties(
        title=titled(finding, notes, width + 40),
        description=f"{finding}. Scatter of precision against coverage of "
        f"{len(tables['rules'])} rules, with lower bounds as lines.",
    )
    return themed(with_tables(body, tables))


def precision_coverage_tables(
    anchors: Anchors,
    instances: Iterable[Any] | None = None,
    *,
    consensus: Anchors | None = None,
) -> Tables:
    """Return `rules` (seed, instance), `joint` (rules made for all) and `threshold`."""
    drawn = _drawn(anchors, instances)
    joint = _joint(drawn, consensus)
    wanted = _threshold(anchors)
    own = _shared_points(drawn) if made_for_all(drawn) else _points(drawn)
    return {
        "rules": own,
        "joint": _shared_points(joint) if joint is not None else own.iloc[:0],
        "threshold": pd.DataFrame({"precision": [] if wanted is None else [wanted]}),
    }


def precision_coverage_body(
    anchors: Anchors, tables: Tables, *, width: Width = WIDTH, height: int = HEIGHT
) -> alt.LayerChart:
    """Return the chart over the tables, without words above it."""
    classes: list[str] = []
    if anchors.task != "regression" and not made_for_all(anchors):
        classes = anchors.outputs
    x, y = _axes(tables)
    layers = (
        [*_limit(y), *_layers("rules", x, y, _colour(classes, width))]
        if len(tables["threshold"])
        else _layers("rules", x, y, _colour(classes, width))
    )
    if len(tables["joint"]):
        joint = {"color": alt.value(INK), "shape": alt.value("diamond"), "size": alt.value(95)}
        layers += _layers("joint", x, y, joint)
    return layered(*layers).properties(width=width, height=height)


def precision_coverage_finding(
    anchors: Anchors,
    instances: Iterable[Any] | None = None,
    *,
    consensus: Anchors | None = None,
) -> str:
    """Return in a sentence how many rules reach the wanted precision, by their lower bound."""
    tables = precision_coverage_tables(anchors, instances, consensus=consensus)
    wanted = _threshold(anchors)
    goal = "the wanted precision" + ("" if wanted is None else f" of {wanted:.0%}")
    reached, n = int(tables["rules"]["reached"].sum()), len(tables["rules"])
    what = "rule" if n == 1 else "rules"
    if made_for_all(anchors):
        for_all = f"made for {all_seeds(len(anchors.seeds))} reach {goal} for each of them"
        return f"{reached} of {n} {what} {for_all}, by the lower bound"
    said = f"{reached} of {n} {what} {'reaches' if n == 1 else 'reach'} {goal} by the lower bound"
    if len(tables["joint"]):
        joint = tables["joint"]["reached"]
        said += f", and {int(joint.sum())} of {len(joint)} rules made for all seeds"
    return said


def precision_coverage_notes(
    anchors: Anchors,
    instances: Iterable[Any] | None = None,
    *,
    consensus: Anchors | None = None,
) -> list[str]:
    """Return how the chart is read, and what it leaves out, in sentences."""
    drawn = _drawn(anchors, instances)
    who = "the seed" if not made_for_all(anchors) else "the seed that does so least often"
    said = [
        f"Point: {'a row' if made_for_all(anchors) else 'one seed at one row'}. Precision: how "
        f"often {who} {kept_words(anchors)} under the rule. Line down: its lower bound.",
        "Hollow: the bound stays below the wanted precision.",
    ]
    if consensus is not None:
        said.append("Dark diamond: one rule made for all seeds, at the lowest of their precisions.")
    n = len(row_places(anchors, instances))
    if len(drawn.instances) < n:
        said.append(f"{len(drawn.instances)} of {n} rows are drawn, evenly chosen.")
    return said


def _drawn(anchors: Anchors, instances: Iterable[Any] | None) -> Anchors:
    """Return the rules at the rows that are drawn."""
    places = row_places(check_kind(anchors, Anchors, CHART), instances)
    most = max(1, MAX_RULES // len(anchors.seeds))
    if len(places) > most:
        even = np.linspace(0, len(places) - 1, most).round().astype(int)
        places = [places[k] for k in even]
    return anchors.at(places)


def _joint(drawn: Anchors, consensus: Anchors | None) -> Anchors | None:
    """Return the rules made for all seeds at the rows that are drawn and that have one."""
    if consensus is None:
        return None
    if not made_for_all(check_kind(consensus, Anchors, CHART)):
        raise InputError(
            expected="consensus to be rules made for all seeds",
            arrived=f"rules of single seeds ({consensus.method})",
            do="Pass the result of xaigeo.explain with method='consensus_anchors'.",
        )
    known = [plain(label) for label in consensus.instances]
    shared = [known.index(plain(label)) for label in drawn.instances if plain(label) in known]
    if not shared:
        raise InputError(
            expected="consensus with some of the rows of the rules",
            arrived="other rows alone",
            do="Explain the same rows with method='consensus_anchors'.",
        )
    return consensus.at(shared)


def _points(anchors: Anchors) -> pd.DataFrame:
    frame = anchors.to_frame()
    names = np.array(anchors.outputs, dtype=object)[anchors.predicted].ravel()
    regression = anchors.task == "regression"
    return pd.DataFrame(
        {
            "seed": frame["seed"].astype(str),
            "instance": [str(plain(label)) for label in frame["instance"]],
            "predicted": [f"{v:.4g}" for v in frame["predicted"]] if regression else names,
            "precision": frame["precision"],
            "precision_low": frame["precision_low"],
            "coverage": frame["coverage"],
            "reached": frame["met"].astype(bool),
            "rule": [written_rule(rule) for rule in frame["rule"]],
        }
    )


def _shared_points(anchors: Anchors) -> pd.DataFrame:
    """Return one point a row: what holds for all seeds is the lowest of their numbers."""
    n_seeds = len(anchors.seeds)
    rules = anchors.sel(seed=[anchors.seeds[0]]).rules()[0]
    return pd.DataFrame(
        {
            "seed": f"all {n_seeds}",
            "instance": [str(plain(label)) for label in anchors.instances],
            "predicted": [_answers(anchors, i) for i in range(len(anchors.instances))],
            "precision": anchors.array("precision").min(axis=0),
            "precision_low": anchors.array("precision_low").min(axis=0),
            "coverage": anchors.array("coverage")[0],
            "reached": anchors.array("met").astype(bool).all(axis=0),
            "rule": [written_rule(rule) for rule in rules],
        }
    )


def _answers(anchors: Anchors, place: int) -> str:
    if anchors.task == "regression":
        return "each seed's own value"
    names = dict.fromkeys(anchors.outputs[c] for c in anchors.predicted[:, place])
    return " or ".join(names)


def _threshold(anchors: Anchors) -> float | None:
    wanted = anchors.provenance["parameters"].get("threshold")
    return None if wanted is None else float(wanted)


def _axes(tables: Tables) -> tuple[alt.X, alt.Y]:
    points = pd.concat([tables["rules"], tables["joint"]])
    lowest = min([*points["precision_low"], *tables["threshold"]["precision"]])
    x = alt.X(
        "coverage:Q",
        title="Coverage: share of the data that obeys the rule",
        scale=alt.Scale(domain=[0, float(points["coverage"].max()) or 1.0], nice=True),
        axis=alt.Axis(format="~%", tickCount=5),
    )
    y = alt.Y(
        "precision:Q",
        title="Precision",
        scale=alt.Scale(domain=[lowest - 0.04 * (1.0 - lowest) - 0.002, 1.0], nice=False),
        axis=alt.Axis(format="~%", tickCount=5),
    )
    return x, y


def _limit(y: alt.Y) -> list[alt.Chart]:
    line = alt.Chart(alt.NamedData("threshold"))
    rule = line.mark_rule(color=SOFT_INK, strokeDash=[5, 3]).encode(y=y)
    word = line.mark_text(align="right", baseline="bottom", dy=-3, fontSize=10.5, color=SOFT_INK)
    return [rule, word.encode(x=alt.value("width"), y=y, text=alt.value("wanted"))]


def _colour(classes: list[str], width: Width) -> dict[str, Any]:
    if not classes:
        return {"color": alt.value(SEED)}
    px = width if isinstance(width, int) else 320
    colour, shape = class_channels(classes, px)
    return {"color": colour, "shape": shape}


def _layers(name: str, x: alt.X, y: alt.Y, look: dict[str, Any]) -> list[alt.Chart]:
    told = [
        alt.Tooltip("rule:N", title="Rule"),
        alt.Tooltip("instance:N", title="Row"),
        alt.Tooltip("seed:N", title="Seed"),
        alt.Tooltip("predicted:N", title="Answer"),
        alt.Tooltip("precision:Q", title="Precision", format=".3f"),
        alt.Tooltip("precision_low:Q", title="its lower bound", format=".3f"),
        alt.Tooltip("coverage:Q", title="Coverage", format=".1%"),
    ]
    data = alt.Chart(alt.NamedData(name))
    bound = data.mark_rule(opacity=0.22, strokeWidth=1).encode(
        x=x, y=y, y2="precision_low:Q", color=look["color"]
    )
    hollow = data.transform_filter("!datum.reached").mark_point(
        filled=False, size=34, strokeWidth=1.3, opacity=0.9
    )
    full = data.transform_filter("datum.reached").mark_point(
        filled=True, size=34, strokeWidth=0, opacity=0.6
    )
    return [bound, *(one.encode(x=x, y=y, tooltip=told, **look) for one in (hollow, full))]
