import numpy as np
import pytest

from xaigeo.agreement import per_instance, summary
from xaigeo.agreement.intraclass import icc
from xaigeo.agreement.summary import COLUMNS, method_names
from xaigeo.errors import InputError


def test_columns_and_means(build, distinct):
    explanation = build.make_attributions(distinct)
    table = summary(explanation, n_bootstrap=50)
    assert table.columns.tolist() == list(COLUMNS)
    rows = per_instance(explanation)
    for row in table.itertuples():
        assert row.lowest == pytest.approx(rows[row.score].min())
        assert row.highest == pytest.approx(rows[row.score].max())
        assert row.n_instances == 7
        if row.score != "icc_agreement":
            assert row.value == pytest.approx(rows[row.score].mean())
        assert row.low <= row.value <= row.high


def test_icc_takes_all_instances_together(build, distinct):
    table = summary(build.make_attributions(distinct), n_bootstrap=10).set_index("score")
    assert table.loc["icc_agreement", "value"] == pytest.approx(float(icc(distinct.reshape(5, -1))))


def test_same_random_state_same_table(build, tied):
    runs = [summary(build.make_attributions(tied), n_bootstrap=50) for _ in range(2)]
    assert runs[0].equals(runs[1])


def test_several_results_are_told_apart(build, distinct):
    first = build.make_attributions(distinct)
    again = build.make_attributions(distinct, random_state=1)
    lime = build.make_attributions(distinct, method="lime")
    assert method_names([first, lime, again]) == ["kernel_shap #1", "lime", "kernel_shap #2"]
    assert set(summary([first, lime], n_bootstrap=10)["method"]) == {"kernel_shap", "lime"}


def test_undefined_instances_are_counted_out(build, distinct):
    values = distinct.copy()
    values[:, 2] = 0.0
    table = summary(build.make_attributions(values), n_bootstrap=10).set_index("score")
    assert table.loc["spearman", "n_instances"] == 6
    assert table.loc["kendall_w", "n_instances"] == 6


def test_a_score_that_is_never_defined_says_so(build):
    anchors = build.make_anchors(np.zeros((2, 3, 2)), np.ones((2, 3, 2)))
    row = summary(anchors, n_bootstrap=10).set_index("score").loc["cross_precision"]
    assert row["n_instances"] == 0
    assert np.isnan(row[["value", "low", "high", "null", "lowest"]].astype(float)).all()


def test_a_regression_has_no_flips(build, distinct):
    scores = summary(build.make_attributions(distinct, task="regression"), n_bootstrap=10)["score"]
    assert "flip_rate" not in set(scores)


def test_an_empty_list_raises():
    with pytest.raises(InputError, match="at least one explanation, got an empty list"):
        summary([])


@pytest.mark.parametrize("given", [1, [1], "lime", None])
def test_other_things_are_no_explanations(given):
    with pytest.raises(InputError, match=r"explanations, got \w+ among them"):
        summary(given)
