import pandas as pd
import pytest

from xaigeo.agreement import SCORES, summary
from xaigeo.errors import InputError
from xaigeo.viz import agreement_scores


@pytest.fixture(scope="module")
def table(study):
    return summary(study.explanations, n_bootstrap=50)


@pytest.mark.parametrize("method", ["lime", "anchors", "counterfactuals"])
def test_every_bounded_score_is_drawn_with_null_and_interval(table, make, method):
    spec = agreement_scores(table, method).to_dict()
    tables = make.tables_of(spec)
    make.check_fields(spec, tables)
    rows = [row for drawn in tables.values() for row in drawn]
    own = table[(table["method"] == method) & table["value"].notna()]
    bounded = [n for n in own["score"] if SCORES.get(n).low >= -1 and SCORES.get(n).high <= 1]
    assert sorted(row["score"] for row in rows) == sorted(bounded)
    values = own.set_index("score")["value"]
    for row in rows:
        assert row["value"] == pytest.approx(values[row["score"]], rel=1e-4)


def test_directions_stand_apart_and_are_named(table):
    spec = agreement_scores(table, "lime").to_dict()
    assert [part["title"]["text"] for part in spec["vconcat"]] == [
        "Higher means more agreement →",
        "← Lower means more agreement",
    ]
    for part, better in zip(spec["vconcat"], (True, False), strict=True):
        rows = spec["datasets"][part["data"]["name"]]
        assert {row["higher_is_better"] for row in rows} == {better}


def test_scores_without_a_bound_are_named(table):
    subtitle = agreement_scores(table, "lime").to_dict()["title"]["subtitle"]
    assert subtitle[-1] == "Not drawn, for want of a bounded range: Relative entropy."


def test_title_counts_the_scores_beyond_chance():
    row = {
        "method": "lime",
        "score": "spearman",
        "value": 0.5,
        "low": 0.4,
        "high": 0.6,
        "null": 0.0,
        "higher_is_better": True,
        "meaning": "m",
    }
    other = row | {"score": "feature_agreement", "null": 0.45}
    spec = agreement_scores(pd.DataFrame([row, other])).to_dict()
    assert spec["title"]["text"] == "lime: 1 of 2 scores lie beyond what chance would give"


def test_errors(table):
    with pytest.raises(InputError, match=r"a method of the table .* got 'shap'"):
        agreement_scores(table, "shap")
    with pytest.raises(InputError, match="got one without null"):
        agreement_scores(table.drop(columns="null"))
    with pytest.raises(InputError, match="got an empty table"):
        agreement_scores(table.head(0))
