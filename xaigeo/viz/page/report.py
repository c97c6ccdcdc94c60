"""The report: one call from explanations to a page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Any

from xaigeo.checks.check import Check, check_all_belong
from xaigeo.ensemble import Evaluation
from xaigeo.errors import InputError
from xaigeo.explanations import Explanation, TokenAttributions
from xaigeo.geometry.scene_input import gather_any
from xaigeo.viz.page.agreement import measure_agreement
from xaigeo.viz.page.drawing import draw
from xaigeo.viz.page.rendering import render
from xaigeo.viz.page.shown_rows import fitting_rows, shown_rows
from xaigeo.viz.page.summary import summarise
from xaigeo.viz.page.text_summary import summarise_texts

if TYPE_CHECKING:
    from xaigeo.audit import Audit


def report(
    explanations: Explanation | Sequence[Explanation],
    path: str | Path,
    *,
    evaluation: Evaluation | None = None,
    audit: Audit | None = None,
    checks: Check | Sequence[Check] = (),
    views: Sequence[Sequence[str]] | None = None,
    title: str | None = None,
    notes: str | None = None,
    max_rows: int | None = 300,
) -> Path:
    """Write one self-contained HTML page: whether the seeds agree, and on what they differ.

    The page needs no network and opens from a disk: pick a row on the map or in a list and see
    every seed's explanation of it, beside the scores of agreement, the seeds' accuracies and
    the audit.

    Parameters
    ----------
    explanations : Explanation or sequence of Explanation
        One of each method, of one ensemble.
    path : str or Path
        File to write; missing folders are made.
    evaluation : Evaluation, optional
        From `SeedEnsemble.evaluate`; without it the page tells nothing of accuracy.
    audit : Audit, optional
        From `xaigeo.audit`; without it the page has no checklist.
    checks : Check or sequence of Check, optional
        From `xaigeo.faithfulness`, of these explanations or of some of their rows: whether they
        describe the models. One of each kind and method.
    views : sequence of pairs of str, optional
        Numeric columns to draw on; the two that the explanations speak of most if None.
    title, notes : str, optional
        Plain text.
    max_rows : int or None
        Most rows that the page holds; fewer where seeds, columns and classes are so many that
        the page would be slow to open. Of more, it holds those on which the seeds' reasons or
        answers differ most and as many spread evenly over the others, and says so; scores and
        findings are over all rows. None holds them all, whatever the size: about 2 kB a row and
        attribution method of 20 seeds and 40 columns, for each class beyond the first two.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    InputError
        For no explanations or ones that do not belong together, an evaluation, checks or an audit
        of other models, columns that cannot be axes, or a path that cannot be written.
    """
    _check_kinds(path=path, evaluation=evaluation, audit=audit, title=title, notes=notes)
    given = gather_any(explanations)
    if Path(path).is_dir():
        raise InputError(
            expected="path to be the path of an HTML file",
            arrived=f"the folder {str(path)!r}",
            do=f"Name a file in it, such as {str(Path(path) / 'report.html')!r}.",
        )
    if evaluation is not None:
        evaluation.check_belongs(given)
    if audit is not None:
        from xaigeo.audit import check_same_study

        check_same_study(audit, given)
    measured = [checks] if isinstance(checks, Check) else list(checks)
    measured = list({id(check): check for check in measured}.values())
    for check in measured:
        if not isinstance(check, Check):
            raise InputError(
                expected="checks to be made by xaigeo.faithfulness",
                arrived=type(check).__name__,
                do="Pass for example checks=[xaigeo.faithfulness.deletion(found, ensemble)].",
            )
    check_all_belong(measured, given)
    if max_rows is not None and (type(max_rows) is not int or max_rows < 1):
        raise InputError(
            expected="max_rows to be a whole number above 0, or None for all rows",
            arrived=repr(max_rows),
            do="Write for example max_rows=300.",
        )
    agreement = measure_agreement(given)
    most = None if max_rows is None else min(max_rows, fitting_rows(given))
    shown = shown_rows(given, agreement, most)
    told: dict[str, Any] = {
        "agreement": agreement,
        "shown": shown,
        "evaluation": evaluation,
        "audit": audit,
        "checks": measured,
        "title": title,
        "notes": notes,
    }
    if isinstance(given[0], TokenAttributions):
        _refuse_views(views)
        summary = summarise_texts(given, **told)
    else:
        summary = summarise(given, drawing=draw(shown.explanations, views), **told)
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(render(summary), encoding="utf-8", newline="\n")
    return target


def _check_kinds(**given: Any) -> None:
    """Raise for an argument of a kind that the report cannot read."""
    from xaigeo.audit import Audit

    kinds: dict[str, tuple[tuple[type, ...], str]] = {
        "path": ((str, Path), "the path of an HTML file"),
        "evaluation": ((Evaluation, NoneType), "an Evaluation, from ensemble.evaluate(X, y)"),
        "audit": ((Audit, NoneType), "an Audit, from xaigeo.audit(explanations)"),
        "title": ((str, NoneType), "plain text"),
        "notes": ((str, NoneType), "plain text"),
    }
    for name, value in given.items():
        wanted, said = kinds[name]
        if not isinstance(value, wanted):
            raise InputError(
                expected=f"{name} to be {said}",
                arrived=f"{type(value).__name__}",
                do=f"Pass {said}" + ("." if name == "path" else ", or leave it out."),
            )


def _refuse_views(views: Sequence[Sequence[str]] | None) -> None:
    if views is not None:
        raise InputError(
            expected="views=None for explanations of texts, which have no columns to draw on",
            arrived=repr(views),
            do="Leave views out; the page shows the words themselves.",
        )
