import numpy as np
import pytest

from xaigeo.viz.swarm import swarm_offsets


@pytest.mark.parametrize("n", [1, 2, 30, 200])
def test_no_dot_touches_another(n):
    x = np.random.default_rng(n).normal(0, 40, n)
    y = swarm_offsets(x, 6.0, np.inf)
    for a in range(n):
        for b in range(a):
            assert max(abs(x[a] - x[b]), abs(y[a] - y[b])) >= 6.0 - 1e-9


def test_lanes_move_together_where_the_row_is_too_low():
    y = swarm_offsets(np.zeros(9), 6.0, 10.0)
    assert np.abs(y).max() == pytest.approx(10.0)
    assert len(set(y)) == 9


def test_order_of_rows_does_not_matter_where_none_tie():
    x = np.random.default_rng(0).normal(0, 20, 40)
    order = np.random.default_rng(1).permutation(40)
    assert (swarm_offsets(x, 6.0, 30.0)[order] == swarm_offsets(x[order], 6.0, 30.0)).all()


def test_no_dots():
    assert swarm_offsets(np.array([]), 6.0, 10.0).tolist() == []
