import numpy as np
import pytest

from xaigeo.agreement.method_matrix import method_matrix
from xaigeo.agreement.methods import between_methods
from xaigeo.agreement.top_k import mean_feature_agreement
from xaigeo.errors import InputError


@pytest.fixture
def three(build, distinct, rng):
    return [
        build.make_attributions(distinct),
        build.make_attributions(distinct + rng.normal(0, 0.3, distinct.shape), method="lime"),
        build.make_attributions(rng.normal(size=distinct.shape), method="integrated_gradients"),
    ]


@pytest.mark.parametrize("score", ["feature_agreement", "spearman", "mean_cosine"])
def test_cells_are_those_of_between_methods(three, score):
    made = method_matrix(three, score, n_bootstrap=20)
    known = between_methods(three, n_bootstrap=20)
    known = known[known["score"] == score].set_index(["method_a", "method_b"])
    cells = made.table.set_index(["method_a", "method_b"])
    for pair, row in known.iterrows():
        assert cells.loc[pair, "value"] == pytest.approx(row["value"])
        assert cells.loc[pair, "across"] == "methods"
        for name, within in zip(pair, ("across_seeds_a", "across_seeds_b"), strict=True):
            assert cells.loc[(name, name), "value"] == pytest.approx(row[within])
            assert cells.loc[(name, name), "across"] == "seeds"
    assert len(cells) == 6


def test_means_and_their_difference(three, distinct):
    made = method_matrix(three, n_bootstrap=200)
    by = made.table.groupby("across")["value"].mean()
    assert made.across_methods == pytest.approx(by["methods"])
    assert made.across_seeds == pytest.approx(by["seeds"])
    assert made.difference == pytest.approx(by["methods"] - by["seeds"])
    assert made.low <= made.difference <= made.high
    own = made.table[made.table["across"] == "seeds"]["value"].iloc[0]
    assert own == pytest.approx(mean_feature_agreement(distinct, 3).mean())
    assert (made.table["null"] == 0.5).all()
    assert made.to_frame() is made.table


def test_copies_of_one_method_agree_wholly(build, distinct):
    made = method_matrix([build.make_attributions(distinct)] * 2, n_bootstrap=50)
    assert made.methods == ["kernel_shap #1", "kernel_shap #2"]
    assert made.across_methods == pytest.approx(1.0)
    assert made.low > 0


def test_the_smallest_default_k_serves_all(build, distinct):
    few = build.make_attributions(distinct, method="lime", resolved={"num_features": 2})
    assert method_matrix([build.make_attributions(distinct), few], n_bootstrap=5).k == 2


def test_sizes_of_all_where_one_has_no_sign(build, distinct):
    sizes = build.make_attributions(
        np.abs(distinct), method="saliency", parameters={"absolute": True, "scale": "x"}
    )
    made = method_matrix([build.make_attributions(distinct), sizes], "mean_cosine", n_bootstrap=5)
    cells = made.table.set_index(["method_a", "method_b"])["value"]
    assert cells["kernel_shap", "saliency"] == pytest.approx(1.0)
    assert cells["kernel_shap", "kernel_shap"] == pytest.approx(cells["saliency", "saliency"])
    with pytest.raises(InputError, match=r"two of these attributions .*got 'sign_agreement'"):
        method_matrix([build.make_attributions(distinct), sizes], "sign_agreement")


def test_messages(three):
    with pytest.raises(InputError, match="Did you mean 'spearman'"):
        method_matrix(three, "spearmann")
    with pytest.raises(InputError, match="at least two Attributions, of different methods"):
        method_matrix(three[:1])
