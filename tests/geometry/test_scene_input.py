import numpy as np
import pytest

from xaigeo.errors import InputError
from xaigeo.geometry import scene

VIEW = ("a", "b")


@pytest.mark.parametrize("given", [[], ["lime"], [np.zeros(3)], None, 3, "lime", {"a": 1}, [[]]])
def test_only_explanations_make_a_scene(given):
    with pytest.raises(InputError, match=r"one or more explanations \(Attributions, Anchors"):
        scene(given, view=VIEW)


def test_seeds_must_be_the_same(make):
    world = make.world()
    with pytest.raises(InputError, match=r"with the same seeds, got \[10, 11, 12, 13\] in lime"):
        scene([world.lime(), world.shap().sel(seed=[10, 11])], view=VIEW)


def test_common_seeds_can_be_picked(make):
    world = make.world()
    drawn = scene([world.lime(), world.shap().sel(seed=[10, 11])], view=VIEW, seeds=[11, 10])
    assert set(drawn.lines["seed"].dropna()) == {10, 11}


def test_outputs_must_be_the_same(make):
    with pytest.raises(InputError, match="explanations of one ensemble, with the same outputs"):
        scene([make.world().lime(), make.world(n_outputs=3).shap()], view=VIEW)


def test_columns_must_be_the_same(make):
    with pytest.raises(InputError, match="explanations of one ensemble, with the same features"):
        scene([make.world().lime(), make.world(categorical=False).shap()], view=VIEW)


def test_a_method_comes_once(make):
    world = make.world()
    with pytest.raises(InputError, match="one explanation for each method, got several of 'lime'"):
        scene([world.lime(), world.lime()], view=VIEW)


@pytest.mark.parametrize("instances", ["row 0", 0])
def test_instances_are_a_list(make, instances):
    with pytest.raises(InputError, match="a list of labels of explained instances, got"):
        scene(make.world().lime(), view=VIEW, instances=instances)


@pytest.mark.parametrize("instances", [["row 9"], [], [["row 0"]]])
def test_unknown_instances_are_refused(make, instances):
    with pytest.raises(InputError, match="labels of explained instances, got"):
        scene(make.world().lime(), view=VIEW, instances=instances)


def test_unknown_seeds_are_refused(make):
    with pytest.raises(InputError, match="seed labels among"):
        scene(make.world().lime(), view=VIEW, seeds=[99])


def test_labels_must_name_one_instance(make):
    world = make.world()
    world.X.index = ["same"] * len(world.X)
    with pytest.raises(
        InputError, match="labels of their own, got 'same' more than once in 'lime'"
    ):
        scene(world.lime(), view=VIEW)
