from dataclasses import replace

import numpy as np
import pytest
import vl_convert

from xaigeo.agreement.score_rows import score_rows
from xaigeo.errors import InputError
from xaigeo.viz.score_by_row import (
    score_by_row,
    score_by_row_body,
    score_by_row_finding,
    score_by_row_tables,
)


def words_of(spec):
    return " ".join(spec["title"]["text"]), " ".join(spec["title"]["subtitle"])


@pytest.mark.parametrize(
    ("method", "score"),
    [
        ("kernel_shap", None),
        ("kernel_shap", "jaccard_distance"),
        ("lime", "relative_entropy"),
        ("lime", "spearman"),
        ("anchors", None),
        ("anchors", "cross_precision"),
        ("counterfactuals", None),
        ("counterfactuals", "dispersion"),
    ],
)
def test_a_dot_a_row_and_the_finding(study, make, method, score):
    explanation = study.by_method[method]
    rows = score_rows(explanation, score)
    spec = score_by_row(explanation, score).to_dict()
    tables = make.tables_of(spec)
    make.check_fields(spec, tables)
    drawn = {row["instance"]: row["value"] for row in tables["dots"]}
    assert len(drawn) == rows.n_defined
    for label, value in zip(rows.frame["instance"], rows.frame["value"], strict=True):
        assert drawn[label] == pytest.approx(value, rel=1e-3)
    better = 1 if rows.score.higher_is_better else -1
    worse = [
        label
        for label, value, null in rows.frame[["instance", "value", "null"]].itertuples(index=False)
        if better * value < better * null - 1e-9
    ]
    assert sorted(row["instance"] for row in tables["dots"] if row["worse"]) == sorted(worse)
    text, subtitle = words_of(spec)
    n = f"{len(worse)} of 6 rows ({len(worse) / 6:.0%})" if worse else "none of 6 rows"
    assert text == f"On {n} the seeds agree less than chance would"
    assert ("Dark triangle: " in subtitle) == bool(worse)
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_dots_of_a_cell_are_stacked(study, make):
    shap = study.by_method["kernel_shap"]
    same = shap.data["attribution"].isel(seed=0)
    data = shap.data.assign(
        attribution=same.broadcast_like(shap.data["attribution"]).transpose(
            *shap.data["attribution"].dims
        )
    )
    dots = make.tables_of(score_by_row(replace(shap, data=data)).to_dict())["dots"]
    assert [row["stack"] for row in dots] == [1, 2, 3, 4, 5, 6]
    assert {row["value"] for row in dots} == {1}
    assert all(0 <= row["at"] <= 1 for row in dots)


def many(rows, n):
    frame = rows.frame.iloc[np.arange(n) % len(rows.frame)].assign(instance=range(n))
    return replace(rows, frame=frame.reset_index(drop=True))


def test_many_rows_are_bars_that_count_all(study, make):
    rows = many(score_rows(study.by_method["counterfactuals"]), 300)
    tables = score_by_row_tables(rows, width=300)
    assert "dots" not in tables
    bars = tables["bars"]
    assert bars["n"].sum() == 300
    assert bars.loc[bars["worse"], "n"].sum() == rows.n_worse
    assert (bars["top"] - bars["base"] == bars["n"]).all()
    from xaigeo.viz.table_data import with_tables

    spec = with_tables(score_by_row_body(rows, tables, width=300), tables).to_dict()
    make.check_fields(spec, make.tables_of(spec))
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_odd_cases_are_said(study):
    rows = score_rows(study.by_method["kernel_shap"])
    one = replace(rows, frame=rows.frame.head(1).assign(worse=False))
    assert score_by_row_finding(one) == "On the one row the seeds agree no less than chance would"
    one = replace(rows, frame=rows.frame.head(1).assign(worse=True))
    assert score_by_row_finding(one) == "On the one row the seeds agree less than chance would"
    none = replace(rows, frame=rows.frame.assign(value=np.nan, worse=False))
    assert score_by_row_finding(none) == "“Same top features” is defined on none of 6 rows"
    aimless = replace(rows, frame=rows.frame.assign(null=np.nan, worse=False), null=float("nan"))
    assert score_by_row_finding(aimless).startswith("“Same top features” goes from ")


def test_rows_that_are_undefined_are_counted(study, make):
    shap = study.by_method["kernel_shap"]
    values = shap.array("attribution").copy()
    values[:, 2] = 0.0
    data = shap.data.assign(attribution=(shap.data["attribution"].dims, values))
    spec = score_by_row(replace(shap, data=data), "stability").to_dict()
    assert len(make.tables_of(spec)["dots"]) == 5
    assert "Undefined on 1 row, not drawn." in words_of(spec)[1]


def test_nothing_defined_is_still_a_picture(study, make):
    shap = study.by_method["kernel_shap"]
    values = np.zeros_like(shap.array("attribution"))
    data = shap.data.assign(attribution=(shap.data["attribution"].dims, values))
    spec = score_by_row(replace(shap, data=data), "stability").to_dict()
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_k_is_named_and_regressions_are_drawn(make, study):
    model = make.regression_seeds(study.data.X)
    lime = make.attributions(model, study.X, study.background, "lime")
    spec = score_by_row(lime, k=2).to_dict()
    assert "Of the 2 most important features" in words_of(spec)[1]
    make.check_fields(spec, make.tables_of(spec))


def test_messages(study):
    shap = study.by_method["kernel_shap"]
    with pytest.raises(InputError, match=r"with a chance level .*got 'churn'"):
        score_by_row(shap, "churn")
    with pytest.raises(InputError, match="at least two seeds"):
        score_by_row(shap.sel(seed=[0]))
