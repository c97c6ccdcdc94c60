import numpy as np
import pytest
from scipy.stats import chi2
from scipy.stats import t as t_distribution

from xaigeo.agreement import SCORES, compare, summary
from xaigeo.agreement.interval_curve import interval_curve, least_seeds
from xaigeo.agreement.seed_subsets import seed_subsets
from xaigeo.agreement.seeds_needed import seeds_needed
from xaigeo.agreement.subset_moments import SubsetMoments, half_of, subset_sizes
from xaigeo.errors import InputError

SIGNAL = np.array([2.0, -1.5, 1.0, 0.5, -0.2])


@pytest.fixture(scope="module")
def explanation(build):
    rng = np.random.default_rng(4)
    noise = np.exp(rng.normal(-1.2, 0.6, (8, 1, 1)))
    values = SIGNAL * rng.normal(1, 0.3, (12, 5)) + noise * rng.normal(size=(8, 12, 5))
    labels = (rng.random((8, 12)) < 0.8).astype(int)
    return build.make_attributions(values, labels=labels)


@pytest.fixture(scope="module")
def needed(explanation):
    return seeds_needed(explanation, n_bootstrap=50)


def by_score(needed, name):
    return needed.scores.set_index("score").loc[name]


def test_values_and_intervals_over_instances_are_those_of_the_summary(explanation, needed):
    table = summary(explanation, n_bootstrap=50).set_index("score")
    for row in needed.scores.itertuples():
        assert row.value == table.loc[row.score, "value"]
        half = (table.loc[row.score, "high"] - table.loc[row.score, "low"]) / 2
        assert row.instance_half_width == half
    assert "relative_entropy" not in set(needed.scores["score"])  # no range, no common width
    assert {"flip_rate", "churn", "icc_agreement", "kendall_w"} <= set(needed.scores["score"])


def test_the_curve(needed):
    assert needed.n_trained == 8
    assert needed.up_to == 32
    for name, curve in needed.curve.groupby("score"):
        assert curve["n_seeds"].tolist() == list(range(2, 33))
        assert curve["trained"].tolist() == [n <= 8 for n in range(2, 33)]
        factor = t_distribution.ppf(0.975, curve["n_seeds"] - 1)
        np.testing.assert_allclose(curve["seed_half_width"], factor * curve["seed_se"])
        assert (np.diff(curve["seed_half_width"]) <= 0).all()
        assert ((curve["low"] <= curve["value"]) & (curve["value"] <= curve["high"])).all()
        at = curve.set_index("n_seeds").loc[8]
        assert at["value"] == pytest.approx(by_score(needed, name)["value"])
        assert at["seed_half_width"] == by_score(needed, name)["seed_half_width"]


def test_a_mean_over_pairs_has_the_variance_that_its_matrix_gives(build, explanation):
    # By Hoeffding: the unbiased variance components of the matrix of all pairs of seeds.
    k = 8
    values = compare(explanation, output="yes").values
    units = values / np.linalg.norm(values, axis=-1, keepdims=True)
    matrix = np.einsum("sif,tif->st", units, units) / values.shape[1]
    pairs = matrix[np.triu_indices(k, 1)]
    left_out = [
        np.delete(np.delete(matrix, s, 0), s, 1)[np.triu_indices(k - 1, 1)].mean() for s in range(k)
    ]
    # E = σ₁²(1/n − 1/K) + 2δ(1/(n(n−1)) − 1/(K(K−1))) at n = 2 and n = K − 1.
    system = [[1 / n - 1 / k, 2 / (n * (n - 1)) - 2 / (k * (k - 1))] for n in (2, k - 1)]
    singles, beyond = np.linalg.solve(system, [np.var(pairs), np.var(left_out)])
    assert singles > 0
    assert beyond > 0
    found = seeds_needed(explanation, "mean_cosine", output="yes", n_bootstrap=1)
    for n, se in zip(found.curve["n_seeds"], found.curve["seed_se"], strict=True):
        assert se**2 == pytest.approx(singles / n + 2 * beyond / (n * (n - 1)), rel=1e-6)


def test_values_follow_the_number_of_seeds(needed):
    curve = needed.curve.set_index(["score", "n_seeds"])["value"]
    r = curve["spearman", 8]
    for n in (2, 3, 4, 5, 16, 32):  # W = 1/n + (n - 1)/n · mean Spearman, without ties
        assert curve["kendall_w", n] == pytest.approx(1 / n + (n - 1) / n * curve["spearman", n])
    assert curve["kendall_w", 2] > curve["kendall_w", 8] > curve["kendall_w", 32]
    assert curve["spearman", 4] == pytest.approx(r, abs=0.05)


