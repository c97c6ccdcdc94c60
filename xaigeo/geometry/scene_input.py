"""Check that explanations belong in one scene, and pick instances and seeds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from xaigeo.errors import InputError
from xaigeo.explanations import Anchors, Attributions, Counterfactuals, Explanation


def checked(explanations: Explanation | Sequence[Explanation]) -> list[Explanation]:
    """Return explanations of one ensemble, one of each method.

    Raises
    ------
    InputError
        For anything else.
    """
    given = [explanations] if isinstance(explanations, Explanation) else list(explanations)
    known = (Attributions, Anchors, Counterfactuals)
    strangers = [type(e).__name__ for e in given if not isinstance(e, known)]
    if not given or strangers:
        raise InputError(
            expected="one or more explanations (Attributions, Anchors, Counterfactuals)",
            arrived=", ".join(strangers) or "none",
            do="Pass what xaigeo.explain returns, for example scene([lime, boxes], view=...).",
        )
    first = given[0]
    for other in given[1:]:
        for what in ("features", "outputs", "task", "seeds"):
            mine, theirs = getattr(first, what), getattr(other, what)
            if not np.array_equal(mine, theirs):
                raise InputError(
                    expected=f"explanations of one ensemble, with the same {what}",
                    arrived=f"{list(np.atleast_1d(mine))} for {first.method!r} and "
                    f"{list(np.atleast_1d(theirs))} for {other.method!r}",
                    do="Draw explanations of different ensembles in scenes of their own; pick "
                    "common seeds with seeds=[...].",
                )
    methods = [e.method for e in given]
    repeated = sorted({method for method in methods if methods.count(method) > 1})
    if repeated:
        raise InputError(
            expected="one explanation for each method",
            arrived=f"several of {', '.join(map(repr, repeated))}",
            do="Draw them in scenes of their own; marks are told apart by method.",
        )
    return given


def selected(
    given: list[Explanation], instances: Sequence[Any] | None, seeds: Sequence[int] | None
) -> list[Explanation]:
    """Return the explanations for some instances and seeds, without those that hold none.

    Raises
    ------
    InputError
        For labels that do not exist, or that name two instances.
    """
    if seeds is not None:
        given = [e.sel(seed=seeds) for e in given]
    for explanation in given:
        labels = pd.Index(explanation.instances)
        if labels.has_duplicates:
            raise InputError(
                expected="instances with labels of their own",
                arrived=f"{labels[labels.duplicated()][0]!r} more than once in "
                f"{explanation.method!r}",
                do="Explain a frame with a unique index, for example X.reset_index(drop=True).",
            )
    if instances is None:
        return given
    known = {label for e in given for label in e.instances.tolist()}
    unknown = [label for label in instances if label not in known]
    if unknown or not len(instances):
        raise InputError(
            expected="labels of explained instances",
            arrived=str(unknown or "none"),
            do="Look at .instances of the explanations for the labels that exist.",
        )
    picked = []
    for explanation in given:
        own = set(explanation.instances.tolist())
        wanted = [label for label in instances if label in own]
        if wanted:
            picked.append(explanation.sel(instance=wanted))
    return picked
