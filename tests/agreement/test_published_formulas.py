"""Where published code departs from the definitions: the numbers of docs/agreement_scores.md."""

from importlib.util import module_from_spec, spec_from_file_location
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import spearmanr

from xaigeo.agreement import rank_correlation, top_k
from xaigeo.agreement.distribution import mean_relative_entropy, n_top
from xaigeo.agreement.score import SCORES
from xaigeo.agreement.selection import stability

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def published():
    spec = spec_from_file_location("published", ROOT / "benchmarks" / "published_formulas.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows(*values):
    return [np.array([row], dtype=float) for row in values]


@pytest.mark.parametrize("k", [1, 3, 6])
def test_without_ties_and_zeros_all_are_equal(published, rng, k):
    a, b = rng.normal(size=(2, 300, 6))
    for name in ("feature", "rank", "sign", "signed_rank"):
        theirs = getattr(published, f"{name}_agreement")(a, b, k)
        np.testing.assert_allclose(getattr(top_k, f"{name}_agreement")(a, b, k), theirs, atol=1e-12)
    theirs = published.rank_correlation(a, b)
    np.testing.assert_allclose(rank_correlation.spearman(a, b), theirs, atol=1e-12)
    theirs = published.pairwise_rank_agreement(a, b)
    np.testing.assert_allclose(rank_correlation.pairwise_rank_agreement(a, b), theirs, atol=1e-12)


def test_feature_agreement_depends_on_the_order_of_columns(published):
    a, b = rows([3, 1, 1, 0], [3, 0, 1, 1])
    orders = [list(order) for order in permutations(range(4))]
    theirs = {float(published.feature_agreement(a[:, o], b[:, o], 2)[0]) for o in orders}
    assert theirs == {0.5, 1.0}
    ours = [float(top_k.feature_agreement(a[:, o], b[:, o], 2)[0]) for o in orders]
    np.testing.assert_allclose(ours, 0.75)


def test_a_tie_above_takes_a_rank_from_all_features_below(published):
    a, b = rows([5, 5, 3, 1], [5, 4, 3, 1])
    assert published.rank_agreement(a, b, 3) == pytest.approx(1 / 3)
    assert top_k.rank_agreement(a, b, 3) == pytest.approx(2 / 3)
    # The two ways to break the tie have 3 and 1 ranks of 3 in common.
    broken = [rows([5 + up, 5, 3, 1])[0] for up in (0.1, -0.1)]
    each = [float(published.rank_agreement(way, b, 3)[0]) for way in broken]
    assert each == pytest.approx([1, 1 / 3])
    assert np.mean(each) == pytest.approx(2 / 3)


def test_zero_counts_as_a_sign(published):
    a, b = rows([3, 0, 0], [2, 0, 0])
    assert published.sign_agreement(a, b, 2) == 1.0
    assert published.signed_rank_agreement(a, b, 2) == 1.0
    assert top_k.sign_agreement(a, b, 2) == 0.5
    assert top_k.signed_rank_agreement(a, b, 2) == 0.5
    nothing = np.zeros((1, 4))
    assert published.sign_agreement(nothing, nothing, 3) == 1.0
    assert top_k.sign_agreement(nothing, nothing, 3) == 0.0


def test_dense_ranks_are_not_spearman(published):
    a, b = rows([1, 1, 1, 2, 3], [2, 4, 3, 5, 1])
    assert published.rank_correlation(a, b) == pytest.approx(-0.3536, abs=1e-4)
    assert rank_correlation.spearman(a, b) == pytest.approx(-0.2236, abs=1e-4)
    assert spearmanr(a[0], b[0]).statistic == pytest.approx(-0.2236, abs=1e-4)
    a, b = rows([1, 1, 1, 2, 3], [3, 1, 4, 5, 2])
    assert published.rank_correlation(a, b) == pytest.approx(0.0, abs=1e-12)
    assert rank_correlation.spearman(a, b) == pytest.approx(0.1118, abs=1e-4)


def test_one_row_without_order_leaves_no_mean(published):
    a, b = np.array([[1.0, 2, 3], [0, 0, 0]]), np.array([[1.0, 2, 3], [1, 2, 3]])
    assert np.isnan(published.rank_correlation(a, b).mean())
    values = np.stack([a, b])
    assert np.nanmean(rank_correlation.mean_spearman(values)) == pytest.approx(1.0)


def test_a_tie_agrees_with_one_order_and_not_with_the_other(published):
    tied, falling = rows([1, 1, 1], [3, 2, 1])
    rising = falling[:, ::-1]
    assert published.pairwise_rank_agreement(tied, falling) == 0.0
    assert published.pairwise_rank_agreement(tied, rising) == 1.0
    assert rank_correlation.pairwise_rank_agreement(tied, falling) == 0.0
    assert rank_correlation.pairwise_rank_agreement(tied, rising) == 0.0


def test_the_first_row_stood_for_all(published):
    truth = np.array([[3.0, -2, 1], [-3, 2, -1]])
    theirs = published.sign_agreement_with_first_row(truth, truth, 2)
    assert theirs.tolist() == [1.0, 0.0]
    assert top_k.sign_agreement(truth, truth, 2).tolist() == [1.0, 1.0]


def test_a_share_of_features_is_rounded_up_once(published):
    assert all(published.top_count(s, m) == n_top(s, m) for s in (0.1, 0.2) for m in range(1, 200))
    assert published.top_count(0.07, 100) == 8
    assert n_top(0.07, 100) == 7


def test_entropy_of_one_direction_depends_on_the_order_of_models(published):
    half, skewed = np.array([0.5, 0.5]), np.array([0.9, 0.1])
    assert published.mean_entropy([half, skewed]) == pytest.approx(0.5108, abs=1e-4)
    assert published.mean_entropy([skewed, half]) == pytest.approx(0.3681, abs=1e-4)
    both = mean_relative_entropy(np.stack([half, skewed]))
    assert both == pytest.approx(0.4394, abs=1e-4)
    sure = np.array([1.0, 0.0])
    assert published.mean_entropy([half, sure]) == np.inf
    assert np.isfinite(mean_relative_entropy(np.stack([half, sure])))


def test_stability_equals_the_code_of_its_authors(published, rng):
    values = rng.normal(size=(6, 1, 7))
    for k in (1, 3, 6):
        chosen = np.zeros((6, 7))
        np.put_along_axis(chosen, published.leading(values[:, 0], k), 1, axis=1)
        assert stability(values, k)[0] == pytest.approx(published.selection_stability(chosen))


def test_every_score_is_documented():
    lines = (ROOT / "docs" / "agreement_scores.md").read_text(encoding="utf-8").splitlines()
    rows = {line.split("`")[1]: line for line in lines if line.startswith("| `")}
    own = [name for name in SCORES.names() if SCORES.get(name).reference]
    assert set(rows) == set(own)
    for name, row in rows.items():
        score = SCORES.get(name)
        assert score.reference in row
        assert ("| yes" in row) == (score.by_pair is not None)
        assert ("directed" in row) == score.directed
        assert f"| {'higher' if score.higher_is_better else 'lower'} |" in row
        low = f"{score.low:g}"
        assert f"| {low} to {'∞' if np.isinf(score.high) else f'{score.high:g}'} |" in row
