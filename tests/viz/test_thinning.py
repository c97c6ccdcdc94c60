import numpy as np
import pytest

from xaigeo.viz.thinning import edges, joined_cells, thinned


@pytest.mark.parametrize(("n", "most"), [(1, 5), (7, 7), (100, 9), (3, 1)])
def test_thinned_places_are_few_and_even(n, most):
    places = thinned(n, most)
    assert len(places) == min(n, most)
    assert places[0] == 0
    if most > 1:
        assert places[-1] == n - 1


def test_rectangles_cover_every_cell_once_with_its_value():
    rng = np.random.default_rng(0)
    values = rng.integers(0, 2, (9, 7)) + (np.arange(7) > 3)
    x, y = np.linspace(0, 3, 7), np.linspace(10, 18, 9)
    table = joined_cells(values, x, y)
    seen = np.zeros(values.shape, dtype=int)
    for row in table.itertuples():
        inside = ((y > row.y) & (y < row.y2))[:, None] & ((x > row.x) & (x < row.x2))[None]
        assert (values[inside] == row.value).all()
        seen += inside
    assert (seen == 1).all()
    assert len(table) < values.size


def test_one_value_is_one_rectangle():
    table = joined_cells(np.ones((5, 5), dtype=int), np.arange(5.0), np.arange(5.0))
    assert table.to_dict("records") == [{"x": -0.5, "x2": 4.5, "y": -0.5, "y2": 4.5, "value": 1}]
    np.testing.assert_allclose(edges(np.array([1.0, 3.0])), [0, 2, 4])
