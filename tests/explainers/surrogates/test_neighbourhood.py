from __future__ import annotations

import numpy as np
import pytest
from lime.lime_tabular import LimeTabularExplainer
from sklearn.metrics import pairwise_distances

from xaigeo.explainers.background import Background
from xaigeo.explainers.surrogates.neighbourhood import NeighbourhoodSampler, random_stream


@pytest.fixture
def background(species, birds):
    return Background.from_frame(species.schema, species.schema.encode(birds))


def rows_of_lime(background, instance, n_samples, stream, **options):
    theirs = LimeTabularExplainer(
        background.rows, categorical_features=[4, 5], random_state=stream, **options
    )
    data, rows = theirs._LimeTabularExplainer__data_inverse(instance, n_samples)
    return (data - theirs.scaler.mean_) / theirs.scaler.scale_, rows


@pytest.mark.parametrize("options", [{}, {"around": True}, {"discretiser": "quartile"}])
def test_rows_are_those_that_lime_draws(background, options):
    around, discretiser = options.get("around", False), options.get("discretiser")
    instance = background.rows[17]
    coordinates, rows = rows_of_lime(
        background,
        instance,
        300,
        random_stream(np.random.SeedSequence(8)),
        discretize_continuous=discretiser is not None,
        sample_around_instance=around,
    )
    sampler = NeighbourhoodSampler.from_background(background, discretiser=discretiser)
    drawn = sampler.draw(
        300, random_stream(np.random.SeedSequence(8)), around=instance if around else None
    )
    np.testing.assert_allclose(drawn.rows, rows[1:], rtol=1e-10)
    own = sampler.places(instance[None])[0]
    origin = sampler.coordinates(own)
    np.testing.assert_allclose(origin, coordinates[0], atol=1e-12)
    away = sampler.differences(drawn.places, own)
    np.testing.assert_allclose(away.T + origin, coordinates[1:], atol=1e-9)
    # A row is where `places` finds it.
    np.testing.assert_allclose(sampler.places(drawn.rows), drawn.places.T, atol=1e-9)


@pytest.mark.parametrize("metric", ["euclidean", "l2", "manhattan", "cosine", "chebyshev"])
@pytest.mark.parametrize("discretiser", [None, "quartile"])
def test_distances_are_those_between_coordinates(background, metric, discretiser):
    sampler = NeighbourhoodSampler.from_background(background, discretiser=discretiser)
    drawn = sampler.draw(100, np.random.RandomState(0))
    own = sampler.places(background.rows[[3]])[0]
    origin = sampler.coordinates(own)
    away = sampler.differences(drawn.places, own)
    expected = pairwise_distances(away.T + origin, origin[None], metric=metric)[:, 0]
    np.testing.assert_allclose(sampler.distances(away, origin, metric), expected, atol=1e-9)


def test_differences_can_be_written_into_an_array(background):
    for discretiser in (None, "decile"):
        sampler = NeighbourhoodSampler.from_background(background, discretiser=discretiser)
        drawn = sampler.draw(40, np.random.RandomState(0))
        own, room = sampler.places(background.rows[[9]])[0], np.full((6, 39), np.nan)
        found = sampler.differences(drawn.places, own, out=room)
        assert found is room
        np.testing.assert_array_equal(room, sampler.differences(drawn.places, own))


def test_bounds_hold_the_value_where_a_column_is_binned(background):
    sampler = NeighbourhoodSampler.from_background(background, discretiser="quartile")
    lower, upper = sampler.bounds(background.rows)
    assert np.isnan(lower[:, 4:]).all()
    assert np.isnan(upper[:, 4:]).all()
    values = background.rows[:, :4]
    assert ((lower[:, :4] < values) & (values <= upper[:, :4])).all()
    quartiles = np.percentile(values, [25, 50, 75], axis=0)
    assert set(lower[:, 0]) == {-np.inf, *quartiles[:, 0]}


def test_category_that_the_background_lacks_is_never_drawn(species, birds):
    rows = species.schema.encode(birds[birds["island"] != "Torgersen"])
    instance = species.schema.encode(birds[birds["island"] == "Torgersen"])
    sampler = NeighbourhoodSampler.from_background(Background.from_frame(species.schema, rows))
    drawn = sampler.draw(200, np.random.RandomState(0))
    assert (drawn.rows[:, 4] != instance[0, 4]).all()
    away = sampler.differences(drawn.places, sampler.places(instance)[0])
    assert (away[4] == -1.0).all()


def test_column_constant_in_the_background_has_scale_one(species, birds):
    rows = species.schema.encode(birds.assign(bill_depth_mm=17.1))
    sampler = NeighbourhoodSampler.from_background(Background.from_frame(species.schema, rows))
    assert sampler.scale[1] == 1.0
    assert sampler.location[1] == pytest.approx(17.1)
