import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xaigeo.geometry.coverage import coverage_cells

boxes = st.lists(
    st.tuples(*[st.integers(0, 4)] * 2, *[st.integers(5, 9)] * 2), min_size=1, max_size=6
)


@settings(deadline=None)
@given(boxes)
def test_cells_count_the_boxes_over_every_point(drawn):
    corners = np.array(drawn, dtype=float)
    lower, upper = corners[:, :2], corners[:, 2:]
    cells = coverage_cells(lower, upper)
    for x in np.arange(0.5, 9):
        for y in np.arange(0.5, 9):
            expected = sum(
                l[0] < x < u[0] and l[1] < y < u[1]
                for l, u in zip(lower, upper, strict=True)  # noqa: E741
            )
            over = cells[
                (cells[:, 0] < x) & (x < cells[:, 1]) & (cells[:, 2] < y) & (y < cells[:, 3])
            ]
            assert len(over) == (expected > 0)
            assert over[:, 4].sum() == expected


@settings(deadline=None)
@given(boxes)
def test_cells_weighted_by_count_have_the_area_of_the_boxes(drawn):
    corners = np.array(drawn, dtype=float)
    x1, x2, y1, y2, count = coverage_cells(corners[:, :2], corners[:, 2:]).T
    areas = (corners[:, 2:] - corners[:, :2]).prod(axis=1)
    assert ((x2 - x1) * (y2 - y1) * count).sum() == pytest.approx(areas.sum())


def test_equal_boxes_make_one_cell():
    lower, upper = np.zeros((20, 2)), np.ones((20, 2))
    assert coverage_cells(lower, upper).tolist() == [[0.0, 1.0, 0.0, 1.0, 20.0]]


def test_a_box_without_area_makes_no_cell():
    assert coverage_cells(np.zeros((1, 2)), np.array([[1.0, 0.0]])).shape == (0, 5)
