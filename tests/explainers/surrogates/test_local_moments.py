from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xaigeo.errors import InputError
from xaigeo.explainers.background import Background
from xaigeo.explainers.surrogates.local_moments import Locality, Targets, local_moments
from xaigeo.explainers.surrogates.neighbourhood import NeighbourhoodSampler


@pytest.fixture(scope="module")
def near(species, birds):
    background = Background.from_frame(species.schema, species.schema.encode(birds))
    return Locality(NeighbourhoodSampler.from_background(background), "euclidean", 1.5)


def moments(ensemble, rows, near, scale="probability", max_memory=2**30):
    drawn = near.sampler.draw(120, np.random.RandomState(0))
    targets = Targets(ensemble, scale)
    return drawn, targets, local_moments(targets, rows, drawn, near, max_memory)


def test_moments_are_those_of_a_loop_over_seeds_and_outputs(species, birds, near):
    rows = species.schema.encode(birds.iloc[[0, 200]])
    drawn, _, found = moments(species, rows, near)
    for i, (row, about) in enumerate(zip(rows, found.moments, strict=True)):
        asked = np.vstack([row, drawn.rows])
        own = near.sampler.places(row[None])[0]
        away = np.hstack([np.zeros((6, 1)), near.sampler.differences(drawn.places, own)])
        weights = np.exp(-np.square(away).sum(axis=0) / (2 * 1.5**2))
        centre = np.average(away, axis=1, weights=weights)
        design = away - centre[:, None]
        np.testing.assert_allclose(about.centre, centre, atol=1e-12)
        np.testing.assert_allclose(about.gram, (design * weights) @ design.T, atol=1e-9)
        targets = iter(range(9))
        for place in range(3):
            for output in range(3):
                target = next(targets)
                y = species.member_outputs_encoded(place, asked)[:, output]
                mean = np.average(y, weights=weights)
                assert found.own[target, i] == pytest.approx(y[0])
                assert about.mean[target] + found.level[target] == pytest.approx(mean)
                assert about.spread[target] == pytest.approx(weights @ np.square(y - mean))
                np.testing.assert_allclose(
                    about.cross[target], (design * weights) @ (y - mean), atol=1e-10
                )


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(30_000, 200_000))
def test_pieces_sum_up_to_the_whole(single_logit, birds, near, max_memory):
    rows = single_logit.schema.encode(birds.iloc[[0, 100, 200]])
    whole, pieces = (
        moments(single_logit, rows, near, max_memory=limit)[2] for limit in (2**30, max_memory)
    )
    np.testing.assert_allclose(pieces.own, whole.own, atol=1e-12)
    for one, other in zip(whole.moments, pieces.moments, strict=True):
        for name in ("gram", "cross", "spread", "centre"):
            np.testing.assert_allclose(getattr(other, name), getattr(one, name), atol=1e-9)


def test_models_are_asked_in_pieces_that_fit(mass, birds, near):
    asked = []

    class Counting:
        kind, n_members, has_logits = "callable", 2, False

        def values(self, rows, scale):
            asked.append(len(rows))
            return mass.members.values(rows, scale)

    counted = type(mass)(
        members=Counting(),
        seeds=mass.seeds,
        schema=mass.schema,
        classes=mass.classes,
        task="regression",
    )
    rows = mass.schema.encode(birds.iloc[[0]])
    moments(counted, rows, near, scale="value", max_memory=30_000)
    assert sum(asked) == 120
    assert len(asked) > 1
    assert max(asked) * 8 * (6 * 2 + 4 * 6) <= 30_000


def test_constant_outputs_are_known(cloud, wrap_values):
    ensemble = wrap_values(
        lambda rows: np.full(len(rows), 0.3), lambda rows: rows[:, 0], rows=cloud
    )
    background = Background.from_frame(ensemble.schema, cloud)
    near = Locality(NeighbourhoodSampler.from_background(background), "euclidean", 1.5)
    _, _, found = moments(ensemble, cloud[:1], near, scale="value", max_memory=20_000)
    assert found.moments[0].constant.tolist() == [True, False]
    assert found.moments[0].spread[0] == 0.0


def test_one_of_two_probabilities_gives_both(single_logit, birds, near):
    rows = single_logit.schema.encode(birds.iloc[[0, 50]])
    _, targets, found = moments(single_logit, rows, near)
    assert targets.complementary
    assert targets.n_targets == 3
    outputs = single_logit.outputs_encoded(rows)
    np.testing.assert_allclose(targets.values(found.own), outputs.swapaxes(1, 2), atol=1e-12)
    numbers = np.arange(3.0)
    np.testing.assert_array_equal(targets.slopes(numbers), [[0, 0], [-1, 1], [-2, 2]])
    np.testing.assert_array_equal(targets.shared(numbers), [[0, 0], [1, 1], [2, 2]])


def test_outputs_that_need_not_sum_to_one_are_fitted_each(species, single_logit):
    assert not Targets(single_logit, "logit").complementary
    assert not Targets(species, "probability").complementary
    assert Targets(species, "probability").n_targets == 9


def test_too_little_memory_raises(species, birds, near):
    rows = species.schema.encode(birds.iloc[[0]])
    with pytest.raises(
        InputError,
        match=r"max_memory that holds 120 rows of 6 features and the fits of 9 outputs, got \d+ "
        r"bytes too little\. Raise max_memory, draw fewer rows",
    ):
        moments(species, rows, near, max_memory=10_000)
