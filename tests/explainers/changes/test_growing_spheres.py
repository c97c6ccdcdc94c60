from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from xaigeo.explainers.changes.growing_spheres import GROWTH, growing_spheres


@dataclass(frozen=True)
class Distance:
    """The distance from the origin of the first columns, in their units."""

    unit: tuple[float, ...]

    def __call__(self, rows):
        return np.linalg.norm(np.asarray(rows, dtype=float) / self.unit, axis=1)


@pytest.fixture
def plane():
    rng = np.random.default_rng(0)
    return rng.uniform(-8, 8, (400, 2)) * [1.0, 50.0]


@pytest.fixture
def circle(plane, wrap_values):
    mad = np.median(np.abs(plane - np.median(plane, axis=0)), axis=0)
    return wrap_values(Distance(tuple(mad)), rows=plane)


@pytest.mark.parametrize("radius", [0.02, 0.3, 1.4])
def test_points_lie_in_the_layer_that_crosses_the_circle(make_search_task, circle, plane, radius):
    start = np.zeros((1, 2))
    task = make_search_task(circle, start, plane, wish={"target": (radius, None)}, n_samples=2000)
    starts = growing_spheres(task)
    far = circle.outputs_encoded(starts.points[0, 0])[0, :, 0]
    assert starts.accepted.all()
    assert (far >= radius).all()
    # The layer that found it is as thick as the ball it grew from, which is inside.
    assert (far <= 2.05 * radius).all()
    assert far[0] <= (1 + GROWTH) * radius


def test_sharing_directions_keeps_models_apart(make_search_task, wrap_values, plane):
    mad = np.median(np.abs(plane - np.median(plane, axis=0)), axis=0)
    models = wrap_values(Distance(tuple(mad)), Distance(tuple(mad / 4)), rows=plane)
    task = make_search_task(models, np.zeros((1, 2)), plane, wish={"target": (1.0, None)})
    starts = growing_spheres(task)
    far = np.linalg.norm(starts.points[:, 0] / mad, axis=-1)
    assert far[0].min() >= 1.0
    assert 0.25 <= far[1].min() < 0.5


def test_categories_change_and_limits_hold(make_search_task, species, birds):
    task = make_search_task(
        species,
        birds.iloc[::60],
        birds,
        constraints={"immutable": ["sex"], "ranges": {"bill_depth_mm": (15, 18)}},
        max_changed=2,
    )
    starts = growing_spheres(task)
    model, instance, place = np.nonzero(starts.accepted)
    points, origins = starts.points[model, instance, place], task.rows[instance]
    assert (task.goal.lead(points, model, instance) >= 0).all()
    assert (task.proximity.possible(points, origins) == points).all()
    assert ((points != origins).sum(axis=1) <= 2).all()
    assert (points[:, 4] != origins[:, 4]).any()


def test_what_is_never_found_comes_back_as_close_as_it_came(make_search_task, circle, plane):
    task = make_search_task(circle, np.zeros((2, 2)), plane, wish={"target": (1e6, None)})
    starts = growing_spheres(task)
    assert not starts.accepted.any()
    far = circle.outputs_encoded(starts.points[0, :, 0])[0, :, 0]
    assert (far > 1.5).all()


def test_little_memory_changes_no_point(make_search_task, species, birds):
    task = make_search_task(species, birds.iloc[::80], birds)
    whole = growing_spheres(task)
    again = make_search_task(species, birds.iloc[::80], birds)
    cut = growing_spheres(replace(again, max_memory=1))
    assert (cut.points == whole.points).all()
    assert (cut.accepted == whole.accepted).all()
