"""First stage of a report on texts: what was found, as a plain dict of words, numbers and specs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from xaigeo.checks import Check
from xaigeo.ensemble import Evaluation
from xaigeo.explanations import Explanation, TokenAttributions
from xaigeo.text.nouns import of_texts
from xaigeo.viz.method_words import method_title
from xaigeo.viz.page.agreement import Agreement
from xaigeo.viz.page.shown_rows import ShownRows
from xaigeo.viz.page.summary import audit_section, sections
from xaigeo.viz.page.text_explorer import text_explorer_data
from xaigeo.viz.page.text_nouns import told_of_texts
from xaigeo.viz.page.words import count
from xaigeo.viz.records import plain

if TYPE_CHECKING:
    from xaigeo.audit import Audit

TOKEN = "A token is a word or a mark, or a part of a word where the tokenizer cuts it."
# Sections that are made for tables too.
TOLD = ("verdict", "performance", "reasons", "faithfulness", "differences")


def summarise_texts(
    explanations: Sequence[Explanation],
    *,
    agreement: Agreement | None,
    shown: ShownRows,
    evaluation: Evaluation | None,
    audit: Audit | None,
    title: str | None,
    notes: str | None,
    checks: Sequence[Check] = (),
) -> dict[str, Any]:
    """Return everything that a page on texts shows; nothing is computed after this."""
    kept = _names(explanations, evaluation)
    page = sections(
        explanations,
        agreement=agreement,
        evaluation=evaluation,
        audit=audit,
        title=title,
        notes=notes,
        checks=checks,
    )
    page |= {name: told_of_texts(page[name], kept) for name in TOLD}
    page["verdict"] += _unread(explanations)
    page |= {
        "overview": [],
        "amounts": None,
        "explorer": text_explorer_data(
            cast("Sequence[TokenAttributions]", shown.explanations), shown.agreement
        ),
        "rows_note": told_of_texts(shown.note, ()),
        "specs": {},
    }
    return page | {"audit": None if audit is None else _audit_of_texts(audit, page)}


def _unread(explanations: Sequence[Explanation]) -> list[str]:
    """Say of how many texts the models did not read the end, a sentence."""
    texts = cast("Sequence[TokenAttributions]", explanations)
    cut = {
        plain(label): bool(end)
        for one in texts
        for label, end in zip(one.instances, one.unread, strict=True)
    }
    n, most = sum(cut.values()), explanations[0].schema.n_features
    if not n:
        return []
    return [
        f"Of {n} of {count(len(cut), 'text')} the models did not read the end: they read "
        f"{most} tokens, and nothing here speaks of what is beyond."
    ]


def _names(explanations: Sequence[Explanation], evaluation: Evaluation | None) -> list[str]:
    """Return what the user, or a method, is called: names are not translated."""
    labels = [e.instances for e in explanations]
    if evaluation is not None and evaluation.instances is not None:
        labels.append(evaluation.instances)
    return [
        *explanations[0].outputs,
        *map(method_title, explanations),
        *(str(label) for one in labels for label in one.tolist()),
    ]


def _audit_of_texts(audit: Audit, page: dict[str, Any]) -> dict[str, Any]:
    """Return the checklist; reasons hold names of the user and have the right nouns already."""
    found = audit_section(audit, page)
    for row in (*found["rows"], *found["unanswered"]):
        row["links"] = [(address, of_texts(words)) for address, words in row["links"]]
        for told in row["evidence"]:
            told["name"] = of_texts(told["name"], part="token")
            if "columns" in told:
                told["columns"] = [of_texts(name, part="token") for name in told["columns"]]
    return found | {"notes": [TOKEN, *found["notes"]]}
