"""Whether the reasons describe the models: pictures of checks, and which an audit judges."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import altair as alt

from xaigeo.checks import Check
from xaigeo.viz.attention_permutation import attention_permutation
from xaigeo.viz.deletion_curves import deletion_curves
from xaigeo.viz.method_words import TITLES
from xaigeo.viz.page.agreement import PREFERRED
from xaigeo.viz.page.level_columns import level_columns
from xaigeo.viz.page.pictures import WIDTH, Picture, picture
from xaigeo.viz.page.words import listed
from xaigeo.viz.randomisation_check import randomisation_check

if TYPE_CHECKING:
    from xaigeo.audit import Audit

CHARTS: dict[str, Callable[..., alt.TopLevelMixin]] = {
    "deletion": deletion_curves,
    "insertion": deletion_curves,
    "randomisation": randomisation_check,
    "attention_permutation": attention_permutation,
}
# What the models were asked again, in the order of these.
ASKED = {
    "deletion": "without the features that count most",
    "insertion": "with only the features that count most",
    "randomisation": "with weights at random",
    "attention_permutation": "with the words’ attention dealt out otherwise",
}
# Items of the audit that judge the least favourable method, and by which kind of check.
JUDGED = {"F3": "randomisation", "F4": "deletion"}


def faithfulness(checks: Sequence[Check], audit: Audit | None) -> dict[str, Any]:
    """Return the pictures of checks.

    Of each kind the check of the leading method is drawn, and that of the method by which the audit
    judges.

    Returns
    -------
    dict
        `pictures`; `reading`, which says what the models were asked; and `of_items`, by item of
        the audit the `place` of the picture of what it judges and the title of the `method`.
    """
    judged = {} if audit is None else _judged(audit)
    pictures: list[Picture] = []
    places: dict[tuple[str, str], str] = {}
    for kind, chart in CHARTS.items():
        wanted = judged.get(kind)
        for n, check in enumerate(_leading_first(checks, kind)):
            if n and check.method != wanted:
                continue
            name = f"{kind}-{check.method}" if n else kind
            places[kind, check.method] = f"picture-{name}"
            pictures.append(picture(chart(check, width=WIDTH), name=name))
    drawn = {kind for kind, _ in places}
    asked = [what for kind, what in ASKED.items() if kind in drawn]
    return {
        "pictures": level_columns(pictures),
        "reading": f"The models were asked again: {listed(asked)}." if asked else "",
        "of_items": {
            item: {"place": places[kind, judged[kind]], "method": _title(judged[kind])}
            for item, kind in JUDGED.items()
            if (kind, judged.get(kind)) in places
        },
    }


def _judged(audit: Audit) -> Mapping[str, str]:
    """Return the method that each kind of check is judged by."""
    methods = {f.id: f.evidence.get("method") for f in audit.findings if f.id in JUDGED}
    return {JUDGED[item]: method for item, method in methods.items() if method}


def _title(method: str) -> str:
    return TITLES.get(method, method)


def _leading_first(checks: Sequence[Check], kind: str) -> list[Check]:
    """Return the checks of a kind, one a method, that of the leading method first."""
    of_kind: dict[str, Check] = {}
    for check in checks:
        if check.kind == kind:
            of_kind.setdefault(check.method, check)
    return sorted(of_kind.values(), key=lambda check: check.method != PREFERRED)
