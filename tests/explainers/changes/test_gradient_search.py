from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from xaigeo.ensemble.preprocessing import Preprocessor
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.ensemble.stacked import StackedNetwork
from xaigeo.ensemble.torch_members import TorchMembers
from xaigeo.errors import InputError
from xaigeo.explainers.changes.goals import JointGoal
from xaigeo.explainers.changes.gradient_search import RelaxedRows, gradient_starts
from xaigeo.explainers.changes.starts import unlike_starts
from xaigeo.schema import FeatureSchema


def networks(frame, *, task, n_outputs, width=8, n_seeds=3):
    schema = FeatureSchema.from_data(frame)
    preprocessor = Preprocessor.from_rows(schema, schema.encode(frame), dtype="float64")
    modules = []
    for seed in range(n_seeds):
        torch.manual_seed(seed)
        layers = [torch.nn.Linear(preprocessor.n_inputs, n_outputs)]
        if width:
            layers = [
                torch.nn.Linear(preprocessor.n_inputs, width),
                torch.nn.Tanh(),
                torch.nn.Linear(width, n_outputs),
            ]
        modules.append(torch.nn.Sequential(*layers).double().eval())
    network = StackedNetwork.from_modules(modules)
    members = TorchMembers(network, preprocessor, task=task, n_outputs=max(n_outputs, 1))
    classes = ("value",) if task == "regression" else tuple(range(n_outputs))
    return SeedEnsemble(
        members=members, seeds=tuple(range(n_seeds)), schema=schema, classes=classes, task=task
    )


@pytest.fixture(scope="module")
def three_classes(birds):
    return networks(birds, task="classification", n_outputs=3)


@pytest.fixture(scope="module")
def one_value(birds):
    return networks(birds, task="regression", n_outputs=1)


LIMITS = {
    "immutable": ["sex"],
    "increase": ["body_mass_g"],
    "ranges": {"bill_length_mm": (40, 50)},
    "allowed": {"island": ["Dream", "Biscoe"]},
}


@pytest.mark.parametrize(
    ("name", "wish"),
    [
        ("three_classes", {}),
        ("single_logit", {}),
        ("three_classes", {"min_probability": 0.45}),
        ("one_value", {"target": (0.1, 0.4), "relative": True}),
    ],
)
def test_starts_are_accepted_and_possible(request, make_search_task, birds, name, wish):
    ensemble = request.getfixturevalue(name)
    task = make_search_task(
        ensemble, birds.iloc[::40], birds, wish=wish, constraints=LIMITS, max_changed=3
    )
    starts = gradient_starts(task)
    model, instance, place = np.nonzero(starts.accepted)
    points, origins = starts.points[model, instance, place], task.rows[instance]
    again = make_search_task(
        ensemble, birds.iloc[::40], birds, wish=wish, constraints=LIMITS, max_changed=3
    )
    # Not every wish can be granted within the limits.
    granted = unlike_starts(again).accepted.any(axis=2)
    assert granted.any()
    assert starts.accepted.any(axis=2)[granted].all()
    assert (task.goal.lead(points, model, instance) >= 0).all()
    assert (task.proximity.possible(points, origins) == points).all()
    assert ((points != origins).sum(axis=1) <= 3).all()


def test_of_a_linear_model_descent_takes_the_column_that_gains_most(make_search_task, cloud):
    ensemble = networks(cloud, task="regression", n_outputs=1, width=0, n_seeds=4)
    outputs = ensemble.outputs_encoded(cloud[:1])[:, 0, 0]
    task = make_search_task(
        ensemble, cloud[:1], cloud, wish={"target": (0.2, None), "relative": True}
    )
    starts = gradient_starts(task)
    weight = ensemble.members.network.state["0.weight"].numpy()[:, 0]
    slope = weight / ensemble.members.preprocessor.scale.numpy()
    gain = np.abs(slope) * task.proximity.unit
    for seed in range(4):
        point = starts.points[seed, 0, 0]
        moved = np.abs(point - task.rows[0]) / task.proximity.unit
        assert moved.argmax() == gain[seed].argmax()
        # Up to the length of the last step and the slack of the lead.
        needed = 0.2 / gain[seed].max()
        assert needed <= moved.sum() <= needed + 0.3
        reached = ensemble.outputs_encoded(point[None])[seed, 0, 0]
        assert reached >= outputs[seed] + 0.2


def test_relaxed_steps_stay_within_limits_and_on_simplices(make_search_task, three_classes, birds):
    task = make_search_task(three_classes, birds.iloc[::40], birds, constraints=LIMITS)
    columns = np.ones(task.rows.shape, dtype=bool)
    columns[:, 3] = False
    relaxed = RelaxedRows.of(three_classes.members, task, task.rows, columns)
    place = relaxed.start.expand(3, -1, -1).clone()
    rng = torch.Generator().manual_seed(0)
    for _ in range(10):
        gradient = torch.randn(place.shape, generator=rng, dtype=place.dtype)
        weight = torch.full((*place.shape[:2], 1), 3.0, dtype=place.dtype)
        place = relaxed.step(place, gradient, weight, 0.5)
        for block in relaxed.simplices:
            shares = place[..., block]
            assert (shares >= 0).all()
            assert torch.allclose(shares.sum(dim=-1), torch.ones((), dtype=place.dtype))
    rows = relaxed.rows(place, task.rows)
    assert (rows[..., 3] == task.rows[:, 3]).all()
    assert (rows[..., 5] == task.rows[:, 5]).all()
    assert (rows != task.rows).any()


def test_a_relaxed_distance_at_real_rows_is_the_distance(make_search_task, three_classes, birds):
    task = make_search_task(three_classes, birds.iloc[:6], birds)
    relaxed = RelaxedRows.of(
        three_classes.members, task, task.rows, np.ones(task.rows.shape, dtype=bool)
    )
    others = task.background.rows[100:106]
    inputs = three_classes.members.inputs(others)
    far = relaxed.distance(inputs[None])[0].numpy()
    assert far == pytest.approx(task.proximity.distance(others, task.rows))
    assert relaxed.rows(inputs[None], task.rows)[0] == pytest.approx(others)


def test_seeds_searched_together_find_what_each_finds_alone(make_search_task, three_classes, birds):
    task = make_search_task(three_classes, birds.iloc[::80], birds)
    starts = gradient_starts(task)
    for seed in range(3):
        alone = replace(three_classes, members=three_classes.members.subset([seed]), seeds=(seed,))
        own = gradient_starts(make_search_task(alone, birds.iloc[::80], birds))
        np.testing.assert_allclose(starts.points[seed], own.points[0], rtol=1e-6, atol=1e-6)


def test_a_joint_goal_gets_points_that_all_seeds_accept(make_search_task, one_value, birds):
    task = make_search_task(
        one_value,
        birds.iloc[::40],
        birds,
        wish={"target": (0.05, None), "relative": True},
        goal=JointGoal,
    )
    starts = gradient_starts(task)
    assert starts.accepted.any(axis=2).all()
    _, instance, place = np.nonzero(starts.accepted)
    before = one_value.outputs_encoded(task.rows)[..., 0]
    after = one_value.outputs_encoded(starts.points[0, instance, place])[..., 0]
    assert (after >= before[:, instance] + 0.05).all()


def test_other_models_have_no_gradients(make_search_task, species, birds):
    task = make_search_task(species, birds.iloc[:1], birds)
    with pytest.raises(InputError, match="counterfactuals with search='gradient', which needs"):
        gradient_starts(task)
