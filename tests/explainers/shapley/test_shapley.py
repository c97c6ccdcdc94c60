from __future__ import annotations

import warnings
from functools import cache
from itertools import combinations
from math import factorial

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import xaigeo as xg
from xaigeo.errors import InputError, SingleSeedWarning
from xaigeo.explainers.background import Background
from xaigeo.explainers.base import Block

ARRAYS = ("attribution", "base_value", "explained_value")
METHODS = {
    "kernel_shap": {"n_background": 9},
    "permutation_shap": {"n_background": 9, "n_permutations": 3},
    "exact_shap": {"n_background": 9},
    "sampling_shap": {"n_samples": 200, "min_samples": 10},
}
EXACT = ("kernel_shap", "exact_shap")


def brute_force(ensemble, instance, background, players):
    """Return Shapley values from their definition, shape (n_seeds, n_players, n_outputs)."""
    n = len(players)

    @cache
    def worth(members):
        columns = [column for member in members for column in players[member]]
        rows = background.copy()
        rows[:, columns] = instance[columns]
        return ensemble.outputs_encoded(rows).mean(axis=1)

    values = []
    for j in range(n):
        others = [k for k in range(n) if k != j]
        total = 0.0
        for size in range(n):
            weight = factorial(size) * factorial(n - size - 1) / factorial(n)
            for members in combinations(others, size):
                joined = frozenset((*members, j))
                total = total + weight * (worth(joined) - worth(frozenset(members)))
        values.append(total)
    return np.stack(values, axis=1)


def explain(ensemble, X, method, background, **more):
    settings = METHODS[method] | {"random_state": 2} | more
    return xg.explain(ensemble, X, method=method, background=background, **settings)


def assert_alike(one, two, atol):
    for name in ARRAYS:
        np.testing.assert_allclose(one.array(name), two.array(name), atol=atol, err_msg=name)


