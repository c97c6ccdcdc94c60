"""Rules found and measured as the arrays of a result."""

from __future__ import annotations

import numpy as np

from xaigeo import dims
from xaigeo.explainers.base import Arrays
from xaigeo.explainers.rules.confidence import share_lower_bound
from xaigeo.explainers.rules.rule_finder import Measured, Problem, RuleFinder
from xaigeo.explanations import Anchors

TRACE = tuple(name for name in Anchors.optional if name.startswith("trace_"))


def rule_arrays(finder: RuleFinder, problems: list[Problem], found: list[Measured]) -> Arrays:
    """Return one result for every model of every problem.

    Each (seed, instance) pair of the block belongs to exactly one problem; a rule that several
    models share is written once for each of them.
    """
    n_seeds, n_features = finder.block.ensemble.n_seeds, finder.block.rows.shape[1]
    instances = sorted({problem.instance for problem in problems})
    column = {instance: place for place, instance in enumerate(instances)}
    shape = (n_seeds, len(instances))
    n_categories = max(1, int(finder.block.background.schema.n_categories.max()))
    arrays: Arrays = {
        "lower": np.empty((*shape, n_features)),
        "upper": np.empty((*shape, n_features)),
        "allowed": np.empty((*shape, n_features, n_categories), dtype=bool),
        "n_samples": np.full(shape, finder.explainer.n_samples),
        "met": np.empty(shape, dtype=bool),
        "cross_precision": np.empty((n_seeds, n_seeds, len(instances))),
    } | {
        name: np.empty(shape)
        for name in (
            "precision",
            "precision_low",
            "coverage",
            "data_precision",
            "perturbation_coverage",
        )
    }
    background = finder.answer.of(finder.block.background.rows)
    for problem, one in zip(problems, found, strict=True):
        place = (list(problem.models), column[problem.instance])
        _fill(arrays, place, finder, problem, one, background)
        arrays["cross_precision"][list(problem.models), :, place[1]] = _cross_precision(
            finder, problem, one
        )
    if finder.block.ensemble.task == "regression":
        arrays["answer_lower"] = finder.answer.lower[:, instances]
        arrays["answer_upper"] = finder.answer.upper[:, instances]
    if finder.explainer.traces(finder.block.ensemble):
        arrays |= _traces(finder, problems, found, column)
    return arrays


def _fill(
    arrays: Arrays,
    place: tuple[list[int], int],
    finder: RuleFinder,
    problem: Problem,
    one: Measured,
    background: np.ndarray,
) -> None:
    space, rule = finder.spaces.at(problem.instance), _best(one)
    bounds = space.cells.bounds(rule)
    for name, value in zip(("lower", "upper", "allowed"), bounds, strict=True):
        arrays[name][place] = value
    arrays["precision"][place] = one.hits / finder.explainer.n_samples
    arrays["precision_low"][place] = one.low
    arrays["met"][place] = one.low >= finder.explainer.threshold
    covered = space.cells.obeying(rule, space.background_places)
    arrays["coverage"][place] = covered.mean()
    arrays["perturbation_coverage"][place] = space.cells.obeying(rule, space.pool.places).mean()
    missed = finder.missed(problem, background[list(problem.models)][:, covered])
    arrays["data_precision"][place] = 1.0 - missed.mean(axis=0) if covered.any() else np.nan


def _cross_precision(finder: RuleFinder, problem: Problem, one: Measured) -> np.ndarray:
    """Return every model's share of each problem model's answer, (n_models, n_seeds).

    On the diagonal stands the measured precision, from all samples; the others are asked on the
    first `n_cross` rows of the same measurement.
    """
    explainer, space = finder.explainer, finder.spaces.at(problem.instance)
    noise = finder.spaces.noise(problem.instance, one.check).first(explainer.n_cross)
    rows, _ = space.sampler.sample(_best(one), noise)
    readings = finder.answer.of(rows)
    cross = np.stack(
        [
            finder.answer.keeps(readings, model, problem.instance).mean(axis=1)
            for model in problem.models
        ]
    )
    cross[np.arange(len(problem.models)), list(problem.models)] = one.hits / explainer.n_samples
    return cross


def _traces(
    finder: RuleFinder, problems: list[Problem], found: list[Measured], column: dict[int, int]
) -> Arrays:
    n_seeds = finder.block.ensemble.n_seeds
    longest = max(one.n_steps for one in found)
    schema = finder.block.background.schema
    sizes = {
        dims.SEED: n_seeds,
        dims.INSTANCE: len(column),
        dims.STEP: longest,
        dims.FEATURE: schema.n_features,
        dims.CATEGORY: max(1, int(schema.n_categories.max())),
    }
    arrays: Arrays = {
        name: np.full([sizes[dim] for dim in Anchors.optional[name]], np.nan) for name in TRACE
    }
    arrays["trace_allowed"] = np.zeros(arrays["trace_allowed"].shape, dtype=bool)
    for problem, one in zip(problems, found, strict=True):
        steps = one.steps[: one.n_steps]
        space, at = finder.spaces.at(problem.instance), column[problem.instance]
        n_rows, n_hits = np.array([(step.n_rows, step.n_hits) for step in steps]).T
        rules = np.stack([step.rule for step in steps])
        lower, upper, allowed = space.cells.bounds(rules)
        values = {
            "lower": lower,
            "upper": upper,
            "allowed": allowed,
            "precision": n_hits / np.maximum(n_rows, 1),
            "precision_low": share_lower_bound(n_hits, n_rows, finder.level),
            "coverage": [
                space.cells.obeying(rule, space.background_places).mean() for rule in rules
            ],
        }
        for model in problem.models:
            for name, value in values.items():
                arrays[f"trace_{name}"][model, at, : len(steps)] = value
    return arrays


def _best(one: Measured) -> np.ndarray:
    assert one.best is not None  # the first measurement beats the bound of none, -1
    return one.best
