from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

import xaigeo as xg
from xaigeo.ensemble.preprocessing import Preprocessor
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.ensemble.stacked import StackedNetwork
from xaigeo.ensemble.torch_members import TorchMembers
from xaigeo.errors import InputError
from xaigeo.explainers.gradients import IntegratedGradientsExplainer, SaliencyExplainer
from xaigeo.schema import FeatureSchema

METHODS = ("saliency", "input_x_gradient", "integrated_gradients")


def torch_ensemble(frame, layers, *, n_seeds=3, task="regression", classes=("y",), rows=None):
    """Return float64 networks made by `layers(n_inputs)`, standardised on `rows` or `frame`."""
    schema = FeatureSchema.from_data(frame)
    preprocessor = Preprocessor.from_rows(schema, schema.encode(frame), dtype="float64")
    modules = []
    for seed in range(n_seeds):
        torch.manual_seed(seed)
        modules.append(nn.Sequential(*layers(preprocessor.n_inputs)).double().eval())
    members = TorchMembers(
        StackedNetwork.from_modules(modules), preprocessor, task=task, n_outputs=len(classes)
    )
    seeds = tuple(range(n_seeds))
    return SeedEnsemble(members=members, seeds=seeds, schema=schema, classes=classes, task=task)


def explain(ensemble, rows, background, method, **parameters):
    return xg.explain(
        ensemble, rows, method=method, background=background, random_state=0, **parameters
    )


@pytest.fixture
def linear(mixed_frame):
    return torch_ensemble(mixed_frame, lambda n: [nn.Linear(n, 1)])


@pytest.fixture
def curved(mixed_frame):
    return torch_ensemble(
        mixed_frame,
        lambda n: [nn.Linear(n, 8), nn.Tanh(), nn.Linear(8, 3)],
        task="classification",
        classes=("a", "b", "c"),
    )


def weights_of(ensemble):
    return np.stack([m[0].weight[0].detach().numpy() for m in ensemble.members.modules])


def test_a_linear_models_slopes_are_its_weights(linear, mixed_frame):
    weights, scale = weights_of(linear), linear.members.preprocessor.scale.numpy()
    for method in METHODS:
        slope = explain(linear, mixed_frame.head(4), mixed_frame, method).array("slope")
        for j in (0, 1):
            assert slope[:, :, j, 0] == pytest.approx(
                np.repeat(weights[:, [j]] / scale[j], 4, axis=1)
            )
        assert np.isnan(slope[:, :, 2:]).all()


def test_a_linear_models_saliency_is_its_effect_by_standard_deviation(linear, mixed_frame):
    weights, blocks = weights_of(linear), linear.members.preprocessor.blocks
    result = explain(linear, mixed_frame.head(6), mixed_frame, "saliency", absolute=False)
    found = result.array("attribution")[..., 0]
    for j in (0, 1):
        assert found[:, :, j] == pytest.approx(np.repeat(weights[:, blocks[j]], 6, axis=1))
    # Having this colour less having a colour drawn from the data: the exact effect.
    codes = linear.schema.encode(mixed_frame)[:, 4]
    per_code = weights[:, blocks[4]] / linear.members.preprocessor.scale[4].item()
    assert found[:, :, 4] == pytest.approx(per_code * (codes[:6] - codes.mean()))
    colours = linear.schema.encode(mixed_frame)[:, 2].astype(int)
    by_colour = weights[:, blocks[2]]
    expected = by_colour[:, colours[:6]] - by_colour[:, colours].mean(axis=1, keepdims=True)
    assert found[:, :, 2] == pytest.approx(expected)
    size = explain(linear, mixed_frame.head(6), mixed_frame, "saliency").array("attribution")
    assert (size == np.abs(result.array("attribution"))).all()


def test_a_linear_models_integrated_gradients_are_weights_times_the_way(linear, mixed_frame):
    weights, preprocessor = weights_of(linear), linear.members.preprocessor
    inputs = linear.members.inputs(linear.schema.encode(mixed_frame)).numpy()
    result = explain(linear, mixed_frame, mixed_frame, "integrated_gradients")
    way = weights[:, None] * (inputs - inputs.mean(axis=0))
    expected = np.stack([way[..., b].sum(axis=-1) for b in preprocessor.blocks], axis=-1)
    assert result.array("attribution")[..., 0] == pytest.approx(expected)
    assert result.array("convergence_delta") == pytest.approx(0, abs=1e-12)
    mean_output = linear.outputs(mixed_frame)[..., 0].mean(axis=1)
    assert result.array("base_value")[:, 0, 0] == pytest.approx(mean_output)


