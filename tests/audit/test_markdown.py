import pytest

from xaigeo.audit.markdown import DISCLAIMER, audit_to_html, audit_to_markdown
from xaigeo.audit.runner import audit
from xaigeo.store import digest

QUICK = {"settings": {"n_bootstrap": 20}}


def test_one_row_an_item(build, agreeing):
    found = audit(build.make_attributions(agreeing), thresholds=QUICK)
    text = audit_to_markdown(found)
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert len(rows) == 1 + 29
    assert found.verdict_text in text
    assert DISCLAIMER in text
    assert "| A8 |" in text
    assert "not evaluated" in text


def test_what_needs_attention_comes_first(build, agreeing, out_of_reach):
    found = audit(build.make_attributions(agreeing), thresholds=out_of_reach, required=["A8"])
    text = audit_to_markdown(found)
    attention, items = text.split("### All items")
    assert attention.startswith("## Explanation audit\n\n**The audit failed: ")
    order = [
        attention.index(said)
        for said in ("**A3 fail**", "**A8 not evaluated** though", "**A2 warn**")
    ]
    assert order == sorted(order)
    assert "| A3 |" in items
    one = build.make_attributions(agreeing, additive=True)
    calm = audit(one, thresholds=QUICK, stored=[digest(one)])
    assert calm.verdict == "pass"
    assert "### Needs attention" not in audit_to_markdown(calm)


def test_it_says_what_was_audited_and_by_which_thresholds(build, agreeing, evaluation, registered):
    explanation = build.make_attributions(agreeing)
    given = {"evaluation": evaluation, "registration": registered(QUICK), "required": ["A1"]}
    text = audit_to_markdown(found := audit(explanation, thresholds=QUICK, **given))
    for line in (
        "- Models: 6 classification models that differ in their seed, 5 features",
        "- Explained by: kernel_shap",
        "- Evaluated on: 100 test rows",
        "- Required: A1",
        "- Thresholds: a table given to the audit, SHA-256 "
        f"{found.about['thresholds']['sha256'][:12]}, laid down 2019-12-31T00:00:00+00:00",
    ):
        assert line in text
    alone = audit_to_markdown(audit(build.make_attributions(agreeing[:1]), thresholds=QUICK))
    assert "- Models: 1 classification model, 5 features" in alone
    assert "- Evaluated on: no labelled rows" in alone
    assert "not known to have been laid down before the run" in alone


def test_names_cannot_break_the_table(build, agreeing):
    found = audit(build.make_attributions(agreeing, method="a|b`<img>"), thresholds=QUICK)
    text = audit_to_markdown(found)
    assert "<img>" not in text
    assert "a\\|b\\`&lt;img&gt;" in text
    columns = {line.replace("\\|", "").count("|") for line in text.splitlines() if line[:2] == "| "}
    assert columns == {9}


def test_html_holds_every_item(build, agreeing):
    html = audit_to_html(audit(build.make_attributions(agreeing), thresholds=QUICK))
    assert html.count("<tr>") == 1 + 29


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("![i](http://evil.example/a.png)", "!\\[i\\](http:\\//evil.example/a.png)"),
        ("[click](https://evil.example)", "\\[click\\](https:\\//evil.example)"),
        ("see www.evil.example", "see www\\.evil.example"),
        ("**b** _i_ ~~s~~ $x$", "\\*\\*b\\*\\* \\_i\\_ \\~\\~s\\~\\~ \\$x\\$"),
        ("bill_length_mm (mm)", "bill_length_mm (mm)"),
        ("a\\[b](c)", "a\\\\\\[b\\](c)"),
    ],
)
def test_names_are_text_and_nothing_else(build, agreeing, name, written):
    found = audit(build.make_attributions(agreeing, method=name), thresholds=QUICK)
    assert f"- Explained by: {written}\n" in audit_to_markdown(found)