def test_the_recommendation_is_the_first_narrow_interval(needed):
    for row in needed.scores.itertuples():
        curve = needed.curve[needed.curve["score"] == row.score]
        enough = [
            n
            for n, half in zip(curve["n_seeds"], curve["seed_half_width"], strict=True)
            if n >= 5 and 2 * half <= needed.width
        ]
        if not enough:
            assert np.isnan(row.n_seeds)
            assert row.status == "not reached"
            continue
        assert row.n_seeds == enough[0]
        assert row.status == ("trained" if enough[0] <= 8 else "extrapolated")
        assert row.n_seeds_low <= row.n_seeds
        assert np.isnan(row.n_seeds_high) or row.n_seeds <= row.n_seeds_high


def test_the_range_of_the_recommendation_is_that_of_the_variance(explanation):
    found = seeds_needed(explanation, "mean_cosine", width=0.05, up_to=500, n_bootstrap=1)
    full = 2 * found.curve["seed_half_width"].to_numpy()
    df = 7
    for name, share in (("n_seeds_low", 0.975), ("n_seeds_high", 0.025)):
        factor = np.sqrt(df / chi2.ppf(share, df))
        n = found.curve["n_seeds"][(factor * full <= 0.05) & (found.curve["n_seeds"] >= 5)].min()
        assert by_score(found, "mean_cosine")[name] == n


def test_all_scores_together(explanation, needed):
    wide = seeds_needed(explanation, width=2.0, n_bootstrap=1)
    assert wide.status == "trained"
    assert wide.n_seeds == 5  # never fewer, however wide
    narrow = seeds_needed(explanation, width=0.001, n_bootstrap=1)
    assert narrow.status == "not reached"
    assert narrow.n_seeds is None
    one = seeds_needed(explanation, ["mean_cosine"], width=0.05, up_to=500, n_bootstrap=1)
    assert one.status == by_score(one, "mean_cosine")["status"] == "extrapolated"
    assert one.n_seeds == by_score(one, "mean_cosine")["n_seeds"]
    assert needed.to_frame() is needed.scores


def test_seeds_that_agree_wholly_have_no_spread(build):
    values = np.tile(np.random.default_rng(0).normal(size=(1, 4, 5)), (6, 1, 1))
    found = seeds_needed(build.make_attributions(values), n_bootstrap=1)
    assert found.scores["value"].notna().any()
    assert set(found.scores["status"]) <= {"no spread", "undefined"}
    assert found.scores[["seed_half_width", "n_seeds"]].isna().all(axis=None)
    assert found.status == "no spread"
    assert found.n_seeds is None
    assert found.unseen == pytest.approx(1 - 0.05 ** (1 / 6))
    assert (1 - found.unseen) ** 6 == pytest.approx(0.05)


def test_rare_flips_are_not_told_to_be_none():
    """Ten rows of a flip rate of 3 %: five seeds without a flip say nothing, others hold it."""
    score, n, sizes = SCORES.get("flip_rate"), np.arange(2, 21), subset_sizes(5)
    rng, told, held = np.random.default_rng(0), 0, 0
    for _ in range(150):
        flips = rng.random((5, 10)) < 0.03
        moments = SubsetMoments({}, {})
        for size in sizes:
            subsets, _ = seed_subsets(5, size, 200, rng)
            rates = [np.minimum(m, 1 - m).mean() for m in flips[subsets].mean(axis=1)]
            moments.means[size] = np.mean(rates)
            moments.variances[size] = np.var(rates) if np.ptp(rates) > 1e-9 else 0.0
        most = flips.mean(axis=0)
        value = np.minimum(most, 1 - most).mean()
        curve = interval_curve(score, n, 5, 0.95, value, moments)
        half = curve.loc[n == 5, "seed_half_width"].iloc[0]
        if moments.alike:
            assert np.isnan(half)
            assert least_seeds(curve, 5, 0.1, 0.95, alike=True)["status"] == "no spread"
        else:
            told += 1
            held += abs(value - 0.03) <= half
    assert 100 < told < 130
    assert held / told > 0.95


def test_a_score_without_spread_does_not_hide_the_others(build, explanation):
    sure = build.make_attributions(explanation.array("attribution")[..., 1])
    found = seeds_needed(sure, ["churn", "spearman"], width=2.0, n_bootstrap=0)
    assert found.scores["status"].tolist() == ["no spread", "trained"]
    assert (found.status, found.n_seeds) == ("trained", 5)


@pytest.mark.parametrize("n_seeds", [2, 3, 4])
def test_few_seeds_cannot_tell(build, rng, n_seeds):
    values = rng.normal(size=(n_seeds, 4, 5))
    found = seeds_needed(build.make_attributions(values), n_bootstrap=10)
    assert set(found.scores["status"]) == {"cannot tell"}
    assert found.status == "cannot tell"
    assert found.n_seeds is None
    assert found.scores["value"].notna().all()
    assert found.scores["instance_half_width"].notna().all()
    assert found.scores[["seed_half_width", "n_seeds"]].isna().all(axis=None)
    known = found.curve[found.curve["value"].notna()]
    assert set(known["n_seeds"]) == {n_seeds}


