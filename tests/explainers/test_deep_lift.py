from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
from torch import nn

from xaigeo.errors import InputError
from xaigeo.explainers import explain


def lifted(ensemble, rows, background, **parameters):
    return explain(ensemble, rows, "deep_lift", background=background, random_state=0, **parameters)


@pytest.mark.parametrize("scale", ["probability", "logit"])
@pytest.mark.parametrize("ensemble", ["curved", "embedded"])
def test_attributions_are_complete(ensemble, mixed_frame, scale, request):
    layer = "embeddings" if ensemble == "embedded" else None
    found = lifted(
        request.getfixturevalue(ensemble),
        mixed_frame.head(9),
        mixed_frame,
        scale=scale,
        layer=layer,
    )
    assert found.array("convergence_delta") == pytest.approx(0, abs=1e-9)
    gap = found.array("explained_value") - found.array("base_value")
    assert np.abs(gap).max() > 0.01


def test_a_single_logits_probability_is_captums_with_a_sigmoid_module(single_logit, birds):
    from captum.attr import DeepLift

    rows, members = birds.iloc[::60], single_logit.members
    found = lifted(single_logit, rows, birds, baseline="median")
    inputs = members.inputs(single_logit.schema.encode(rows))
    start = birds.head(1).assign(**found.provenance["resolved"]["baseline"])
    baseline = members.inputs(single_logit.schema.encode(start))
    for place, module in enumerate(members.modules):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            whole = nn.Sequential(*module, nn.Sigmoid())
            asked = DeepLift(whole).attribute(inputs, baselines=baseline, target=0).detach().numpy()
        blocks = members.preprocessor.blocks
        expected = np.stack([asked[:, block].sum(axis=1) for block in blocks], axis=1)
        assert found.array("attribution")[place, :, :, 1] == pytest.approx(expected, abs=1e-6)


def test_slopes_times_the_way_are_attributions_of_numbers(curved, mixed_frame):
    row = dict(mixed_frame.iloc[8])
    found = lifted(curved, mixed_frame.head(5), mixed_frame, baseline=row)
    values = curved.schema.encode(mixed_frame)
    for j in (0, 1):
        way = (values[:5, j] - values[8, j])[:, None]
        expected = found.array("slope")[:, :, j] * way
        assert found.array("attribution")[:, :, j] == pytest.approx(expected)


def test_captums_missing_rules_are_told_and_ours_complete(make_networks, mixed_frame):
    ensemble = make_networks(
        mixed_frame,
        lambda n: [nn.Linear(n, 6), nn.GELU(), nn.Linear(6, 5), nn.SiLU(), nn.Linear(5, 1)],
    )
    found = lifted(ensemble, mixed_frame.head(4), mixed_frame)
    assert found.array("convergence_delta") == pytest.approx(0, abs=1e-12)
    with pytest.raises(
        InputError,
        match=r"Expected activations for which captum has the Rescale rule, got GELU, SiLU\. "
        r"Use engine='batched', which has it for these too\.",
    ):
        lifted(ensemble, mixed_frame.head(4), mixed_frame, engine="upstream")


def test_captums_softmax_rule_depends_on_the_batch():
    """Why softmax has a rule of its own; true of captum 0.9."""
    from captum.attr import DeepLift

    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 3), nn.Softmax(dim=1))
    inputs, baseline = torch.randn(3, 4), torch.zeros(1, 4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        together = DeepLift(module).attribute(inputs, baselines=baseline, target=0)[0]
        alone = DeepLift(module).attribute(inputs[:1], baselines=baseline, target=0)[0]
    assert (together - alone).abs().max() > 1e-3
