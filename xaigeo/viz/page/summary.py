"""First stage of the report: what was found, as a plain dict of words, numbers and specs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from xaigeo.agreement.additive_steps import is_additive
from xaigeo.agreement.identical_answers import identical_answers
from xaigeo.agreement.predictions import churn
from xaigeo.checks import Check
from xaigeo.ensemble import Evaluation
from xaigeo.explanations import Attributions, Explanation, TokenAttributions
from xaigeo.text.schema import TextSchema
from xaigeo.text.vocabulary_size import vocabulary_size
from xaigeo.text.whole_word_schema import WholeWordSchema
from xaigeo.viz.checklist import checklist
from xaigeo.viz.dark import DARK, SHADES
from xaigeo.viz.method_words import method_title
from xaigeo.viz.page.agreement import (
    Agreement,
    method_sentence,
)
from xaigeo.viz.page.audit_links import with_links
from xaigeo.viz.page.audit_tables import audit_tables
from xaigeo.viz.page.drawing import Drawing
from xaigeo.viz.page.explorer import explorer_data
from xaigeo.viz.page.faithfulness import faithfulness
from xaigeo.viz.page.figures import (
    ViewKind,
    accuracy_spec,
    map_spec,
    strip_spec,
    waterfall_spec,
)
from xaigeo.viz.page.level_columns import level_columns
from xaigeo.viz.page.provenance import made_tables, training_ranges
from xaigeo.viz.page.reasons import (
    contrast_sentence,
    differences,
    leading_attributions,
    reasons,
)
from xaigeo.viz.page.sections import (
    overview_pictures,
    performance_pictures,
)
from xaigeo.viz.page.seed_modes import modes_by_method
from xaigeo.viz.page.shown_rows import ShownRows
from xaigeo.viz.page.words import count, listed
from xaigeo.viz.records import plain
from xaigeo.viz.seed_accuracies import metric_name
from xaigeo.viz.theme import AMOUNTS, class_mark, theme_config

if TYPE_CHECKING:
    from xaigeo.audit import Audit

Section = dict[str, Any]
PREDICTIONS = ("prediction", "background_prediction")
# Below this share of the rows a class hardly counts in accuracy.
RARE = 0.1
KINDS = {
    "torch": "neural network",
    "estimator": "scikit-learn model",
    "callable": "model",
    "text": "text model",
}


def summarise(
    explanations: Sequence[Explanation],
    *,
    drawing: Drawing,
    agreement: Agreement | None,
    evaluation: Evaluation | None,
    audit: Audit | None,
    title: str | None,
    notes: str | None,
    checks: Sequence[Check] = (),
    shown: ShownRows | None = None,
) -> dict[str, Any]:
    """Return everything that the page shows; nothing is computed after this."""
    shown = shown or ShownRows(list(explanations), agreement, "")
    page = sections(
        explanations,
        agreement=agreement,
        evaluation=evaluation,
        audit=audit,
        title=title,
        notes=notes,
        checks=checks,
    ) | {
        "overview": overview_pictures(leading_attributions(explanations)),
        "amounts": _amounts(explanations),
        "explorer": explorer_data(
            shown.explanations, drawing, shown.agreement, modes_by_method(explanations)
        ),
        "rows_note": shown.note,
        "specs": {
            "maps": _maps(shown.explanations, drawing),
            "strips": {
                e.method: strip_spec(e) for e in shown.explanations if isinstance(e, Attributions)
            },
            "waterfalls": {
                e.method: waterfall_spec(e)
                for e in shown.explanations
                if isinstance(e, Attributions) and e.additive and is_additive(e)
            },
        },
    }
    return page | {"audit": None if audit is None else audit_section(audit, page)}


def sections(
    explanations: Sequence[Explanation],
    *,
    agreement: Agreement | None,
    evaluation: Evaluation | None,
    audit: Audit | None,
    title: str | None,
    notes: str | None,
    checks: Sequence[Check] = (),
) -> dict[str, Any]:
    """Return what pages on rows and on texts have in common."""
    first = explanations[0]
    return {
        "title": title or f"{count(len(first.seeds), 'seed')}, {_answers(first)}",
        "noun": "text" if isinstance(first, TokenAttributions) else "row",
        "made": datetime.now(UTC),
        "facts": _facts(explanations),
        "verdict": _verdict(explanations, agreement, evaluation, audit),
        "trained": _trained(first, notes),
        "performance": None if evaluation is None else _performance(evaluation),
        "reasons": None if agreement is None else reasons(explanations, agreement),
        "faithfulness": faithfulness(checks, audit),
        "differences": None
        if agreement is None
        else differences(explanations, agreement, evaluation),
        "classes": [{"name": name} | class_mark(i) for i, name in enumerate(first.outputs)]
        if first.task == "classification"
        else [],
        "config": theme_config() | {"background": "transparent", "aria": False},
        "dark": DARK,
        "shades": SHADES,
        "provenance": made_tables(explanations) + ([] if audit is None else audit_tables(audit)),
    }


def _facts(explanations: Sequence[Explanation]) -> list[str]:
    first = explanations[0]
    rows = {plain(label) for e in explanations for label in e.instances}
    noun = "text" if isinstance(first, TokenAttributions) else "row"
    return [
        count(len(first.seeds), "seed"),
        count(len(explanations), "method"),
        f"{count(len(rows), noun)} explained",
        "; ".join(dict.fromkeys(map(_columns, explanations))),
    ]


def _verdict(
    explanations: Sequence[Explanation],
    agreement: Agreement | None,
    evaluation: Evaluation | None,
    audit: Audit | None,
) -> list[str]:
    """Return the sentences under the title, numbers in each."""
    parts = _target_sentences(explanations[0])
    if evaluation is not None:
        parts.append(_performance_sentence(evaluation))
        parts += _rare_sentences(evaluation)
    if agreement is not None and identical_answers(explanations):
        parts.append(
            "All models are the same: nothing depends on the seed here, so that the seeds agree "
            "says nothing about the explanations."
        )
        return parts
    if agreement is None:
        parts.append("There is one seed only, so there is nothing to compare its reasons with.")
        return parts
    leading = next((e for e in explanations if e.method == agreement.leading), explanations[0])
    parts.append(f"{method_sentence(agreement, leading)} ({method_title(leading)}).")
    if agreement.contrasts is not None:
        parts.append(contrast_sentence(agreement))
    if audit is not None:
        parts.append(f"The audit: {checklist(audit).tally}.")
    return parts


def _target_sentences(first: Explanation) -> list[str]:
    """Say which target of several the page speaks of."""
    if first.task != "regression" or len(first.outputs) < 2:
        return []
    shown, *others = first.outputs
    return [
        f"Of {len(first.outputs)} targets the sections of this page speak of {shown}; the explorer "
        f"shows {listed(others)} too, by its list of targets."
    ]


def _maps(explanations: Sequence[Explanation], drawing: Drawing) -> dict[str, Any]:
    kinds: list[ViewKind] = []
    if not drawing.no_map:
        kinds = ["pair", "plane"] if drawing.plane is not None else ["pair"]
    return {kind: map_spec(explanations, kind) for kind in kinds}


def _amounts(explanations: Sequence[Explanation]) -> Section | None:
    """Return the legend of a regression's map: least and largest mean prediction, and colours."""
    first = explanations[0]
    if first.task != "regression":
        return None
    shown = np.concatenate(
        [e.array(name)[..., 0].mean(axis=0) for e in explanations for name in PREDICTIONS]
    )
    return {
        "target": first.outputs[0],
        "low": f"{shown.min():.4g}",
        "high": f"{shown.max():.4g}",
        "colours": AMOUNTS,
    }


