import numpy as np
import pytest

from xaigeo.agreement import compare
from xaigeo.agreement.boxes import volume_iou
from xaigeo.agreement.score import SCORES


def test_equal_rules_score_one(build, rng):
    lower, upper = rng.uniform(0, 0.4, (1, 5, 3)), rng.uniform(0.6, 1, (1, 5, 3))
    compared = compare(build.make_anchors(np.repeat(lower, 4, 0), np.repeat(upper, 4, 0)))
    for name in ("mass_iou", "volume_iou"):
        np.testing.assert_allclose(SCORES.get(name).compute(compared), 1.0)


def test_volume_equals_the_loop(build, rng):
    lower, upper = rng.uniform(0, 0.5, (4, 5, 3)), rng.uniform(0.5, 1, (4, 5, 3))
    compared = compare(build.make_anchors(lower, upper))
    loop = [
        volume_iou(lower[a], upper[a], lower[b], upper[b], low=np.zeros(3), high=np.ones(3))
        for a in range(4)
        for b in range(a + 1, 4)
    ]
    found = SCORES.get("volume_iou").compute(compared)
    np.testing.assert_allclose(found, np.mean(loop, axis=0))


def test_cross_precision_is_the_mean_over_other_seeds(build, rng):
    bounds = np.zeros((3, 4, 2)), np.ones((3, 4, 2))
    cross = rng.random((3, 3, 4))
    score = SCORES.get("cross_precision")
    found = score.compute(compare(build.make_anchors(*bounds, cross=cross)))
    expected = [
        np.mean([cross[a, b, i] for a in range(3) for b in range(3) if a != b]) for i in range(4)
    ]
    np.testing.assert_allclose(found, expected)
    without = compare(build.make_anchors(*bounds))
    assert np.isnan(score.compute(without)).all()


def test_null_of_cross_precision_is_the_empty_rule(build):
    compared = compare(build.make_anchors(np.zeros((3, 4, 2)), np.ones((3, 4, 2))))
    null = SCORES.get("cross_precision").null_per_instance(compared)
    background = build.make_anchors(np.zeros((3, 4, 2)), np.ones((3, 4, 2))).array("background")
    assert null == pytest.approx(np.full(4, (background[:, 0] > 0.5).mean()))


@pytest.mark.parametrize("name", ["mass_iou", "volume_iou"])
def test_order_of_seeds_does_not_matter(build, rng, name):
    lower, upper = rng.uniform(0, 0.5, (4, 5, 3)), rng.uniform(0.5, 1, (4, 5, 3))
    order = rng.permutation(4)
    score = SCORES.get(name)
    np.testing.assert_allclose(
        score.compute(compare(build.make_anchors(lower[order], upper[order]))),
        score.compute(compare(build.make_anchors(lower, upper))),
    )
