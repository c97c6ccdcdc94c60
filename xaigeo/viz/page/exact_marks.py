"""The exact marks of explanations, packed: the page's script draws them in any view."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final, Literal

import numpy as np

from xaigeo.agreement.additive_steps import is_additive
from xaigeo.explanations import Anchors, Attributions, Counterfactuals, Explanation
from xaigeo.geometry.attribution_meaning import attribution_meaning, has_boundary_line
from xaigeo.geometry.box import Box
from xaigeo.geometry.box_drawing import joint_bounds, rows_inside
from xaigeo.geometry.connector import Connector
from xaigeo.geometry.data_space import DataSpace
from xaigeo.geometry.groups import Groups
from xaigeo.geometry.line import Line
from xaigeo.geometry.modes import Modes
from xaigeo.schema import FeatureSchema
from xaigeo.viz.page.packing import counts, exact, packed

# A float of 32 bits holds whole numbers of 24 exactly.
MASK_BITS: Final = 24
LAYERS: Final[tuple[Literal["intersection", "union"], ...]] = ("intersection", "union")


def exact_mark(
    explanation: Explanation, space: DataSpace, modes: Modes | None = None
) -> dict[str, Any]:
    """Return what an explanation's marks are made of, JSON-able.

    Parameters
    ----------
    explanation : Explanation
    space : DataSpace
        The one that views are planes of.
    modes : Modes, optional
        Groups of seeds over which nothing is averaged together.
    """
    if isinstance(explanation, Anchors):
        box = Box.from_anchors(explanation, frame=space.frame)
        return _box(replace(box, modes=None if modes is None else modes.labels), space.rows)
    if isinstance(explanation, Counterfactuals):
        return _connector(Connector.from_counterfactuals(explanation, frame=space.frame))
    assert isinstance(explanation, Attributions)  # there is no fourth kind
    shared: dict[str, Any] = {"attribution": _by_output(explanation.array("attribution"))}
    if explanation.additive and is_additive(explanation):
        shared["base"] = packed(explanation.array("base_value"))
        shared["explained"] = packed(explanation.array("explained_value"))
    if has_boundary_line(explanation):
        return shared | _line(explanation)
    meaning = attribution_meaning(explanation)
    arrows = None
    if not meaning.signed and "slope" in explanation.data:
        slopes = explanation.array("slope")
        size = explanation.array("attribution")
        signed = np.where(np.isnan(slopes), size, np.copysign(size, slopes))
        arrows = _by_output(signed)
    return shared | {"kind": "vectors", "arrows": arrows, "unit": meaning.unit}


def _by_output(values: np.ndarray) -> list[Any]:
    """Return (n_seeds, n_instances, n_features) by output.

    Of two classes the second is often the first with the other sign: then it is not written.
    """
    first = values[..., 0]
    size = np.abs(first).max(initial=0.0)
    two = values.shape[-1] == 2
    if two and np.abs(first + values[..., 1]).max(initial=0.0) <= 1e-6 * size:
        return [packed(first), "negative"]
    return [packed(values[..., place]) for place in range(values.shape[-1])]


def _line(lime: Attributions) -> dict[str, Any]:
    line = Line.from_attributions(lime)
    at_instance = np.where(line.frame.discrete, 1.0, line.origin)
    value = lime.array("intercept") + np.einsum(
        "sijo,ij->sio", lime.array("attribution"), at_instance
    )
    r2 = lime.array("local_r2") if "local_r2" in lime.data else np.full(value.shape, np.nan)
    return {
        "kind": "line",
        "value": exact(value),
        "r2": packed(r2),
        "radius": exact(line.radius),
        "location": exact(line.frame.location),
        "scale": exact(line.frame.scale),
        "flat_below": line.flat_below,
        "probability": lime.scale == "probability",
    }


def _box(box: Box, rows: np.ndarray) -> dict[str, Any]:
    """Return the bounded sides of seeds' boxes, then those of each group's intersection and hull.

    `sizes` says how many entries a box has; an entry is a feature's place, and its lower and upper
    bound, or 24 categories as a mask of bits and the number of the mask, all as places in `bounds`.
    """
    schema = box.schema
    n = schema.n_features
    groups = box.groups()
    joint = [joint_bounds(box, groups, layer) for layer in LAYERS]
    lower = np.concatenate([box.lower.reshape(-1, n), *(bounds[0] for bounds in joint)])
    upper = np.concatenate([box.upper.reshape(-1, n), *(bounds[1] for bounds in joint)])
    own = box.allowed.reshape(-1, *box.allowed.shape[2:])
    allowed = np.concatenate([own, *(bounds[2] for bounds in joint)])
    sides = [
        _sides(schema.n_categories, low, high, fits)
        for low, high, fits in zip(lower, upper, allowed, strict=True)
    ]
    place, first, second = (np.array([e[k] for one in sides for e in one]) for k in range(3))
    ends = [
        _ends(schema, place, values, side) for side, values in (("low", first), ("high", second))
    ]
    return {
        "kind": "box",
        "n": len(sides),
        "sizes": counts(np.array([len(one) for one in sides])),
        "places": counts(place.astype(int)),
        "first": counts(ends[0][1]),
        "second": counts(ends[1][1]),
        "bounds": [ends[0][0], ends[1][0]],
        "precision": packed(box.precision),
        "precision_low": packed(box.precision_low),
        "coverage": packed(box.coverage),
        "met": counts(box.met),
        "groups": {
            "row": counts(groups.instance),
            "n_seeds": counts(groups.sizes),
            "predicted": counts(groups.shared(box.predicted)),
            "mode": counts(groups.shared(box.mode)),
            "met": counts(groups.reduce(box.met, np.all)),
            "coverage": packed(_group_coverage(box, groups, rows)),
        },
        "region": [exact(_once(end)) for end in (box.region_lower, box.region_upper)],
    }


def _once(rows: np.ndarray) -> np.ndarray:
    """Return one row where all are the same."""
    return rows[:1] if len(rows) and (rows == rows[0]).all() else rows


def _group_coverage(box: Box, groups: Groups, rows: np.ndarray) -> np.ndarray:
    """Return the share of rows in each group's intersection, then in each hull."""
    shares = [
        rows_inside(box.schema, rows, *joint_bounds(box, groups, layer)).mean(axis=-1)
        for layer in LAYERS
    ]
    return np.concatenate(shares)


