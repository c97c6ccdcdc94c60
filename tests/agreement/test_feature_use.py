import numpy as np
import pytest

from xaigeo.agreement.feature_use import CHANGES, LIMITS, change_use, rule_use
from xaigeo.agreement.made_for_all import made_for_all
from xaigeo.explanations import Anchors, Counterfactuals


@pytest.fixture
def rules(build, rng):
    """Rules on three numeric columns and a categorical one, every kind of limit among them."""
    shape = (4, 6, 4)
    lower = np.where(rng.random(shape) < 0.5, 0.2, -np.inf)
    upper = np.where(rng.random(shape) < 0.5, 0.8, np.inf)
    lower[..., 3], upper[..., 3] = -np.inf, np.inf
    allowed = np.ones((*shape, 2), dtype=bool)
    allowed[..., 3, 1] = rng.random(shape[:2]) < 0.5
    arrays = build.common(rng.integers(0, 2, shape[:2]), 20, 4, rng)
    arrays["input"] = np.tile([0.5, 0.5, 0.5, 0.0], (6, 1))
    arrays["background"][:, 3] = 0.0
    arrays |= {"lower": lower, "upper": upper, "allowed": allowed}
    arrays |= {name: np.full(shape[:2], 0.9) for name in ("precision", "precision_low", "coverage")}
    arrays |= {"n_samples": np.full(shape[:2], 100), "met": np.ones(shape[:2], dtype=bool)}
    return build.container(Anchors, arrays, build.make_schema(3, 1), "anchors")


@pytest.fixture
def points(build, rng):
    """Two candidates each on three numeric columns and a categorical one."""
    shape = (4, 6, 2, 4)
    point = np.where(rng.random(shape) < 0.5, rng.uniform(0, 1, shape), 0.5)
    point[..., 3] = rng.integers(0, 2, shape[:3])
    arrays = build.common(np.zeros(shape[:2], dtype=int), 20, 4, rng)
    arrays["input"] = np.tile([0.5, 0.5, 0.5, 0.0], (6, 1))
    arrays["background"][:, 3] = 0.0
    changed = point != arrays["input"][:, None]
    arrays |= {
        "point": point,
        "changed": changed,
        "valid": rng.random(shape[:3]) < 0.8,
        "distinct": rng.random(shape[:3]) < 0.9,
        "distance": np.abs(point - arrays["input"][:, None]).sum(-1),
        "n_changed": changed.sum(-1),
        "target": rng.integers(0, 2, shape[:2]),
    }
    return build.container(Counterfactuals, arrays, build.make_schema(3, 1), "counterfactuals")


def test_limits_of_rules_against_a_loop(rules):
    use = rule_use(rules)
    lower, upper, allowed = (rules.array(name) for name in ("lower", "upper", "allowed"))
    counts = np.zeros((4, 4, 4), dtype=int)
    for s in range(4):
        for i in range(6):
            for j in range(4):
                low, high = np.isfinite(lower[s, i, j]), np.isfinite(upper[s, i, j])
                if j == 3:
                    counts[3, s, j] += not allowed[s, i, j].all()
                elif low or high:
                    counts[2 if low and high else 0 if low else 1, s, j] += 1
    assert use.ways == LIMITS
    assert (use.counts == counts).all()
    assert use.by_seed == pytest.approx(counts.sum(axis=0) / 6)
    assert use.by_way == pytest.approx(counts.sum(axis=1) / 24)
    assert use.overall == pytest.approx(counts.sum(axis=(0, 1)) / 24)
    assert use.left_out == 0


def test_directions_of_changes_against_a_loop(points):
    use = change_use(points)
    counts, totals = np.zeros((3, 4, 4), dtype=int), np.zeros(4, dtype=int)
    start, point = points.array("input"), points.array("point")
    valid, distinct = points.array("valid"), points.array("distinct")
    for s, i, c in np.ndindex(4, 6, 2):
        end = point[s, i, c]
        if not (valid[s, i, c] and distinct[s, i, c] and (end != start[i]).any()):
            continue
        totals[s] += 1
        for j in range(4):
            if end[j] != start[i, j]:
                counts[2 if j == 3 else 0 if end[j] > start[i, j] else 1, s, j] += 1
    assert use.ways == CHANGES
    assert (use.counts == counts).all()
    assert (use.totals == totals).all()
    assert use.left_out == 48 - totals.sum()
    assert use.by_seed == pytest.approx(counts.sum(axis=0) / totals[:, None])


