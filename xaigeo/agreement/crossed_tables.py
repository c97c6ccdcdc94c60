"""One method of a crossed experiment, or all of them, as rows of tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from xaigeo.agreement.bootstrap import mean_interval
from xaigeo.agreement.compared import ComparedAttributions
from xaigeo.agreement.crossed import INIT, METHOD, ORDER, CrossedAttributions, CrossedScale
from xaigeo.agreement.crossed_pairs import TopFeatures
from xaigeo.agreement.crossed_shares import CrossedShares, Estimate
from xaigeo.agreement.null import null_value
from xaigeo.agreement.score import SCORES
from xaigeo.agreement.variance_components import Term

TRAINING: Final = f"{INIT} × {ORDER}"
INTERACTIONS: Final = "other interactions"
EVERYTHING: Final = "everything"
HIGHER: Final = "three and more"
NOTHING_VARIES: Final = "none: nothing changes with it"
BY_SIZE: Final = "sizes are compared: signs do not mean the same in all methods"
# Runs that stand for all where a chance level has to be simulated.
NULL_RUNS = 40

Row = dict[str, Any]


class CrossedTables:
    """The rows of `SourcesOfDisagreement` for one method, or for all together.

    Factors with which nothing changes are left out of the model: their components are 0, and they
    would only take degrees of freedom from the intervals.

    Parameters
    ----------
    name : str
        What stands under `method`.
    crossed : CrossedAttributions
    scale : {"unit_norm", "share", "none"}
    k, random_state, n_bootstrap : int
    """

    def __init__(
        self,
        name: str,
        crossed: CrossedAttributions,
        *,
        scale: CrossedScale,
        k: int,
        random_state: int,
        n_bootstrap: int,
    ) -> None:
        self._name = name
        self._crossed = crossed
        self._draws = {"random_state": random_state, "n_bootstrap": n_bootstrap}
        still = [axis for axis in range(len(crossed.factors)) if not _varies(crossed, axis)]
        self._active = [f for axis, f in enumerate(crossed.factors) if axis not in still]
        values = _without(crossed.scaled("none"), still)
        self._top = TopFeatures(values, len(self._active), k)
        self._null = _null(values, k, random_state)
        self._shares = None
        if self._active:
            fixed = [self._active.index(METHOD)] if METHOD in self._active else []
            scaled = _without(crossed.scaled(scale), still)
            self._shares = CrossedShares(scaled, fixed=fixed, **self._draws)

    def table(self) -> list[Row]:
        """Return one row a source, and one for everything."""
        groups = self._groups()
        shares = self._estimates(list(groups.values()))
        rows = []
        for place, source in enumerate(groups):
            rows.append(
                self._head(source)
                | {"variance": self._variance(groups[source]), "share": shares.value[place]}
                | _ends(shares, place)
                | self._alone(source)
                | {"note": BY_SIZE if source == METHOD and self._crossed.by_size else ""}
            )
        still = [f for f in self._crossed.factors if f not in self._active]
        absent = [f for m, f in self._crossed.reasons if m == self._name and f not in still]
        rows += [self._nothing(f) for f in [*still, *absent] if f not in self._active]
        order = [*self._crossed.factors, *absent]
        if TRAINING in groups:
            order.insert(max(order.index(INIT), order.index(ORDER)) + 1, TRAINING)
        rows.sort(key=lambda row: order.index(row["source"]) if row["source"] in order else 99)
        return [*rows, self._everything()]

    def components(self) -> list[Row]:
        """Return one row a term, those of three and more factors in one."""
        terms = [] if self._shares is None else self._shares.terms
        groups: dict[str, list[Term]] = {
            " × ".join(self._active[f] for f in term): [term] for term in terms if len(term) < 3
        }
        higher = [term for term in terms if len(term) > 2]
        if higher:
            groups[HIGHER] = higher
        shares = self._estimates(list(groups.values()))
        raw = self._estimates(list(groups.values()), exclusive=False)
        return [
            {
                "method": self._name,
                "term": name,
                "n_factors": 0 if name == HIGHER else len(groups[name][0]),
                "variance": self._variance(groups[name]),
                "raw_share": raw.value[place],
                "share": shares.value[place],
            }
            | _ends(shares, place)
            for place, name in enumerate(groups)
        ]

    def total(self) -> Row:
        """Return disagreement and signal."""
        if self._shares is None:
            return {"method": self._name, "disagreement": 0.0, "signal": np.nan,
                    "signal_share": 1.0} | _no_ends(1.0)  # fmt: skip
        share = self._shares.signal_share()
        return {
            "method": self._name,
            "disagreement": self._shares.total,
            "signal": self._shares.signal,
            "signal_share": share.value[0],
        } | _ends(share, 0)

    def _groups(self) -> dict[str, list[Term]]:
        """Return the terms that each source of the table is made of."""
        if self._shares is None:
            return {}
        groups: dict[str, list[Term]] = {f: self._within((a,)) for a, f in enumerate(self._active)}
        if INIT in self._active and ORDER in self._active:
            groups[TRAINING] = self._within(tuple(sorted((self._axis(INIT), self._axis(ORDER)))))
        taken = [term for group in groups.values() for term in group]
        rest = [term for term in self._shares.terms if term not in taken]
        return groups | ({INTERACTIONS: rest} if rest else {})

    def _within(self, term: Term) -> list[Term]:
        """Return a term with its interaction with the method: what it makes within one method."""
        if METHOD not in self._active or self._axis(METHOD) in term:
            return [term]
        return [term, tuple(sorted((*term, self._axis(METHOD))))]

    def _axis(self, factor: str) -> int:
        return self._active.index(factor)

    def _differing(self, source: str) -> list[int]:
        if source == EVERYTHING:
            return list(range(len(self._active)))
        return [self._axis(f) for f in ((INIT, ORDER) if source == TRAINING else (source,))]

    def _estimates(self, groups: Sequence[list[Term]], *, exclusive: bool = True) -> Estimate:
        if self._shares is None:
            return Estimate(*[np.empty(0)] * 5)
        return self._shares.shares(groups, exclusive=exclusive)

    def _variance(self, group: Sequence[Term]) -> float:
        if self._shares is None:
            return 0.0
        chosen = [term in group for term in self._shares.terms]
        return float(self._shares.components[chosen].sum())

    def _head(self, source: str) -> Row:
        levels = len(self._crossed.levels.get(source, ()))
        # One level stands for all of a source that the method does not have.
        levels = 1 if (self._name, source) in self._crossed.reasons else levels
        return {"method": self._name, "source": source, "n_levels": levels}

    def _alone(self, source: str) -> Row:
        """Return what runs show that differ in one source only."""
        if source == INTERACTIONS:
            nothing = ("only_variance", "only_share", "feature_agreement", "agreement_low")
            return dict.fromkeys((*nothing, "agreement_high", "null"), np.nan)
        differing = self._differing(source)
        group = [t for t in self._terms if set(t) & set(differing)]
        share = self._estimates([group], exclusive=False).value
        agreement = self._top.agreement(differing)
        low, high = mean_interval(
            agreement,
            n_bootstrap=self._draws["n_bootstrap"],
            rng=np.random.default_rng(self._draws["random_state"]),
        )
        return {
            "only_variance": self._variance(group),
            "only_share": share[0] if len(share) else np.nan,
            "feature_agreement": float(agreement.mean()),
            "agreement_low": low,
            "agreement_high": high,
            "null": self._null,
        }

    @property
    def _terms(self) -> list[Term]:
        return [] if self._shares is None else self._shares.terms

    def _nothing(self, factor: str) -> Row:
        """Return the row of a factor with which nothing changes."""
        share = 0.0 if self._shares is not None and self._shares.total > 0 else np.nan
        return (
            self._head(factor)
            | {"variance": 0.0, "share": share}
            | _no_ends(share)
            | {"only_variance": 0.0, "only_share": share, "feature_agreement": 1.0}
            | {"agreement_low": 1.0, "agreement_high": 1.0, "null": self._null}
            | {"note": self._crossed.reasons.get((self._name, factor), NOTHING_VARIES)}
        )

    def _everything(self) -> Row:
        total = 0.0 if self._shares is None else self._shares.total
        share = 1.0 if total > 0 else np.nan
        return (
            self._head(EVERYTHING)
            | {"variance": total, "share": share}
            | _no_ends(share)
            | self._alone(EVERYTHING)
            | {"note": "" if self._shares is not None else NOTHING_VARIES}
        )


def _ends(shares: Estimate, place: int) -> Row:
    return {
        "low": shares.low[place],
        "high": shares.high[place],
        "level_low": shares.level_low[place],
        "level_high": shares.level_high[place],
    }


def _no_ends(value: float) -> Row:
    """Return the ends of a number that holds by construction."""
    return dict.fromkeys(("low", "high", "level_low", "level_high"), value)


def _varies(crossed: CrossedAttributions, axis: int) -> bool:
    values = crossed.scaled("none")
    return bool((values != values.take([0], axis=axis)).any())


def _without(values: np.ndarray, axes: Sequence[int]) -> np.ndarray:
    """Return the values at the first level of some factors, without their axes."""
    kept = tuple(0 if axis in axes else slice(None) for axis in range(values.ndim))
    return values[kept]


def _null(values: np.ndarray, k: int, random_state: int) -> float:
    """Return the feature agreement of unrelated explanations."""
    rng = np.random.default_rng(random_state)
    runs = values.reshape(-1, *values.shape[-2:])
    if len(runs) < 2:
        runs = np.concatenate([runs, runs])
    if len(runs) > NULL_RUNS:
        runs = runs[np.sort(rng.choice(len(runs), NULL_RUNS, replace=False))]
    answers = np.zeros(runs.shape[:2], dtype=np.intp)
    compared = ComparedAttributions(values=runs, labels=answers, reference=answers[0], k=k)
    return null_value(SCORES.get("feature_agreement"), compared, rng)
