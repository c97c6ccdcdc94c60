from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from xaigeo.errors import InputError
from xaigeo.explainers import explain
from xaigeo.explainers.integrated_gradients import IntegratedGradientsExplainer


def integrated(ensemble, rows, background, **parameters):
    return explain(
        ensemble, rows, "integrated_gradients", background=background, random_state=0, **parameters
    )


def test_a_linear_models_attributions_are_weights_times_the_way(linear_networks, mixed_frame):
    members = linear_networks.members
    weights = np.stack([m[0].weight[0].numpy() for m in members.modules])
    inputs = members.inputs(linear_networks.schema.encode(mixed_frame)).numpy()
    found = integrated(linear_networks, mixed_frame, mixed_frame)
    way = weights[:, None] * (inputs - inputs.mean(axis=0))
    blocks = members.preprocessor.blocks
    expected = np.stack([way[..., b].sum(axis=-1) for b in blocks], axis=-1)
    assert found.array("attribution")[..., 0] == pytest.approx(expected)
    assert found.array("convergence_delta") == pytest.approx(0, abs=1e-12)
    mean_output = linear_networks.outputs(mixed_frame)[..., 0].mean(axis=1)
    assert found.array("base_value")[:, 0, 0] == pytest.approx(mean_output)


@pytest.mark.parametrize("scale", ["probability", "logit"])
def test_attributions_are_complete(curved, mixed_frame, scale):
    found = integrated(curved, mixed_frame, mixed_frame, scale=scale)
    gap = found.array("explained_value") - found.array("base_value")
    assert found.array("attribution").sum(axis=2) == pytest.approx(gap, abs=1e-8)
    assert found.array("explained_value") == pytest.approx(curved.outputs(mixed_frame, scale=scale))


def test_it_is_the_mean_gradient_of_a_naive_loop(curved, mixed_frame):
    found = integrated(curved, mixed_frame.head(2), mixed_frame, n_steps=5)
    members = curved.members
    inputs = members.inputs(curved.schema.encode(mixed_frame))
    baseline = inputs.mean(dim=0)
    nodes, weights = np.polynomial.legendre.leggauss(5)
    for place, i, c in np.ndindex(3, 2, 3):
        total = torch.zeros_like(baseline)
        for node, weight in zip(nodes, weights, strict=True):
            at = (baseline + (1 + node) / 2 * (inputs[i] - baseline)).requires_grad_()
            output = members.output_module(place, "probability")(at[None])[0, c]
            total += weight / 2 * torch.autograd.grad(output, at)[0]
        product = (total * (inputs[i] - baseline)).numpy()
        expected = [product[block].sum() for block in members.preprocessor.blocks]
        assert found.array("attribution")[place, i, :, c] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("baseline", ["median", "zero", "row"])
def test_both_engines_start_from_the_same_baseline(
    curved, mixed_frame, baseline, assert_engines_agree
):
    baseline = dict(mixed_frame.iloc[3]) if baseline == "row" else baseline
    rows, method = mixed_frame.head(5), "integrated_gradients"
    assert_engines_agree(curved, rows, mixed_frame, method, baseline=baseline)


def test_at_its_baseline_an_instance_has_no_attributions(curved, mixed_frame):
    row = dict(mixed_frame.iloc[3])
    found = integrated(curved, mixed_frame.iloc[[3]], mixed_frame, baseline=row)
    assert not found.array("attribution").any()
    assert found.array("base_value") == pytest.approx(found.array("prediction"))
    resolved = json.loads(json.dumps(found.provenance["resolved"]))["baseline"]
    assert resolved["colour"] == row["colour"]
    assert json.dumps(found.provenance["parameters"])


def test_at_embeddings_it_is_captums_layer_version_and_complete(embedded, mixed_frame):
    """captum's own layer variant, with the numbers made a layer by its input wrapper."""
    from captum.attr import IntegratedGradients

    found = integrated(
        embedded,
        mixed_frame.head(3),
        mixed_frame,
        layer="embeddings",
        baseline=dict(mixed_frame.iloc[9]),
        scale="logit",
        n_steps=200,
    )
    gap = found.array("explained_value") - found.array("base_value")
    assert found.array("attribution").sum(axis=2) == pytest.approx(gap, abs=5e-3)
    rows = torch.as_tensor(embedded.schema.encode(mixed_frame))

    def parts(module, rows):
        numbers = torch.stack(
            [(rows[:, 0] - 50) / 5, (rows[:, 1] - 4) / 2.5, rows[:, 4] - 1], dim=1
        )
        return numbers, *(e(rows[:, 2 + j].long()) for j, e in enumerate(module.embeddings))

    for place, module in enumerate(embedded.members.modules):
        asked = IntegratedGradients(lambda *x, m=module: m.body(torch.cat(x, dim=1)))
        numbers, colour, wild = asked.attribute(
            parts(module, rows[:3]),
            baselines=parts(module, rows[9:10]),
            target=1,
            n_steps=200,
            method="gausslegendre",
        )
        expected = torch.stack(
            [numbers[:, 0], numbers[:, 1], colour.sum(1), wild.sum(1), numbers[:, 2]], dim=1
        )
        assert found.array("attribution")[place, :, :, 1] == pytest.approx(
            expected.detach().numpy(), abs=1e-6
        )


def test_it_equals_captums_layer_integrated_gradients(mixed_frame):
    """With all columns embedded, captum's layer variant sees all there is."""
    import warnings

    from captum.attr import LayerIntegratedGradients
    from torch import nn

    from xaigeo.ensemble.seed_ensemble import SeedEnsemble

    class Words(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(6, 3)
            self.head = nn.Sequential(nn.Flatten(), nn.Linear(9, 4), nn.Tanh(), nn.Linear(4, 2))

        def forward(self, codes):
            places = codes.round().long() + torch.tensor([0, 1, 3])
            return self.head(self.embedding(places.clamp(max=5)))

    frame = mixed_frame[["colour", "wild", "size"]]
    modules = []
    for seed in range(2):
        torch.manual_seed(seed)
        modules.append(Words().double())
    ensemble = SeedEnsemble.wrap(
        modules, schema=frame, classes=("n", "y"), preprocess=torch.nn.Identity()
    )
    row = dict(frame.iloc[5])
    found = integrated(
        ensemble, frame.head(4), frame, layer="embedding", baseline=row, scale="logit"
    )
    codes = torch.as_tensor(ensemble.schema.encode(frame))
    for place, module in enumerate(modules):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            asked = LayerIntegratedGradients(module, module.embedding).attribute(
                codes[:4], baselines=codes[5:6].expand(4, -1), target=1, n_steps=50
            )
        assert found.array("attribution")[place, :, :, 1] == pytest.approx(
            asked.sum(dim=2).detach().numpy(), abs=1e-6
        )


def test_a_baseline_of_other_columns_is_refused(curved, mixed_frame):
    with pytest.raises(InputError, match="Expected baseline with the columns length, count"):
        integrated(curved, mixed_frame.head(1), mixed_frame, baseline={"a": 1.0})


def test_steps_are_counted():
    with pytest.raises(InputError, match="Expected n_steps to be a whole number of at least 1"):
        IntegratedGradientsExplainer(n_steps=0)
