"""How many seeds are enough: the interval of each score against their number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from xaigeo.agreement.gathered import Gathered, gather
from xaigeo.agreement.interval_curve import interval_curve, least_seeds
from xaigeo.agreement.result_html import result_html
from xaigeo.agreement.score import Score
from xaigeo.agreement.subset_moments import subset_moments
from xaigeo.errors import InputError
from xaigeo.explanations import Explanation, TokenAttributions
from xaigeo.options import check_count, check_positive, is_number, suggestion

Status = Literal["trained", "extrapolated", "not reached", "cannot tell", "no spread", "undefined"]


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class SeedsNeeded:
    """The interval of each score against the number of seeds, and how many are enough.

    Attributes
    ----------
    curve : DataFrame
        One row per score and number of seeds: `score`, `label`, `n_seeds`, `value` (what an
        ensemble of so many seeds is expected to score), `seed_se` (standard error over the choice
        of seeds), `seed_half_width` (of the interval), `low`, `high` (its ends, within the range
        of the score), `trained` (whether there are so many seeds; else it is extrapolated).
    scores : DataFrame
        One row per score: `score`, `label`, `value` of all seeds, `seed_half_width` (of the choice
        of the trained seeds), `instance_half_width` (of the choice of instances, by
        bootstrap), `n_seeds` (how many are enough; NaN if not known), `n_seeds_low` and
        `n_seeds_high` (between which that lies, as a spread estimated from so few seeds is
        itself uncertain), and `status`. Of a score in which no two subsets of the seeds differ
        ("no spread") neither interval nor number is told; see `unseen`.
    n_trained : int
    width, level : float
    up_to : int
        Largest number of seeds that was looked at.
    method : str
    of_texts : bool
        Whether what was explained are texts, and not rows.
    """

    curve: pd.DataFrame
    scores: pd.DataFrame
    n_trained: int
    width: float
    level: float
    up_to: int
    method: str
    of_texts: bool = False

    def __repr__(self) -> str:
        enough = "not known" if self.n_seeds is None else self.n_seeds
        return (
            f"SeedsNeeded({self.method}, width {self.width:g}: {enough}, {self.status}; "
            f"{self.n_trained} trained)"
        )

    def _repr_html_(self) -> str:
        return result_html(repr(self), {"level": self.level}, self.scores)

    @property
    def n_seeds(self) -> int | None:
        """How many seeds are enough for every score in which seeds differ; None if not known."""
        told = ~self.scores["status"].isin(["undefined", "no spread"])
        defined = self.scores.loc[told, "n_seeds"]
        return int(defined.max()) if len(defined) and defined.notna().all() else None

    @property
    def status(self) -> Status:
        """What is known of the scores in which seeds differ: the least that is known of one."""
        found = set(self.scores["status"])
        order: tuple[Status, ...] = (
            "cannot tell",
            "not reached",
            "extrapolated",
            "trained",
            "no spread",
        )
        return next((status for status in order if status in found), "undefined")

    @property
    def unseen(self) -> float:
        """Share of all seeds that may differ though none of those trained does, at most.

        1 − (1 − level)^(1/K), about 3/K at 95 %: the exact upper bound of a share of which K
        draws hold none.
        """
        return float(1 - (1 - self.level) ** (1 / self.n_trained))

    def to_frame(self) -> pd.DataFrame:
        """Return `scores`."""
        return self.scores


def seeds_needed(
    explanation: Explanation,
    scores: str | Iterable[str] | None = None,
    *,
    k: int | None = None,
    output: str | int | None = None,
    width: float = 0.1,
    level: float = 0.95,
    up_to: int | None = None,
    n_draws: int = 200,
    n_bootstrap: int = 1000,
    random_state: int = 0,
) -> SeedsNeeded:
    """Return how wide the interval of each score is for each number of seeds.

    The interval is that of the *choice of seeds*: other seeds, trained the same way and explained
    at the same instances, would score otherwise. The interval over instances, which more seeds do
    not narrow, stands beside it.

    Parameters
    ----------
    explanation : Attributions, Anchors or Counterfactuals
        Of at least two seeds. From fewer than five nothing is told but the values.
    scores : str or list of str, optional
        Names of scores. By default all of such explanations that have a bounded range, so that
        one width means the same for each.
    k, output
        As in `xaigeo.agreement.summary`.
    width : float
        How wide an interval may be, from end to end, in units of the score.
    level : float
        Share of ensembles whose interval should hold what all seeds there could be would score.
    up_to : int, optional
        Largest number of seeds to look at; four times those trained by default, beyond which
        they say little.
    n_draws : int
        How many subsets of the seeds are drawn for each of five sizes, where there are more.
    n_bootstrap : int
        Draws behind the intervals over instances; 0 for none (NaN).
    random_state : int
        Seed of the subsets and of the bootstrap.

    Raises
    ------
    InputError
        For a single seed, an unknown score, or a width or level that cannot be.

    Notes
    -----
    Half width at n seeds: t₍ₙ₋₁₎ · √V(n), with V(n) from
    `xaigeo.agreement.seed_variance.SeedVariance`, fitted to the spread of subsets of 2, 3, K/4,
    K/2 and K − 1 of the K trained seeds. Each subset is scored as if it were the whole ensemble:
    its own majority decides which output is compared. ``tests/agreement/test_seed_variance.py``
    draws ensembles with known truth: for means over pairs of seeds the standard error is right on
    average, for other scores within about an eighth. Where some seeds are outliers that of
    `icc_agreement` may be a quarter too small, and 95 % intervals hold the truth in about 8 of 10
    ensembles. Where the seeds agree no more than by chance, intervals beyond K are too wide.
    A variance estimated from K seeds is uncertain itself: `n_seeds_low` and `n_seeds_high` take
    it as χ² with K − 1 degrees of freedom.

    Where no two subsets score differently the estimate would be a spread of 0, and any number of
    seeds enough. That would be false: seeds that do differ may be rare. Their share is bounded by
    `SeedsNeeded.unseen`, and nothing else is told of such a score.

    No fewer than five seeds are ever recommended: with fewer nobody could tell whether the
    interval is that narrow.

    Some scores move with the number of seeds whatever the models are, such as `kendall_w` and
    `resultant_length`; `value` follows them, beyond K along a straight line in 1/n.
    """
    if not isinstance(explanation, Explanation):
        raise InputError(
            expected="an explanation (Attributions, Anchors or Counterfactuals)",
            arrived=type(explanation).__name__,
            do="Make one with xaigeo.explain(ensemble, X, method=..., background=...).",
        )
    check_positive("width", width)
    if not is_number(level) or not 0 < level < 1:
        raise InputError(
            expected="level between 0 and 1", arrived=repr(level), do="Pass for example 0.95."
        )
    check_count("n_draws", n_draws, at_least=20)
    check_count("n_bootstrap", n_bootstrap, at_least=0)
    check_count("random_state", random_state, at_least=0)
    gathered = gather(explanation, k=k, output=output)
    n_trained = len(explanation.seeds)
    up_to = 4 * n_trained if up_to is None else up_to
    check_count("up_to", up_to, at_least=n_trained)
    chosen = _chosen(gathered, scores)
    rng = np.random.default_rng(random_state)
    moments = subset_moments(explanation, chosen, n_draws, rng, k=k, output=output)
    rows = {
        row["score"]: row
        for row in gathered.rows(random_state=random_state, n_bootstrap=n_bootstrap)
    }
    n = np.arange(2, up_to + 1)
    curves, answers = [], []
    for score in chosen:
        value = rows[score.name]["value"]
        curve = interval_curve(score, n, n_trained, level, value, moments[score.name])
        found = least_seeds(curve, n_trained, width, level, alike=moments[score.name].alike)
        instances = (rows[score.name]["high"] - rows[score.name]["low"]) / 2
        trained = float(curve.loc[curve["n_seeds"] == n_trained, "seed_half_width"].iloc[0])
        curves.append(curve)
        answers.append(
            {
                "score": score.name,
                "label": score.label,
                "value": value,
                "seed_half_width": trained,
                "instance_half_width": instances,
                **found,
            }
        )
    return SeedsNeeded(
        curve=pd.concat(curves, ignore_index=True),
        scores=pd.DataFrame(answers),
        n_trained=n_trained,
        width=float(width),
        level=float(level),
        up_to=int(up_to),
        method=explanation.method,
        of_texts=isinstance(explanation, TokenAttributions),
    )


def _chosen(gathered: Gathered, names: str | Iterable[str] | None) -> list[Score]:
    known = {score.name: score for score in gathered.scores}
    if names is None:
        return [score for score in known.values() if score.low >= -1.0 and score.high <= 1.0]
    wanted: Sequence[object] = (
        [names] if isinstance(names, str) or not isinstance(names, Iterable) else list(names)
    )
    unknown = [name for name in wanted if name not in known]
    if unknown or not wanted:
        raise InputError(
            expected=f"scores of these explanations ({', '.join(known)})",
            arrived=", ".join(map(repr, unknown)) or "none",
            do=suggestion(unknown[0] if unknown else "", known) or "Name some of the listed ones.",
        )
    return [known[str(name)] for name in dict.fromkeys(wanted)]
