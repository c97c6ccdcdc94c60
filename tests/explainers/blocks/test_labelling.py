from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression

import xaigeo as xg
from xaigeo.ensemble.seed_ensemble import SeedEnsemble


def same_from_the_rows_recorded(ensemble, X, background, method, parameters, n_background):
    """Explain against a sample, and again against the rows that are said to be it."""
    found = xg.explain(
        ensemble,
        X,
        method,
        background=background,
        random_state=4,
        n_background=n_background,
        **parameters,
    )
    places = found.provenance["resolved"]["background_places"]
    assert len(set(places)) == len(places) == n_background
    rows = found.background_frame().iloc[places]
    again = xg.explain(
        ensemble, X, method, background=rows, random_state=4, n_background=None, **parameters
    )
    for name in {"attribution", "base_value", "feature_location"} & set(found.data):
        np.testing.assert_allclose(again.array(name), found.array(name), rtol=1e-9, atol=1e-12)
    assert "background_places" not in again.provenance["resolved"]


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        ("kernel_shap", {"n_samples": 20}),
        ("kernel_shap", {"background_summary": "stratified"}),
        ("exact_shap", {}),
        ("permutation_shap", {"n_permutations": 2}),
        ("sampling_shap", {"n_samples": 40, "min_samples": 4}),
    ],
)
def test_the_background_rows_used_are_told_by_place(species, birds, method, parameters):
    same_from_the_rows_recorded(species, birds.head(2), birds.iloc[50:], method, parameters, 15)


def test_the_rows_of_every_repeat_are_told_one_after_another(species, birds):
    repeated = xg.explain(
        species,
        birds.head(1),
        "kernel_shap",
        background=birds,
        random_state=4,
        n_background=6,
        n_repeats=3,
    )
    places = repeated.provenance["resolved"]["background_places"]
    rows = repeated.background_frame().iloc[places]
    parts = [
        xg.explain(species, birds.head(1), "kernel_shap", background=part, n_background=None)
        for part in (rows[:6], rows[6:12], rows[12:])
    ]
    mean = np.mean([part.array("attribution") for part in parts], axis=0)
    np.testing.assert_allclose(repeated.array("attribution"), mean, rtol=1e-9, atol=1e-12)


def test_deep_shap_tells_the_background_rows_used(curved, mixed_frame):
    rows = mixed_frame.iloc[3:]
    same_from_the_rows_recorded(curved, mixed_frame.head(2), rows, "deep_shap", {}, 5)


@pytest.mark.parametrize(
    ("method", "model"),
    [
        ("tree_shap", RandomForestRegressor(n_estimators=3, max_depth=3, random_state=0)),
        ("linear_shap", LinearRegression()),
    ],
)
def test_estimators_methods_tell_the_background_rows_used(cloud, method, model):
    fitted = [clone(model).fit(cloud, np.sin(cloud[:, 0]) + cloud[:, j]) for j in (1, 2)]
    ensemble = SeedEnsemble.wrap(fitted, schema=cloud, task="regression")
    same_from_the_rows_recorded(ensemble, cloud[:2], cloud[5:], method, {}, 7)


def test_centres_of_clusters_have_no_places(species, birds):
    found = xg.explain(
        species,
        birds.head(1),
        "kernel_shap",
        background=birds,
        n_background=5,
        n_samples=20,
        background_summary="kmeans",
    )
    assert "background_places" not in found.provenance["resolved"]
