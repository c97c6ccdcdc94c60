"""Consensus anchors: one rule under which every seed's model keeps its answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.explainers.base import Arrays, Block
from xaigeo.explainers.catalogue import EXPLAINERS
from xaigeo.explainers.rules.rule_arrays import rule_arrays
from xaigeo.explainers.rules.rule_explainer import RuleExplainer
from xaigeo.explainers.rules.rule_finder import BoxProposals, Problem, RuleFinder


@EXPLAINERS.register("consensus_anchors")
@dataclass(frozen=True, kw_only=True)
class ConsensusAnchorExplainer(RuleExplainer):
    """Find, for every instance, one wide box on which each seed's model keeps its answer.

    The answer is each model's own: where seeds disagree on an instance, the rule is one under
    which every seed goes on saying what it says there. All seeds carry the same rule in the
    result, each with its own `precision`, `precision_low` and `met`; `joint_precision` is the
    share of the rule's samples on which all seeds keep their answers at once, which is at most
    the lowest of the precisions.

    The parameters are those of `AnchorExplainer`, with the box search alone.

    Parameters
    ----------
    sampling : {"conditional", "marginal", "local"}
        What rows under a rule are; see `DataSampler`, and `LocalRegion` for "local".
    local_draws : {"uniform", "normal"}
        How numeric values of the local region are drawn.

    Notes
    -----
    As for `AnchorExplainer`, but a rule is precise enough only when the bound of every seed
    reaches `threshold`. Bounds are at level ``delta / (n_checks * n_seeds)``, so that with
    probability 1 - `delta` all of an instance's bounds hold together (Bonferroni), however the
    seeds' errors are related. Of rules that fail, the one whose lowest bound is highest
    is returned, and `met` tells for which seeds it does hold.
    """

    name: ClassVar[str] = "consensus_anchors"

    def check(self, ensemble: SeedEnsemble) -> None:
        """Raise also when the samples are too few to show the precision for so many seeds."""
        super().check(ensemble)
        self._check_reachable(ensemble.n_seeds)

    def explain_batched(self, block: Block) -> Arrays:
        """Search and measure one rule for all seeds at each instance of a block."""
        n_seeds = block.ensemble.n_seeds
        finder = RuleFinder(self, block, n_models=n_seeds)
        pieces = []
        for group in finder.groups():
            problems = [Problem(tuple(range(n_seeds)), int(i)) for i in group]
            found = finder.find(problems, BoxProposals(finder))
            joint = np.array([one.joint for one in found]) / self.n_samples
            pieces.append(rule_arrays(finder, problems, found) | {"joint_precision": joint})
            finder.spaces.forget()
        return self.merge(pieces)
