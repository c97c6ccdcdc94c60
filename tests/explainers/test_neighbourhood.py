from __future__ import annotations

import numpy as np
import pytest
from lime.lime_tabular import LimeTabularExplainer

from xaigeo.explainers.background import Background
from xaigeo.explainers.neighbourhood import NeighbourhoodSampler


@pytest.fixture
def background(species, birds):
    return Background.from_frame(species.schema, species.schema.encode(birds))


@pytest.mark.parametrize("around", [False, True])
def test_rows_are_those_that_lime_draws(background, around):
    theirs = LimeTabularExplainer(
        background.rows,
        categorical_features=[4, 5],
        discretize_continuous=False,
        sample_around_instance=around,
        random_state=np.random.RandomState(8),
    )
    instance = background.rows[17]
    data, rows = theirs._LimeTabularExplainer__data_inverse(instance, 300)
    ours = NeighbourhoodSampler.from_background(background).draw(
        instance, 300, np.random.RandomState(8), around_instance=around
    )
    np.testing.assert_allclose(ours.rows, rows, rtol=1e-12)
    scaled = (data - theirs.scaler.mean_) / theirs.scaler.scale_
    np.testing.assert_allclose(ours.coordinates, scaled, atol=1e-9)
    distance = np.linalg.norm(scaled - scaled[0], axis=1)
    np.testing.assert_allclose(np.sqrt(ours.squared_distance), distance, atol=1e-9)


def test_first_row_is_the_instance_at_distance_zero(background):
    instance = background.rows[200]
    near = NeighbourhoodSampler.from_background(background).draw(
        instance, 50, np.random.RandomState(0)
    )
    np.testing.assert_array_equal(near.rows[0], instance)
    np.testing.assert_array_equal(near.coordinates[0, 4:], 1.0)
    assert near.squared_distance[0] == 0


def test_category_that_the_background_lacks_is_never_drawn(species, birds):
    rows = species.schema.encode(birds[birds["island"] != "Torgersen"])
    instance = species.schema.encode(birds[birds["island"] == "Torgersen"])[0]
    sampler = NeighbourhoodSampler.from_background(Background.from_frame(species.schema, rows))
    near = sampler.draw(instance, 200, np.random.RandomState(0))
    assert (near.rows[1:, 4] != instance[4]).all()
    assert near.coordinates[:, 4].sum() == 1


def test_column_constant_in_the_background_has_scale_one(species, birds):
    rows = species.schema.encode(birds.assign(bill_depth_mm=17.1))
    sampler = NeighbourhoodSampler.from_background(Background.from_frame(species.schema, rows))
    assert sampler.scale[1] == 1.0
    assert sampler.location[1] == pytest.approx(17.1)
