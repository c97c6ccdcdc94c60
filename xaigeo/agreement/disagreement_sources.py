"""How much each source of disagreement makes: seeds, batch order, draws, background, method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pandas as pd

from xaigeo.agreement.crossed import METHOD, CrossedAttributions, CrossedScale
from xaigeo.agreement.crossed_explanations import cross_explanations
from xaigeo.agreement.crossed_tables import CrossedTables
from xaigeo.agreement.result_html import result_html
from xaigeo.agreement.top_k import check_k, default_k
from xaigeo.errors import InputError
from xaigeo.explanations import Explanation
from xaigeo.options import check_count, check_option

ALL_METHODS: Final = "all methods"
INTERVAL: Final = ("low", "high", "level_low", "level_high")
COMPONENT_COLUMNS: Final = (
    "method",
    "term",
    "n_factors",
    "variance",
    "raw_share",
    "share",
    *INTERVAL,
)


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class SourcesOfDisagreement:
    """How much of the disagreement between explanations each source makes.

    Attributes
    ----------
    table : DataFrame
        One row a method and source (`to_frame` returns it); with several methods further rows
        whose `method` is "all methods". `source` is a factor of the design, "init × order" (the
        part of the training that belongs to neither alone), "other interactions", or "everything".

        - `n_levels`: how many levels were run; 1 of a source that the method does not have, 0 in
          rows that are no factor.
        - `variance`: the variance component, mean over cells, as estimated: unbiased, hence below 0
          at times. `share`: with what is below 0 put to 0, of their sum; the sources of one method
          add up to 1. NaN where nothing varies.
        - `low`, `high`: 95 % bootstrap interval of `share` over instances, with these runs.
          `level_low`, `level_high`: had other levels (other seeds, other samples) been drawn too;
          NaN where a random factor has fewer than three.
        - `only_variance`, `only_share`: variance between runs that differ in this source and in
          nothing else, all interactions with it included. What sources make together counts for
          each of them, so these add up to more than 1. Of "init × order" both differ, so that it
          holds the main effects of the two as well, not their interaction alone as `share` does.
          `only_share` is not cut: where other components are estimated below 0 it exceeds 1.
        - `feature_agreement`: share of their top `k` features that two explanations have in common
          which differ in this source only ("init × order": in both; "everything": in all sources),
          mean over pairs and instances; `agreement_low`, `agreement_high` its 95 % bootstrap
          interval over instances, `null` what unrelated explanations would share.
        - `note`: why a source makes nothing, or an empty string.
    components : DataFrame
        One row a method and term of the model, interactions of two each by itself: `term`,
        `n_factors` (0 for the last, all interactions of three and more), `variance` as estimated,
        `raw_share` of the total (below 0 at times, adding up to 1), `share` with what is below 0
        put to 0, `low`, `high`, `level_low`, `level_high` as in `table`.
    totals : DataFrame
        One row a method: `disagreement` (variance of a cell between runs that differ in
        everything), `signal` (variance between cells of what is expected there, freed of
        disagreement), both in squared units of the scaled attributions, and `signal_share`, the
        signal's share of both, with its intervals. 1: runs say the same; 0: they share nothing.
    design : dict of str to tuple
        The levels of each factor.
    methods : list of str
    k : int
        Number of top features.
    scale : {"unit_norm", "share", "none"}
    n_instances, n_features : int
    n_runs : int
        Number of combinations of levels.
    provenance : dict
    """

    table: pd.DataFrame
    components: pd.DataFrame
    totals: pd.DataFrame
    design: Mapping[str, Sequence[Any]]
    methods: Sequence[str]
    k: int
    scale: CrossedScale
    n_instances: int
    n_features: int
    n_runs: int
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        return (
            f"SourcesOfDisagreement({', '.join(self.methods)}: {self.n_runs} runs of "
            f"{' × '.join(self.design)}, {self.n_instances} instances)"
        )

    def _repr_html_(self) -> str:
        facts = {"top features": self.k, "scale": self.scale}
        return result_html(repr(self), facts, self.table)

    def to_frame(self) -> pd.DataFrame:
        """Return `table`."""
        return self.table


def disagreement_sources(
    crossed: CrossedAttributions | Sequence[Explanation],
    *,
    k: int | None = None,
    scale: CrossedScale = "unit_norm",
    random_state: int = 0,
    n_bootstrap: int = 1000,
) -> SourcesOfDisagreement:
    """Tell the sources of disagreement apart in a crossed experiment.

    Parameters
    ----------
    crossed : CrossedAttributions, or list of Attributions
        Explanations are crossed by what they say of themselves, see
        `xaigeo.agreement.cross_explanations`.
    k : int, optional
        Number of top features; by default that of `crossed`, or 3, or one less than there are.
    scale : {"unit_norm", "share", "none"}
        Each attribution vector (one run at one instance) is divided by its Euclidean length, by
        the sum of its sizes, or by nothing, before variances are taken. Methods measure in
        different units: with "none", those of the larger numbers would make the disagreement. At
        unit length all instances weigh alike, and half the squared distance of two runs is 1 less
        their cosine. Feature agreement asks for ranks only and does not depend on it.
    random_state : int
        Seed of the bootstrap.
    n_bootstrap : int
        Draws behind the intervals over instances; 0 for none (NaN).

    Returns
    -------
    SourcesOfDisagreement

    Raises
    ------
    InputError
        For anything that is no full cross, an unknown scale, or a k that is not below the number of
        features.

    Notes
    -----
    In every cell, an instance and a feature, the attribution of a run is modelled as
    y = μ + Σ_T e_T, with a random effect for each set T of factors (all main effects and
    interactions); `xaigeo.agreement.variance_components` gives the estimators. Components are
    averaged over cells; sizes of cells need not be alike for that.

    *Method* is a fixed factor of few levels: its variance tells how far the mean answers of two of
    these methods lie apart, and speaks of no others; no interval leaves a method out. In the rows
    of all methods together, the variance of every other source is what it makes within a method,
    mean over methods: its main effect and its interaction with the method, which `components` has
    apart. A source may well move two methods in different ways. Where signs do not mean the same in
    all methods (a slope, a contribution, a size), those rows compare sizes, so that methods are not
    said to disagree because they answer different questions; `note` says so.

    `share` is the first-order index of sensitivity analysis and `only_share` the total one (Homma
    and Saltelli 1996, doi:10.1016/0951-8320(96)00002-6): of a source that changes nothing unless
    others change too, the first is 0 and the second is not. `signal_share` is what
    generalisability theory calls the dependability of a single run.

    `explainer_noise` and `variance_shares` answer a smaller question, that of model against
    explainer for one method in the units of its output, by feature; `method_matrix` sets methods
    against seeds by a score. Here all sources are varied at once, so that none stands for another.
    """
    if not isinstance(crossed, CrossedAttributions):
        crossed = cross_explanations(crossed)
    check_count("n_bootstrap", n_bootstrap, at_least=0)
    check_count("random_state", random_state, at_least=0)
    check_option("scale", scale, CrossedScale)
    k = next(n for n in (k, crossed.k, default_k(crossed.n_features)) if n is not None)
    check_k(k, crossed.n_features)
    check_some_left(k, crossed.n_features)
    parts = [(name, crossed.of_method(place)) for place, name in enumerate(crossed.methods)]
    if METHOD in crossed.factors:
        parts.append((ALL_METHODS, crossed))
    tables = [
        CrossedTables(
            name, part, scale=scale, k=int(k), random_state=random_state, n_bootstrap=n_bootstrap
        )
        for name, part in parts
    ]
    components = [row for table in tables for row in table.components()]
    return SourcesOfDisagreement(
        table=pd.DataFrame([row for table in tables for row in table.table()]),
        components=pd.DataFrame(components, columns=list(COMPONENT_COLUMNS)),
        totals=pd.DataFrame([table.total() for table in tables]),
        design=dict(crossed.levels),
        methods=crossed.methods,
        k=int(k),
        scale=scale,
        n_instances=crossed.n_instances,
        n_features=crossed.n_features,
        n_runs=crossed.n_runs,
        provenance=dict(crossed.provenance)
        | {"analysis": {"random_state": random_state, "n_bootstrap": n_bootstrap}},
    )


def check_some_left(k: int, n_features: int) -> None:
    """Raise unless some features are not among the top k, so that explanations can differ there."""
    if k >= n_features:
        raise InputError(
            expected=f"k below the number of features ({n_features}), so that explanations can "
            "disagree on which belong to it",
            arrived=f"k={k}",
            do="Pass a smaller k, or leave it out.",
        )
