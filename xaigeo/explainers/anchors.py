"""Anchors: boxes on the data within which a model's answer stays the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from xaigeo.errors import InputError
from xaigeo.explainers.base import Arrays, Block, Engine
from xaigeo.explainers.catalogue import EXPLAINERS
from xaigeo.explainers.rules.rule_arrays import rule_arrays
from xaigeo.explainers.rules.rule_explainer import RuleExplainer, check_share
from xaigeo.explainers.rules.rule_finder import BoxProposals, Problem, RuleFinder, Search
from xaigeo.options import check_count, check_option

SearchName = Literal["box", "beam"]


@EXPLAINERS.register("anchors")
@dataclass(frozen=True, kw_only=True)
class AnchorExplainer(RuleExplainer):
    """Find, for every seed and instance, a wide box on which the model keeps its answer.

    A rule restricts columns by intervals (numeric and ordinal) and sets of categories. Its
    *precision* is the share of perturbed rows under the rule on which the model keeps the answer
    it gives the instance: the same class, or for a regression a value within `tolerance`. Its
    *coverage* is the share of background rows that obey it. Of rules whose precision is at
    least `threshold` with confidence 1 - `delta`, the search looks for the one of largest
    coverage. All seeds see the same perturbations.

    Parameters
    ----------
    threshold : float
        Wanted precision, tau.
    delta : float
        The reported `precision_low` exceeds the true precision with at most this probability.
    search : {"box", "beam"}
        "box" is deterministic given the perturbations and weighs every pair of a lower and an
        upper bound (`BoxSearch`); "beam" is Ribeiro, Singh and Guestrin's search with KL-LUCB
        over half-lines between quantiles and single categories (`BeamSearch`).
    n_samples : int
        Fresh rows on which a rule is measured.
    n_search : int
        Rows of the pool on which boxes are searched.
    n_cuts : int, optional
        Candidate cut points of a numeric column, near its evenly spaced quantiles. None means
        12 for "box" and 3, the quartiles, for "beam"; 9 are the deciles.
    n_checks : int
        How many measurements a rule gets: one that fails is narrowed ("box") or gives way to
        the next best ("beam"), and the new one is measured.
    n_cross : int
        Rows of a measurement on which the other seeds' models are asked (`cross_precision`).
    beam : int
        How many first columns the box search tries, or rules of each length the beam keeps.
    max_predicates : int, optional
        Columns that a rule may restrict.
    features : sequence of str, optional
        Columns that rules may restrict at all; by default every one.
    sampling : {"conditional", "marginal", "local"}
        What rows under a rule are; see `DataSampler`, and `LocalRegion` for "local".
    radius : float
        Size of the local region, in standard deviations of the background.
    local_draws : {"uniform", "normal"}
        How numeric values of the local region are drawn.
    tolerance : float, optional
        How far a regression's value may move, in the target's units; None is half the standard
        deviation of the predictions on the background. ``provenance["resolved"]`` records it.
    output : str, optional
        Target of a regression with several.
    epsilon : float
        Beam: how much worse than the best a rule kept in the beam may be.
    batch_size : int
        Beam: rows drawn for a rule at a time.
    keep_trace : bool, optional
        Keep the search's steps (`trace_...` arrays), so that it can be replayed; None keeps
        them where they are small.

    Notes
    -----
    Search and measurement are kept apart. A rule that the search proposes is measured on rows
    it has not seen; if its bound stays below the threshold, another one is proposed and
    measured on fresh rows again, `n_checks` times at most. Each bound is Clopper and
    Pearson's at level `delta / n_checks`, so that all bounds of an instance hold together
    with probability 1 - `delta`, whichever is reported. A rule that never reaches the
    threshold is an answer too: the one of highest bound is returned with `met` False.

    Under "local" a rule speaks of the region only, and the search widens it over the rows
    drawn there; `coverage` and `data_precision` still count on the background.

    After Ribeiro, Singh and Guestrin (2018), doi:10.1609/aaai.v32i1.11491, with one search for
    all seeds and an exact binomial bound on top. ``engine="upstream"`` with
    ``search="beam"`` takes the rules from their package anchor-exp, where it is installed, and
    measures them in the same way; that shows precisions below those which the package itself
    reports (`UpstreamProposals`).
    """

    search: SearchName = "box"
    epsilon: float = 0.15
    batch_size: int = 100

    name: ClassVar[str] = "anchors"
    engines: ClassVar[tuple[Engine, ...]] = ("batched", "upstream")
    packages: ClassVar[tuple[str, ...]] = ("scipy", "numba")
    upstream_packages: ClassVar[tuple[str, ...]] = ("anchor-exp",)

    def __post_init__(self) -> None:
        check_option("search", self.search, SearchName)
        check_share("epsilon", self.epsilon)
        check_count("batch_size", self.batch_size)
        super().__post_init__()

    @property
    def cuts(self) -> int:
        """Cut points of a numeric column."""
        return 3 if self.n_cuts is None and self.search == "beam" else super().cuts

    def explain_batched(self, block: Block) -> Arrays:
        """Search and measure rules for all seeds and the instances of a block."""
        finder = RuleFinder(self, block, n_models=1)
        return self._explain(finder, self._search(finder))

    def explain_upstream(self, block: Block) -> Arrays:
        """Take the rules from anchor-exp, one model and instance at a time, and measure them."""
        from xaigeo.explainers.rules.upstream_anchors import UpstreamProposals

        self._check_upstream()
        finder = RuleFinder(self, block, n_models=1)
        search = UpstreamProposals(finder, self)
        finder.spaces.cells = search.cells()
        return self._explain(finder, search)

    def _explain(self, finder: RuleFinder, search: Search) -> Arrays:
        n_seeds, pieces = finder.block.ensemble.n_seeds, []
        for group in finder.groups():
            problems = [Problem((seed,), int(i)) for seed in range(n_seeds) for i in group]
            pieces.append(rule_arrays(finder, problems, finder.find(problems, search)))
            finder.spaces.forget()
        return self.merge(pieces)

    def _search(self, finder: RuleFinder) -> Search:
        if self.search == "box":
            return BoxProposals(finder)
        from xaigeo.explainers.rules.beam_search import BeamProposals

        return BeamProposals(finder, self)

    def _check_upstream(self) -> None:
        wanted = {
            "search": ("beam",),
            "sampling": ("conditional",),
            "features": (None,),
            "n_cuts": (None, 3, 9),
        }
        for name, values in wanted.items():
            if getattr(self, name) not in values:
                raise InputError(
                    expected=f"{name} to be {' or '.join(map(repr, values))} for engine="
                    "'upstream', as the package anchor-exp knows nothing else",
                    arrived=repr(getattr(self, name)),
                    do=f"Pass {name}={values[0]!r}, or use engine='batched'.",
                )
