from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import xaigeo as xg
from xaigeo.ensemble.preprocessing import Preprocessor
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.ensemble.stacked import StackedNetwork
from xaigeo.ensemble.torch_members import TorchMembers
from xaigeo.errors import InputError
from xaigeo.explainers.saliency import SaliencyExplainer

METHODS = {
    "saliency": {},
    "input_x_gradient": {},
    "integrated_gradients": {"n_steps": 12},
    "smooth_grad": {"n_samples": 6},
    "gradient_shap": {"n_samples": 6},
    "expected_gradients": {"n_samples": 6},
    "deep_lift": {},
    "deep_shap": {"n_background": 7},
}
ADDITIVE = ("integrated_gradients", "gradient_shap", "expected_gradients", "deep_lift", "deep_shap")


def explain(ensemble, rows, background, method, **parameters):
    return xg.explain(
        ensemble,
        rows,
        method=method,
        background=background,
        random_state=0,
        **METHODS[method] | parameters,
    )


@pytest.mark.parametrize("ensemble", ["curved", "bent", "single_logit"])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.filterwarnings("ignore::xaigeo.errors.CompletenessWarning")  # few steps are enough
def test_both_engines_give_the_same(
    ensemble, method, mixed_frame, birds, request, assert_engines_agree
):
    models = request.getfixturevalue(ensemble)
    frame = birds.iloc[::9] if ensemble == "single_logit" else mixed_frame
    for scale in ("value",) if models.task == "regression" else ("probability", "logit"):
        assert_engines_agree(models, frame.head(3), frame, method, scale=scale, **METHODS[method])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.filterwarnings("ignore::xaigeo.errors.CompletenessWarning")  # few steps are enough
def test_both_engines_give_the_same_at_a_layer(embedded, mixed_frame, method, assert_engines_agree):
    for scale in ("probability", "logit"):
        assert_engines_agree(
            embedded,
            mixed_frame.head(2),
            mixed_frame,
            method,
            scale=scale,
            layer="embeddings",
            **METHODS[method],
        )


@pytest.mark.parametrize("method", METHODS)
def test_a_linear_models_slopes_are_its_weights(linear_networks, mixed_frame, method):
    ensemble = linear_networks
    weights = np.stack([m[0].weight[0].numpy() for m in ensemble.members.modules])
    scale = ensemble.members.preprocessor.scale.numpy()
    slope = explain(ensemble, mixed_frame.head(4), mixed_frame, method).array("slope")
    for j in (0, 1):
        assert slope[:, :, j, 0] == pytest.approx(np.repeat(weights[:, [j]] / scale[j], 4, axis=1))
    assert np.isnan(slope[:, :, 2:]).all()


@pytest.mark.parametrize("method", METHODS)
def test_units_do_not_change_attributions_and_divide_slopes(make_networks, mixed_frame, method):
    def layers(n):
        return [nn.Linear(n, 8), nn.Tanh(), nn.Linear(8, 1)]

    longer = mixed_frame.assign(length=mixed_frame["length"] * 1000)
    one, other = (
        explain(make_networks(frame, layers), frame.head(5), frame, method)
        for frame in (mixed_frame, longer)
    )
    assert other.array("attribution") == pytest.approx(one.array("attribution"), abs=1e-9)
    assert other.array("slope")[:, :, 0] * 1000 == pytest.approx(one.array("slope")[:, :, 0])


def with_first_weights(ensemble, change, frame):
    """Return the ensemble over another frame, its first weights (columns, outputs) changed."""
    preprocessor = ensemble.members.preprocessor
    blocks = dict(zip(ensemble.schema.names, preprocessor.blocks, strict=True))
    modules = []
    for module in ensemble.members.modules:
        module[0].weight.copy_(change(module[0].weight, blocks))
        modules.append(module)
    schema = ensemble.schema.from_data(frame)
    members = TorchMembers(
        StackedNetwork.from_modules(modules),
        Preprocessor.from_rows(schema, schema.encode(frame), dtype="float64"),
        task=ensemble.members.task,
        n_outputs=ensemble.members.n_outputs,
    )
    return SeedEnsemble(
        members=members, seeds=ensemble.seeds, schema=schema, classes=ensemble.classes
    )


@pytest.mark.parametrize("method", [m for m in METHODS if m != "smooth_grad"])
def test_the_order_of_columns_does_not_matter(curved, mixed_frame, method):
    turned = mixed_frame[["colour", "size", "length", "wild", "count"]]

    def permuted(weight, blocks):
        return torch.cat([weight[:, blocks[name]] for name in turned.columns], dim=1)

    whole = explain(curved, mixed_frame.head(4), mixed_frame, method)
    other = with_first_weights(curved, permuted, turned)
    found = explain(other, turned.head(4), turned, method)
    order = [found.features.index(name) for name in whole.features]
    assert found.array("attribution")[:, :, order] == pytest.approx(whole.array("attribution"))


