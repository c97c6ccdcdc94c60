import numpy as np

from xaigeo.agreement.partial_order import chain_levels, dominance, transitive_reduction
from xaigeo.viz.order_lanes import order_lanes


def test_a_chain_is_a_straight_line():
    covers = np.eye(4, k=1, dtype=bool)
    assert order_lanes(np.arange(4), covers, 200.0, 10.0).tolist() == [0, 0, 0, 0]


def test_features_of_a_level_stand_side_by_side_about_the_middle():
    levels = np.array([0, 1, 1, 1])
    covers = np.zeros((4, 4), dtype=bool)
    covers[0, 1:] = True
    lanes = order_lanes(levels, covers, 300.0, 10.0)
    assert lanes[0] == 0
    assert sorted(lanes[1:]) == [-1, 0, 1]


def test_no_line_runs_through_a_dot():
    rng = np.random.default_rng(4)
    for _ in range(30):
        values = rng.normal(size=(3, 7)) + np.linspace(3, 0, 7)
        before = dominance(values) >= 1.0
        levels = chain_levels(before)
        order = np.argsort(levels, kind="stable")
        covers = transitive_reduction(before)[np.ix_(order, order)]
        lanes = order_lanes(levels[order], covers, 260.0, 6.0)
        px = 260.0 / (2 * np.abs(lanes).max() + 1.2)
        for upper, lower in np.argwhere(covers):
            for other in range(upper + 1, lower):
                along = (other - upper) / (lower - upper)
                at = lanes[upper] + along * (lanes[lower] - lanes[upper])
                assert abs(at - lanes[other]) * px > 3.0


def test_nothing_to_place():
    assert order_lanes(np.zeros(0, dtype=int), np.zeros((0, 0), dtype=bool), 100.0, 9.0).size == 0
