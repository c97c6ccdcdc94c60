import numpy as np
import pytest

from xaigeo.geometry import scene


def seeds_of(frame):
    return frame[frame["layer"] == "seed"].reset_index(drop=True)


def consensus_of(frame):
    return frame[frame["layer"] == "consensus"].reset_index(drop=True)


def weights_of(world, row):
    """Contrast that a row of a table speaks of, standardised, and its value at a place z."""
    chosen, rival = (world.outputs.index(name) for name in row.output.split(" vs "))
    w = world.weights[row.seed - 10]
    return w[:, chosen] - w[:, rival], world.bias[chosen] - world.bias[rival]


def test_normals_are_parallel_to_the_weights_of_linear_models(make):
    world = make.wide(5)
    view = make.plane(world)
    for row in seeds_of(scene(world.lime(), view=view).normals).itertuples():
        w, _ = weights_of(world, row)
        step = row.length * w / np.linalg.norm(w) @ view.projection
        np.testing.assert_allclose([row.x2 - row.x, row.y2 - row.y], step)
        assert row.norm == pytest.approx(np.linalg.norm(w) / 2)  # one of two opposite outputs
        assert row.share_in_view == pytest.approx(
            np.linalg.norm(w @ view.projection) / np.linalg.norm(w)
        )


def test_consensus_is_the_mean_direction_in_all_features(make):
    world = make.wide(4, n_seeds=9)
    drawn = scene(world.lime(), view=make.plane(world))
    mark = drawn.marks[0]
    for row in consensus_of(drawn.normals).itertuples():
        place = world.X.index.get_loc(row.instance)
        own = mark.normal[mark.names(mark.predicted)[:, place] == row.predicted, place]
        total = own.sum(axis=0)
        assert row.resultant_length == pytest.approx(np.linalg.norm(total) / len(own))
        step = row.length * total / np.linalg.norm(total) @ drawn.view.projection
        np.testing.assert_allclose([row.x2 - row.x, row.y2 - row.y], step)
        assert (row.n_seeds, row.share) == (len(own), len(own) / 9)
