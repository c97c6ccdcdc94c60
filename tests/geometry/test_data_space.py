import numpy as np
import pytest

from xaigeo.errors import InputError
from xaigeo.geometry.data_space import DataSpace


def test_a_space_is_the_widest_background(make):
    world = make.world()
    shap, lime = world.shap(), world.lime()
    narrow = make.replace(shap, data=shap.data.isel(background_row=range(5)))
    space = DataSpace.gathered([narrow, lime])
    assert space.explanation.method == "lime"
    np.testing.assert_array_equal(space.rows, world.rows)
    np.testing.assert_allclose(space.z[:, :3].std(axis=0), 1.0)
    np.testing.assert_array_equal(space.z[:, 3], 0.0)
    assert space.numeric.tolist() == [0, 1, 2]


def test_embedding_leaves_categories_out(make):
    space = DataSpace.gathered(make.world().shap())
    full = space.embed(np.arange(6.0).reshape(3, 2))
    np.testing.assert_array_equal(full, [[0, 1], [2, 3], [4, 5], [0, 0]])


def test_too_few_numeric_columns_are_told(make):
    space = DataSpace.gathered(make.world().shap())
    space.need(3, "a tour")
    with pytest.raises(InputError, match="at least 4 numeric columns for a tour, got 3"):
        space.need(4, "a tour")