def test_a_linear_models_input_x_gradient_adds_up_to_output_less_bias(linear, mixed_frame):
    result = explain(linear, mixed_frame, mixed_frame, "input_x_gradient")
    bias = np.array([m[0].bias.item() for m in linear.members.modules])
    total = result.array("attribution").sum(axis=2)
    assert total == pytest.approx(result.array("explained_value") - bias[:, None, None])


def test_numeric_attributions_are_slope_times_way(curved, mixed_frame):
    rows = mixed_frame.head(5)
    values = curved.schema.encode(rows)
    result = explain(curved, rows, mixed_frame, "input_x_gradient")
    way = values - result.array("feature_location")
    for j in (0, 1):
        expected = result.array("slope")[:, :, j] * way[:, j, None]
        assert result.array("attribution")[:, :, j] == pytest.approx(expected)


@pytest.mark.parametrize("scale", ["probability", "logit"])
def test_slopes_equal_finite_differences_in_original_units(curved, mixed_frame, scale):
    rows = mixed_frame.head(4)
    slope = explain(curved, rows, mixed_frame, "saliency", scale=scale).array("slope")
    for j, name in enumerate(("length", "count")):
        step = 1e-4
        up = rows.assign(**{name: rows[name] + step})
        down = rows.assign(**{name: rows[name] - step})
        difference = curved.outputs(up, scale=scale) - curved.outputs(down, scale=scale)
        assert slope[:, :, j] == pytest.approx(difference / (2 * step), abs=1e-7)


@pytest.mark.parametrize("scale", ["probability", "logit"])
def test_integrated_gradients_are_complete(curved, mixed_frame, scale):
    result = explain(curved, mixed_frame, mixed_frame, "integrated_gradients", scale=scale)
    gap = result.array("explained_value") - result.array("base_value")
    total = result.array("attribution").sum(axis=2)
    assert result.additive
    assert total - gap == pytest.approx(result.array("convergence_delta"), abs=1e-12)
    assert total == pytest.approx(gap, abs=1e-8)
    assert result.array("explained_value") == pytest.approx(
        curved.outputs(mixed_frame, scale=scale)
    )


@pytest.mark.parametrize("ensemble", ["curved", "linear", "single_logit"])
@pytest.mark.parametrize("method", METHODS)
def test_both_engines_give_the_same(ensemble, method, mixed_frame, birds, request):
    models = request.getfixturevalue(ensemble)
    frame = birds.iloc[::9] if ensemble == "single_logit" else mixed_frame
    scales = ("value",) if models.task == "regression" else ("probability", "logit")
    for scale in scales:
        results = [
            explain(models, frame.head(6), frame, method, scale=scale, engine=engine)
            for engine in ("batched", "upstream")
        ]
        assert set(results[0].data) == set(results[1].data)
        for name in results[0].data:
            np.testing.assert_allclose(
                results[0].array(name), results[1].array(name), rtol=0, atol=1e-6
            )


@pytest.mark.parametrize("baseline", ["median", "zero", "row"])
def test_both_engines_start_from_the_same_baseline(curved, mixed_frame, baseline):
    baseline = dict(mixed_frame.iloc[3]) if baseline == "row" else baseline
    rows, method = mixed_frame.head(5), "integrated_gradients"
    results = [
        explain(curved, rows, mixed_frame, method, baseline=baseline, engine=engine)
        for engine in ("batched", "upstream")
    ]
    for name in ("attribution", "base_value", "convergence_delta"):
        np.testing.assert_allclose(results[0].array(name), results[1].array(name), atol=1e-6)


def test_at_its_baseline_an_instance_has_no_attributions(curved, mixed_frame):
    row = dict(mixed_frame.iloc[3])
    result = explain(
        curved, mixed_frame.iloc[[3]], mixed_frame, "integrated_gradients", baseline=row
    )
    assert not result.array("attribution").any()
    assert result.array("base_value") == pytest.approx(result.array("prediction"))
    resolved = json.loads(json.dumps(result.provenance["resolved"]))["baseline"]
    assert resolved["colour"] == row["colour"]
    assert json.dumps(result.provenance["parameters"])


