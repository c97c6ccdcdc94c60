"""What an audit looks at: explanations sorted by their part, performance, registration."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np

from xaigeo.agreement.compared import ComparedAttributions, compare
from xaigeo.agreement.identical_answers import identical_answers
from xaigeo.agreement.made_for_all import made_for_all
from xaigeo.agreement.noise import repeat_key
from xaigeo.audit.finding import number
from xaigeo.audit.grouping import Grouping, Groups, read_groups
from xaigeo.audit.item import ITEMS, Outcome
from xaigeo.audit.registration import Registration
from xaigeo.audit.thresholds import Thresholds
from xaigeo.checks.check import Check, check_all_belong
from xaigeo.ensemble.evaluation import Evaluation
from xaigeo.errors import InputError
from xaigeo.explanations import (
    Anchors,
    Attributions,
    Counterfactuals,
    Explanation,
    TokenAttributions,
    check_same_labels,
)
from xaigeo.explanations.amounts import gives_amounts
from xaigeo.explanations.majority import majority
from xaigeo.store import digest

if TYPE_CHECKING:
    from xaigeo.audit.answer import Audit

ALL_THE_SAME = (
    "All models give the same answers, so the seed changes nothing about them and their agreement "
    "says nothing."
)
Kind = TypeVar("Kind", bound=Explanation)
PREFERRED = "kernel_shap"


@dataclass(frozen=True, eq=False, kw_only=True)
class Evidence:
    """Everything that evaluators read.

    Attributes
    ----------
    explanations : tuple of Explanation
        Of one ensemble.
    evaluation : Evaluation or None
    registration : Registration or None
    thresholds : Thresholds
    baseline : Audit or None
    checks : tuple of Check
    groups : tuple of Grouping
        Of the rows that the judged attributions explain; those that were asked for.
    stored : frozenset of str, or None
        Hashes recorded when explanations were stored.
    random_state : int
    """

    explanations: tuple[Explanation, ...]
    evaluation: Evaluation | None
    registration: Registration | None
    thresholds: Thresholds
    baseline: Audit | None
    random_state: int
    checks: tuple[Check, ...] = ()
    groups: tuple[Grouping, ...] | None = None
    stored: frozenset[str] | None = None
    _outcomes: dict[str, Outcome] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        _check_together(self.explanations, self.evaluation)
        check_all_belong(self.checks, self.explanations)

    @property
    def first(self) -> Explanation:
        """The first explanation, for what all share: seeds, outputs, schema."""
        return self.explanations[0]

    @property
    def n_seeds(self) -> int:
        """Number of models."""
        return len(self.first.seeds)

    @cached_property
    def identical(self) -> bool:
        """Whether all seeds have one and the same model."""
        return identical_answers(self.explanations)

    def nothing_between(self, lone: str) -> str | None:
        """Return why the models cannot be compared with each other; None where they can.

        Parameters
        ----------
        lone : str
            What to say of a single model.
        """
        if self.n_seeds < 2:
            return lone
        return ALL_THE_SAME if self.identical else None

    @property
    def is_classification(self) -> bool:
        """Whether seeds can give the same class."""
        return self.first.task == "classification"

    @property
    def cells(self) -> str:
        """What attributions are of, in the words of reasons: "features", or "tokens" of texts."""
        return "tokens" if isinstance(self.first, TokenAttributions) else "features"

    @property
    def row(self) -> str:
        """What is explained, in the words of reasons: a "row", or a "text"."""
        return "text" if isinstance(self.first, TokenAttributions) else "row"

    @property
    def records(self) -> list[dict[str, Any]]:
        """The ensemble's record as each explanation carries it."""
        return [dict(e.provenance["ensemble"].get("record") or {}) for e in self.explanations]

    def outcome(self, item_id: str) -> Outcome:
        """Return what an item measures, evaluated once."""
        if item_id not in self._outcomes:
            self._outcomes[item_id] = ITEMS.get(item_id).evaluate(self)
        return self._outcomes[item_id]

    def setting(self, item_id: str, name: str) -> float:
        """Return a configurable number of an item."""
        return self.thresholds[item_id].settings[name]

    def text(self, item_id: str, value: float, unit: str | None = None) -> str:
        """Return a number for the reason of an item, never rounded across its thresholds."""
        limits = self.thresholds[item_id]
        unit = ITEMS.get(item_id).unit if unit is None else unit
        return number(value, unit, (limits.passing, limits.warning))

    def rng(self) -> np.random.Generator:
        """Return a fresh generator, so that no item's answer depends on another's."""
        return np.random.default_rng(self.random_state)

    @cached_property
    def digests(self) -> list[str]:
        """Hash of every explanation, recomputed from its contents."""
        return [digest(explanation) for explanation in self.explanations]

    def parameters_sha256(self, explanation: Explanation) -> str:
        """Return the hash of the parameters that a method ran with."""
        told = json.dumps(explanation.provenance.get("parameters"), sort_keys=True, default=str)
        return hashlib.sha256(told.encode()).hexdigest()

    @cached_property
    def repeats(self) -> list[list[Explanation]]:
        """Results that differ in their random state at most, in the order given."""
        found: dict[str, list[Explanation]] = {}
        for explanation in self.explanations:
            found.setdefault(repeat_key(explanation), []).append(explanation)
        return list(found.values())

    @cached_property
    def attributions(self) -> list[Attributions]:
        """The first result of every attribution method, kernel_shap first where present.

        Anchors and counterfactuals of texts, which name words alone, are not among them.
        """
        by_method: dict[str, Attributions] = {}
        for explanation in filter(gives_amounts, self.explanations):
            by_method.setdefault(explanation.method, explanation)
        return sorted(by_method.values(), key=lambda e: e.method != PREFERRED)

    @property
    def anchors(self) -> Anchors | TokenAttributions | None:
        """The first anchors of each seed's own, not those made to hold for all seeds."""
        return self._own(Anchors) or self._words("anchors")

    @property
    def counterfactuals(self) -> Counterfactuals | TokenAttributions | None:
        """The first counterfactuals of each seed's own, not those made to hold for all seeds."""
        return self._own(Counterfactuals) or self._words("counterfactuals")

    @cached_property
    def compared(self) -> dict[str, ComparedAttributions]:
        """Comparisons of the attributions by method; empty with a single seed."""
        if self.n_seeds < 2:
            return {}
        return {
            e.method: cast(ComparedAttributions, compare(e, k=self.thresholds.k))
            for e in self.attributions
        }

    def checks_of(self, kind: str) -> list[Check]:
        """Return the checks of one kind, those of the method that is judged first."""
        found = [check for check in self.checks if check.kind == kind]
        return sorted(found, key=lambda check: check.method != PREFERRED)

    @cached_property
    def predictions(self) -> tuple[np.ndarray, str]:
        """Outputs on many rows (n_seeds, n_rows, n_outputs), and what the rows are.

        The evaluation's where there is one, else those of the background.
        """
        if self.evaluation is not None:
            outputs = self.evaluation.prediction
            return outputs, f"{outputs.shape[1]} {self.evaluation.name} {self.row}s"
        outputs = self.first.array("background_prediction")
        return outputs, f"{outputs.shape[1]} background {self.row}s"

    @cached_property
    def labels(self) -> tuple[np.ndarray, np.ndarray]:
        """Classes by seed (n_seeds, n_rows) and the majority's (n_rows,) on those rows."""
        outputs = self.predictions[0]
        return outputs.argmax(axis=-1), majority(outputs)

    def _own(self, kind: type[Kind]) -> Kind | None:
        """Return the first result of each seed's own.

        Whether one made to hold for all seeds carries over is settled by its making.
        """
        return next((e for e in self._of(kind) if not made_for_all(e)), None)

    def _words(self, role: str) -> TokenAttributions | None:
        """Return the first anchors or counterfactuals of texts."""
        return next((e for e in self._of(TokenAttributions) if e.role == role), None)

    def _of(self, kind: type[Kind]) -> list[Kind]:
        return [e for e in self.explanations if isinstance(e, kind)]


