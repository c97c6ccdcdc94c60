"""Explanations put in the cells of a crossed design by what they say of themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import product
from typing import Any, Final

import numpy as np

from xaigeo.agreement.compared import default_k_of
from xaigeo.agreement.compared_output import outputs_compared, values_at
from xaigeo.agreement.crossed import (
    BACKGROUND,
    EXPLAINER,
    INIT,
    METHOD,
    MODEL,
    ORDER,
    CrossedAttributions,
)
from xaigeo.errors import InputError
from xaigeo.explanations import Attributions, Explanation
from xaigeo.explanations.of_table import check_of_table
from xaigeo.explanations.sameness import check_one_ensemble
from xaigeo.geometry.attribution_meaning import attribution_meaning
from xaigeo.options import suggestion

REASONS: Final = {
    EXPLAINER: "none: the method does not draw",
    BACKGROUND: "none: the method uses no background",
}
# Method, hash of the background, explainer seed; None for a source that the method does not have.
_Key = tuple[str, str | None, int | None]


def cross_explanations(
    explanations: Sequence[Explanation],
    *,
    without: Mapping[str, Collection[str]] | None = None,
    output: str | int | None = None,
    k: int | None = None,
) -> CrossedAttributions:
    """Return explanations of one ensemble as a crossed design.

    Parameters
    ----------
    explanations : sequence of Attributions
        Of the same models and rows: one for every method, explainer seed (`random_state`) and
        background. The models are crossed too if every initial weights (`init_seeds`) met every
        batch order (`order_seeds`); else each is a level of the factor "model".
    without : dict of str to collection of {"explainer", "background"}, optional
        For a method, the sources that it does not have: one explanation stands for all of their
        levels.
    output : str or int, optional
        Output that is compared; by default, at each row, the class that most models predict.
    k : int, optional
        Number of top features; by default the smallest of the methods' own defaults.

    Returns
    -------
    CrossedAttributions
        Its factors are those of init, order or model, explainer, background and method that have
        several levels, in that order.

    Raises
    ------
    InputError
        For results that are no attributions, or of texts, of different models or rows, of one
        method with several parameters, or a cross with gaps or doubles.
    """
    given = _checked(explanations)
    missing = _missing(without, given)
    names = list(dict.fromkeys(e.method for e in given))
    found = _by_key(given, missing)
    levels: dict[str, Sequence[Any]] = {
        BACKGROUND: list(dict.fromkeys(b for _, b, _ in found if b is not None)) or [None],
        EXPLAINER: sorted({seed for _, _, seed in found if seed is not None}) or [None],
    }
    places = outputs_compared(given[0], output)
    values = {key: values_at(e, places) for key, e in found.items()}
    models, order = _models(given[0])
    grid = np.stack(
        [
            values[_key(found, method, background, seed, missing)][order]
            for seed, background, method in product(levels[EXPLAINER], levels[BACKGROUND], names)
        ],
        axis=1,
    )
    sizes = {f: len(levels_) for f, levels_ in models.items()}
    sizes |= {EXPLAINER: len(levels[EXPLAINER]), BACKGROUND: len(levels[BACKGROUND])}
    sizes |= {METHOD: len(names)}
    factors = [f for f, n in sizes.items() if n > 1]
    return CrossedAttributions(
        values=grid.reshape(*[sizes[f] for f in factors], *grid.shape[2:]),
        factors=factors,
        levels={f: named for f, named in _named(models, levels, names).items() if f in factors},
        features=given[0].features,
        sizes=_signs_differ(given),
        k=min(map(default_k_of, given)) if k is None else k,
        reasons={(m, f): REASONS[f] for m, fs in missing.items() for f in sorted(fs, reverse=True)},
        provenance=_provenance(given, levels),
    )


def _checked(explanations: Sequence[Explanation]) -> list[Attributions]:
    several = isinstance(explanations, Iterable) and not isinstance(explanations, Explanation)
    listed: list[Any] = list(explanations) if several else [explanations]
    given = [e for e in listed if isinstance(e, Attributions)]
    if not given or len(given) < len(listed):
        raise InputError(
            expected="Attributions, one for every explainer seed, background and method",
            arrived=", ".join(type(e).__name__ for e in listed) or "an empty list",
            do="Pass the results of xaigeo.explain with several random_state and background.",
        )
    for one in given:
        check_of_table(one, "sources of disagreement")
    check_one_ensemble(given)
    first = given[0]
    for other in given[1:]:
        if not np.array_equal(first.array("input"), other.array("input")):
            raise InputError(
                expected="explanations of the same rows",
                arrived=f"{len(first.instances)} rows in {first.method} and others in "
                f"{other.method}",
                do="Explain the same rows in every run.",
            )
    return given


def _missing(
    without: Mapping[str, Collection[str]] | None, given: Sequence[Attributions]
) -> dict[str, set[str]]:
    known = {e.method for e in given}
    missing = {method: set(factors) for method, factors in (without or {}).items()}
    for method, factors in missing.items():
        strangers = sorted(factors - set(REASONS))
        if method not in known or strangers:
            raise InputError(
                expected=f"without to name methods ({', '.join(sorted(known))}) and their sources "
                f"({', '.join(REASONS)})",
                arrived=repr(strangers[0] if strangers else method),
                do=suggestion(method, known) or "Correct the name.",
            )
    return missing


def _by_key(
    given: Sequence[Attributions], missing: Mapping[str, Collection[str]]
) -> dict[_Key, Attributions]:
    """Return the explanations by method, background and explainer seed."""
    found: dict[_Key, Attributions] = {}
    parameters: dict[str, Any] = {}
    for e in given:
        own = (e.provenance.get("parameters"), e.provenance.get("engine"))
        if parameters.setdefault(e.method, own) != own:
            raise InputError(
                expected=f"one set of parameters for {e.method}",
                arrived="several",
                do="Keep parameters and engine of a method in all its runs.",
            )
        provenance, none = e.provenance, missing.get(e.method, ())
        key = (
            e.method,
            None if BACKGROUND in none else str(provenance["background_sha256"]),
            None if EXPLAINER in none else int(provenance["random_state"]),
        )
        if key in found:
            raise InputError(
                expected="one explanation at every combination of levels",
                arrived=f"two of {e.method} with random_state={provenance['random_state']} and one "
                "background",
                do="Give repeats another random_state, and pass what does not draw once.",
            )
        found[key] = e
    return found


def _key(
    found: Mapping[_Key, Attributions],
    method: str,
    background: str | None,
    seed: int | None,
    missing: Mapping[str, Collection[str]],
) -> _Key:
    """Return the explanation at a combination of levels, or the one that stands for it."""
    none = missing.get(method, ())
    key = (
        method,
        None if BACKGROUND in none else background,
        None if EXPLAINER in none else seed,
    )
    if key not in found:
        raise InputError(
            expected="every method at every combination of explainer seed and background",
            arrived=f"no {method} with random_state={seed} and background {str(background)[:8]}",
            do="Add the missing explanations, or name in without= what the method does not have.",
        )
    return key


def _signs_differ(given: Sequence[Attributions]) -> bool:
    """Return whether some methods have no sign, or one of a change and others of a contribution."""
    meanings = [attribution_meaning(e) for e in given]
    return len({(m.signed, m.says) for m in meanings}) > 1


def _models(explanation: Attributions) -> tuple[dict[str, list[int]], np.ndarray]:
    """Return the factors that the models were crossed by, and the order of the models in that."""
    record = explanation.provenance["ensemble"].get("record") or {}
    seeds = [int(seed) for seed in explanation.seeds]
    inits, orders, names = (record.get(n) for n in ("init_seeds", "order_seeds", "seeds"))
    if not (inits and orders and names and set(seeds) <= set(names)):
        return {MODEL: seeds}, np.arange(len(seeds))
    pairs = [(inits[names.index(s)], orders[names.index(s)]) for s in seeds]
    levels = [list(dict.fromkeys(column)) for column in zip(*pairs, strict=True)]
    if len(levels[0]) == len(levels[1]) == len(seeds) == len(set(pairs)):
        return {MODEL: seeds}, np.arange(len(seeds))
    wanted = list(product(*levels))
    if sorted(wanted) != sorted(pairs):
        raise InputError(
            expected=f"every one of {len(levels[0])} initial weights with every one of "
            f"{len(levels[1])} batch orders, once",
            arrived=f"{len(set(pairs))} different combinations in {len(seeds)} models",
            do="Train with init_seeds and order_seeds fully crossed, or let both follow seeds.",
        )
    places = np.array([pairs.index(pair) for pair in wanted])
    return {INIT: levels[0], ORDER: levels[1]}, places


def _named(
    models: Mapping[str, list[int]], levels: Mapping[str, Sequence[Any]], names: Sequence[str]
) -> dict[str, Sequence[Any]]:
    return {
        **models,
        EXPLAINER: levels[EXPLAINER],
        # A hash names no background to a reader.
        BACKGROUND: range(len(levels[BACKGROUND])),
        METHOD: names,
    }


def _provenance(
    given: Sequence[Attributions], levels: Mapping[str, Sequence[Any]]
) -> dict[str, Any]:
    return {
        METHOD: given[0].method,
        "parameters": {e.method: e.provenance.get("parameters") for e in given},
        "background_sha256": list(levels[BACKGROUND]),
        "ensemble": given[0].provenance["ensemble"],
        "versions": given[0].provenance.get("versions"),
    }
