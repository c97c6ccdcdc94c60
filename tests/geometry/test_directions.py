import numpy as np

from xaigeo.geometry import scene


def seeds_of(frame):
    return frame[frame["layer"] == "seed"].reset_index(drop=True)


def consensus_of(frame):
    return frame[frame["layer"] == "consensus"].reset_index(drop=True)


def test_flat_and_cancelled_directions_are_listed(make):
    world = make.wide(4, n_seeds=2)
    weights = world.weights.copy()
    weights[1] = -weights[0]
    prediction = np.tile([0.2, 0.8], (2, 3, 1))
    opposite = make.replace(world, weights=weights, prediction=prediction)
    drawn = scene(opposite.lime(), view="pca")
    assert consensus_of(drawn.normals).empty
    assert consensus_of(drawn.lines).empty
    assert drawn.cones.empty
    assert set(drawn.degenerate["reason"]) == {"the seeds' directions cancel, so they have no mean"}
    weights[1] = 0.0
    flat = scene(make.replace(opposite, weights=weights).lime(), view="pca")
    assert set(seeds_of(flat.lines)["seed"]) == {10}
    assert set(flat.degenerate["reason"]) == {"the surrogate is flat"}
    assert consensus_of(flat.lines)["n_degenerate"].tolist() == [1, 1, 1]