def test_overlap_of_rules_against_a_loop(rules):
    used, predicted = rules.restricted, rules.predicted
    by_row = []
    for i in range(6):
        shares = [
            (used[a, i] & used[b, i]).sum() / (used[a, i] | used[b, i]).sum()
            for a in range(4)
            for b in range(a + 1, 4)
            if predicted[a, i] == predicted[b, i] and (used[a, i] | used[b, i]).any()
        ]
        by_row += [np.mean(shares)] if shares else []
    assert rule_use(rules).overlap == pytest.approx(np.mean(by_row))


def test_overlap_of_changes_is_that_of_the_nearest_points_that_count(points):
    changed, target = points.array("changed"), points.array("target")
    counted = points.array("valid") & points.array("distinct") & changed.any(-1)
    by_row = []
    for i in range(6):
        nearest = {}
        for s in range(4):
            fit = [c for c in range(2) if counted[s, i, c]]
            if fit:
                best = min(fit, key=lambda c: points.array("distance")[s, i, c])
                nearest[s] = changed[s, i, best]
        shares = [
            (nearest[a] & nearest[b]).sum() / (nearest[a] | nearest[b]).sum()
            for a in nearest
            for b in nearest
            if a < b and target[a, i] == target[b, i]
        ]
        by_row += [np.mean(shares)] if shares else []
    assert change_use(points).overlap == pytest.approx(np.mean(by_row))


def test_the_order_of_the_seeds_changes_nothing(rules, points):
    for explanation, use in ((rules, rule_use), (points, change_use)):
        turned = use(explanation.sel(seed=[3, 1, 0, 2]))
        assert turned.overlap == pytest.approx(use(explanation).overlap)
        assert turned.overall == pytest.approx(use(explanation).overall)


def test_one_seed_has_no_overlap(rules, points):
    assert np.isnan(rule_use(rules.sel(seed=[0])).overlap)
    assert np.isnan(change_use(points.sel(seed=[0])).overlap)


def test_identical_seeds_overlap_wholly(build):
    changed = np.full((3, 2, 1, 4), 0.5)
    changed[..., 1] = 0.9
    assert change_use(build.make_counterfactuals(changed)).overlap == 1.0


def test_a_seed_that_found_nothing_has_no_share(build):
    point = np.full((2, 2, 1, 4), 0.5)
    point[..., 0] = 0.7
    valid = np.ones((2, 2, 1), dtype=bool)
    valid[1] = False
    use = change_use(build.make_counterfactuals(point, valid=valid))
    assert use.totals.tolist() == [2, 0]
    assert np.isnan(use.by_seed[1]).all()
    assert use.overall.tolist() == [1, 0, 0, 0]
    assert use.left_out == 2


def test_one_answer_made_for_all_seeds_counts_once_and_shows_no_overlap(build):
    lower = np.full((3, 2, 4), -np.inf)
    lower[..., 0] = 0.2
    rules = build.make_anchors(lower, np.full((3, 2, 4), np.inf))
    assert not made_for_all(rules)
    data = rules.data.assign(joint_precision=("instance", np.full(2, 0.9)))
    joint = type(rules)(
        data=data, schema=rules.schema, method="consensus_anchors", provenance=rules.provenance
    )
    assert made_for_all(joint)
    use = rule_use(joint)
    assert use.made_for_all
    assert use.totals.tolist() == [2]
    assert np.isnan(use.overlap)


def test_a_point_made_for_all_seeds_counts_where_the_wanted_share_holds(build):
    point = np.full((4, 3, 1, 4), 0.5)
    point[..., 2] = 0.1
    valid = np.array([[1, 1, 1, 1], [1, 1, 1, 0], [1, 0, 0, 0]], dtype=bool).T[..., None]
    found = build.make_counterfactuals(
        point, valid=valid, parameters={"scale": "probability", "valid_share": 0.75}
    )
    data = found.data.assign(price=(("seed", "instance", "candidate"), np.zeros(valid.shape)))
    joint = type(found)(
        data=data,
        schema=found.schema,
        method="robust_counterfactuals",
        provenance=found.provenance,
    )
    use = change_use(joint)
    assert use.totals.tolist() == [2]
    assert use.counts[1, 0].tolist() == [0, 0, 2, 0]
    assert use.left_out == 1