def says_something(attributions: Attributions) -> bool:
    """Return whether attributions of some output are more than one number repeated."""
    values = attributions.array("attribution")
    if isinstance(attributions, TokenAttributions):
        values = values[:, attributions.word_mask]
    return bool(np.ptp(values.reshape(-1, values.shape[-1]), axis=0).max() > 0)


def gather(
    explanations: Explanation | Sequence[Explanation],
    *,
    evaluation: Evaluation | None,
    registration: Registration | Mapping[str, Any] | None,
    thresholds: Thresholds,
    baseline: Audit | None,
    random_state: int,
    checks: Check | Sequence[Check] = (),
    groups: Groups | None = None,
    stored: Collection[str] | None = None,
) -> Evidence:
    """Check what was passed and return it as evidence."""
    given = [explanations] if isinstance(explanations, Explanation) else list(explanations)
    wrong = [type(e).__name__ for e in given if not isinstance(e, Explanation)]
    if not given or wrong:
        raise InputError(
            expected="one or more explanations",
            arrived=", ".join(wrong) or "an empty list",
            do="Pass results of xaigeo.explain(ensemble, X, method=..., background=...).",
        )
    if evaluation is not None and not isinstance(evaluation, Evaluation):
        raise InputError(
            expected="evaluation to be an Evaluation",
            arrived=type(evaluation).__name__,
            do="Make one with ensemble.evaluate(X_test, y_test).",
        )
    measured = [checks] if isinstance(checks, Check) else list(checks)
    strangers = [type(check).__name__ for check in measured if not isinstance(check, Check)]
    if strangers:
        raise InputError(
            expected="checks made by xaigeo.faithfulness",
            arrived=", ".join(strangers),
            do="Pass for example checks=[xaigeo.faithfulness.deletion(explanation, ensemble)].",
        )
    if registration is not None and not isinstance(registration, Registration):
        registration = Registration.from_dict(registration)
    evidence = Evidence(
        explanations=_without_repetition(given),
        evaluation=evaluation,
        registration=registration,
        thresholds=thresholds,
        baseline=baseline,
        random_state=random_state,
        checks=tuple({id(check): check for check in measured}.values()),
        stored=None if stored is None else frozenset(stored),
    )
    if groups is None or not evidence.attributions:
        return evidence
    return replace(evidence, groups=tuple(read_groups(groups, evidence.attributions[0])))


def _without_repetition(explanations: Sequence[Explanation]) -> tuple[Explanation, ...]:
    """Drop an object passed twice: it is no second run and must not count as one."""
    return tuple({id(explanation): explanation for explanation in explanations}.values())


def _check_together(explanations: Sequence[Explanation], evaluation: Evaluation | None) -> None:
    check_same_labels(explanations)
    if evaluation is None:
        return
    evaluation.check_belongs(explanations)
    for name, array in (("predictions", evaluation.prediction), ("labels", evaluation.labels)):
        n_bad = int((~np.isfinite(np.asarray(array, dtype=float))).sum())
        if n_bad:
            raise InputError(
                expected=f"finite {name} in the evaluation",
                arrived=f"{n_bad} that are NaN or infinite",
                do="Remove rows without a label, and check models that return NaN.",
            )
