import numpy as np
import pytest

from xaigeo.agreement import between_methods
from xaigeo.agreement.top_k import feature_agreement, mean_feature_agreement
from xaigeo.errors import InputError


def test_same_seed_across_methods_beside_seeds_within(build, distinct, rng):
    other = rng.normal(size=distinct.shape)
    table = between_methods(
        [build.make_attributions(distinct), build.make_attributions(other, method="lime")],
        n_bootstrap=50,
    ).set_index("score")
    row = table.loc["feature_agreement"]
    assert (row["method_a"], row["method_b"]) == ("kernel_shap", "lime")
    assert row["value"] == pytest.approx(feature_agreement(distinct, other, 3).mean())
    assert row["across_seeds_a"] == pytest.approx(mean_feature_agreement(distinct, 3).mean())
    assert row["across_seeds_b"] == pytest.approx(mean_feature_agreement(other, 3).mean())
    assert row["null"] == 0.5
    assert row["low"] <= row["value"] <= row["high"]


def test_a_method_agrees_with_itself(build, distinct):
    table = between_methods(
        [build.make_attributions(distinct), build.make_attributions(distinct, method="copy")],
        n_bootstrap=10,
    )
    np.testing.assert_allclose(table["value"], 1.0)


def test_every_pair_of_methods_comes_once(build, distinct):
    given = [build.make_attributions(distinct, method=name) for name in "abc"]
    table = between_methods(given, n_bootstrap=10)
    pairs = table[["method_a", "method_b"]].drop_duplicates().to_numpy().tolist()
    assert pairs == [["a", "b"], ["a", "c"], ["b", "c"]]


def test_one_method_or_other_kinds_raise(build, distinct):
    one = build.make_attributions(distinct)
    with pytest.raises(
        InputError, match="at least two Attributions, of different methods, got Att"
    ):
        between_methods([one])
    anchors = build.make_anchors(np.zeros((5, 7, 6)), np.ones((5, 7, 6)))
    with pytest.raises(InputError, match="got Attributions, Anchors"):
        between_methods([one, anchors])


def test_other_rows_raise(build, distinct):
    other = build.make_attributions(distinct, data_seed=1, method="lime")
    with pytest.raises(InputError, match="the same seeds, features, outputs and rows"):
        between_methods([build.make_attributions(distinct), other])


def test_sizes_are_compared_with_sizes(build, distinct):
    sizes = build.make_attributions(
        np.abs(distinct), method="saliency", parameters={"absolute": True, "scale": "x"}
    )
    table = between_methods([build.make_attributions(distinct), sizes], n_bootstrap=10)
    assert not table["score"].str.contains("sign").any()
    np.testing.assert_allclose(table["value"], 1.0)
