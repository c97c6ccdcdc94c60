"""M1-M5: whether the models are as good as each other and give the same answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from xaigeo.agreement.bootstrap import percentile_interval
from xaigeo.agreement.calibration import calibration_error
from xaigeo.agreement.difference_scores import comparable_score
from xaigeo.agreement.model_difference import ModelDifference, model_difference
from xaigeo.agreement.predictions import ambiguity, discrepancy, spread
from xaigeo.audit.distinct_rows import RowCounts, count_labelled, count_rows
from xaigeo.audit.evidence import Evidence
from xaigeo.audit.item import Measured, Missing, Outcome, finite, item
from xaigeo.audit.wording import apart, counted

MARX = "Marx et al. 2020; the value is our own"
ONE_MODEL = "A single model has no other to be compared with."
# Every draw of rows sorts all models anew.
MOST_DRAWS = 500
NO_CLASSES = "A regression gives numbers, not classes that could flip."


@item(
    id="M1",
    question="Are the models equally good?",
    metric="best less worst accuracy (R² for regression)",
    better="lower",
    passing=0.01,
    warning=0.05,
    unit="share",
    basis="own",
    source="Marx et al. 2020, ε-level set; the value is our own",
    maps_to=("NIST AI RMF MS2.3", "EU AI Act Art. 13(3)(b)(ii)"),
)
def members_are_comparable(evidence: Evidence) -> Outcome:
    """Compare the best seed with the worst."""
    refusal = evidence.nothing_between(ONE_MODEL)
    if refusal:
        return Missing(refusal)
    found = _scores(evidence)
    if found is None:
        return Missing(
            f"No scores on labelled {evidence.row}s were passed and none are recorded. Pass "
            "evaluation=ensemble.evaluate(X_test, y_test)."
        )
    name, scores, rows, counts = found
    if not np.isfinite(scores).all():
        return Missing(f"The {name} is undefined on {rows}.")
    gap = spread(scores)
    best, worst = apart(gap["highest"], gap["lowest"])
    low, high = _gap_interval(evidence) if evidence.evaluation is not None else (None, None)
    return Measured(
        value=gap["gap"],
        low=low,
        high=high,
        **counts,
        reason=f"The best model has {name} {best}, the worst {worst} ({rows}).",
        evidence={"metric": name, "rows": rows, "scores": scores.tolist()},
    )


@item(
    id="M2",
    question="On how many rows does some model answer otherwise?",
    metric="ambiguity: share of rows on which a model differs from the majority",
    better="lower",
    passing=0.05,
    warning=0.15,
    unit="share",
    basis="own",
    source=MARX,
    maps_to=("NIST AI RMF MS2.5", "EU AI Act Art. 15(1)"),
)
def few_rows_flip(evidence: Evidence) -> Outcome:
    """Measure the ambiguity on labelled rows, or else on the background."""
    refusal = _no_flips(evidence)
    if refusal:
        return Missing(refusal)
    labels, reference = evidence.labels
    differs = labels != reference
    value = ambiguity(labels, reference)
    low, high = _interval(evidence, lambda w: w @ differs.any(axis=0) / w.sum(axis=1))
    n = int(differs.any(axis=0).sum())
    return Measured(
        value=value,
        low=low,
        high=high,
        **_counts(evidence),
        reason=f"On {n} of {_rows(evidence)} the models do not all give the same class: there the "
        "answer depends on the seed.",
        evidence={"rows": _rows(evidence), "n_rows_flipped": n},
    )


@item(
    id="M3",
    question="How often does the most deviant model answer otherwise?",
    metric="discrepancy: largest share of rows on which one model differs from the majority",
    better="lower",
    passing=0.02,
    warning=0.05,
    unit="share",
    basis="own",
    source=MARX,
    maps_to=("NIST AI RMF MS2.5", "EU AI Act Art. 15(1)"),
)
def no_model_strays(evidence: Evidence) -> Outcome:
    """Measure the discrepancy on labelled rows, or else on the background."""
    refusal = _no_flips(evidence)
    if refusal:
        return Missing(refusal)
    labels, reference = evidence.labels
    differs = (labels != reference).astype(float)
    by_seed = differs.mean(axis=1)
    seed = int(evidence.first.seeds[by_seed.argmax()])
    low, high = _interval(evidence, lambda w: (w @ differs.T / w.sum(axis=1)[:, None]).max(axis=1))
    return Measured(
        value=discrepancy(labels, reference),
        low=low,
        high=high,
        **_counts(evidence),
        reason=f"The model of seed {seed} differs from the majority most often: on "
        f"{evidence.text('M3', float(by_seed.max()))} of {_rows(evidence)}.",
        evidence={"rows": _rows(evidence), "by_seed": by_seed.tolist(), "seed": seed},
    )


@item(
    id="M4",
    question="Do stated probabilities hold?",
    metric="expected calibration error of the worst model",
    better="lower",
    passing=0.05,
    warning=0.10,
    unit="number",
    basis="own",
    source="Guo et al. 2017; the value is our own",
    maps_to=("NIST AI RMF MS2.5",),
    settings={"n_bins": 15},
)
def probabilities_hold(evidence: Evidence) -> Outcome:
    """Measure the calibration error on labelled rows."""
    if not evidence.is_classification:
        return Missing("A regression states no class probabilities.")
    if evidence.evaluation is None:
        return Missing(
            f"Calibration needs labelled {evidence.row}s. Pass "
            "evaluation=ensemble.evaluate(X_test, y_test)."
        )
    n_bins = int(evidence.setting("M4", "n_bins"))
    errors = calibration_error(evidence.evaluation.prediction, evidence.evaluation.labels, n_bins)
    worst = int(errors.argmax())
    n_rows = len(evidence.evaluation.labels)
    return Measured(
        value=float(errors[worst]),
        **count_labelled(evidence.evaluation),
        reason="Stated and observed rates of being right differ by "
        f"{evidence.text('M4', float(errors.mean()))} on average over the models, by "
        f"{evidence.text('M4', float(errors[worst]))} for seed {evidence.first.seeds[worst]} "
        f"({counted(n_bins, 'bin')}, {counted(n_rows, evidence.row)}; few {evidence.row}s make "
        "this larger).",
        evidence={"by_seed": errors.tolist(), "n_bins": n_bins, "n_rows": n_rows},
    )


@item(
    id="M5",
    question="Are the models' scores distributed alike?",
    metric="largest α̂ of a model's distribution of scores against the others'",
    better="lower",
    passing=0.05,
    warning=0.15,
    unit="number",
    basis="own",
    source="Banerjee et al. 2024; the value is our own",
    maps_to=("NIST AI RMF MS2.5",),
)
def no_outlier(evidence: Evidence) -> Outcome:
    """Measure how far the distributions of the models' scores lie apart, and what rows can show.

    Distributions are compared, not answers: where two models swap the scores of two rows, M3
    counts it and α̂ does not.
    """
    refusal = evidence.nothing_between(ONE_MODEL)
    if refusal:
        return Missing(refusal)
    if evidence.evaluation is None:
        return Missing(
            f"α̂ compares the models' predictions on labelled {evidence.row}s. Pass "
            "evaluation=ensemble.evaluate(X_test, y_test)."
        )
    found = model_difference(
        evidence.evaluation,
        score=comparable_score(evidence.evaluation),
        limit=min(max(evidence.thresholds["M5"].passing, 0.0), 1.0),
        n_bootstrap=min(max(2, evidence.thresholds.n_bootstrap), MOST_DRAWS),
        random_state=evidence.random_state,
    )
    worst, value = found.largest, float(found.sizes.max())
    # A share δ of the rows may differ without any trace, and α̂ is measured on the rest.
    delta = min(found.delta, 1.0)
    hidden = value + delta * (1 - value)
    limit = evidence.thresholds["M5"].warning
    shown = limit is None or hidden <= limit
    by_row = f"{evidence.row} by {evidence.row}"
    in_doubt = not shown and value <= evidence.thresholds["M5"].passing
    return Measured(
        value=value,
        low=float(worst["alpha_low"]),
        high=float(worst["alpha_high"]),
        **count_labelled(evidence.evaluation),
        at_best="pass" if shown else "warn",
        reason=" ".join(
            [
                f"The scores of the model of seed {worst['seed']} are distributed least like the "
                f"others' ({_score_said(found, str(worst['output']))}): "
                + (
                    f"α̂ = {evidence.text('M5', value)}, the share of its {evidence.row}s that "
                    "would have to go before the rest are."
                    if worst["accepts"]
                    else f"no trimming of its {evidence.row}s makes the rest so."
                ),
                _outliers_said(found, evidence.row),
                _visible(evidence, found),
                *(
                    [f"As up to {evidence.text('M5', hidden, 'share')} may hide, this cannot pass."]
                    if in_doubt
                    else []
                ),
                f"Models with equal distributions may still answer otherwise {by_row}: M3 counts "
                "that."
                if evidence.is_classification
                else f"Models with equal distributions may still answer otherwise {by_row}.",
            ]
        ),
        evidence={
            "delta": found.delta,
            "hidden": hidden,
            "outliers": list(found.outliers),
            "alpha_hat_by_seed": {
                str(seed): finite(alpha)
                for seed, alpha in zip(found.table["seed"], found.table["alpha_hat"], strict=True)
            },
        },
    )


def _score_said(found: ModelDifference, output: str) -> str:
    """Say which score of a model is compared."""
    if found.score == "true_class":
        return "log-odds of the true class"
    if found.task == "classification":
        return f"log-odds of {output}"
    return f"predictions of {output}"


def _outliers_said(found: ModelDifference, row: str) -> str:
    """Say which models stand out, or why none does."""
    if found.outliers:
        return f"Outliers: {', '.join(f'seed {seed}' for seed in found.outliers)}."
    if found.sizes.max() > found.limit:
        matters = ~found.table["accepts"] | (found.table["alpha_low"] > found.limit)
        if not matters.any():
            return f"No model is named an outlier: by the intervals it may be the {row}s drawn."
        return (
            "The other models lie about as far from each other, so none of them stands out: the "
            "fault is no single model's."
        )
    return "No model stands out from the others."


def _visible(evidence: Evidence, found: ModelDifference) -> str:
    """Say what so many rows can show at all."""
    rows = counted(found.n_rows, evidence.row)
    if found.delta >= 1.0:
        return f"On {rows} no difference could show, however large."
    return (
        f"On {rows} a difference shows only where it moves more than "
        f"{evidence.text('M5', found.delta, 'share')} of them (δ); α̂ = 0 is no proof of less than "
        "that."
    )


def _rows(evidence: Evidence) -> str:
    """Say how many rows of what kind were predicted."""
    name = "background" if evidence.evaluation is None else evidence.evaluation.name
    return counted(evidence.predictions[0].shape[1], f"{name} {evidence.row}")


def _counts(evidence: Evidence) -> RowCounts:
    if evidence.evaluation is not None:
        return count_labelled(evidence.evaluation)
    return count_rows(evidence.first.array("background"))


def _scores(evidence: Evidence) -> tuple[str, np.ndarray, str, dict[str, Any]] | None:
    wanted = "accuracy" if evidence.is_classification else "r2"
    if evidence.evaluation is not None:
        scores = evidence.evaluation.scores[wanted].to_numpy(dtype=float)
        return wanted, scores, _rows(evidence), dict(count_labelled(evidence.evaluation))
    validation: Mapping[str, Any] = evidence.records[0].get("validation") or {}
    recorded = (validation.get("scores") or {}).get(wanted)
    if not recorded or len(recorded) != evidence.n_seeds or any(x is None for x in recorded):
        return None
    name = f"{validation.get('name', 'validation')} {evidence.row}"
    n_rows = validation.get("n_rows")
    where = f"{name}s" if n_rows is None else counted(int(n_rows), name)
    return wanted, np.array(recorded, dtype=float), where, {"n_rows": n_rows}


def _gap_interval(evidence: Evidence) -> tuple[float, float] | tuple[None, None]:
    """Return the bootstrap interval of the accuracy gap; none for regression."""
    evaluation = evidence.evaluation
    if evaluation is None or not evidence.is_classification:
        return None, None
    correct = (evaluation.predicted == evaluation.labels).astype(float)
    return percentile_interval(
        correct.shape[1],
        lambda w: np.ptp(w @ correct.T / w.sum(axis=1)[:, None], axis=1),
        n_bootstrap=evidence.thresholds.n_bootstrap,
        rng=evidence.rng(),
    )


def _no_flips(evidence: Evidence) -> str | None:
    if not evidence.is_classification:
        return NO_CLASSES
    return evidence.nothing_between(ONE_MODEL)


def _interval(evidence: Evidence, statistic: Any) -> tuple[float, float]:
    return percentile_interval(
        evidence.labels[0].shape[1],
        statistic,
        n_bootstrap=evidence.thresholds.n_bootstrap,
        rng=evidence.rng(),
    )
