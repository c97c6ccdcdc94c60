from __future__ import annotations

from xaigeo.summary import facts_html


def test_facts_are_escaped():
    html = facts_html("<b>", {"<i>": "</td><script>"})
    assert "<b>" not in html
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
