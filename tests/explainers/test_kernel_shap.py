from __future__ import annotations

from itertools import combinations
from math import factorial

import numpy as np
import pytest
import shap

import xaigeo as xg
from xaigeo.errors import InputError
from xaigeo.explainers import kernel_shap
from xaigeo.explainers.kernel_shap import KernelShapExplainer
from xaigeo.explainers.shapley import worths

ARRAYS = ("attribution", "base_value", "explained_value")


def brute_force(predict, instance, background):
    """Return Shapley values from their definition, shape (n_features, n_outputs)."""
    p = len(instance)

    def worth(members):
        rows = background.copy()
        rows[:, list(members)] = instance[list(members)]
        return predict(rows).mean(axis=0)

    values = []
    for j in range(p):
        others = [k for k in range(p) if k != j]
        total = 0.0
        for size in range(p):
            weight = factorial(size) * factorial(p - size - 1) / factorial(p)
            for members in combinations(others, size):
                total = total + weight * (worth((*members, j)) - worth(members))
        values.append(total)
    return np.array(values)


def wide_model(rows):
    """Interactions over fourteen columns: more than the default budget enumerates."""
    return np.tanh(rows[:, :7] * rows[:, 7:]).sum(axis=1) + rows[:, 0] ** 2


@pytest.fixture
def wide():
    return np.random.default_rng(3).normal(size=(40, 14))


@pytest.mark.parametrize("n_samples", [40, 301, "auto"])
def test_engines_agree_where_coalitions_are_drawn(wide, wrap_values, n_samples):
    ensemble = wrap_values(wide_model, lambda rows: rows[:, 3], rows=wide)
    ours, theirs = (
        KernelShapExplainer(n_samples=n_samples, n_background=6).explain(
            ensemble, wide[:2], background=wide, random_state=4, engine=engine
        )
        for engine in ("batched", "upstream")
    )
    assert not ours.provenance["resolved"]["exact"]
    for name in ARRAYS:
        np.testing.assert_allclose(ours.array(name), theirs.array(name), atol=1e-9, err_msg=name)


def test_equals_the_shap_package_called_by_hand(own_seed, wide, wrap_values, global_stream):
    result = KernelShapExplainer(n_samples=200, n_background=None).explain(
        wrap_values(wide_model, rows=wide), wide[[7]], background=wide, random_state=6
    )
    own = own_seed(6, result.schema, wide, wide[7])
    theirs = shap.KernelExplainer(wide_model, wide)
    with global_stream(own.generate_state(4)):
        expected = theirs.shap_values(wide[[7]], nsamples=200, l1_reg=False, silent=True)
    np.testing.assert_allclose(result.array("attribution")[0, 0, :, 0], expected[0], atol=1e-10)
    assert result.array("base_value").item() == pytest.approx(theirs.expected_value)


def test_what_was_left_open_is_told(species, birds):
    result = KernelShapExplainer(n_background=10).explain(
        species, birds.iloc[[5]], background=birds.iloc[::40], random_state=0
    )
    assert result.provenance["resolved"] == {
        "n_coalitions": 62,
        "n_background": 9,
        "exact": True,
    }


def test_linear_model_has_the_closed_form(cloud, wrap_values, linear):
    slope = np.array([2.0, -0.3, 50.0, 0.004])
    result = KernelShapExplainer(n_background=30).explain(
        wrap_values(linear(tuple(slope)), rows=cloud), cloud[:5], background=cloud, random_state=1
    )
    location = result.array("feature_location")
    assert not np.allclose(location, cloud.mean(axis=0))  # of the thirty rows used
    np.testing.assert_allclose(
        result.array("attribution")[0, ..., 0], slope * (cloud[:5] - location), rtol=1e-9
    )
    np.testing.assert_allclose(result.array("base_value"), 0.5 + location @ slope)


