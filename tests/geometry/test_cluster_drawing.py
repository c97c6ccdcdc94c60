import numpy as np
import pytest

from xaigeo.geometry import animate, grand_tour, scene

VIEW = ("a", "b")


def test_a_row_tells_what_a_cluster_says(make):
    world = make.world(n_seeds=4, prediction=np.tile([[2.0, 1.0]], (4, 3, 1)))
    rows = world.rows[world.places]
    points = np.repeat(rows[None, :, None], 4, axis=0)
    points[:3, ..., 0] += 2.0 * world.spread[0]
    points[3, ..., 2] += 1.5 * world.spread[2]
    points[3, ..., 3] = (rows[:, None, 3] + 1) % 3
    drawn = scene(world.counterfactuals(points), view=VIEW)
    first, second = drawn.clusters[drawn.clusters["instance"] == "row 0"].itertuples()
    assert (first.cluster, first.n_seeds, first.n_points, first.share) == (0, 3, 3, 0.75)
    assert first.seeds == (10, 11, 12)
    assert (first.method, first.target) == ("counterfactuals", "yes")
    assert (first.n_changed, first.text) == (1, f"a +{2 * world.spread[0]:.4g}")
    assert (first.x, first.y) == pytest.approx((rows[0, 0] + 2 * world.spread[0], rows[0, 1]))
    assert first.radius == pytest.approx(0.0, abs=1e-12)
    assert second.seeds == (13,)
    assert second.n_changed == 2
    assert second.text == (
        f"c +{1.5 * world.spread[2]:.4g}, d: {world.X['d'].iloc[0]} → "
        f"{world.columns['d'].text(points[3, 0, 0, 3])}"
    )
    seeds = drawn.connectors[drawn.connectors["layer"] == "seed"]
    own = seeds[seeds["instance"] == "row 0"].set_index("seed")["cluster"]
    assert own.tolist() == [0, 0, 0, 1]


def test_numbers_are_those_of_the_points(make):
    world = make.world(n_seeds=7, n_outputs=3)
    valid = np.random.default_rng(0).random((7, 3, 2)) < 0.7
    found = world.counterfactuals(make.points(world), valid=valid)
    drawn = scene(found, view=make.plane(world))
    seeds = drawn.connectors[drawn.connectors["layer"] == "seed"]
    assert (seeds["cluster"].isna() == ~seeds["valid"]).all()
    assert drawn.connectors.loc[drawn.connectors["layer"] != "seed", "cluster"].isna().all()
    for row in drawn.clusters.itertuples():
        own = seeds[(seeds["instance"] == row.instance) & (seeds["cluster"] == row.cluster)]
        assert row.n_points == len(own)
        assert row.seeds == tuple(sorted(set(own["seed"])))
        assert row.n_seeds == len(row.seeds)
        assert row.share == pytest.approx(row.n_seeds / 7)
        assert set(own["target"]) == {row.target}
        assert row.distance == pytest.approx(own["distance"].median())
        ends = own[["x2", "y2"]].to_numpy(float)
        away = np.hypot(*(ends - [row.x, row.y]).T)
        assert away.max() <= row.radius + 1e-9  # a projection does not lengthen
    counts = drawn.clusters.groupby("instance")["n_seeds"]
    assert counts.apply(lambda n: n.is_monotonic_decreasing).all()


def test_no_valid_point_is_no_cluster(make):
    world = make.world()
    found = world.counterfactuals(make.points(world), valid=np.zeros((4, 3, 2), dtype=bool))
    drawn = scene(found, view=VIEW)
    assert len(drawn.clusters) == 0
    assert drawn.connectors["cluster"].isna().all()
    full = scene(world.counterfactuals(make.points(world)), view=VIEW).clusters
    assert list(drawn.clusters) == list(full)


def test_clusters_follow_a_tour(make):
    found = make.world().counterfactuals(make.points(make.world()))
    moved = animate(found, grand_tour(found, n_bases=3), n_frames=4)
    assert "clusters" in moved.names
    table = moved.moving("clusters")
    for number, view in enumerate(moved.views):
        own = table[table["frame"] == number]
        np.testing.assert_allclose(
            own[["x", "y"]], scene(found, view=view).clusters[["x", "y"]], rtol=1e-5, atol=1e-5
        )
