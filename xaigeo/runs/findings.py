"""The five lines that matter after a run."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from xaigeo import agreement
from xaigeo.agreement.compared import default_k_of
from xaigeo.agreement.identical_answers import identical_answers
from xaigeo.audit import Audit
from xaigeo.ensemble.evaluation import Evaluation
from xaigeo.explanations import Anchors, Attributions, Counterfactuals, Explanation
from xaigeo.runs.folder import RunFolder, primary

PREFERRED = ("kernel_shap", "lime", "integrated_gradients")


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What a run found, in sentences, and where it lies.

    Attributes
    ----------
    models, reasons, same_answer, rules : str
        Do the seeds perform alike; do they give the same reasons; how many rows have one answer
        for different reasons; do anchors and counterfactuals carry over to other seeds.
    verdict : str
    report : str
        Path of the report.
    """

    models: str
    reasons: str
    same_answer: str
    rules: str
    verdict: str
    report: str

    def lines(self) -> list[str]:
        """Return five lines for a terminal."""
        return [
            f"Models   {self.models}",
            f"Reasons  {self.reasons} {self.same_answer}".rstrip(),
            f"Carry    {self.rules}",
            f"Audit    {self.verdict}",
            f"Report   {self.report}",
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return the sentences by name."""
        return asdict(self)


def findings(folder: RunFolder) -> Findings:
    """Read a finished run and say what it found."""
    explanations, evaluation = folder.load()
    found = primary(explanations)
    audit = Audit.load(folder.audit)
    counts = audit.to_frame()["status"].value_counts()
    told = ", ".join(
        f"{counts[status]} {status.replace('_', ' ')}"
        for status in ("pass", "warn", "fail", "not_evaluated")
        if status in counts
    )
    attributions = _preferred(found)
    return Findings(
        models=_models(evaluation),
        reasons=_same(evaluation) if identical_answers(found) else _reasons(attributions),
        same_answer="" if identical_answers(found) else _same_answer(attributions),
        rules=_rules(found),
        verdict=f"{audit.verdict}: {told}; {folder.audit}",
        report=str(folder.report),
    )


def _models(evaluation: Evaluation) -> str:
    scores, n = evaluation.scores, len(evaluation.labels)
    name = "r2" if evaluation.task == "regression" else "accuracy"
    low, high = scores[name].min(), scores[name].max()
    text = f"{len(scores)} seeds, {name} {low:.3f} to {high:.3f} on {n} test rows"
    if evaluation.task == "regression":
        return text + "."
    differing = (evaluation.predicted != evaluation.predicted[0]).any(axis=0).sum()
    return f"{text}; they differ in their answer on {differing} of {n}."


def _same(evaluation: Evaluation) -> str:
    return (
        f"All {len(evaluation.seeds)} seeds have one and the same model: the seed changes nothing, "
        "so that their agreement says nothing."
    )


def _preferred(explanations: list[Explanation]) -> Attributions | None:
    named = {e.method: e for e in explanations if isinstance(e, Attributions)}
    for method in PREFERRED:
        if method in named:
            return named[method]
    return next(iter(named.values()), None)


def _reasons(attributions: Attributions | None) -> str:
    if attributions is None:
        return "No attributions were made."
    if len(attributions.seeds) < 2:
        return "One seed only: nothing to compare."
    table = agreement.summary(attributions).set_index("score")
    k = default_k_of(attributions)
    shared, ranked = _of(table, "feature_agreement"), _of(table, "rank_agreement")
    return (
        f"{attributions.method}: two seeds share {shared} of their top {k} features and "
        f"{ranked} in the same rank (chance {_of(table, 'feature_agreement', 'null')} and "
        f"{_of(table, 'rank_agreement', 'null')})."
    )


def _same_answer(attributions: Attributions | None) -> str:
    if attributions is None or attributions.task != "classification":
        return ""
    if len(attributions.seeds) < 2:
        return ""
    table = agreement.same_answer_different_reason(attributions)
    return f"Same answer, different reasons: {int(table['flagged'].sum())} of {len(table)} rows."


def _rules(explanations: list[Explanation]) -> str:
    parts = []
    for explanation in explanations:
        if len(explanation.seeds) < 2:
            continue
        if isinstance(explanation, Anchors):
            value = _of(agreement.summary(explanation).set_index("score"), "cross_precision")
            parts.append(f"a seed's anchor holds with precision {value} in another seed")
        elif isinstance(explanation, Counterfactuals):
            value = _of(agreement.summary(explanation).set_index("score"), "cross_validity")
            parts.append(f"a seed's counterfactual flips {value} of the other seeds")
    text = "; ".join(parts) or "no anchors or counterfactuals to compare"
    return text[0].upper() + text[1:] + "."


def _of(table: pd.DataFrame, score: str, column: str = "value") -> str:
    return f"{table[column].to_dict()[score]:.2f}"
