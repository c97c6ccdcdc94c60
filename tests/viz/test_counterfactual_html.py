import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from xaigeo.errors import InputError
from xaigeo.viz.change_rows import change_table
from xaigeo.viz.counterfactual_html import counterfactual_html


@pytest.fixture(scope="module")
def found(study):
    return study.by_method["counterfactuals"]


def cells_of(html):
    """Return the cells of every line of the table's body, without their tags."""
    body = html.split("<tbody>")[1].split("</tbody>")[0]
    lines = re.findall(r"<tr.*?</tr>", body, flags=re.S)
    return [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", line, flags=re.S) for line in lines]


def plain(cell):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", cell)).strip()


def test_the_table_says_what_was_found(found):
    table = change_table(found)
    html = counterfactual_html(found)._repr_html_()
    assert table.finding in html
    lines = cells_of(html)
    assert len(lines) == 1 + len(table.rows)
    assert {len(line) for line in lines} == {1 + len(table.changed) + 6}
    for line, row in zip(lines[1:], table.rows, strict=True):
        said = [plain(cell) for cell in line[1 + len(table.changed) :]]
        assert said == [
            row.answer,
            row.distance,
            str(row.n_changed),
            row.valid,
            row.carries_over,
            row.seeds,
        ]


def test_changed_cells_are_told_by_sign_type_and_words(found):
    table = change_table(found)
    for line, row in zip(
        cells_of(counterfactual_html(found).to_html())[1:], table.rows, strict=True
    ):
        for cell, j in zip(line[1:], table.changed, strict=False):
            way = row.cells[j].way
            assert ("<strong>" in cell) == (way != "same")
            if way in ("up", "down"):
                sign = "▲" if way == "up" else "▼"
                assert f'<span aria-hidden="true">{sign}</span>' in cell
                assert f'<span class="unseen">{way} to</span>' in cell
                assert f"from {row.cells[j].old}" in plain(cell)
            elif way == "other":
                assert plain(cell) == f"{row.cells[j].old} → {row.cells[j].new}"


def test_headings_belong_to_columns_and_lines(found):
    html = counterfactual_html(found).to_html()
    n = len(change_table(found).changed)
    assert html.count('<th scope="col"') == 1 + n + 6
    assert html.count('<th scope="row"') == 1 + len(change_table(found).rows)
    assert "<caption>" in html
    assert 'role="region" tabindex="0" aria-label=' in html


def test_alone_a_seed_is_not_asked_of_others(found):
    html = counterfactual_html(found.sel(seed=[0])).to_html()
    assert "Valid for other seeds" not in html
    assert len({len(line) for line in cells_of(html)}) == 1


def test_a_point_made_for_all_seeds_says_so(found):
    data = found.data.copy(deep=True)
    for name in ("point", "changed", "distance", "n_changed", "target"):
        values = data[name].to_numpy()
        data[name] = (data[name].dims, np.broadcast_to(values[:1], values.shape).copy())
    data["price"] = (("seed", "instance", "candidate"), np.zeros((5, 6, 1)))
    html = counterfactual_html(replace(found, data=data)).to_html()
    assert "made for all 5" in html
    assert "5 of 5 seeds" in html
    assert "no agreement to read" in html
    assert "Valid for other seeds" not in html


def test_text_of_the_data_is_escaped(make):
    nasty = "<script>hacked()</script>"
    rng = np.random.default_rng(0)
    X = pd.DataFrame({nasty: rng.normal(size=40), "kind": rng.choice(["<b>a</b>", "<i>b</i>"], 40)})
    y = pd.Series(np.where(X[nasty] > 0, "<u>yes</u>", "no"))
    labelled = X.iloc[:2].set_axis(["<em>one</em>", "two"], axis=0)
    found = make.all_methods(make.linear_seeds(X, y), labelled, X)[4]
    html = counterfactual_html(found).to_html()
    for text in ("<script>", "<b>", "<i>", "<u>", "<em>"):
        assert text not in html
    assert "&lt;script&gt;" in html
    assert "&lt;em&gt;one&lt;/em&gt;" in html


def test_errors(study, found):
    with pytest.raises(InputError, match="Counterfactuals for a table of changes"):
        counterfactual_html(study.by_method["lime"])
    with pytest.raises(InputError, match="an instance of the explanation"):
        counterfactual_html(found, instance="nobody")
