import numpy as np
import pytest

from xaigeo.errors import InputError
from xaigeo.geometry.data_space import DataSpace
from xaigeo.geometry.view import FeaturePair, Projection
from xaigeo.geometry.view_choice import chosen_view


@pytest.fixture
def space(make):
    return DataSpace.gathered(make.world().shap())


def test_two_names_are_a_pair(space):
    pair = chosen_view(("c", "a"), space)
    assert isinstance(pair, FeaturePair)
    assert pair.places == (2, 0)
    assert pair.shown == (2, 0)


def test_a_pair_is_taken_into_the_space_of_the_scene(space, make):
    other = DataSpace.gathered(make.world(1).shap())
    pair = chosen_view(chosen_view(("c", "a"), other), space)
    assert pair.frame is space.frame


def test_pca_and_projections(space):
    assert chosen_view("pca", space).label == chosen_view("PCA", space).label == "PCA"
    view = Projection(np.eye(4)[:, :2], name="two axes")
    assert chosen_view(view, space) is view


def test_a_projection_of_other_features_is_refused(space):
    with pytest.raises(InputError, match="the columns a, b, c, d, got one with 3 rows"):
        chosen_view(Projection(np.eye(3)[:, :2]), space)
    named = Projection(np.eye(4)[:, :2], features=("p", "q", "r", "s"))
    with pytest.raises(InputError, match=r"got one with 4 rows \(p, q, r, s\)"):
        chosen_view(named, space)


def test_a_category_cannot_be_turned_into_the_plane(space):
    with pytest.raises(InputError, match="got one that turns d into the plane"):
        chosen_view(Projection(np.eye(4)[:, [0, 3]]), space)


@pytest.mark.parametrize("view", [None, "pcaa", 3, ("a",)])
def test_what_is_no_view_is_told_with_all_there_are(view, space):
    with pytest.raises(
        InputError, match=r'Pass view=\("column .*, or "pca" for the principal plane'
    ):
        chosen_view(view, space)
