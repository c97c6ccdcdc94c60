import numpy as np

from xaigeo.geometry.contour_segments import contour_segments


def test_a_plane_is_crossed_on_its_line():
    x, y = np.linspace(0, 2, 9), np.linspace(-1, 1, 7)
    values = x[None] + 2 * y[:, None]
    found = contour_segments(x, y, values, 0.7)
    assert len(found)
    for one in (found[:, :2], found[:, 2:]):
        np.testing.assert_allclose(one[:, 0] + 2 * one[:, 1], 0.7, atol=1e-12)


def test_a_circle_has_its_length():
    x = np.linspace(-2, 2, 81)
    values = np.hypot(x[None], x[:, None])
    found = contour_segments(x, x, values, 1.3)
    length = np.hypot(found[:, 2] - found[:, 0], found[:, 3] - found[:, 1]).sum()
    assert abs(length - 2 * np.pi * 1.3) < 0.01


def test_a_saddle_is_parted_by_its_middle():
    x = np.array([0.0, 1.0])
    for corner, apart in ((1.0, False), (0.0, True)):
        values = np.array([[1.0, 0.0], [0.0, 1.0]]) + (corner - 1.0) * 0.4
        found = contour_segments(x, x, values, 0.4)
        assert len(found) == 2
        # High corners (0, 0) and (1, 1) are joined where the middle is high.
        high = (found[:, :2] + found[:, 2:]) / 2
        cut = np.abs(high.sum(axis=1) - 1.0) > 0.2
        assert cut.all() == apart


def test_a_level_beyond_the_surface_is_nowhere():
    x = np.arange(4.0)
    assert contour_segments(x, x, np.zeros((4, 4)), 0.5).shape == (0, 4)
