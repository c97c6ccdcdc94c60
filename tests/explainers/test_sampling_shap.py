from __future__ import annotations

import numpy as np
import pytest
import shap

from xaigeo.errors import InputError
from xaigeo.explainers.sampling_shap import SamplingShapExplainer
from xaigeo.explainers.shapley import worths


def wide_model(rows):
    return np.tanh(rows[:, :4] * rows[:, 4:]).sum(axis=1) * rows[:, 3] + rows[:, 0] ** 2


def other_model(rows):
    return np.abs(rows[:, 0] - rows[:, 5]) * 3 + rows[:, 2]


@pytest.fixture
def wide():
    return np.random.default_rng(3).normal(size=(20, 8))


@pytest.mark.parametrize("n_samples", [16, 55, 700, 1700])
def test_equals_the_shap_package_called_by_hand(
    own_seed, wide, wrap_values, global_stream, n_samples
):
    result = SamplingShapExplainer(n_samples=n_samples).explain(
        wrap_values(wide_model, rows=wide), wide[[7]], background=wide, random_state=6
    )
    own = own_seed(6, result.schema, wide, wide[7])
    theirs = shap.SamplingExplainer(wide_model, wide)
    with global_stream(own.generate_state(4)):
        expected = theirs.shap_values(wide[[7]], nsamples=n_samples, silent=True)
    # shap leaves a millionth of what the sum lacks uncorrected; here nothing is left.
    found = result.array("attribution")[0, ..., 0]
    left = np.abs(wide_model(wide[[7]]) - theirs.expected_value - expected.sum())
    np.testing.assert_allclose(found, expected, atol=1e-9 + left.item())
    total = result.array("base_value") + result.array("attribution").sum(axis=2)
    np.testing.assert_allclose(total.item(), wide_model(wide[[7]])[0], atol=1e-12)


@pytest.mark.parametrize("allocation", ["shared", "per_model"])
@pytest.mark.parametrize("n_samples", [100, 2001])
def test_engines_agree_about_the_allocation(wide, wrap_values, allocation, n_samples):
    ensemble = wrap_values(wide_model, other_model, rows=wide)
    ours, theirs = (
        SamplingShapExplainer(n_samples=n_samples, min_samples=20, allocation=allocation).explain(
            ensemble, wide[:2], background=wide, random_state=3, engine=engine
        )
        for engine in ("batched", "upstream")
    )
    # shap leaves a millionth of what the sum lacks uncorrected; here nothing is left.
    total = theirs.array("base_value") + theirs.array("attribution").sum(axis=2)
    left = np.abs(theirs.array("explained_value") - total).max()
    np.testing.assert_allclose(
        ours.array("attribution"), theirs.array("attribution"), atol=1e-9 + left
    )


def test_a_model_with_its_own_allocation_is_explained_as_if_alone(wide, wrap_values):
    explainer = SamplingShapExplainer(n_samples=2000, allocation="per_model")
    both, alone = (
        explainer.explain(ensemble, wide[:2], background=wide, random_state=3)
        for ensemble in (
            wrap_values(wide_model, other_model, rows=wide),
            wrap_values(other_model, rows=wide),
        )
    )
    for name in ("attribution", "std_error"):
        np.testing.assert_allclose(both.array(name)[1], alone.array(name)[0], atol=1e-13)


def test_identical_models_get_identical_attributions(wide, wrap_values):
    result = SamplingShapExplainer(n_samples=2000).explain(
        wrap_values(wide_model, wide_model, rows=wide), wide[:2], background=wide, random_state=3
    )
    np.testing.assert_array_equal(*result.array("attribution"))


def test_rows_asked_at_once_change_nothing(wide, wrap_values, monkeypatch):
    ensemble = wrap_values(wide_model, other_model, rows=wide)
    explainer = SamplingShapExplainer(n_samples=900)
    once = explainer.explain(ensemble, wide[:1], background=wide, random_state=0)
    monkeypatch.setattr(worths, "ROWS_AT_ONCE", 14)
    parts = explainer.explain(ensemble, wide[:1], background=wide, random_state=0)
    for name in ("attribution", "std_error"):
        np.testing.assert_allclose(once.array(name), parts.array(name), atol=1e-12)


def test_an_output_that_does_not_vary_has_no_say(wide):
    """With shap's own rule its variance is 0 / 0, and nobody gets a second round."""
    import xaigeo as xg

    def probabilities(rows):
        p = 1 / (1 + np.exp(-wide_model(rows)))
        return np.column_stack([1 - p, p, np.zeros(len(p))])

    three = xg.SeedEnsemble.wrap([probabilities] * 2, schema=wide, classes=("a", "b", "never"))
    result = SamplingShapExplainer(n_samples=2000).explain(
        three, wide[:1], background=wide, random_state=0
    )
    two = SamplingShapExplainer(n_samples=2000).explain(
        xg.SeedEnsemble.wrap(
            [lambda rows: probabilities(rows)[:, :2]] * 2, schema=wide, classes=("a", "b")
        ),
        wide[:1],
        background=wide,
        random_state=0,
    )
    assert (result.array("attribution")[..., 2] == 0).all()
    assert (result.array("std_error")[..., 2] == 0).all()
    np.testing.assert_allclose(
        result.array("attribution")[..., :2], two.array("attribution"), atol=1e-12
    )


def test_a_large_background_is_drawn_from_whole(wide, wrap_values):
    rows = np.random.default_rng(0).normal(size=(500, 8))
    result = SamplingShapExplainer(n_samples=100).explain(
        wrap_values(wide_model, rows=wide), wide[:1], background=rows, random_state=0
    )
    assert result.provenance["resolved"] == {"n_samples": 100, "n_background": 500}
    np.testing.assert_allclose(result.array("base_value").item(), wide_model(rows).mean())


def test_too_few_samples_raise(wide, wrap_values):
    with pytest.raises(InputError, match="n_samples of at least 16 for 8 features, got 15"):
        SamplingShapExplainer(n_samples=15).explain(
            wrap_values(wide_model, rows=wide), wide[:1], background=wide
        )


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_samples": 1}, "n_samples to be a whole number of at least 2, got 1"),
        ({"n_samples": "all"}, "n_samples to be a whole number of at least 2, got 'all'"),
        ({"min_samples": 1}, "min_samples to be a whole number of at least 2, got 1"),
        ({"allocation": "own"}, "allocation to be one of 'shared', 'per_model', got 'own'"),
    ],
)
def test_bad_parameters_raise(parameters, message):
    with pytest.raises(InputError, match=message):
        SamplingShapExplainer(**parameters)
