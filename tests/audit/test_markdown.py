from xaigeo.audit.markdown import DISCLAIMER, audit_to_html, audit_to_markdown
from xaigeo.audit.runner import audit

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


def test_names_cannot_break_the_table(build, agreeing):
    found = audit(build.make_attributions(agreeing, method="a|b`<img>"), thresholds=QUICK)
    text = audit_to_markdown(found)
    assert "<img>" not in text
    assert "a\\|b\\`&lt;img&gt;" in text
    columns = {line.replace("\\|", "").count("|") for line in text.splitlines() if line[:2] == "| "}
    assert columns == {8}


def test_html_holds_every_item(build, agreeing):
    html = audit_to_html(audit(build.make_attributions(agreeing), thresholds=QUICK))
    assert html.count("<tr>") == 1 + 29
