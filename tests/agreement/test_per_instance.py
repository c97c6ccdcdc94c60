import numpy as np
import pytest

from xaigeo.agreement import per_instance
from xaigeo.agreement.top_k import mean_feature_agreement


def test_scores_beside_the_answers(build, distinct):
    labels = np.ones((5, 7), dtype=int)
    labels[:2, 0] = 0
    labels[:, 1] = 0
    explanation = build.make_attributions(distinct, labels=labels, instances=list("abcdefg"))
    table = per_instance(explanation)
    assert table.index.tolist() == list("abcdefg")
    assert table.index.name == "instance"
    assert table["predicted"].tolist()[:3] == ["yes", "no", "yes"]
    assert table["share_agreeing"].tolist()[:3] == [0.6, 1.0, 1.0]
    assert table["unanimous"].tolist()[:3] == [False, True, True]
    assert table.loc["a", "flip_rate"] == pytest.approx(0.4)
    assert table.loc["a", "confidence"] == pytest.approx((2 * 0.1 + 3 * 0.9) / 5)
    np.testing.assert_allclose(table["feature_agreement"], mean_feature_agreement(distinct, 3))


def test_k_is_passed_on(build, distinct):
    table = per_instance(build.make_attributions(distinct), k=1)
    np.testing.assert_allclose(table["feature_agreement"], mean_feature_agreement(distinct, 1))


def test_anchors_and_counterfactuals(build, rng):
    anchors = build.make_anchors(np.zeros((2, 3, 2)), np.ones((2, 3, 2)))
    assert {"mass_iou", "cross_precision"} <= set(per_instance(anchors).columns)
    found = per_instance(build.make_counterfactuals(rng.random((2, 3, 1, 2))))
    assert {"dispersion", "cross_validity"} <= set(found.columns)


def test_a_regression_predicts_no_class(build, distinct):
    table = per_instance(build.make_attributions(distinct, task="regression"))
    assert "predicted" not in table.columns
