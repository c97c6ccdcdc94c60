from dataclasses import replace

import numpy as np
import pytest

from xaigeo.agreement import compare
from xaigeo.agreement.boxes import volume_iou
from xaigeo.agreement.null import means_of_deals
from xaigeo.agreement.pairs import mean_defined
from xaigeo.agreement.score import SCORES


def test_equal_rules_score_one(build, rng):
    lower, upper = rng.uniform(0, 0.4, (1, 5, 3)), rng.uniform(0.6, 1, (1, 5, 3))
    compared = compare(build.make_anchors(np.repeat(lower, 4, 0), np.repeat(upper, 4, 0)))
    for name in ("mass_iou", "volume_iou"):
        np.testing.assert_allclose(SCORES.get(name).compute(compared), 1.0)


@pytest.mark.parametrize("name", ["mass_iou", "volume_iou"])
def test_a_rule_made_for_all_seeds_has_no_overlap_to_speak_of(build, name):
    made = build.make_anchors(np.zeros((3, 4, 2)), np.ones((3, 4, 2)))
    shared = replace(made, data=made.data.assign(joint_precision=("instance", np.ones(4))))
    assert np.isnan(SCORES.get(name).compute(compare(shared))).all()


def test_null_of_cross_precision_of_a_regression_counts_values_in_the_interval(build, rng):
    made = build.make_anchors(np.zeros((3, 4, 2)), np.ones((3, 4, 2)))
    ends = np.sort(rng.random((2, 3, 4)), axis=0)
    data = made.data.assign(
        answer_lower=(("seed", "instance"), ends[0]), answer_upper=(("seed", "instance"), ends[1])
    )
    provenance = made.provenance | {"resolved": {"output": made.outputs[1]}}
    regression = replace(made, data=data, provenance=provenance)
    null = SCORES.get("cross_precision").null_per_instance(compare(regression))
    values = made.array("background_prediction")[..., 1]
    for i in range(4):
        shares = [
            ((values[b] >= ends[0, a, i]) & (values[b] <= ends[1, a, i])).mean()
            for a in range(3)
            for b in range(3)
            if a != b
        ]
        assert null[i] == pytest.approx(np.mean(shares))


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


@pytest.mark.parametrize("name", ["mass_iou", "volume_iou"])
def test_null_value_is_what_unrelated_rules_score(build, rng, name):
    score, n_groups = SCORES.get(name), 30

    def unrelated():
        reach = rng.uniform(0, 0.5, size=(2, 4, 40, 2))
        return compare(build.make_anchors(0.5 - reach[0], 0.5 + reach[1]))

    fresh = np.array([mean_defined(score.compute(unrelated())) for _ in range(n_groups)])
    null = np.array(
        [means_of_deals([score], unrelated(), rng, n_draws=3)[name] for _ in range(n_groups)]
    )
    error = np.sqrt((fresh.var(ddof=1) + null.var(ddof=1)) / n_groups)
    assert 0 < 4.5 * error < 0.1 * (1 - fresh.mean())
    assert abs(fresh.mean() - null.mean()) < 4.5 * error