@pytest.mark.parametrize("method", METHODS)
def test_units_do_not_change_attributions_and_divide_slopes(mixed_frame, method):
    def layers(n):
        return [nn.Linear(n, 8), nn.Tanh(), nn.Linear(8, 1)]

    longer = mixed_frame.assign(length=mixed_frame["length"] * 1000)
    one, other = (
        explain(torch_ensemble(frame, layers), frame.head(5), frame, method)
        for frame in (mixed_frame, longer)
    )
    assert other.array("attribution") == pytest.approx(one.array("attribution"))
    assert other.array("slope")[:, :, 0] * 1000 == pytest.approx(one.array("slope")[:, :, 0])


def test_a_constant_column_has_no_attribution_scale_of_its_own():
    frame = pd.DataFrame({"x": [1.0, 2.0, 3.0], "same": [5.0, 5.0, 5.0]})
    ensemble = torch_ensemble(frame, lambda n: [nn.Linear(n, 1)], n_seeds=2)
    result = explain(ensemble, frame, frame, "saliency")
    assert result.array("feature_scale")[1] == 1.0
    assert math.isclose(result.array("feature_location")[1], 5.0)


def test_identical_models_get_identical_attributions(curved, mixed_frame):
    module = curved.members.modules[0]
    members = TorchMembers(
        StackedNetwork.from_modules([module, module]),
        curved.members.preprocessor,
        task="classification",
        n_outputs=3,
    )
    twins = SeedEnsemble(
        members=members, seeds=(0, 1), schema=curved.schema, classes=curved.classes
    )
    for method in METHODS:
        result = explain(twins, mixed_frame.head(3), mixed_frame, method)
        assert (result.array("attribution")[0] == result.array("attribution")[1]).all()


@pytest.mark.parametrize("method", METHODS)
def test_models_without_gradients_are_refused(species, birds, method):
    with pytest.raises(
        InputError, match=f"Expected an ensemble of torch networks for {method}, which needs"
    ):
        explain(species, birds.head(1), birds, method)


def test_a_scale_the_models_lack_is_refused(linear, mixed_frame):
    with pytest.raises(InputError, match="Expected a scale that regression with torch models has"):
        explain(linear, mixed_frame.head(1), mixed_frame, "saliency", scale="probability")


def test_a_baseline_of_other_columns_is_refused(curved, mixed_frame):
    with pytest.raises(InputError, match="Expected baseline with the columns length, count"):
        explain(
            curved, mixed_frame.head(1), mixed_frame, "integrated_gradients", baseline={"a": 1.0}
        )


def test_bad_parameters_are_refused():
    with pytest.raises(InputError, match="Expected scale to be one of 'probability', 'logit'"):
        SaliencyExplainer(scale="odds")
    with pytest.raises(InputError, match="Expected n_steps to be a whole number of at least 1"):
        IntegratedGradientsExplainer(n_steps=0)


def test_modules_behind_a_transformer_of_their_own_are_explained_too(birds):
    from sklearn.compose import ColumnTransformer
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numeric = list(birds.columns[:4])
    transformer = ColumnTransformer(
        [
            ("numbers", StandardScaler(), numeric),
            ("categories", OneHotEncoder(drop="first"), ["island", "sex"]),
        ]
    ).fit(birds)
    modules = []
    for seed in range(2):
        torch.manual_seed(seed)
        modules.append(nn.Sequential(nn.Linear(7, 5), nn.Tanh(), nn.Linear(5, 3)).double())
    ensemble = SeedEnsemble.wrap(
        modules, schema=birds, classes=("a", "b", "c"), preprocess=transformer
    )
    rows = birds.iloc[::80]
    for method in METHODS:
        one, other = (
            explain(ensemble, rows, birds, method, engine=engine)
            for engine in ("batched", "upstream")
        )
        np.testing.assert_allclose(one.array("attribution"), other.array("attribution"), atol=1e-6)
    up, down = (rows.assign(body_mass_g=rows["body_mass_g"] + step) for step in (0.5, -0.5))
    slope = explain(ensemble, rows, birds, "saliency").array("slope")[:, :, 3]
    assert slope == pytest.approx(ensemble.outputs(up) - ensemble.outputs(down), abs=1e-8)