def test_sampled_values_come_near_the_exact_ones(wide, wrap_values):
    ensemble = wrap_values(lambda rows: np.tanh(rows[:, 0] * rows[:, 1]) + rows[:, 2], rows=wide)
    result = KernelShapExplainer(n_background=8).explain(
        ensemble, wide[:1], background=wide[:8], random_state=0
    )
    expected = brute_force(
        lambda rows: (np.tanh(rows[:, 0] * rows[:, 1]) + rows[:, 2])[:, None],
        wide[0, :3],
        wide[:8, :3],
    )
    np.testing.assert_allclose(
        result.array("attribution")[0, 0, :3], expected, atol=0.02 * np.abs(expected).max()
    )


@pytest.mark.parametrize("n_samples", [60, "auto"])
def test_base_plus_attributions_is_the_output(wide, wrap_values, n_samples):
    result = KernelShapExplainer(n_samples=n_samples, n_background=5).explain(
        wrap_values(wide_model, rows=wide), wide[:3], background=wide, random_state=0
    )
    assert result.additive
    total = result.array("base_value") + result.array("attribution").sum(axis=2)
    np.testing.assert_allclose(total, result.array("explained_value"), atol=1e-12)
    np.testing.assert_allclose(total[0, :, 0], wide_model(wide[:3]), atol=1e-12)


def test_feature_without_effect_gets_exactly_zero(wide, wrap_values):
    result = KernelShapExplainer(n_background=5).explain(
        wrap_values(lambda rows: rows[:, 0] * rows[:, 1], rows=wide[:, :6]),
        wide[:3, :6],
        background=wide[:, :6],
        random_state=0,
    )
    assert (result.array("attribution")[:, :, 2:] == 0).all()
    assert (result.array("attribution")[:, :, :2] != 0).all()


@pytest.mark.parametrize("engine", ["batched", "upstream"])
def test_columns_equal_to_the_background_take_no_part(cloud, wrap_values, engine):
    def model(rows):
        return rows[:, 0] * rows[:, 1] + rows[:, 2]

    ensemble = wrap_values(model, rows=cloud)
    still = np.tile(cloud[0], (4, 1))
    still[:, 2] = [0.9, 1.0, 1.1, 1.2]  # now only one column differs from the instance
    result = KernelShapExplainer().explain(
        ensemble, cloud[:1], background=still, random_state=0, engine=engine
    )
    expected = [0.0, 0.0, cloud[0, 2] - still[:, 2].mean(), 0.0]
    np.testing.assert_allclose(result.array("attribution")[0, 0, :, 0], expected, atol=1e-12)
    same = KernelShapExplainer().explain(
        ensemble, cloud[:1], background=cloud[:1], random_state=0, engine=engine
    )
    assert (same.array("attribution") == 0).all()


@pytest.mark.parametrize("engine", ["batched", "upstream"])
def test_units_do_not_decide_whether_a_column_varies(cloud, wrap_values, engine):
    # np.allclose calls values of 1e-10 equal, and seconds since 1970 within a day of each other.
    factor, shift = np.array([1e-10, 1.0, 1.0, 1.0]), np.array([0.0, 0.0, 0.0, 1.7e9])

    def model(rows):
        standard = ((rows - shift) / factor - cloud.mean(axis=0)) / cloud.std(axis=0)
        return np.tanh(standard).sum(axis=1)

    one, two = (
        KernelShapExplainer(n_background=10).explain(
            wrap_values(predict, rows=rows),
            rows[:2],
            background=rows,
            random_state=0,
            engine=engine,
        )
        for predict, rows in (
            (lambda rows: model(rows * factor + shift), cloud),
            (model, cloud * factor + shift),
        )
    )
    np.testing.assert_allclose(one.array("attribution"), two.array("attribution"), atol=1e-6)
    assert (np.abs(two.array("attribution")) > 1e-3).all()


