"""Rules found by the anchor-exp package, model by model and instance by instance."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from xaigeo.errors import InputError
from xaigeo.explainers.background import Background
from xaigeo.explainers.blocks.streams import global_stream
from xaigeo.explainers.rules.cells import Cells
from xaigeo.explainers.rules.rule_finder import Measured, Problem, RuleFinder

if TYPE_CHECKING:
    from xaigeo.explainers.anchors import AnchorExplainer

# The package's two ways to cut a column, by the number of cuts.
DISCRETIZERS = {3: "quartile", 9: "decile"}


class UpstreamProposals:
    """The package's rule for each problem; it has no other to offer when that one fails.

    The package's answer is the rule. Its own precision is not taken over: it counts again for
    one rule the rows that were drawn for others, which are not draws under that rule
    (anchor-exp 0.0.2), so rules are measured here like any other.
    """

    def __init__(self, finder: RuleFinder, explainer: AnchorExplainer) -> None:
        self.finder = finder
        self.explainer = explainer
        self.package = _package(finder.block.background, explainer)

    def cells(self) -> Cells:
        """Return cells with the package's cuts: a value above a cut lies in the cell above."""
        schema = self.finder.block.background.schema
        edges = []
        for j, feature in enumerate(schema.features):
            cuts = np.empty(0) if feature.is_discrete else self._cuts(j)
            edges.append(np.nextafter(cuts, np.inf))
        return Cells(schema, tuple(edges))

    def first(self, problems: list[Problem]) -> list[Measured]:
        """Return the package's rules."""
        return [Measured(self._rule(problem)) for problem in problems]

    def again(
        self, problem: Problem, found: Measured, places: np.ndarray, missed: np.ndarray
    ) -> np.ndarray | None:
        """Return nothing: the package gives one rule."""
        return None

    def _rule(self, problem: Problem) -> np.ndarray:
        (model,) = problem.models
        block, answer = self.finder.block, self.finder.answer
        row = block.rows[problem.instance]

        def kept(rows: Any) -> np.ndarray:
            readings = answer.of_member(model, np.asarray(rows, dtype=np.float64))
            return answer.keeps(readings, model, problem.instance).astype(int)

        seed = np.random.SeedSequence(
            block.seeds[problem.instance].entropy,
            spawn_key=(*block.seeds[problem.instance].spawn_key, model),
        )
        with global_stream(seed):
            sample, mapping = self.package.get_sample_fn(row, kept)
            # As its explain_instance does, which keeps of the predicates no more than words.
            found = import_module("anchor.anchor_base").AnchorBaseBeam.anchor_beam(
                sample,
                delta=self.explainer.delta,
                epsilon=self.explainer.epsilon,
                batch_size=self.explainer.batch_size,
                desired_confidence=self.explainer.threshold,
                max_anchor_size=self.explainer.max_predicates,
                beam_size=self.explainer.beam,
            )
        return self._cells_of([mapping[place] for place in found["feature"]])

    def _cells_of(self, predicates: list[tuple[int, str, Any]]) -> np.ndarray:
        cells = self.finder.spaces.cells
        rule = cells.anything
        for column, operator, value in predicates:
            part = cells.part(column)
            place = np.arange(part.stop - part.start)
            if operator == "eq":
                rule[part] &= place == int(value)
            else:
                if cells.schema.features[column].is_discrete:  # ordinal: codes against cuts
                    place = np.searchsorted(self._cuts(column), place)
                rule[part] &= place <= value if operator == "leq" else place > value
        return rule

    def _cuts(self, column: int) -> np.ndarray:
        values = self.finder.block.background.rows[:, column]
        n_cuts = self.explainer.cuts
        levels = 100 * np.arange(1, n_cuts + 1) / (n_cuts + 1)
        return np.unique(np.percentile(values, levels))


def _package(background: Background, explainer: AnchorExplainer) -> Any:
    try:
        tabular: Any = import_module("anchor.anchor_tabular")
    except ImportError as error:
        raise InputError(
            expected="the package anchor-exp for engine='upstream'",
            arrived=f"none that can be imported ({error})",
            do="Run `pip install --no-deps anchor-exp`, or use engine='batched'.",
        ) from error
    schema = background.schema
    return tabular.AnchorTabularExplainer(
        ["another answer", "the same answer"],
        schema.names,
        background.rows,
        {
            j: [str(category) for category in feature.categories]
            for j, feature in enumerate(schema.features)
            if feature.kind == "categorical"
        },
        discretizer=DISCRETIZERS[explainer.cuts],
    )
