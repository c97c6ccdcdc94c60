"""Modes in scenes: seeds of two modes are never averaged."""

import numpy as np
import pandas as pd
import pytest

from xaigeo.errors import InputError
from xaigeo.geometry import animate, grand_tour, scene
from xaigeo.geometry.marks import mark_of
from xaigeo.geometry.modes import Modes
from xaigeo.geometry.standard_frame import StandardFrame

WITH_MODE = (
    "lines", "cones", "patches", "patch_outlines", "normals", "degenerate", "vectors",
    "staircases", "ellipses", "ellipse_outlines", "boxes", "box_members", "box_outlines",
    "box_edges", "coverage_cells", "connectors",
)  # fmt: skip


def modes_of(labels, seeds=None):
    labels = np.array(labels)
    n = len(labels)
    seeds = np.arange(n) + 10 if seeds is None else np.array(seeds)
    return Modes(
        method="kernel_shap",
        seeds=seeds,
        labels=labels,
        masses=np.bincount(labels) / n,
        medoids=np.array([seeds[labels == k][0] for k in range(labels.max() + 1)]),
        p_value=0.01,
        tested=True,
        distances=np.zeros((n, n)),
        places=np.zeros((n, 2)),
        explained=np.zeros(2),
    )


@pytest.fixture
def world(make):
    return make.world(n_outputs=3, n_seeds=6, prediction=np.tile([[0.5, 0.3, 0.2]], (6, 3, 1)))


@pytest.fixture
def modes():
    return modes_of([0, 1, 0, 0, 1, 0])


@pytest.mark.parametrize("view", [("a", "b"), "pca"])
def test_a_consensus_of_each_mode_is_that_of_its_seeds_alone(make, world, modes, view):
    found = make.everything(world)
    scale = 0.01  # so that arrows are as long whoever is drawn
    drawn = scene(found, view=view, modes=modes, staircase=True, scale=scale)
    for label, seeds in ((0, [10, 12, 13, 15]), (1, [11, 14])):
        alone = scene([e.sel(seed=seeds) for e in found], view=view, staircase=True, scale=scale)
        for name in ("lines", "vectors", "staircases", "ellipses", "connectors", "box_members"):
            table, other = getattr(drawn, name), getattr(alone, name)
            own = table[table["mode"] == label].reset_index(drop=True)
            # Shares and clusters are of all seeds, and so are the others that a point flips.
            drop = [c for c in ("mode", "group", "share", "cluster", "cross_validity") if c in own]
            pd.testing.assert_frame_equal(own.drop(columns=drop), other.drop(columns=drop))


def test_shares_are_of_all_seeds_and_groups_name_the_mode(make, world, modes):
    drawn = scene(make.everything(world), view=("a", "b"), modes=modes)
    for name in ("lines", "vectors", "boxes", "connectors"):
        table = getattr(drawn, name)
        groups = table[table["layer"] != "seed"]
        assert set(groups["mode"]) == {0, 1}
        assert set(groups["group"]) == {"k0, mode 1", "k0, mode 2"}
        assert set(groups["predicted"]) == {"k0"}
        np.testing.assert_allclose(groups["share"], groups["mode"].map({0: 4 / 6, 1: 2 / 6}))
        seeds = table[table["layer"] == "seed"]
        labels = seeds["seed"].map(dict(zip(modes.seeds, modes.labels, strict=True)))
        assert (seeds["mode"] == labels).all()


@pytest.mark.parametrize("view", [("a", "b"), "pca"])
def test_every_table_of_seeds_has_a_mode_and_it_is_0_without_modes(make, world, view):
    drawn = scene(make.everything(world), view=view, staircase=True)
    for name in WITH_MODE:
        table = getattr(drawn, name)
        assert table["mode"].dtype == np.int64, name
        assert not table["mode"].any()
    assert set(drawn.lines["group"]) == {"k0"}


def test_one_mode_changes_nothing(make, world):
    found = make.everything(world)
    one, none = (scene(found, view="pca", modes=m) for m in (modes_of([0] * 6), None))
    for name, table in none.frames().items():
        pd.testing.assert_frame_equal(one.frames()[name], table)


def test_modes_may_be_those_of_one_method(make, world, modes):
    drawn = scene(make.everything(world), view=("a", "b"), modes={"lime": modes})
    assert set(drawn.lines["mode"]) == {0, 1}
    assert set(drawn.vectors["mode"]) == {0}
    one = scene(make.everything(world), view=("a", "b"), modes={"lime": modes}, instances=["row 1"])
    assert set(one.lines["mode"]) == {0, 1}


def test_modes_of_more_seeds_than_are_drawn_will_do(make, world, modes):
    drawn = scene(world.lime(), view=("a", "b"), modes=modes, seeds=[14, 10])
    seeds = drawn.lines[drawn.lines["layer"] == "seed"].set_index("seed")["mode"]
    assert seeds.groupby(level=0).first().to_dict() == {10: 0, 14: 1}


def test_a_tour_keeps_modes_apart(make, world, modes):
    found = make.everything(world)
    moved = animate(found, grand_tour(found, n_bases=3), n_frames=3, modes=modes)
    still = moved.still["vectors"]
    assert set(still.loc[still["layer"] == "consensus", "group"]) == {"k0, mode 1", "k0, mode 2"}
    pd.testing.assert_frame_equal(
        moved.still["lines"].drop(columns="row"),
        moved.scene(1).lines[list(moved.still["lines"].columns[1:])],
    )


def test_wrong_modes_are_told(make, world, modes):
    lime = world.lime()
    with pytest.raises(InputError, match=r"modes of the seeds of 'lime', got modes without the "
                       "seeds 14, 15"):  # fmt: skip
        scene(lime, view="pca", modes=modes_of([0, 1, 0, 0]))
    with pytest.raises(InputError, match="modes to be Modes, or Modes by method, got dict"):
        scene(lime, view="pca", modes={"lime": {10: 0}})
    with pytest.raises(InputError, match=r"the modes of these explanations \(lime\).*'shap'"):
        scene(lime, view="pca", modes={"shap": modes})
    with pytest.raises(InputError, match="modes to be Modes, or Modes by method, got int"):
        animate(lime, grand_tour(lime), modes=dict.fromkeys(["lime"], 3))


def test_answers_of_seeds_and_groups(world, modes):
    frame = StandardFrame.from_rows(world.columns, world.rows)
    mark = mark_of(world.lime(), frame)
    assert mark.answers()["group"].tolist() == [["k0"] * 3] * 6
    assert len(mark.groups()) == 3
