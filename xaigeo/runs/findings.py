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
from xaigeo.explanations import (
    Anchors,
    Attributions,
    Counterfactuals,
    Explanation,
    TokenAttributions,
)
from xaigeo.explanations.amounts import gives_amounts
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
        models=_models(evaluation, _noun(found)),
        reasons=_same(evaluation) if identical_answers(found) else _reasons(attributions),
        same_answer="" if identical_answers(found) else _same_answer(attributions),
        rules=_rules(found),
        verdict=f"{audit.verdict}: {told}; {folder.audit}",
        report=str(folder.report),
    )


def _noun(explanations: list[Explanation]) -> str:
    of_texts = any(isinstance(e, TokenAttributions) for e in explanations)
    return "texts" if of_texts else "rows"


def _models(evaluation: Evaluation, noun: str) -> str:
    scores, n = evaluation.scores, len(evaluation.labels)
    name = "r2" if evaluation.task == "regression" else "accuracy"
    low, high = scores[name].min(), scores[name].max()
    if len(scores) == 1:
        return f"1 seed, {name} {low:.3f} on {n} test {noun}."
    text = f"{len(scores)} seeds, {name} {low:.3f} to {high:.3f} on {n} test {noun}"
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
    named = {e.method: e for e in explanations if gives_amounts(e)}
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
    parts = "words" if isinstance(attributions, TokenAttributions) else "features"
    shared, ranked = _of(table, "feature_agreement"), _of(table, "rank_agreement")
    return (
        f"{attributions.method}: two seeds share {shared} of their top {k} {parts} and "
        f"{ranked} in the same rank (chance {_of(table, 'feature_agreement', 'null')} and "
        f"{_of(table, 'rank_agreement', 'null')})."
    )


def _same_answer(attributions: Attributions | None) -> str:
    if attributions is None or attributions.task != "classification":
        return ""
    if len(attributions.seeds) < 2:
        return ""
    table = agreement.same_answer_different_reason(attributions)
    if not len(table):
        return f"Same answer, different reasons: no {_noun([attributions])} to tell it by."
    flagged = int(table["flagged"].sum())
    return f"Same answer, different reasons: {flagged} of {len(table)} {_noun([attributions])}."


def _rules(explanations: list[Explanation]) -> str:
    parts = []
    for explanation in explanations:
        sentence = _carrying(explanation)
        if sentence is not None and len(explanation.seeds) > 1:
            score, words = sentence
            value = _of(agreement.summary(explanation).set_index("score"), score)
            parts.append(words.format(value))
    text = "; ".join(parts) or "no anchors or counterfactuals to compare"
    return text[0].upper() + text[1:] + "."


def _carrying(explanation: Explanation) -> tuple[str, str] | None:
    """Return the score of carrying over, and the sentence that it stands in."""
    words = isinstance(explanation, TokenAttributions)
    role = explanation.role if isinstance(explanation, TokenAttributions) else ""
    if isinstance(explanation, Anchors) or role == "anchors":
        score = "words_carry_over" if words else "cross_precision"
        return score, "a seed's anchor holds with precision {} in another seed"
    if isinstance(explanation, Counterfactuals) or role == "counterfactuals":
        score = "words_carry_over" if words else "cross_validity"
        return score, "a seed's counterfactual flips {} of the other seeds"
    return None


def _of(table: pd.DataFrame, score: str, column: str = "value") -> str:
    return f"{table[column].to_dict()[score]:.2f}"