def test_a_score_that_is_never_defined_counts_for_nothing(build, rng):
    lower, upper = rng.uniform(0, 0.5, (6, 4, 3)), rng.uniform(0.5, 1, (6, 4, 3))
    found = seeds_needed(build.make_anchors(lower, upper), n_bootstrap=10)
    assert by_score(found, "cross_precision")["status"] == "undefined"
    assert by_score(found, "mass_iou")["status"] != "undefined"
    assert found.status != "undefined"
    alone = seeds_needed(build.make_anchors(lower, upper), "cross_precision", n_bootstrap=10)
    assert alone.status == "undefined"
    assert alone.n_seeds is None


def test_counterfactuals_that_some_seeds_lack(build, rng):
    points = rng.uniform(size=(6, 5, 1, 3))
    valid = rng.random((6, 5, 1)) < 0.7
    cross = (rng.random((6, 6, 5, 1)) < 0.5).astype(float)
    found = seeds_needed(build.make_counterfactuals(points, valid=valid, cross=cross))
    names = ["flip_rate", "churn", "cross_validity", "delta_cosine", "shared_changes"]
    assert found.scores["score"].tolist() == names
    same = found.scores["status"] == "no spread"
    assert found.scores.loc[same, "score"].tolist() == ["flip_rate", "churn", "shared_changes"]
    assert (found.scores["seed_half_width"].isna() == same).all()
    assert "dispersion" in set(
        seeds_needed(
            build.make_counterfactuals(points, valid=valid, cross=cross), "dispersion"
        ).scores["score"]
    )


def test_a_regression_has_no_flips(build, rng):
    values = rng.normal(size=(5, 4, 5))
    found = seeds_needed(build.make_attributions(values, task="regression"), n_bootstrap=1)
    assert not {"flip_rate", "churn"} & set(found.scores["score"])


def test_the_same_random_state_gives_the_same_answer(explanation, needed):
    again = seeds_needed(explanation, n_bootstrap=50)
    assert again.curve.equals(needed.curve)
    assert again.scores.equals(needed.scores)


def test_a_curve_that_is_narrow_by_accident_of_few_seeds_is_passed_over(needed):
    curve = needed.curve[needed.curve["score"] == "churn"].assign(seed_half_width=0.0)
    assert least_seeds(curve, 8, 0.1, 0.95)["n_seeds"] == 5


@pytest.mark.parametrize("n", range(5, 40))
def test_sizes_of_subsets(n):
    sizes = subset_sizes(n)
    assert sizes[0] == 2
    assert sizes[-1] == n - 1
    assert half_of(n) in sizes
    assert half_of(n) % 2 == n % 2


def test_without_a_bootstrap_rows_have_no_interval(explanation):
    found = seeds_needed(explanation, "spearman", n_bootstrap=0)
    assert found.scores["instance_half_width"].isna().all()
    assert found.scores["seed_half_width"].notna().all()


def test_a_line_and_a_table_for_notebooks(needed):
    assert repr(needed).startswith("SeedsNeeded(kernel_shap, width 0.1: ")
    assert len(repr(needed)) < 120
    assert "seed_half_width" in needed._repr_html_()


def test_messages(build, explanation):
    def told(**options):
        with pytest.raises(InputError) as error:
            seeds_needed(explanation, **options)
        return str(error.value)

    assert told(scores="spearmen") == (
        f"Expected scores of these explanations ({', '.join(summary(explanation)['score'])}), "
        "got 'spearmen'. Did you mean 'spearman'?"
    )
    assert "got none. Name some of the listed ones." in told(scores=[])
    assert "got 3. Name some of the listed ones." in told(scores=3)
    assert "got 'mass_iou'" in told(scores=["churn", "mass_iou"])
    assert told(width=0) == (
        "Expected width to be a finite number above zero, got 0. Pass a number such as width=1.0."
    )
    assert told(level=1) == "Expected level between 0 and 1, got 1. Pass for example 0.95."
    assert "n_draws to be a whole number of at least 20, got 3" in told(n_draws=3)
    assert "n_bootstrap to be a whole number of at least 0, got -1" in told(n_bootstrap=-1)
    for wrong in ("a", None):
        assert "random_state to be a whole number of at least 0" in told(random_state=wrong)
    assert "up_to to be a whole number of at least 8, got 7" in told(up_to=7)
    with pytest.raises(InputError, match="at least two seeds"):
        seeds_needed(build.make_attributions(np.ones((1, 3, 4))))
    with pytest.raises(InputError, match=r"an explanation .* got str"):
        seeds_needed("shap")