def _performance_sentence(evaluation: Evaluation) -> str:
    metric = metric_name(evaluation)
    column = "r2" if evaluation.task == "regression" else "accuracy"
    scores = evaluation.scores[column]
    metric = metric if column == "r2" else metric.lower()
    n = len(scores)
    said = (
        f"The {count(n, 'seed')} {'reaches' if n == 1 else 'reach'} {metric} {_span(scores)} on "
        f"{count(len(evaluation.labels), f'{evaluation.name} row')}"
    )
    if evaluation.task == "regression" or len(scores) < 2:
        return said + "."
    split = int((evaluation.predicted != evaluation.predicted[0]).any(axis=0).sum())
    if not split:
        return f"{said}, and on every row they all agree."
    return (
        f"{said}; on {split} of {count(len(evaluation.labels), 'row')} they do not all agree, and "
        f"any two differ on {churn(evaluation.predicted).mean():.1%} of the answers on average."
    )


def _rare_sentences(evaluation: Evaluation) -> list[str]:
    """Say how a rare class fares, which accuracy does not tell."""
    rarest = evaluation.rarest_recall
    if rarest is None or rarest.share >= RARE:
        return []
    return [
        f"Only {rarest.share:.1%} of these rows are {rarest.name}; of them the seeds find "
        f"{rarest.recall:.0%} on average, so accuracy says little."
    ]


def _span(scores: pd.Series) -> str:
    low, high = f"{scores.min():.3f}", f"{scores.max():.3f}"
    if low != high:
        return f"{low} to {high}"
    return low if len(scores) < 2 else f"{low} each"


