import numpy as np
import pytest

from xaigeo.viz.label_lanes import label_lanes, spread_labels


def test_names_do_not_meet_and_leaders_cross_none():
    rng = np.random.default_rng(0)
    anchors, lengths = rng.uniform(0, 500, 12), rng.uniform(40, 150, 12)
    places = label_lanes(anchors, lengths, 500, 4)
    drawn = [(i, *p) for i, p in enumerate(places) if p is not None]
    assert len(drawn) >= 4
    for i, lane, at in drawn:
        assert lengths[i] / 2 - 1e-9 <= at <= 500 - lengths[i] / 2 + 1e-9
        for j, other, there in drawn:
            if i == j:
                continue
            apart = abs(at - there) >= (lengths[i] + lengths[j]) / 2
            assert lane != other or apart
            if other < lane:  # i's leader passes j's lane
                assert abs(anchors[i] - there) > lengths[j] / 2


def test_a_name_without_room_is_left_out():
    assert label_lanes([50, 50], [80, 80], 100, 1) == [(0, 50.0), None]
    assert label_lanes([50], [180], 100, 3) == [None]


@pytest.mark.parametrize("seed", range(5))
def test_spread_names_keep_order_distance_and_ends(seed):
    wish = np.random.default_rng(seed).uniform(0, 100, 8)
    got = spread_labels(wish, 10.0, 0.0, 100.0)
    assert (np.diff(got[np.argsort(wish)]) >= 10.0 - 1e-9).all()
    assert got.min() >= -1e-9
    assert got.max() <= 100 + 1e-9


def test_names_apart_stay():
    assert spread_labels(np.array([50.0, 10.0, 30.0]), 5.0, 0.0, 60.0).tolist() == [50, 10, 30]
