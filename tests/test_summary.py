from __future__ import annotations

from sklearn.tree import DecisionTreeClassifier

import xaigeo as xg
from xaigeo.summary import facts_html


def test_facts_are_escaped():
    html = facts_html("<b>", {"<i>": "</td><script>"})
    assert "<b>" not in html
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_an_ensemble_shows_its_models_and_scores():
    data = xg.datasets.penguins()
    ensemble = xg.SeedEnsemble.fit(
        DecisionTreeClassifier(max_depth=3),
        data.X[["bill_length_mm", "body_mass_g"]],
        data.y,
        seeds=[0, 1],
    )
    html = ensemble._repr_html_()
    assert "2 estimator" in html
    assert "bill_length_mm" in html
    assert "validation accuracy" in html
    assert "Adelie, Chinstrap, Gentoo" in html


def test_attributions_show_their_first_rows(make_attributions):
    html = make_attributions()._repr_html_()
    assert html.count("<tr") == 6 + 1 + 5  # facts, the table's head, five rows
    assert "explainer seed" in html


def test_a_lazy_explanation_says_so(make_attributions, tmp_path):
    lazy = xg.load(make_attributions().save(tmp_path / "one"), lazy=True)
    assert "read when asked for" in lazy._repr_html_()
    assert "read when asked for" not in make_attributions()._repr_html_()
