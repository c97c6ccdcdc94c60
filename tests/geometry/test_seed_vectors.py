import numpy as np
import pytest

from xaigeo.errors import InputError
from xaigeo.explanations.majority import majority
from xaigeo.geometry.seed_vectors import common_place, seed_vectors


def distances(vectors):
    return np.linalg.norm(vectors[:, None] - vectors[None], axis=-1)


def test_attributions_count_as_shares_of_their_length(make):
    world = make.world(n_outputs=3, n_seeds=5)
    shap = world.shap()
    vectors = seed_vectors(shap)
    votes = majority(shap.array("prediction"))
    for a in range(5):
        for b in range(5):
            total = 0.0
            for i in range(3):
                phi = shap.array("attribution")[:, i, :, votes[i]]
                length = np.mean([one @ one for one in phi])
                total += np.sum((phi[a] - phi[b]) ** 2) / length / 3
            assert distances(vectors)[a, b] == pytest.approx(np.sqrt(total))


def test_no_instance_dominates(make):
    world = make.world(n_seeds=6, scale="probability")
    shap = world.shap()
    data = shap.data.copy(deep=True)
    data["attribution"][:, 0] *= 1e6
    larger = make.replace(shap, data=data)
    np.testing.assert_allclose(seed_vectors(larger), seed_vectors(shap))
    data["attribution"][:, 0] = 0.0
    one_less = seed_vectors(make.replace(shap, data=data))
    assert not one_less[:, :4].any()


def test_the_output_may_be_named(make):
    world = make.world(n_outputs=3, n_seeds=4)
    shap = world.shap()
    assert common_place(shap, "k1").tolist() == [1, 1, 1]
    phi = shap.array("attribution")[:, :, :, 1]
    length = np.sqrt((phi**2).sum(-1).mean(0) * 3)
    np.testing.assert_allclose(seed_vectors(shap, "k1"), (phi / length[:, None]).reshape(4, -1))
    with pytest.raises(InputError, match=r"an output of the explanation \(k0, k1, k2\), got 'k7'"):
        seed_vectors(shap, "k7")


def test_a_regression_speaks_of_its_first_target(make):
    world = make.world(n_outputs=2, outputs=["first", "second"], task="regression", scale="value")
    assert common_place(world.shap()).tolist() == [0, 0, 0]
    assert common_place(world.shap(), "second").tolist() == [1, 1, 1]


def test_rules_are_as_far_apart_as_the_rows_they_hold_for(make):
    world = make.world(n_seeds=5)
    boxes = make.boxes(world)
    members = boxes.members(boxes.array("background"))
    found = distances(seed_vectors(boxes)) ** 2
    for a in range(5):
        for b in range(5):
            iou = [
                (members[a, i] & members[b, i]).sum() / (members[a, i] | members[b, i]).sum()
                for i in range(3)
            ]
            assert found[a, b] == pytest.approx(1 - np.mean(iou), abs=1e-12)


def test_rules_that_no_row_obeys_are_the_same_rule(make):
    world = make.world(n_seeds=3)
    boxes = make.boxes(world)
    data = boxes.data.copy(deep=True)
    data["lower"][:], data["upper"][:] = data["input"] - 1e-9, data["input"] + 1e-9
    data["background"][:] = data["background"] + 5.0 * (data["background"] > 3)
    np.testing.assert_allclose(distances(seed_vectors(make.replace(boxes, data=data))), 0.0)


def test_steps_are_standardised_and_of_the_nearest_valid_point(make):
    world = make.world(n_seeds=4)
    points = make.points(world)
    found = world.counterfactuals(points)
    near = found.array("distance").argmin(axis=-1)
    rows = world.rows[world.places]
    steps = np.empty((4, 3, 4))
    for s, i in np.ndindex(4, 3):
        delta = points[s, i, near[s, i]] - rows[i]
        steps[s, i] = [*(delta[:3] / world.spread[:3]), float(delta[3] != 0)]
    length = np.sqrt((steps**2).sum(-1).mean(0) * 3)
    np.testing.assert_allclose(seed_vectors(found), (steps / length[:, None]).reshape(4, -1))


def test_instances_without_a_point_of_every_seed_are_left_out(make):
    world = make.world(n_seeds=4)
    valid = np.ones((4, 3, 2), dtype=bool)
    valid[2, 1] = False
    found = world.counterfactuals(make.points(world), valid=valid)
    kept = found.sel(instance=["row 0", "row 2"])
    np.testing.assert_allclose(seed_vectors(found), seed_vectors(kept))
    with pytest.raises(InputError, match="an instance at which every seed has a valid"):
        seed_vectors(found.sel(instance=["row 1"]))


def test_other_things_are_refused():
    with pytest.raises(InputError, match="Attributions, Anchors or Counterfactuals, got list"):
        seed_vectors([1, 2])
