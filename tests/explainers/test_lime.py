from __future__ import annotations

import numpy as np
import pytest
from lime.lime_tabular import LimeTabularExplainer

from xaigeo.errors import InputError
from xaigeo.explainers.lime import LimeExplainer

ARRAYS = ("attribution", "slope", "intercept", "local_r2", "explained_value")


def assert_equal_results(ours, theirs, atol=1e-9):
    assert set(ours.data) == set(theirs.data)
    for name in (*ARRAYS, "kernel_radius", "feature_location", "feature_scale"):
        np.testing.assert_allclose(ours.array(name), theirs.array(name), atol=atol, err_msg=name)


@pytest.mark.parametrize("kind", ["species", "mass", "single_logit"])
@pytest.mark.parametrize(
    "parameters",
    [{}, {"sample_around_instance": True, "kernel_width": 0.8, "alpha": 0.1}],
)
def test_engines_agree(request, birds, kind, parameters):
    ensemble = request.getfixturevalue(kind)
    ours, theirs = (
        LimeExplainer(n_samples=400, **parameters).explain(
            ensemble, birds.iloc[[0, 170, 300]], background=birds, random_state=2, engine=engine
        )
        for engine in ("batched", "upstream")
    )
    assert_equal_results(ours, theirs)


def test_engines_agree_on_logits(single_logit, birds):
    ours, theirs = (
        LimeExplainer(n_samples=300, scale="logit").explain(
            single_logit, birds.head(2), background=birds, random_state=0, engine=engine
        )
        for engine in ("batched", "upstream")
    )
    assert_equal_results(ours, theirs)
    assert ours.scale == "logit"
    # The two logits are z and -z, and so are their surrogates.
    attribution = ours.array("attribution")
    np.testing.assert_allclose(attribution[..., 0], -attribution[..., 1], atol=1e-12)


def test_equals_the_lime_package_called_by_hand(species, birds):
    result = LimeExplainer(n_samples=500).explain(
        species, birds.iloc[[40]], background=birds, random_state=5
    )
    rows = species.schema.encode(birds)
    # The first child of the root seed is shared; the second belongs to the first instance.
    own = np.random.SeedSequence(5).spawn(2)[1]
    theirs = LimeTabularExplainer(
        rows,
        categorical_features=[4, 5],
        discretize_continuous=False,
        feature_selection="none",
        random_state=np.random.RandomState(own.generate_state(4)),
    ).explain_instance(
        rows[40],
        lambda encoded: species.member_outputs_encoded(1, encoded),
        labels=(0, 1, 2),
        num_features=6,
        num_samples=500,
    )
    for label in range(3):
        expected = [weight for _, weight in sorted(theirs.local_exp[label])]
        np.testing.assert_allclose(
            result.array("attribution")[1, 0, :, label], expected, atol=1e-10
        )
        assert result.array("intercept")[1, 0, label] == pytest.approx(theirs.intercept[label])
    assert result.array("local_r2")[1, 0, 2] == pytest.approx(theirs.score)


def test_linear_model_gives_its_own_slope_and_value(cloud, wrap_values, linear):
    slope = (2.0, -0.3, 50.0, 0.004)
    ensemble = wrap_values(linear(slope), rows=cloud)
    result = LimeExplainer(n_samples=200, alpha=1e-10).explain(
        ensemble, cloud[:3], background=cloud, random_state=0
    )
    for i in range(3):
        np.testing.assert_allclose(result.array("slope")[0, i, :, 0], slope, rtol=1e-8)
    np.testing.assert_allclose(
        result.array("attribution")[0, 0, :, 0], slope * cloud.std(axis=0), rtol=1e-8
    )
    # g(x) = intercept + sum of attribution * (x - location) / scale is the model itself.
    z = (cloud[:3] - result.array("feature_location")) / result.array("feature_scale")
    surrogate = result.array("intercept")[0, :, 0] + np.einsum(
        "if,if->i", z, result.array("attribution")[0, :, :, 0]
    )
    np.testing.assert_allclose(surrogate, 0.5 + cloud[:3] @ slope, rtol=1e-8)
    np.testing.assert_allclose(result.array("local_r2"), 1.0)


def test_default_penalty_keeps_the_direction_of_a_linear_model(cloud, wrap_values, linear):
    slope = np.array([2.0, -0.3, 50.0, 0.004])
    result = LimeExplainer().explain(
        wrap_values(linear(tuple(slope)), rows=cloud), cloud[:1], background=cloud, random_state=0
    )
    found = result.array("attribution")[0, 0, :, 0]
    true = slope * cloud.std(axis=0)
    assert found @ true / (np.linalg.norm(found) * np.linalg.norm(true)) > 0.9999