def test_identical_models_get_identical_attributions(wide, wrap_values):
    result = KernelShapExplainer(n_samples=100, n_background=5).explain(
        wrap_values(wide_model, wide_model, rows=wide), wide[:2], background=wide, random_state=0
    )
    np.testing.assert_array_equal(*result.array("attribution"))


def test_background_is_drawn_once_for_all_instances(species, birds):
    result = KernelShapExplainer(n_background=20).explain(
        species, birds.head(4), background=birds, random_state=0
    )
    assert result.provenance["resolved"]["n_background"] == 20
    base = result.array("base_value")
    np.testing.assert_array_equal(base, np.repeat(base[:, :1], 4, axis=1))
    other = KernelShapExplainer(n_background=20).explain(
        species, birds.head(1), background=birds, random_state=1
    )
    assert not np.allclose(other.array("base_value"), base[:, :1])
    everything = KernelShapExplainer(n_background=None).explain(
        species, birds.head(1), background=birds, random_state=0
    )
    np.testing.assert_allclose(
        everything.array("base_value")[:, 0], species.outputs(birds).mean(axis=1)
    )


def test_rows_asked_at_once_change_nothing(species, birds, monkeypatch):
    explainer = KernelShapExplainer(n_background=5)
    once = explainer.explain(species, birds.head(1), background=birds, random_state=0)
    monkeypatch.setattr(worths, "ROWS_AT_ONCE", 3)
    single = explainer.explain(species, birds.head(1), background=birds, random_state=0)
    np.testing.assert_allclose(once.array("attribution"), single.array("attribution"), atol=1e-13)


def test_many_outputs_are_averaged_as_few_are(cloud):
    def model(rows):
        odds = np.exp(np.outer(np.tanh(rows[:, 1] / 10), np.linspace(-1, 1, 11)))
        return odds / odds.sum(axis=1, keepdims=True)

    ensemble = xg.SeedEnsemble.wrap([model, model], schema=cloud, classes=range(11))
    result = KernelShapExplainer(n_background=7).explain(
        ensemble, cloud[:2], background=cloud, random_state=0
    )
    total = result.array("base_value") + result.array("attribution").sum(axis=2)
    np.testing.assert_allclose(total[0], model(cloud[:2]), atol=1e-12)
    moved = result.array("attribution")[0, :, 1] - (
        result.array("explained_value") - result.array("base_value")
    )
    np.testing.assert_allclose(moved, 0, atol=1e-12)  # one feature has all the effect


def test_upstream_leaves_numpy_s_global_stream_alone(species, birds):
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    KernelShapExplainer(n_background=3).explain(
        species, birds.head(1), background=birds, random_state=0, engine="upstream"
    )
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_logits_are_explained_on_request(single_logit, birds):
    result = KernelShapExplainer(n_background=9, scale="logit").explain(
        single_logit, birds.head(2), background=birds, random_state=0
    )
    np.testing.assert_allclose(result.array("explained_value"), single_logit.logits(birds.head(2)))
    attribution = result.array("attribution")
    np.testing.assert_allclose(attribution[..., 0], -attribution[..., 1], atol=1e-12)


def test_too_few_samples_raises(wide, wrap_values):
    with pytest.raises(InputError, match="n_samples of at least 28 for 14 features, got 27"):
        KernelShapExplainer(n_samples=27).explain(
            wrap_values(wide_model, rows=wide), wide[:1], background=wide
        )


