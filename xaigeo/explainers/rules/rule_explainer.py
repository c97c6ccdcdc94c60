"""What the methods that answer with rules have in common: parameters and their checks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.explainers.background import Background
from xaigeo.explainers.base import Engine, Explainer
from xaigeo.explainers.rules.confidence import allowed_misses, passing_share
from xaigeo.explainers.rules.kept_answer import explained_output, kept_tolerance
from xaigeo.explainers.rules.local_region import LocalDraws
from xaigeo.explainers.rules.rule_samples import Sampling
from xaigeo.explanations import Anchors
from xaigeo.options import check_count, check_option, check_positive

# A trace is kept unasked up to so many numbers an instance, at some thirty steps a rule.
SMALL_TRACE = 2_000_000
TYPICAL_STEPS = 30
# Cut points of a numeric column unless the caller says otherwise.
CUTS = 12
_Tristate = Literal[None, True, False]


@dataclass(frozen=True, kw_only=True)
class RuleExplainer(Explainer):
    """Base of the methods that explain an answer by a rule under which it stays the same.

    Its fields are documented by `AnchorExplainer`.
    """

    threshold: float = 0.95
    delta: float = 0.1
    n_samples: int = 1000
    n_search: int = 5000
    n_cuts: int | None = None
    n_checks: int = 10
    n_cross: int = 250
    beam: int = 4
    max_predicates: int | None = None
    features: tuple[str, ...] | None = None
    sampling: Sampling = "conditional"
    radius: float = 1.0
    local_draws: LocalDraws = "uniform"
    tolerance: float | None = None
    output: str | None = None
    keep_trace: bool | None = None

    result: ClassVar[type[Anchors]] = Anchors
    engines: ClassVar[tuple[Engine, ...]] = ("batched",)
    packages: ClassVar[tuple[str, ...]] = ("scipy", "numba")
    block_rows: ClassVar[int] = 20
    needs_spread: ClassVar[bool] = True

    def __post_init__(self) -> None:
        for name in ("n_samples", "n_search", "n_checks", "n_cross", "beam"):
            check_count(name, getattr(self, name))
        for name in ("n_cuts", "max_predicates"):
            if getattr(self, name) is not None:
                check_count(name, getattr(self, name))
        if self.features is not None:
            _check_names(self.features)
            object.__setattr__(self, "features", tuple(self.features))
        check_option("sampling", self.sampling, Sampling)
        check_option("local_draws", self.local_draws, LocalDraws)
        check_option("keep_trace", self.keep_trace, _Tristate)
        check_positive("radius", self.radius)
        if self.tolerance is not None:
            check_positive("tolerance", self.tolerance)
        for name in ("threshold", "delta"):
            check_share(name, getattr(self, name))
        self._check_reachable(n_models=1)

    @property
    def cuts(self) -> int:
        """Cut points of a numeric column."""
        return CUTS if self.n_cuts is None else self.n_cuts

    def level(self, n_models: int) -> float:
        """Return the error level of a single bound when a rule must hold for `n_models`."""
        return self.delta / (self.n_checks * n_models)

    def limits(self, n_models: int) -> np.ndarray:
        """Return the most misses a rule may have in a pool to be worth measuring.

        Its share of hits there must be as high as `passing_share`, and its bound reach the
        threshold.
        """
        size = max(self.n_search, self.n_samples)
        limits = allowed_misses(size, self.threshold, self.level(n_models))
        rate = 1.0 - self.passing_share(n_models)
        return np.asarray(np.minimum(limits, np.floor(rate * np.arange(size + 1)).astype(np.int64)))

    def passing_share(self, n_models: int) -> float:
        """Return the precision with which a rule passes its measurement four times in five."""
        return passing_share(self.n_samples, self.threshold, self.level(n_models))

    def columns(self, names: list[str]) -> np.ndarray:
        """Return the columns that rules may restrict, sorted by name.

        The order settles ties, so that a rule does not depend on the order of columns.
        """
        order = np.argsort(names)
        if self.features is None:
            return np.asarray(order)
        return np.array([j for j in order if names[j] in self.features], dtype=np.intp)

    def traces(self, ensemble: SeedEnsemble) -> bool:
        """Return whether the search's trace is kept."""
        if self.keep_trace is not None:
            return self.keep_trace
        schema = ensemble.schema
        n_numbers = schema.n_features * (2 + max(1, int(schema.n_categories.max())))
        return ensemble.n_seeds * TYPICAL_STEPS * n_numbers <= SMALL_TRACE

    def check(self, ensemble: SeedEnsemble) -> None:
        """Raise for unknown `features`, an `output` that does not fit, or a stray `tolerance`."""
        for name in self.features or ():
            ensemble.schema.index(name)
        explained_output(ensemble, self.output)
        if ensemble.task == "classification" and self.tolerance is not None:
            raise InputError(
                expected="no tolerance for a classification, whose answer is the predicted class",
                arrived=f"tolerance={self.tolerance!r}",
                do="Leave tolerance out; it belongs to regressions.",
            )

    def resolved(self, ensemble: SeedEnsemble, background: Background) -> dict[str, Any]:
        """Return cut points, whether the trace is kept, and a regression's kept answer."""
        found: dict[str, Any] = {"n_cuts": self.cuts, "keep_trace": self.traces(ensemble)}
        if ensemble.task == "regression":
            output = explained_output(ensemble, self.output)
            found["output"] = ensemble.output_names[output]
            found["tolerance"] = kept_tolerance(ensemble, background, output, self.tolerance)
        return found

    def _check_reachable(self, n_models: int) -> None:
        needed = int(np.ceil(np.log(self.level(n_models)) / np.log(self.threshold)))
        for name in ("n_samples", "n_search"):
            if getattr(self, name) < needed:
                raise InputError(
                    expected=f"{name} of at least {needed}, so that a rule without a miss can "
                    f"show a precision of {self.threshold:g}",
                    arrived=f"{name}={getattr(self, name)}",
                    do=f"Raise {name}, or lower threshold, n_checks or the confidence 1 - delta.",
                )


def check_share(name: str, value: object) -> None:
    """Raise unless `value` is a number between 0 and 1, both excluded."""
    number = isinstance(value, float | int) and not isinstance(value, bool)
    if not number or not 0 < float(value) < 1:  # type: ignore[arg-type]
        raise InputError(
            expected=f"{name} to be a number between 0 and 1, both excluded",
            arrived=repr(value),
            do=f"Pass a number such as {name}={0.95 if name == 'threshold' else 0.1}.",
        )


def _check_names(names: object) -> None:
    listed = isinstance(names, tuple | list) and all(isinstance(name, str) for name in names)
    if not listed or not names:
        raise InputError(
            expected="features to be a list of column names",
            arrived=repr(names),
            do="Pass features=['age', 'income'], or leave it out to allow all columns.",
        )
