"""From measured splits to intervals: values, differences from a reference, ratios of spreads."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from intervals import Interval, differences, mean, over_splits, paired_difference, sd_ratio
from tabular_cases import AVERAGED, TEST_SHARE, Training

METHODS = {
    "kernel_shap": "Kernel SHAP",
    "lime": "LIME",
    "anchors": "anchors",
    "counterfactuals": "counterfactuals",
}


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One column of numbers a row; `main` measures were named before anything was measured."""

    key: str
    label: str
    higher_is_better: bool = True
    main: bool = False

    @property
    def method(self) -> str:
        return self.key.partition(".")[0]

    @property
    def arrow(self) -> str:
        return "" if self.higher_is_better else " ↓"


def _of_attributions(method: str) -> tuple[Measure, ...]:
    return (
        Measure(key=f"{method}.feature_agreement", label="feature agreement", main=True),
        Measure(key=f"{method}.rank_agreement", label="rank agreement"),
        Measure(key=f"{method}.spearman", label="Spearman"),
        Measure(key=f"{method}.icc_agreement", label="ICC"),
        Measure(key=f"{method}.stability", label="stability"),
        Measure(key=f"{method}.relative_entropy", label="relative entropy", higher_is_better=False),
        Measure(key=f"{method}.jaccard_distance", label="Jaccard distance", higher_is_better=False),
        Measure(
            key=f"{method}.other_reasons",
            label="same answer, other reasons",
            higher_is_better=False,
        ),
    )


ANSWERS = (
    Measure(key="churn", label="churn", higher_is_better=False),
    Measure(key="deviation", label="prediction deviation", higher_is_better=False),
)
REASONS = (
    *_of_attributions("kernel_shap"),
    *_of_attributions("lime"),
    Measure(key="anchors.mass_iou", label="mass IoU", main=True),
    Measure(key="anchors.cross_precision", label="cross-precision"),
    Measure(key="counterfactuals.cross_validity", label="cross-validity", main=True),
    Measure(key="counterfactuals.dispersion", label="dispersion", higher_is_better=False),
)
MAIN = tuple(m for m in REASONS if m.main)


@dataclass(frozen=True, kw_only=True)
class Difference:
    """How far two trainings lie apart: from row to row, and from split to split."""

    measure: Measure
    rows: Interval
    splits: Interval

    @property
    def better(self) -> int:
        """1 if agreement is higher with both intervals beyond 0, -1 if lower, else 0."""
        if self.rows.sign != self.splits.sign:
            return 0
        return self.rows.sign if self.measure.higher_is_better else -self.rows.sign


@dataclass(frozen=True)
class Measured:
    """One data set: the numbers of every split, by training."""

    numbers: dict[str, Any]
    n_bootstrap: int

    @property
    def name(self) -> str:
        return str(self.numbers["data"]["name"])

    @property
    def is_regression(self) -> bool:
        return bool(self.numbers["data"]["task"] == "regression")

    @cached_property
    def _known(self) -> dict[Any, Any]:
        return {}

    def rows(self, training: str, measure: Measure) -> list[np.ndarray]:
        splits = self.numbers["splits"]
        return [np.array(s[training]["rows"].get(measure.key, []), float) for s in splits]

    def seeds(self, training: str, name: str) -> list[np.ndarray]:
        return [np.array(s[training]["seeds"][name]) for s in self.numbers["splits"]]

    def has(self, measure: Measure) -> bool:
        """Whether the measure has a value somewhere; of regressions some have none."""
        return any(np.isfinite(v).any() for v in self.rows("plain", measure))

    def value(self, training: str, measure: Measure) -> Interval:
        return mean(self.rows(training, measure), n_bootstrap=self.n_bootstrap)

    def difference(self, training: str, reference: str, measure: Measure) -> Difference:
        key = (training, reference, measure.key)
        if key not in self._known:
            a, b = self.rows(training, measure), self.rows(reference, measure)
            self._known[key] = Difference(
                measure=measure,
                rows=paired_difference(a, b, n_bootstrap=self.n_bootstrap),
                splits=over_splits(differences(a, b), test_share=TEST_SHARE),
            )
        found: Difference = self._known[key]
        return found

    def sd_ratio(self, training: str, reference: str = "plain") -> Interval:
        return sd_ratio(self.seeds(training, "score"), self.seeds(reference, "score"))

    def score(self, training: str) -> tuple[float, float]:
        """Return mean and standard deviation over seeds (within splits) of accuracy or R²."""
        values = self.seeds(training, "score")
        sd = np.sqrt(np.mean([v.var(ddof=1) for v in values]))
        return float(np.mean([v.mean() for v in values])), float(sd)

    def score_difference(self, training: str, reference: str) -> Interval:
        """Return the difference of accuracy or R², with an interval over splits."""
        a, b = self.seeds(training, "score"), self.seeds(reference, "score")
        return over_splits(differences(a, b), test_share=TEST_SHARE)

    def seed_mean(self, training: str, name: str) -> float:
        return float(np.mean([v.mean() for v in self.seeds(training, name)]))

    def epochs(self, training: str) -> list[float]:
        return [s[training]["epochs"] for s in self.numbers["splits"]]


def like(training: Training) -> str:
    """Return the key of plain training that stops at the training loss of this averaging."""
    return f"like_{training.key}"


def main_differences(cases: list[Measured], method: str, reference: str) -> list[Difference]:
    """Return the method's main differences of all averagings from a reference.

    `reference` is a training's key, or "like" for plain training stopped at the same loss.
    """
    return [
        case.difference(own.key, like(own) if reference == "like" else reference, measure)
        for case in cases
        for own in AVERAGED
        for measure in MAIN
        if measure.method == method
    ]
