import numpy as np
import pytest

from xaigeo.agreement import same_answer_different_reason, unstable
from xaigeo.agreement.selection import stability
from xaigeo.errors import InputError

STEADY = np.array([9.0, 8.0, 7.0, 0.3, 0.2, 0.1])


def steady(n_seeds=4, n_instances=4):
    return np.tile(STEADY, (n_seeds, n_instances, 1))


def test_nothing_is_listed_when_all_agree(build):
    table = unstable(build.make_attributions(steady()))
    assert not len(table)
    assert table.columns.tolist() == [
        "kind", "label", "stability", "sign_consensus", "contested", "why",
    ]  # fmt: skip


def test_an_instance_whose_top_features_differ_is_listed(build):
    values = steady()
    values[:2, 1] = values[:2, 1, ::-1]
    table = unstable(build.make_attributions(values))
    found = table[table.kind == "instance"]
    assert found["label"].tolist() == [1]
    assert found["why"].iloc[0].startswith("the seeds' top 3 features differ (stability -")


def test_a_feature_whose_sign_flips_is_listed(build):
    values = steady()
    values[:2, :, 1] *= -1
    table = unstable(build.make_attributions(values))
    assert table[["kind", "label"]].to_numpy().tolist() == [["feature", "x1"]]
    assert "only 50% of the seeds share its sign" in table["why"].iloc[0]


def test_a_feature_that_divides_the_seeds_is_listed(build):
    values = steady()
    values[:2, :, 3] = 7.5  # pushes x2 out of the top 3 for half of the seeds
    table = unstable(build.make_attributions(values))
    features = table[table.kind == "feature"]
    assert sorted(features["label"]) == ["x2", "x3"]
    assert (features["contested"] == 1.0).all()


def test_a_value_at_the_limit_is_not_below_it(build, distinct):
    explanation = build.make_attributions(distinct, labels=np.ones((5, 7), dtype=int))
    least = same_answer_different_reason(explanation)["stability"].iloc[0]
    above = np.nextafter(least, 2.0)
    for limit, n in ((above, 0), (least + 1e-6, 1)):
        table = same_answer_different_reason(explanation, stability_below=limit)
        assert table["flagged"].sum() == n
        listed = unstable(explanation, stability_below=limit)
        assert (listed["kind"] == "instance").sum() == n


def test_unanimous_rows_with_other_reasons_come_first(build, distinct):
    labels = np.ones((5, 7), dtype=int)
    labels[0, 0] = 0
    explanation = build.make_attributions(distinct, labels=labels)
    table = same_answer_different_reason(explanation)
    assert 0 not in table["instance"].tolist()
    assert len(table) == 6
    assert table["stability"].round(12).is_monotonic_increasing
    np.testing.assert_allclose(
        table["stability"], stability(distinct, 3)[table["instance"].to_numpy()]
    )
    assert (table["flagged"] == (table["stability"] < 0.4)).all()


def test_leading_features_are_counted_by_seed(build):
    values = steady(4, 1)
    values[0, 0] = STEADY[::-1]
    table = same_answer_different_reason(build.make_attributions(values))
    assert table["leading_features"].tolist() == ["x0 (3), x5 (1)"]


def test_one_leading_feature_and_like_weights_are_told_beside_the_stability(build):
    # One feature decides for every seed; what else is in the top 3 is left to chance.
    values = np.zeros((4, 2, 6))
    values[:, 0, 0] = 1.0
    for seed in range(4):
        values[seed, 0, 1 + seed : 3 + seed] = 0.01
        values[seed, 1, seed] = 1.0
        values[seed, 1, 4:] = 0.01
    table = same_answer_different_reason(
        build.make_attributions(values, labels=np.ones((4, 2), dtype=int))
    ).set_index("instance")
    assert table["flagged"].all()
    assert table["leading_share"].tolist() == [
        {0: 1.0, 1: 0.25}[label] for label in table.index.tolist()
    ]
    for label, place in ((0, 0), (1, 1)):
        rows = values[:, place] / np.linalg.norm(values[:, place], axis=-1, keepdims=True)
        cosines = [rows[a] @ rows[b] for a in range(4) for b in range(a)]
        assert table.loc[label, "mean_cosine"] == pytest.approx(np.mean(cosines))


def test_other_results_raise(build, distinct):
    anchors = build.make_anchors(np.zeros((2, 3, 2)), np.ones((2, 3, 2)))
    with pytest.raises(InputError, match="Expected Attributions, got Anchors"):
        unstable(anchors)
    with pytest.raises(
        InputError, match=r"a classification, in which seeds can .*, got a regression"
    ):
        same_answer_different_reason(build.make_attributions(distinct, task="regression"))


def test_sizes_are_not_judged_by_their_sign(build):
    values = steady()
    values[:2, 1] = values[:2, 1, ::-1]
    sizes = build.make_attributions(values, parameters={"absolute": True, "scale": "x"})
    table = unstable(sizes)
    assert table["label"].tolist()[0] == 1
    assert table["sign_consensus"].isna().all()
    assert same_answer_different_reason(sizes)["sign_consensus"].isna().all()


def test_a_feature_no_surrogate_was_given_is_not_listed_for_its_sign(build):
    values = steady()
    values[:, :, 2:] = 0.0
    table = unstable(build.make_attributions(values, resolved={"num_features": 2}), k=3)
    assert not table["why"].str.contains("share its sign").any()