def _trained(first: Explanation, notes: str | None) -> Section:
    ensemble = first.provenance["ensemble"]
    record = ensemble.get("record") or {}
    n_seeds = len(first.seeds)
    task = (
        f"predict {listed(first.outputs)}"
        if first.task == "regression"
        else f"tell {listed(first.outputs)} apart"
    )
    kind = KINDS.get(ensemble["kind"], f"{ensemble['kind']} model")
    models = count(n_seeds, kind)
    noun = "Texts" if isinstance(first, TokenAttributions) else "Rows"
    rows = [("Seeds", ", ".join(map(str, first.seeds.tolist())))]
    if not isinstance(first, TokenAttributions):
        rows.append(("Features", ", ".join(_features(first))))
    rows += [
        (label, str(record[name]))
        for label, name in (
            (f"{noun} given", "n_rows"),
            (f"{noun} to train on", "n_train"),
            (f"{noun} held back for validation", "n_validation"),
        )
        if record.get(name)
    ]
    rows += training_ranges(record)
    return {
        "finding": f"{models} learned to {task} from {_columns(first)}. "
        + _what_differs(record, n_seeds),
        "notes": notes,
        "rows": rows,
    }


def _groups(explanation: Explanation) -> dict[str, list[str]]:
    """Return the columns of each group that an explanation takes as one feature."""
    return explanation.provenance["parameters"].get("groups") or {}


def _columns(explanation: Explanation) -> str:
    """Return how many columns the models read, and as how many features they were explained.

    Of texts how long they may be, and how many different tokens the models know.
    """
    if isinstance(explanation, TokenAttributions):
        schema = explanation.schema
        assert isinstance(schema, TextSchema)  # checked when made
        tokenizer, by_word = schema.tokenizer, ""
        if isinstance(schema, WholeWordSchema):
            tokenizer, by_word = schema.words.own, ", explained word by word"
        most = count(schema.max_tokens, "token")
        return f"texts of up to {most}, of {vocabulary_size(tokenizer)}{by_word}"
    groups, n = _groups(explanation), len(explanation.features)
    if not groups:
        return count(n, "feature")
    n_columns = n - len(groups) + sum(map(len, groups.values()))
    alone = n - len(groups)
    parts = [count(len(groups), "group"), *([count(alone, "single column")] if alone else [])]
    return f"{count(n_columns, 'column')}, explained as {' and '.join(parts)}"


def _features(explanation: Explanation) -> list[str]:
    """Return the explained features, a group with its columns."""
    groups = _groups(explanation)
    return [
        f"{f.name} ({', '.join(groups[f.name])})" if f.name in groups else f.label
        for f in explanation.schema.features
    ]


def _what_differs(record: dict[str, Any], n_seeds: int) -> str:
    """Say that only the seed differs where the record shows it, and else that it does not."""
    if n_seeds == 1:
        return "There is one model, so nothing can be said of what another seed would have done."
    hashes = record.get("architecture_sha256") or []
    if not (record.get("data_sha256") and record.get("config_sha256") and len(set(hashes)) == 1):
        return (
            "They are meant to differ in their random seed alone; their record does not hold "
            "what would show it."
        )
    said = "They share data, settings and architecture and differ in their random seed"
    if record.get("source") == "train":
        said += ": in the weights they start from and the order in which they see the data"
    return said + "."


def _performance(evaluation: Evaluation) -> Section:
    metric = metric_name(evaluation)
    score = metric if metric == "R²" else metric.lower()
    scores = evaluation.scores
    return {
        "finding": _performance_sentence(evaluation),
        "spec": accuracy_spec(evaluation),
        "description": f"Dot plot of {metric} by seed.",
        "reading": f"Each dot is one seed, placed by its {score}; "
        "seeds that score alike are stacked. The dark rule is the median. The closer the dots, "
        "the less the scores give away that these are different models.",
        "pictures": level_columns(performance_pictures(evaluation)),
        "columns": [str(name) for name in scores.columns],
        "rows": [[plain(v, 4) for v in row] for row in scores.itertuples(index=False)],
    }


def audit_section(audit: Audit, page: Section) -> Section:
    """Return the checklist, with links to the places of a page."""
    table = checklist(audit)
    return {
        "finding": f"Of {len(table.rows)} items: {table.tally}.",
        "rows": with_links(table.answered, page),
        "notes": table.notes,
        # Rows of the data that the explorer has.
        "known": [str(one["label"]) for one in page["explorer"]["instances"]],
        "unanswered": table.unanswered,
    }


def _answers(first: Explanation) -> str:
    if first.task == "regression" and len(first.outputs) == 1:
        return first.outputs[0]
    return f"{len(first.outputs)} {'targets' if first.task == 'regression' else 'classes'}"