@pytest.mark.parametrize("kind", ["species", "mass", "single_logit"])
@pytest.mark.parametrize("method", METHODS)
def test_engines_agree(request, birds, method, kind):
    ensemble = request.getfixturevalue(kind)
    X = birds.iloc[[0, 300]]
    ours, theirs = (explain(ensemble, X, method, birds, engine=e) for e in ("batched", "upstream"))
    # shap leaves a millionth of the error of the sum in place when it samples.
    assert_alike(ours, theirs, 1e-6 if method == "sampling_shap" else 1e-9)
    total = ours.array("base_value") + ours.array("attribution").sum(axis=2)
    np.testing.assert_allclose(total, ours.array("explained_value"), atol=1e-12)
    asked = ensemble.outputs(X, scale=ensemble.default_scale)
    np.testing.assert_allclose(ours.array("explained_value"), asked, atol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_engines_agree_about_groups_and_weighted_centres(species, birds, method):
    more = {
        "groups": {"bill": ["bill_depth_mm", "bill_length_mm"], "who": ["sex", "island"]},
        "background_summary": "kmeans",
        "n_background": 5,
    }
    X = birds.iloc[[3, 190]]
    ours, theirs = (
        explain(species, X, method, birds, engine=e, **more) for e in ("batched", "upstream")
    )
    assert set(ours.features) == {"bill", "flipper_length_mm", "body_mass_g", "who"}
    assert_alike(ours, theirs, 1e-6 if method == "sampling_shap" else 1e-9)


@pytest.mark.parametrize("method", ["kernel_shap", "permutation_shap", "exact_shap"])
def test_engines_agree_about_log_odds(species, birds, method):
    X = birds.iloc[[3, 190]]
    ours, theirs = (
        explain(species, X, method, birds, engine=e, link="logit") for e in ("batched", "upstream")
    )
    assert_alike(ours, theirs, 1e-9)
    p = species.outputs(X)
    np.testing.assert_allclose(ours.array("explained_value"), np.log(p / (1 - p)), atol=1e-12)
    assert ours.scale == "logit"
    probabilities = explain(species, X, method, birds)
    assert probabilities.scale == "probability"
    base = probabilities.array("base_value")
    np.testing.assert_allclose(ours.array("base_value"), np.log(base / (1 - base)), atol=1e-12)


@pytest.mark.parametrize("method", EXACT)
@pytest.mark.parametrize("grouped", [False, True])
def test_exact_values_equal_the_definition(species, birds, method, grouped):
    groups = {"bill": ["bill_length_mm", "bill_depth_mm"]} if grouped else None
    result = explain(species, birds.iloc[[5, 200]], method, birds.iloc[::40], groups=groups)
    schema = species.schema
    rows, background = schema.encode(birds.iloc[[5, 200]]), schema.encode(birds.iloc[::40])
    players = [
        [schema.index(c) for c in (groups or {}).get(name, [name])] for name in result.features
    ]
    for i, instance in enumerate(rows):
        expected = brute_force(species, instance, background, players)
        np.testing.assert_allclose(result.array("attribution")[:, i], expected, atol=1e-12)
    assert (result.array("std_error") == 0).all()
    assert result.provenance["resolved"]["exact"]


@pytest.mark.parametrize("summary", ["sample", "stratified", "kmeans"])
@pytest.mark.parametrize("method", EXACT)
def test_nothing_is_exact_where_background_rows_were_chosen(species, birds, method, summary):
    settings = {"n_background": 20, "background_summary": summary}
    chosen = explain(species, birds.iloc[[5, 200]], method, birds, **settings)
    assert not chosen.provenance["resolved"]["exact"]
    assert "std_error" not in chosen.data
    whole = explain(species, birds.iloc[[5, 200]], method, birds, n_background=None)
    assert whole.provenance["resolved"]["exact"]
    assert (whole.array("std_error") == 0).all()


def test_repeats_draw_background_rows_of_their_own(species, birds):
    X, settings = birds.iloc[[5, 200]], {"n_background": 20}
    ours, theirs = (
        explain(species, X, "kernel_shap", birds, n_repeats=3, engine=engine, **settings)
        for engine in ("batched", "upstream")
    )
    assert_alike(ours, theirs, 1e-9)
    total = ours.array("base_value") + ours.array("attribution").sum(axis=2)
    np.testing.assert_allclose(total, ours.array("explained_value"), atol=1e-12)
    one, two = (explain(species, X, "kernel_shap", birds, n_repeats=n, **settings) for n in (1, 2))
    # Of two draws, the error is half their difference, and the mean lies between them.
    half = np.abs(two.array("attribution") - one.array("attribution"))
    np.testing.assert_allclose(two.array("std_error"), half, atol=1e-12)
    assert half.max() > 1e-3


def test_errors_of_repeats_cover_the_drawing_of_background_rows(cloud, wrap_values, linear):
    ensemble = wrap_values(linear((2.0, -0.3, 5.0, 1.0)), rows=cloud)
    found = [
        explain(ensemble, cloud[:1], "kernel_shap", cloud, n_repeats=6, random_state=seed)
        for seed in range(80)
    ]
    values = np.stack([one.array("attribution")[0, 0, :, 0] for one in found])
    errors = np.stack([one.array("std_error")[0, 0, :, 0] for one in found])
    exact = np.array([2.0, -0.3, 5.0, 1.0]) * (cloud[0] - cloud.mean(axis=0))
    # Student's t with five degrees of freedom; a share of 320 has an error of 0.016 or so.
    assert (np.abs(values - exact) < 2.571 * errors).mean() == pytest.approx(0.95, abs=0.05)


def test_rows_of_k_means_leave_the_error_open(wrap_values):
    rows = np.random.default_rng(3).normal(size=(40, 12))
    rows[:, 11] = 1.0
    ensemble = wrap_values(lambda rows: np.tanh(rows[:, :6] * rows[:, 6:]).sum(axis=1), rows=rows)
    settings = {"n_background": 5, "background_summary": "kmeans", "n_repeats": 3}
    few = explain(ensemble, rows[:1], "kernel_shap", rows, **settings)  # all coalitions
    assert np.isnan(few.array("std_error")[..., :11, :]).all()
    assert (few.array("std_error")[..., 11, :] == 0).all()  # no row could have moved it
    drawn = explain(ensemble, rows[:1], "kernel_shap", rows, n_samples=60, **settings)
    assert (drawn.array("std_error")[..., :11, :] > 0).all()


@pytest.mark.parametrize("method", METHODS)
def test_linear_model_has_the_closed_form(cloud, wrap_values, linear, method):
    slope = np.array([2.0, -0.3, 50.0, 0.004])
    result = explain(
        wrap_values(linear(tuple(slope)), rows=cloud), cloud[:3], method, cloud, n_background=None
    )
    location = result.array("feature_location")
    np.testing.assert_allclose(location, cloud.mean(axis=0))
    expected = slope * (cloud[:3] - location)
    if method == "sampling_shap":  # rows are drawn, not averaged over
        error = result.array("std_error")[0, ..., 0]
        assert (np.abs(result.array("attribution")[0, ..., 0] - expected) < 5 * error).all()
    else:
        np.testing.assert_allclose(result.array("attribution")[0, ..., 0], expected, rtol=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_two_way_interactions_are_shared_equally(cloud, wrap_values, method):
    """f = x0 x1 against one row b: x0 gets ((x0 - b0) b1 + (x0 - b0) x1) / 2."""
    ensemble = wrap_values(lambda rows: rows[:, 0] * rows[:, 1], rows=cloud)
    x, b = cloud[0], cloud[1]
    result = (
        explain(ensemble, cloud[:1], method, cloud[1:2], n_samples=20_000)
        if (method == "sampling_shap")
        else explain(ensemble, cloud[:1], method, cloud[1:2])
    )
    found = result.array("attribution")[0, 0, :, 0]
    expected = np.array([(x[0] - b[0]) * (x[1] + b[1]), (x[1] - b[1]) * (x[0] + b[0]), 0, 0]) / 2
    tolerance = 5 * result.array("std_error")[0, 0, :, 0] + 1e-12
    assert (np.abs(found - expected) <= tolerance).all()


@pytest.mark.parametrize("method", METHODS)
def test_feature_without_effect_gets_exactly_zero(cloud, wrap_values, method):
    ensemble = wrap_values(lambda rows: 1e4 + np.tanh(rows[:, 1] * rows[:, 0]), rows=cloud)
    result = explain(ensemble, cloud[:3], method, cloud)
    assert (result.array("attribution")[:, :, 2:] == 0).all()
    assert (result.array("attribution")[:, :, :2] != 0).all()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("engine", ["batched", "upstream"])
def test_columns_equal_to_the_background_take_no_part(cloud, wrap_values, method, engine):
    ensemble = wrap_values(lambda rows: rows[:, 0] * rows[:, 1] + rows[:, 2], rows=cloud)
    still = np.tile(cloud[0], (4, 1))
    still[:, 2] = [0.9, 1.0, 1.1, 1.2]  # now only one column differs from the instance
    result = explain(ensemble, cloud[:1], method, still, engine=engine)
    expected = [0.0, 0.0, cloud[0, 2] - still[:, 2].mean(), 0.0]
    np.testing.assert_allclose(result.array("attribution")[0, 0, :, 0], expected, atol=1e-12)
    same = explain(ensemble, cloud[:1], method, cloud[:1], engine=engine)
    assert (same.array("attribution") == 0).all()


@pytest.mark.parametrize("method", EXACT)
def test_symmetric_features_get_equal_values(cloud, wrap_values, method):
    rows = cloud.copy()
    rows[:, 1] = rows[:, 0]
    ensemble = wrap_values(lambda r: np.tanh(r[:, 0] * r[:, 1] * r[:, 2]) + r[:, 3], rows=rows)
    found = explain(ensemble, rows[:5], method, rows).array("attribution")
    np.testing.assert_allclose(found[:, :, 0], found[:, :, 1], atol=1e-12)
    assert (np.abs(found[:, :, 0]) > 1e-6).all()


@pytest.mark.parametrize("method", METHODS)
def test_units_change_nothing(cloud, wrap_values, method):
    factor, shift = np.array([1e-10, 3.0, 1.0, 1e6]), np.array([0.0, -7.0, 0.0, 1.7e9])

    def model(rows):
        standard = ((rows - shift) / factor - cloud.mean(axis=0)) / cloud.std(axis=0)
        return np.tanh(standard).sum(axis=1) + standard[:, 0] * standard[:, 1]

    one, two = (
        explain(wrap_values(predict, rows=rows), rows[:2], method, rows)
        for predict, rows in (
            (lambda rows: model(rows * factor + shift), cloud),
            (model, cloud * factor + shift),
        )
    )
    np.testing.assert_allclose(one.array("attribution"), two.array("attribution"), atol=1e-6)
    assert (np.abs(two.array("attribution")) > 1e-3).all()


@given(order=st.permutations(range(5)), seed=st.integers(0, 1000))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@pytest.mark.parametrize("method", EXACT)
def test_permuting_features_permutes_the_answer(method, order, seed):
    random = np.random.default_rng(seed)
    rows, inner = random.normal(size=(12, 5)), random.normal(size=(5, 3))
    order = np.array(order)

    def model(rows):
        return np.tanh(rows @ inner).prod(axis=1)

    def wrap(predict, rows):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SingleSeedWarning)
            return xg.SeedEnsemble.wrap([predict], schema=rows, task="regression", classes=("y",))

    back = np.argsort(order)
    straight = explain(wrap(model, rows), rows[:2], method, rows, n_background=None)
    turned = explain(
        wrap(lambda r: model(r[:, back]), rows[:, order]),
        rows[:2, order],
        method,
        rows[:, order],
        n_background=None,
    )
    np.testing.assert_allclose(
        turned.array("attribution"), straight.array("attribution")[:, :, order], atol=1e-12
    )


@given(order=st.permutations(range(3)))
@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@pytest.mark.parametrize("method", METHODS)
def test_permuting_seeds_permutes_the_answer(species, birds, method, order):
    seeds = [species.seeds[place] for place in order]
    straight = explain(species, birds.iloc[[4]], method, birds)
    turned = explain(species.select(seeds), birds.iloc[[4]], method, birds)
    assert set(turned.data) == set(straight.data)
    for name in {*ARRAYS, "std_error"} & set(straight.data):
        np.testing.assert_allclose(
            turned.array(name), straight.array(name)[list(order)], atol=1e-14, err_msg=name
        )


@given(order=st.permutations(range(4)))
@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@pytest.mark.parametrize("method", EXACT)
def test_permuting_instances_permutes_the_answer(species, birds, method, order):
    X = birds.iloc[[4, 99, 180, 260]]
    straight = explain(species, X, method, birds)
    turned = explain(species, X.iloc[list(order)], method, birds)
    np.testing.assert_allclose(
        turned.array("attribution"), straight.array("attribution")[:, list(order)], atol=1e-14
    )


@pytest.mark.parametrize("method", METHODS)
def test_seed_by_seed_in_little_memory_gives_the_same(species, birds, method):
    explainer = xg.explainers.EXPLAINERS.get(method)(**METHODS[method])
    rows = species.schema.encode(birds)
    seeds = np.random.SeedSequence(0).spawn(3)
    background = Background.from_frame(species.schema, rows)
    much, little = (
        explainer.explain_batched(
            Block(species, rows[[0, 200]], background, seeds[:2], seeds[2], max_memory=size)
        )
        for size in (2**31, 20_000)
    )
    for name, array in much.items():
        np.testing.assert_allclose(little[name], array, atol=1e-13, err_msg=name)


@pytest.mark.parametrize("method", METHODS)
def test_any_kind_of_ensemble_with_any_kind_of_column(mixed_frame, method):
    from sklearn.compose import make_column_transformer
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    numeric = ["length", "count"]
    pipeline = make_pipeline(
        make_column_transformer(
            ("passthrough", numeric), (OneHotEncoder(), ["colour", "wild", "size"])
        ),
        RandomForestClassifier(4, max_depth=3),
    )
    y = np.where(mixed_frame["length"] > 50, "long", np.where(mixed_frame["wild"], "wild", "tame"))
    ensemble = xg.SeedEnsemble.fit(pipeline, mixed_frame, y, seeds=range(2))
    ours, theirs = (
        explain(ensemble, mixed_frame.head(2), method, mixed_frame, engine=e)
        for e in ("batched", "upstream")
    )
    assert ours.features == list(mixed_frame.columns)
    assert_alike(ours, theirs, 1e-6)
    total = ours.array("base_value") + ours.array("attribution").sum(axis=2)
    np.testing.assert_allclose(total, ensemble.predict_proba(mixed_frame.head(2)), atol=1e-12)


@pytest.mark.parametrize(
    ("method", "more"),
    [
        ("kernel_shap", {"n_samples": 60, "n_repeats": 6}),
        ("permutation_shap", {"n_permutations": 8}),
        ("sampling_shap", {"n_samples": 600, "min_samples": 30}),
    ],
)
def test_standard_errors_are_the_spread_over_draws(wrap_values, method, more):
    rows = np.random.default_rng(3).normal(size=(8, 12))

    def model(rows):
        return np.tanh(rows[:, :6] * rows[:, 6:]).sum(axis=1) * (1 + rows[:, 0] * rows[:, 3])

    ensemble = wrap_values(model, rows=rows)
    found = [
        explain(ensemble, rows[:1], method, rows[1:], random_state=seed, **more)
        for seed in range(60)
    ]
    attribution, std_error = (
        np.stack([one.array(name)[0, 0, :, 0] for one in found])
        for name in ("attribution", "std_error")
    )
    spread, error = attribution.var(axis=0, ddof=1), (std_error**2).mean(axis=0)
    # The variance of 60 numbers has a relative error of 18 %; over 12 features, less.
    assert 0.75 < spread.sum() / error.sum() < 1.35
    assert (spread / error > 0.4).all()
    assert (spread / error < 2.2).all()


def test_a_group_has_no_location(species, birds):
    result = explain(species, birds.head(1), "exact_shap", birds, groups={"g": ["island", "sex"]})
    location = result.array("feature_location")
    assert np.isnan(location[result.features.index("g")])
    assert np.isfinite(np.delete(location, result.features.index("g"))).all()


def test_log_odds_of_values_raise(mass, birds):
    with pytest.raises(InputError, match=r"probabilities for link='logit', got outputs .*'value'"):
        explain(mass, birds.head(1), "exact_shap", birds, link="logit")


def test_a_group_that_does_not_fit_raises_before_work(mass, birds):
    with pytest.raises(InputError, match="names of groups that no column has, got 'sex'"):
        explain(mass, birds.head(1), "exact_shap", birds, groups={"sex": ["island"]})


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_background": 0}, "n_background to be a whole number of at least 1, got 0"),
        ({"background_summary": "mean"}, "background_summary to be one of 'sample', 'stratified'"),
        ({"scale": "odds"}, "scale to be one of 'probability', 'logit', 'value'"),
    ],
)
@pytest.mark.parametrize("method", METHODS)
def test_bad_parameters_raise(method, parameters, message):
    with pytest.raises(InputError, match=message):
        xg.explainers.EXPLAINERS.get(method)(**parameters)


def test_frames_of_one_column_work(wrap_values):
    frame = pd.DataFrame({"x": [1.0, 2.0, 4.0]})
    for method in METHODS:
        ensemble = wrap_values(lambda f: f["x"] ** 2, rows=frame)
        more = {"n_samples": "auto"} if method in ("kernel_shap", "sampling_shap") else {}
        result = explain(ensemble, frame.head(1), method, frame, n_background=None, **more)
        np.testing.assert_allclose(result.array("attribution").item(), 1 - 21 / 3)