@pytest.mark.parametrize("engine", ["batched", "upstream"])
def test_coalitions_that_do_not_determine_the_answer_raise(wide, wrap_values, monkeypatch, engine):
    monkeypatch.setattr(kernel_shap.Coalitions, "determining", False)
    with pytest.raises(InputError, match="coalitions that tell 14 features apart, got 28 that"):
        KernelShapExplainer(n_samples=28).explain(
            wrap_values(wide_model, rows=wide),
            wide[:1],
            background=wide,
            random_state=0,
            engine=engine,
        )


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_samples": 1}, "n_samples to be a whole number of at least 2, got 1"),
        ({"n_samples": "all"}, "n_samples to be a whole number of at least 2, got 'all'"),
        ({"n_background": 0}, "n_background to be a whole number of at least 1, got 0"),
        ({"scale": "odds"}, "scale to be one of 'probability', 'logit', 'value'"),
        ({"n_repeats": 0}, "n_repeats to be a whole number of at least 1, got 0"),
        ({"l1_reg": "most"}, "l1_reg to be None, 'auto', 'aic', 'bic', .*, got 'most'"),
        ({"link": "probit"}, "link to be one of 'identity', 'logit', got 'probit'"),
    ],
)
def test_bad_parameters_raise(parameters, message):
    with pytest.raises(InputError, match=message):
        KernelShapExplainer(**parameters)


def test_repeated_draws_are_averaged(wide, wrap_values):
    ensemble = wrap_values(wide_model, lambda rows: rows[:, 3] ** 3, rows=wide)
    ours, theirs = (
        KernelShapExplainer(n_samples=60, n_background=5, n_repeats=3).explain(
            ensemble, wide[:2], background=wide, random_state=0, engine=engine
        )
        for engine in ("batched", "upstream")
    )
    np.testing.assert_allclose(ours.array("attribution"), theirs.array("attribution"), atol=1e-9)
    assert "std_error" not in theirs.data
    once = KernelShapExplainer(n_samples=60, n_background=5).explain(
        ensemble, wide[:2], background=wide, random_state=0
    )
    assert "std_error" not in once.data
    twice = KernelShapExplainer(n_samples=60, n_background=5, n_repeats=2).explain(
        ensemble, wide[:2], background=wide, random_state=0
    )
    # Of two draws, the error is half their difference, and the mean lies between them.
    half = np.abs(twice.array("attribution") - once.array("attribution"))
    np.testing.assert_allclose(twice.array("std_error"), half, atol=1e-12)
    assert half.max() > 1e-3


def test_the_error_is_zero_where_nothing_is_drawn(wide, wrap_values):
    background = wide[:4].copy()
    background[:, 5:] = wide[5, 5:]  # the sixth row varies in five columns, the first in all
    result = KernelShapExplainer(n_samples=60, n_repeats=4).explain(
        wrap_values(wide_model, rows=wide), wide[[5, 0]], background=background, random_state=0
    )
    assert (result.array("std_error")[:, 0] == 0).all()
    assert (result.array("std_error")[:, 1] > 0).any()


@pytest.mark.parametrize("l1_reg", ["auto", "aic", "bic", "num_features(3)", 0.02])
@pytest.mark.parametrize("link", ["identity", "logit"])
def test_engines_agree_about_selected_features(wide, l1_reg, link):
    def probability(rows):
        return 1 / (1 + np.exp(-wide_model(rows)))

    models = [probability, lambda rows: probability(rows * np.linspace(0, 1, 14))]
    ensemble = xg.SeedEnsemble.wrap(models, schema=wide)
    ours, theirs = (
        KernelShapExplainer(n_samples=90, n_background=5, l1_reg=l1_reg, link=link).explain(
            ensemble, wide[:2], background=wide, random_state=0, engine=engine
        )
        for engine in ("batched", "upstream")
    )
    for name in ARRAYS:
        np.testing.assert_allclose(ours.array(name), theirs.array(name), atol=1e-9, err_msg=name)
    if l1_reg == "num_features(3)":
        assert ((ours.array("attribution") != 0).sum(axis=2) == 3).all()


def test_nothing_is_selected_where_auto_has_seen_enough(species, birds):
    every, auto = (
        KernelShapExplainer(n_background=5, l1_reg=l1_reg).explain(
            species, birds.head(2), background=birds, random_state=0
        )
        for l1_reg in (None, "auto")
    )
    np.testing.assert_array_equal(every.array("attribution"), auto.array("attribution"))
