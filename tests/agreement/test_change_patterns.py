import numpy as np
import pytest

from xaigeo.agreement.change_patterns import change_patterns
from xaigeo.explanations import Counterfactuals


@pytest.fixture
def found(build, rng):
    """Five seeds, one row at (.5, .5, category a): three ways to change it."""
    ends = [
        [[0.7, 0.5, 0.0], [0.5, 0.2, 1.0]],
        [[0.9, 0.5, 0.0], [0.5, 0.1, 1.0]],
        [[0.8, 0.5, 0.0], [0.6, 0.5, 0.0]],
        [[0.5, 0.2, 0.0], [0.5, 0.2, 0.0]],
        [[0.4, 0.5, 0.0], [0.5, 0.2, 1.0]],
    ]
    point = np.array(ends)[:, None]
    start = np.array([[0.5, 0.5, 0.0]])
    arrays = build.common(np.zeros((5, 1), dtype=int), 20, 3, rng)
    arrays["background"][:, 2] = 0.0
    arrays["input"] = start
    changed = point != start[:, None]
    distinct = np.ones((5, 1, 2), dtype=bool)
    distinct[3, 0, 1] = False
    valid = np.ones((5, 1, 2), dtype=bool)
    valid[4, 0, 0] = False
    arrays |= {
        "point": point,
        "changed": changed,
        "valid": valid,
        "distinct": distinct,
        "distance": np.abs(point - start[:, None]).sum(-1),
        "n_changed": changed.sum(-1),
        "target": np.ones((5, 1), dtype=int),
        "cross_validity": rng.random((5, 5, 1, 2)) < 0.5,
    }
    return build.container(Counterfactuals, arrays, build.make_schema(2, 1), "counterfactuals")


def test_points_of_one_way_to_change_are_put_together(found):
    patterns = change_patterns(found, 0)
    told = [(p.seeds.tolist(), p.candidates.tolist(), p.changed.tolist()) for p in patterns]
    assert told == [
        # Of three seeds: the nearer first. Seed 2 found two points of the first way.
        ([0, 1, 2, 2], [0, 0, 0, 1], [True, False, False]),
        ([0, 1, 4], [1, 1, 1], [False, True, True]),
        ([3], [0], [False, True, False]),
        # The answer was missed, so it comes last.
        ([4], [0], [True, False, False]),
    ]
    assert [p.n_seeds for p in patterns] == [3, 3, 1, 1]
    assert [p.n_changed for p in patterns] == [1, 2, 1, 1]
    assert [p.reached for p in patterns] == [True, True, True, False]
    assert patterns[0].points[:, 0].tolist() == [0.7, 0.9, 0.8, 0.6]
    assert patterns[0].distance == pytest.approx([0.2, 0.4, 0.3, 0.1])


def test_how_far_a_change_carries_over_asks_all_other_seeds(found):
    cross = found.array("cross_validity")
    for pattern in change_patterns(found, 0, seeds=[0, 4]):
        shares = [
            np.mean([cross[s, o, 0, c] for o in range(5) if o != s])
            for s, c in zip(pattern.seeds, pattern.candidates, strict=True)
        ]
        assert pattern.carries_over == pytest.approx(np.mean(shares))
        assert set(pattern.seeds) <= {0, 4}


def test_other_targets_and_other_categories_are_other_patterns(build, rng):
    point = np.full((2, 1, 1, 4), 0.5)
    point[..., 0] = 0.9
    target = np.array([[0], [1]])
    assert len(change_patterns(build.make_counterfactuals(point, target=target), 0)) == 2
    assert len(change_patterns(build.make_counterfactuals(point), 0)) == 1


def test_alone_or_unasked_no_seed_is_carried_over_to(build):
    point = np.full((2, 1, 1, 4), 0.9)
    cross = np.ones((2, 2, 1, 1), dtype=bool)
    assert np.isnan(change_patterns(build.make_counterfactuals(point), 0)[0].carries_over)
    one = build.make_counterfactuals(point, cross=cross).sel(seed=[1])
    assert np.isnan(change_patterns(one, 0)[0].carries_over)


def test_a_point_made_for_all_seeds_is_one_pattern(build):
    point = np.full((3, 1, 1, 4), 0.9)
    valid = np.array([True, False, True])[:, None, None]
    found = build.make_counterfactuals(point, valid=valid)
    data = found.data.assign(price=(("seed", "instance", "candidate"), np.zeros((3, 1, 1))))
    joint = type(found)(
        data=data, schema=found.schema, method="robust", provenance=found.provenance
    )
    (pattern,) = change_patterns(joint, 0)
    assert pattern.reached
    assert pattern.valid.tolist() == [True, False, True]
