from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from xaigeo.errors import InputError
from xaigeo.geometry import scene
from xaigeo.geometry.modes import explanatory_modes

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
    with pytest.raises(
        InputError, match=r"got several of 'lime'\. Pass one of each method; results"
    ):
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


def dated(explanation, labels):
    return replace(explanation, data=explanation.data.assign_coords(instance=labels))


def test_dates_are_named_as_text_or_as_the_index_has_them(make):
    shap = make.world().shap()
    days = pd.date_range("2020-01-01", periods=len(shap.instances))
    shap = dated(shap, np.array(days.astype(str), dtype=object))
    for label in (days[1], str(days[1].date())):
        drawn = scene(shap, view=VIEW, instances=[label])
        assert drawn.instances["instance"].tolist() == ["2020-01-02"]
        assert shap.sel(instance=label).instances.tolist() == ["2020-01-02"]
        assert explanatory_modes(shap, instances=[label]).n_modes == 1
    with pytest.raises(InputError, match=r"labels of explained instances, got \[Timestamp"):
        scene(shap, view=VIEW, instances=[pd.Timestamp("1999-01-01")])


def test_a_label_of_several_levels_is_named_in_a_list(make):
    shap = make.world().shap()
    labels = np.empty(len(shap.instances), dtype=object)
    labels[:] = [("q", np.int64(k)) for k in range(len(labels))]
    shap = dated(shap, labels)
    assert scene(shap, view=VIEW, instances=[("q", 1)]).instances["instance"].tolist() == [("q", 1)]
    with pytest.raises(InputError, match=r"got \('q', 1\). Write instances=\[\('q', 0\)\], also"):
        scene(shap, view=VIEW, instances=("q", 1))