@pytest.mark.parametrize("method", METHODS)
def test_a_column_without_weights_gets_nothing(curved, mixed_frame, method):
    def silenced(weight, blocks):
        weight = weight.clone()
        for name in ("count", "colour"):
            weight[:, blocks[name]] = 0.0
        return weight

    silent = with_first_weights(curved, silenced, mixed_frame)
    found = explain(silent, mixed_frame.head(4), mixed_frame, method)
    assert not found.array("attribution")[:, :, [1, 2]].any()
    assert np.abs(found.array("attribution")).max() > 0.001


@pytest.mark.parametrize("method", METHODS)
def test_the_order_of_seeds_and_the_company_of_instances_do_not_matter(curved, mixed_frame, method):
    rows = mixed_frame.head(4)
    whole = explain(curved, rows, mixed_frame, method)
    turned = explain(curved.select([2, 0]), rows, mixed_frame, method)
    assert turned.array("attribution") == pytest.approx(whole.array("attribution")[[2, 0]])
    if "n_samples" not in METHODS[method]:  # draws belong to an instance's place
        alone = explain(curved, rows.iloc[[2, 1]], mixed_frame, method)
        assert alone.array("attribution") == pytest.approx(whole.array("attribution")[:, [2, 1]])


@pytest.mark.parametrize("method", METHODS)
def test_blocks_and_memory_change_nothing(curved, mixed_frame, method, monkeypatch):
    whole = explain(curved, mixed_frame.head(6), mixed_frame, method)
    kind = xg.explainers.EXPLAINERS.get(method)
    monkeypatch.setattr(kind, "block_rows", 4)
    monkeypatch.setattr("xaigeo.ensemble.input_backpropagation.PART", 600)
    monkeypatch.setattr("xaigeo.explainers.gradients.sampled_gradients.TOGETHER", 600)
    cut = explain(curved, mixed_frame.head(6), mixed_frame, method)
    for name in whole.data:
        np.testing.assert_allclose(cut.array(name), whole.array(name), rtol=0, atol=1e-12)


@pytest.mark.parametrize("method", ADDITIVE)
def test_convergence_delta_is_what_attributions_miss(curved, mixed_frame, method):
    for scale in ("probability", "logit"):
        found = explain(curved, mixed_frame.head(5), mixed_frame, method, scale=scale)
        assert found.additive
        gap = found.array("explained_value") - found.array("base_value")
        total = found.array("attribution").sum(axis=2)
        assert found.array("convergence_delta") == pytest.approx(total - gap, abs=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_models_without_gradients_are_refused(species, birds, method):
    with pytest.raises(
        InputError, match=f"Expected an ensemble of torch networks for {method}, which needs"
    ):
        explain(species, birds.head(1), birds, method)


def test_a_scale_the_models_lack_is_refused(linear_networks, mixed_frame):
    with pytest.raises(InputError, match="Expected a scale that regression with torch models has"):
        explain(linear_networks, mixed_frame.head(1), mixed_frame, "saliency", scale="probability")


def test_bad_parameters_are_refused():
    with pytest.raises(InputError, match="Expected scale to be one of 'probability', 'logit'"):
        SaliencyExplainer(scale="odds")
    with pytest.raises(
        InputError,
        match=r"Expected layer to be the dotted name of a module, or None, got int\. Pass a name "
        r"from dict\(model\.named_modules\(\)\)",
    ):
        SaliencyExplainer(layer=2)


def test_modules_behind_a_transformer_of_their_own_are_explained_too(birds, assert_engines_agree):
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
    for method, parameters in METHODS.items():
        assert_engines_agree(ensemble, rows, birds, method, **parameters)
    up, down = (rows.assign(body_mass_g=rows["body_mass_g"] + step) for step in (0.5, -0.5))
    slope = explain(ensemble, rows, birds, "saliency").array("slope")[:, :, 3]
    assert slope == pytest.approx(ensemble.outputs(up) - ensemble.outputs(down), abs=1e-8)


class Normalised(nn.Module):
    """A network whose layers have no hand-written derivative."""

    def __init__(self, n_inputs):
        super().__init__()
        self.first = nn.Linear(n_inputs, 6)
        self.normalise = nn.LayerNorm(6)
        self.act = nn.ReLU(inplace=True)
        self.last = nn.Linear(6, 3)

    def forward(self, inputs):
        return self.last(self.act(self.normalise(self.first(inputs))))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.filterwarnings("ignore::xaigeo.errors.CompletenessWarning")  # few steps are enough
def test_networks_of_other_layers_are_explained_by_autograd(cloud, method, assert_engines_agree):
    modules = []
    for seed in range(2):
        torch.manual_seed(seed)
        modules.append(Normalised(4).double())
    scaled = (cloud - cloud.mean(axis=0)) / cloud.std(axis=0)
    ensemble = SeedEnsemble.wrap(modules, schema=scaled, classes=("a", "b", "c"))
    assert_engines_agree(ensemble, scaled[:3], scaled, method, **METHODS[method])
