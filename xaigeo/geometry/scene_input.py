"""Check that explanations belong in one scene, and pick instances and seeds."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from xaigeo.errors import InputError
from xaigeo.explanations import (
    Anchors,
    Attributions,
    Counterfactuals,
    Explanation,
    check_one_ensemble,
)
from xaigeo.explanations.of_table import check_of_table
from xaigeo.explanations.row_label import known_label


def gather(
    explanations: Explanation | Sequence[Explanation],
    instances: Sequence[Any] | None = None,
    seeds: Sequence[int] | None = None,
) -> list[Explanation]:
    """Return explanations of one ensemble, one of each method, for some instances and seeds.

    An explanation that holds none of the instances is left out.

    Raises
    ------
    InputError
        For explanations of texts or that do not belong together, labels that do not exist, or
        labels that name two instances.
    """
    given = _listed(explanations)
    for one in given:
        check_of_table(one, "a scene")
    _check_kinds(given)
    if seeds is not None:
        given = [explanation.sel(seed=seeds) for explanation in given]
    _check_one(given)
    return given if instances is None else _pick(given, instances)


def gather_any(explanations: Explanation | Sequence[Explanation]) -> list[Explanation]:
    """Return explanations of one ensemble, one of each method: of a table, or of texts.

    Raises
    ------
    InputError
        For explanations that do not belong together, or labels that name two instances.
    """
    given = _listed(explanations)
    _check_kinds(given)
    _check_one(given)
    return given


def _check_one(given: Sequence[Explanation]) -> None:
    check_one_ensemble(given)
    for explanation in given:
        _check_labels(explanation)


def _listed(explanations: Any) -> list[Any]:
    """Return one explanation or several as a list; anything else as a list of itself."""
    single = isinstance(explanations, Explanation | str | Mapping | pd.DataFrame)
    return [explanations] if single or not isinstance(explanations, Iterable) else [*explanations]


def _check_kinds(given: Sequence[Any]) -> None:
    known = (Attributions, Anchors, Counterfactuals)
    strangers = [type(e).__name__ for e in given if not isinstance(e, known)]
    if not given or strangers:
        raise InputError(
            expected="one or more explanations (Attributions, Anchors, Counterfactuals)",
            arrived=", ".join(strangers) or "none",
            do="Pass what xaigeo.explain returns, for example scene([lime, boxes], view=...).",
        )
    methods = [e.method for e in given]
    repeated = sorted({method for method in methods if methods.count(method) > 1})
    if repeated:
        raise InputError(
            expected="one explanation for each method",
            arrived=f"several of {', '.join(map(repr, repeated))}",
            do="Pass one of each method; results are told apart by it.",
        )


def _check_labels(explanation: Explanation) -> None:
    labels = pd.Index(explanation.instances)
    if labels.has_duplicates:
        raise InputError(
            expected="instances with labels of their own",
            arrived=f"{labels[labels.duplicated()][0]!r} more than once in {explanation.method!r}",
            do="Explain a frame with a unique index, for example X.reset_index(drop=True).",
        )


def _pick(given: Sequence[Explanation], instances: Sequence[Any]) -> list[Explanation]:
    known = [label for e in given for label in e.instances.tolist()]
    # A label of several levels is a tuple.
    single = isinstance(instances, str) or (isinstance(instances, tuple) and instances in known)
    if single or not isinstance(instances, Sequence | pd.Index | np.ndarray):
        raise InputError(
            expected="a list of labels of explained instances",
            arrived=repr(instances),
            do=f"Write instances=[{given[0].instances[0]!r}], also for a single one.",
        )
    asked = [known_label(label, known) for label in instances]
    there = set(known)
    unknown = [label for label in asked if not isinstance(label, Hashable) or label not in there]
    if unknown or not asked:
        raise InputError(
            expected="labels of explained instances",
            arrived=str(unknown or "none"),
            do="Look at .instances of the explanations for the labels that exist.",
        )
    picked = []
    for explanation in given:
        own = set(explanation.instances.tolist())
        wanted = [label for label in asked if label in own]
        if wanted:
            picked.append(explanation.sel(instance=wanted))
    return picked
