import pandas as pd

from xaigeo.agreement.result_html import MOST_ROWS, result_html


def test_facts_and_a_table_of_few_rows():
    html = result_html(
        "<b>", {"level": 0.05}, pd.DataFrame({"value": [1 / 3] * 100, "name": "<i>"})
    )
    assert "&lt;b&gt;" in html
    assert "<b>" not in html
    assert "<i>" not in html
    assert "0.333" in html
    assert html.count("0.333") == MOST_ROWS
