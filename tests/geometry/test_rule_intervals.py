import numpy as np
import pytest

from xaigeo.geometry.rule_intervals import RuleIntervals


@pytest.fixture(scope="module")
def anchors(make):
    return make.boxes(make.world())


def test_common_and_hull_against_a_loop(anchors):
    for place in range(len(anchors.instances)):
        found = RuleIntervals.of(anchors, place)
        lower, upper = anchors.array("lower")[:, place], anchors.array("upper")[:, place]
        allowed = anchors.array("allowed")[:, place]
        for g, (_, seeds) in enumerate(found.groups):
            for j in range(lower.shape[1]):
                assert found.common[0][g, j] == max(lower[s, j] for s in seeds)
                assert found.common[1][g, j] == min(upper[s, j] for s in seeds)
                assert found.hull[0][g, j] == min(lower[s, j] for s in seeds)
                assert found.hull[1][g, j] == max(upper[s, j] for s in seeds)
                for c in range(allowed.shape[2]):
                    assert found.common[2][g, j, c] == all(allowed[s, j, c] for s in seeds)
                    assert found.hull[2][g, j, c] == any(allowed[s, j, c] for s in seeds)


def test_groups_are_the_answers(anchors):
    for place in range(len(anchors.instances)):
        found = RuleIntervals.of(anchors, place)
        for _, seeds in found.groups:
            assert len(set(anchors.predicted[seeds, place])) == 1
        assert len(found.groups) == len(set(anchors.predicted[:, place]))


def test_common_coverage_counts_rows_that_obey_every_rule(anchors):
    members = anchors.members(anchors.array("background"))
    for place in range(len(anchors.instances)):
        found = RuleIntervals.of(anchors, place)
        for g, (_, seeds) in enumerate(found.groups):
            expected = members[seeds, place].all(axis=0).mean()
            assert found.common_coverage[g] == pytest.approx(expected)


def test_ends_hold_background_instance_and_bounds(anchors):
    found = RuleIntervals.of(anchors, 1)
    low, high = found.ends
    for j in range(len(low)):
        bounds = [*anchors.array("lower")[:, 1, j], *anchors.array("upper")[:, 1, j]]
        values = [*anchors.array("background")[:, j], anchors.array("input")[1, j]]
        values += [b for b in bounds if np.isfinite(b)]
        assert low[j] == min(values)
        assert high[j] == max(values)


def test_order_is_of_the_features_that_rules_restrict_the_commonest_first(anchors):
    for place in range(len(anchors.instances)):
        found = RuleIntervals.of(anchors, place)
        used = anchors.restricted[:, place].sum(axis=0)
        assert set(found.order) == set(np.flatnonzero(used))
        counts = [used[j] for j in found.order]
        assert counts == sorted(counts, reverse=True)