def test_category_term_is_the_own_category_s(birds, wrap_values):
    def male(frame):
        return (frame["sex"] == "male").to_numpy(dtype=float)

    ensemble = wrap_values(male, rows=birds)
    rows = birds.groupby("sex").head(1)
    result = LimeExplainer(n_samples=400, alpha=1e-10).explain(
        ensemble, rows, background=birds, random_state=0
    )
    sign = np.where(rows["sex"] == "male", 1.0, -1.0)
    np.testing.assert_allclose(result.array("attribution")[0, :, 5, 0], sign, atol=1e-8)
    np.testing.assert_allclose(
        result.array("intercept")[0, :, 0], np.where(sign > 0, 0.0, 1.0), atol=1e-8
    )
    assert np.isnan(result.array("slope")[..., 4:, :]).all()
    assert np.isfinite(result.array("slope")[..., :4, :]).all()


def test_kernel_is_one_half_at_the_kernel_radius(species, birds):
    result = LimeExplainer(n_samples=50, kernel_width=1.3).explain(
        species, birds.head(2), background=birds, random_state=0
    )
    radius = result.array("kernel_radius")
    np.testing.assert_allclose(np.sqrt(np.exp(-(radius**2) / 1.3**2)), 0.5)


def test_rescaling_a_column_changes_no_attribution(cloud, wrap_values, linear):
    factor = np.array([1.0, 1000.0, 1e-4, 1.0])

    def curved(rows):
        return np.tanh(rows / [1.0, 10.0, 0.01, 1000.0]).sum(axis=1)

    def rescaled(rows):
        return curved(rows / factor)

    one, two = (
        LimeExplainer(n_samples=300).explain(
            wrap_values(model, rows=rows), rows[:4], background=rows, random_state=1
        )
        for model, rows in ((curved, cloud), (rescaled, cloud * factor))
    )
    np.testing.assert_allclose(one.array("attribution"), two.array("attribution"), atol=1e-9)
    np.testing.assert_allclose(
        one.array("slope"), two.array("slope") * factor[:, None], rtol=1e-6, atol=1e-9
    )


def test_identical_models_get_identical_attributions(cloud, wrap_values):
    def curved(rows):
        return np.tanh(rows / [1.0, 10.0, 0.01, 1000.0]).sum(axis=1)

    result = LimeExplainer(n_samples=200).explain(
        wrap_values(curved, curved, rows=cloud), cloud[:3], background=cloud, random_state=0
    )
    for name in ARRAYS:
        np.testing.assert_array_equal(*result.array(name))


def test_constant_output_has_no_attribution_and_full_fit(cloud, wrap_values):
    ensemble = wrap_values(lambda rows: np.full(len(rows), 0.3), rows=cloud)
    for engine in ("batched", "upstream"):
        result = LimeExplainer(n_samples=100).explain(
            ensemble, cloud[:1], background=cloud, random_state=0, engine=engine
        )
        np.testing.assert_allclose(result.array("attribution"), 0, atol=1e-15)
        assert result.array("local_r2").item() == 1.0


def test_provenance_tells_the_width_and_what_the_surrogate_is_linear_in(species, birds):
    result = LimeExplainer(n_samples=50).explain(
        species, birds.head(1), background=birds, random_state=0
    )
    assert result.provenance["resolved"]["kernel_width"] == pytest.approx(0.75 * 6**0.5)
    assert "attribution * z" in result.provenance["resolved"]["surrogate"]
    assert not result.additive


def test_too_few_samples_raises(species, birds):
    with pytest.raises(InputError, match="n_samples of at least 8 for 6 features, got 7"):
        LimeExplainer(n_samples=7).explain(species, birds.head(1), background=birds)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_samples": 0}, "n_samples to be a whole number of at least 2, got 0"),
        ({"n_samples": 50.5}, "n_samples to be a whole number"),
        ({"alpha": 0}, "alpha to be a finite number above zero, got 0"),
        ({"alpha": -1.0}, "alpha to be a finite number above zero"),
        ({"kernel_width": float("inf")}, "kernel_width to be a finite number above zero"),
        ({"scale": "odds"}, "scale to be one of 'probability', 'logit', 'value'"),
    ],
)
def test_bad_parameters_raise(parameters, message):
    with pytest.raises(InputError, match=message):
        LimeExplainer(**parameters)
