from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shap

from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.explainers.background import Background
from xaigeo.explainers.shapley.reference_rows import ReferenceRows, reference_rows

SEED = np.random.SeedSequence(0)


def background_of(ensemble, X):
    return Background.from_frame(ensemble.schema, ensemble.schema.encode(X))


@pytest.mark.parametrize("summary", ["sample", "stratified", "kmeans"])
@pytest.mark.parametrize("n_rows", [None, 344, 1000])
def test_enough_rows_are_all_taken(species, birds, summary, n_rows):
    background = background_of(species, birds)
    found = reference_rows(species, background, n_rows, summary, SEED)
    assert found.rows is background.rows
    assert found.weights is None


def test_a_sample_holds_different_rows(species, birds):
    background = background_of(species, birds.drop_duplicates())
    found = reference_rows(species, background, 20, "sample", SEED)
    assert len(np.unique(found.rows, axis=0)) == 20
    assert {tuple(r) for r in found.rows} <= {tuple(r) for r in background.rows}
    np.testing.assert_allclose(found.shares, 1 / 20)


def test_strata_are_classes_in_proportion(species, birds):
    background = background_of(species, birds)
    predicted = species.outputs_encoded(background.rows).mean(axis=0).argmax(axis=1)
    found = reference_rows(species, background, 50, "stratified", SEED)
    drawn = species.outputs_encoded(found.rows).mean(axis=0).argmax(axis=1)
    exact = np.bincount(predicted, minlength=3) * 50 / len(birds)
    assert len(found.rows) == 50
    assert np.all(np.abs(np.bincount(drawn, minlength=3) - exact) < 1)
    again = reference_rows(species, background_of(species, birds), 50, "stratified", SEED)
    np.testing.assert_array_equal(found.rows, again.rows)


def test_strata_of_a_regression_are_deciles(mass, birds):
    background = background_of(mass, birds)
    value = mass.outputs_encoded(background.rows).mean(axis=0)[:, 0]
    found = reference_rows(mass, background, 30, "stratified", SEED)
    drawn = mass.outputs_encoded(found.rows).mean(axis=0)[:, 0]
    edges = np.quantile(value, np.arange(1, 10) / 10)
    counts = np.bincount(np.searchsorted(edges, drawn), minlength=10)
    assert counts.sum() == 30
    assert set(counts) <= {2, 3, 4}


def test_fewer_rows_than_strata_come_from_the_largest(mass, birds):
    found = reference_rows(mass, background_of(mass, birds), 4, "stratified", SEED)
    assert len(found.rows) == 4


def test_centres_are_those_of_shap_on_standard_columns(wrap_values, cloud):
    ensemble = wrap_values(lambda rows: rows[:, 0], rows=cloud)
    found = reference_rows(ensemble, background_of(ensemble, cloud), 7, "kmeans", SEED)
    standard = (cloud - cloud.mean(axis=0)) / cloud.std(axis=0)
    theirs = shap.kmeans(standard, 7)
    back = theirs.data * cloud.std(axis=0) + cloud.mean(axis=0)
    np.testing.assert_allclose(found.rows, back, rtol=1e-12)
    np.testing.assert_allclose(found.shares, theirs.weights)
    for column, values in zip(found.rows.T, cloud.T, strict=True):
        assert set(column) <= set(values)


def test_centres_hold_real_categories_and_count_rows(species, birds):
    background = background_of(species, birds)
    found = reference_rows(species, background, 6, "kmeans", SEED)
    assert len(found.rows) == 6
    assert found.weights.sum() == len(birds)
    for column, values in zip(found.rows.T, background.rows.T, strict=True):
        assert set(column) <= set(values)


def test_no_more_centres_than_different_rows():
    frame = pd.DataFrame({"x": [1.0, 1.0, 1.0, 4.0], "c": list("aaab")})
    ensemble = SeedEnsemble.wrap(
        [lambda f: f["x"]] * 2, schema=frame, task="regression", classes=("y",)
    )
    found = reference_rows(ensemble, background_of(ensemble, frame), 3, "kmeans", SEED)
    order = np.argsort(found.rows[:, 0])
    assert found.rows[order].tolist() == [[1.0, 0.0], [4.0, 1.0]]
    assert found.weights[order].tolist() == [3, 1]


def test_summaries_are_made_once_for_all_blocks(species, birds):
    background = background_of(species, birds)
    one = reference_rows(species, background, 6, "kmeans", SEED)
    assert reference_rows(species, background, 6, "kmeans", SEED) is one
    assert reference_rows(species, background, 7, "kmeans", SEED) is not one
    assert reference_rows(species, background, 6, "sample", SEED) is not one


def test_weighted_statistics_are_those_of_repeated_rows():
    random = np.random.default_rng(0)
    rows = ReferenceRows(random.normal(size=(5, 3)), np.array([1, 4, 2, 2, 3]))
    assert len(rows.repeated) == 12
    np.testing.assert_allclose(rows.location, rows.repeated.mean(axis=0))
    np.testing.assert_allclose(rows.scale, rows.repeated.std(axis=0))
    still = ReferenceRows(np.full((3, 1), 0.1), np.array([1, 2, 3]))
    assert still.scale.tolist() == [1.0]
