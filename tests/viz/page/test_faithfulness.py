"""The pictures of checks are of the leading method, and of that by which the audit judges."""

from __future__ import annotations

from dataclasses import replace

import pytest

import xaigeo as xg
from tests.text_models import linear_text_ensemble
from xaigeo.viz.page.audit_links import with_links
from xaigeo.viz.page.faithfulness import faithfulness

TEXTS = ["a good film", "not a good film at all", "a thin plot , a long film"]


@pytest.fixture(scope="module")
def checked():
    """An audit and its checks by deletion of three methods."""
    ensemble = linear_text_ensemble(tuple(TEXTS), n_seeds=3, max_tokens=8, pooled=True)
    found = [
        xg.explain(ensemble, TEXTS, method=method, background=TEXTS, random_state=0)
        for method in ("saliency", "kernel_shap", "input_x_gradient")
    ]
    checks = [xg.faithfulness.deletion(one, ensemble, random_state=0) for one in found]
    return xg.audit(found, checks=checks), checks


def judged_by(audit, method):
    """The audit, had the method been the one by which it judges."""
    findings = tuple(
        replace(one, evidence={**one.evidence, "method": method}) if one.id == "F4" else one
        for one in audit.findings
    )
    return replace(audit, findings=findings)


@pytest.mark.parametrize("method", ["saliency", "kernel_shap", "input_x_gradient"])
def test_the_method_that_an_item_names_is_drawn_and_linked(checked, method):
    audit, checks = checked
    found = faithfulness(checks, judged_by(audit, method))
    names = [one["name"] for one in found["pictures"]]
    own = "deletion" if method == "kernel_shap" else f"deletion-{method}"
    assert names == list(dict.fromkeys(["deletion", own]))
    page = {"performance": None, "reasons": None, "differences": None, "overview": []}
    rows = [{"id": "F4"}, {"id": "F3"}]
    linked, without = with_links(rows, page | {"faithfulness": found})
    ((address, words),) = linked["links"]
    assert address == f"#picture-{own}"
    drawn = next(one for one in found["pictures"] if one["name"] == own)
    title = words.removeprefix("deletion curves (").removesuffix(")")
    assert title in drawn["finding"]
    assert without["links"] == []


def test_without_an_audit_the_leading_method_alone_is_drawn(checked):
    found = faithfulness([*checked[1], checked[1][0]], None)
    assert [one["name"] for one in found["pictures"]] == ["deletion"]
    assert "Kernel SHAP" in found["pictures"][0]["finding"]
    assert found["of_items"] == {}
    assert faithfulness([], None) == {"pictures": [], "reading": "", "of_items": {}}


def test_what_the_models_were_asked_is_that_of_the_checks_that_are_drawn(checked):
    deleted = checked[1]
    ensemble = linear_text_ensemble(tuple(TEXTS), n_seeds=3, max_tokens=8, pooled=True)
    permuted = xg.faithfulness.attention_permutation(ensemble, TEXTS, n_draws=3)
    start = "The models were asked again: "
    assert faithfulness(deleted, None)["reading"] == (
        f"{start}without the features that count most."
    )
    assert faithfulness([permuted, *deleted], None)["reading"] == (
        f"{start}without the features that count most and with the words’ attention dealt out "
        "otherwise."
    )