def _ends(
    schema: FeatureSchema, place: np.ndarray, values: np.ndarray, side: str
) -> tuple[list[dict[str, Any]], np.ndarray]:
    """Return by feature its different bounds and their words, and each entry's place among them.

    Rules repeat their bounds: written once each, they stay exact, as their words do.
    """
    written: list[dict[str, Any]] = []
    codes = np.zeros(len(values), dtype=int)
    round_inwards = np.ceil if side == "low" else np.floor
    for j, feature in enumerate(schema.features):
        own = place == j
        known, codes[own] = np.unique(values[own], return_inverse=True)
        # The tightest whole numbers say the same, as in the rule's own words.
        said = round_inwards(known) if not feature.is_discrete and feature.integer else known
        texts = ["" if feature.is_discrete or np.isinf(v) else feature.text(float(v)) for v in said]
        written.append({"v": [_number(v) for v in known.tolist()], "t": texts})
    return written, codes


def _number(value: float) -> Any:
    """Return a number as JSON can hold it: infinities as words."""
    return value if np.isfinite(value) else ("inf" if value > 0 else "-inf")


def _sides(
    n_categories: np.ndarray, low: np.ndarray, high: np.ndarray, fits: np.ndarray
) -> list[tuple[int, float, float]]:
    entries: list[tuple[int, float, float]] = []
    for j, n in enumerate(n_categories.tolist()):
        if not n and (np.isfinite(low[j]) or np.isfinite(high[j])):
            entries.append((j, float(low[j]), float(high[j])))
        if n and not fits[j, :n].all():
            for number, start in enumerate(range(0, n, MASK_BITS)):
                bits = fits[j, start : min(start + MASK_BITS, n)]
                entries.append((j, float((bits << np.arange(len(bits))).sum()), float(number)))
    return entries


def _connector(connector: Connector) -> dict[str, Any]:
    changed = connector.changed
    place = np.nonzero(changed)
    return {
        "kind": "connector",
        "shape": list(connector.valid.shape),
        "sizes": counts(changed.sum(axis=-1)),
        "places": counts(place[-1]),
        "values": exact(connector.point[place]),
        "valid": counts(connector.valid),
        "distance": packed(connector.distance),
        "flip_fraction": packed(connector.flip_fraction),
        "cross_validity": packed(connector.cross_validity),
        "target": counts(connector.target),
    }
