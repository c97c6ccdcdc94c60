import numpy as np
import pytest

from xaigeo.agreement import compare
from xaigeo.agreement.null import means_of_deals
from xaigeo.agreement.pairs import mean_defined
from xaigeo.agreement.score import SCORES

NAMES = ["cross_validity", "dispersion", "delta_cosine", "shared_changes"]


def values(explanation):
    compared = compare(explanation)
    return {name: SCORES.get(name).compute(compared) for name in NAMES}


def test_equal_counterfactuals_agree(build, rng):
    points = np.repeat(rng.uniform(0.6, 1, (1, 5, 1, 3)), 4, axis=0)
    cross = np.ones((4, 4, 5, 1), dtype=bool)
    found = values(build.make_counterfactuals(points, cross=cross))
    np.testing.assert_allclose(found["cross_validity"], 1.0)
    np.testing.assert_allclose(found["dispersion"], 0.0)
    np.testing.assert_allclose(found["delta_cosine"], 1.0)
    np.testing.assert_allclose(found["shared_changes"], 1.0)


def test_opposite_changes(build):
    points = np.full((2, 1, 1, 2), 0.5)
    points[0, 0, 0, 0], points[1, 0, 0, 0] = 0.75, 0.25
    found = values(build.make_counterfactuals(points))
    assert found["delta_cosine"].tolist() == [-1.0]
    assert found["dispersion"] == pytest.approx([2.0])  # MAD 0.25, half apart
    assert found["shared_changes"].tolist() == [1.0]


def test_what_was_not_found_is_not_compared(build):
    points = np.full((2, 2, 1, 2), 0.75)
    valid = np.ones((2, 2, 1), dtype=bool)
    valid[0, 0] = False
    cross = np.ones((2, 2, 2, 1), dtype=bool)
    found = values(build.make_counterfactuals(points, valid=valid, cross=cross))
    assert np.isnan(found["dispersion"]).tolist() == [True, False]
    assert found["cross_validity"].tolist() == [1.0, 1.0]


def test_other_targets_are_not_compared(build):
    target = np.array([[1], [0]])
    found = values(build.make_counterfactuals(np.full((2, 1, 1, 2), 0.75), target=target))
    assert np.isnan(found["delta_cosine"]).all()


def test_without_cross_validity_it_is_undefined(build):
    found = values(build.make_counterfactuals(np.full((2, 3, 1, 2), 0.75)))
    assert np.isnan(found["cross_validity"]).all()


def test_null_of_cross_validity_is_the_share_that_has_the_class_anyway(build):
    explanation = build.make_counterfactuals(np.full((3, 4, 1, 2), 0.75))
    null = SCORES.get("cross_validity").null_per_instance(compare(explanation))
    np.testing.assert_allclose(null, (explanation.array("background")[:, 0] > 0.5).mean())


@pytest.mark.parametrize("name", ["dispersion", "delta_cosine", "shared_changes"])
def test_null_value_is_what_unrelated_counterfactuals_score(build, rng, name):
    score, n_groups = SCORES.get(name), 30

    def unrelated():
        changed = rng.random((4, 40, 1, 3)) < 0.6
        points = np.where(changed, rng.uniform(size=changed.shape), 0.5)
        valid = rng.random((4, 40, 1)) < 0.8
        return compare(build.make_counterfactuals(points, valid=valid))

    fresh = np.array([mean_defined(score.compute(unrelated())) for _ in range(n_groups)])
    null = np.array(
        [means_of_deals([score], unrelated(), rng, n_draws=3)[name] for _ in range(n_groups)]
    )
    error = np.sqrt((fresh.var(ddof=1) + null.var(ddof=1)) / n_groups)
    best = 1.0 if score.higher_is_better else 0.0
    assert 0 < 4.5 * error < 0.1 * abs(best - fresh.mean())
    assert abs(fresh.mean() - null.mean()) < 4.5 * error
