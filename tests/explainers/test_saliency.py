from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from torch import nn

from xaigeo.explainers import explain


def saliency(ensemble, rows, background, **parameters):
    return explain(ensemble, rows, "saliency", background=background, random_state=0, **parameters)


def test_a_linear_models_saliency_is_its_effect_by_standard_deviation(linear_networks, mixed_frame):
    ensemble = linear_networks
    weights = np.stack([m[0].weight[0].numpy() for m in ensemble.members.modules])
    blocks = ensemble.members.preprocessor.blocks
    found = saliency(ensemble, mixed_frame.head(6), mixed_frame, absolute=False)
    signed = found.array("attribution")[..., 0]
    for j in (0, 1):
        assert signed[:, :, j] == pytest.approx(np.repeat(weights[:, blocks[j]], 6, axis=1))
    # Having this colour less having a colour drawn from the data: the exact effect.
    codes = ensemble.schema.encode(mixed_frame)[:, 4]
    per_code = weights[:, blocks[4]] / ensemble.members.preprocessor.scale[4].item()
    assert signed[:, :, 4] == pytest.approx(per_code * (codes[:6] - codes.mean()))
    colours = ensemble.schema.encode(mixed_frame)[:, 2].astype(int)
    by_colour = weights[:, blocks[2]]
    expected = by_colour[:, colours[:6]] - by_colour[:, colours].mean(axis=1, keepdims=True)
    assert signed[:, :, 2] == pytest.approx(expected)
    size = saliency(ensemble, mixed_frame.head(6), mixed_frame).array("attribution")
    assert (size == np.abs(found.array("attribution"))).all()


@pytest.mark.parametrize("scale", ["probability", "logit"])
def test_slopes_equal_finite_differences_in_original_units(curved, mixed_frame, scale):
    rows = mixed_frame.head(4)
    slope = saliency(curved, rows, mixed_frame, scale=scale).array("slope")
    for j, name in enumerate(("length", "count")):
        step = 1e-4
        up = rows.assign(**{name: rows[name] + step})
        down = rows.assign(**{name: rows[name] - step})
        difference = curved.outputs(up, scale=scale) - curved.outputs(down, scale=scale)
        assert slope[:, :, j] == pytest.approx(difference / (2 * step), abs=1e-7)


def test_a_constant_column_has_no_attribution_scale_of_its_own(make_networks):
    frame = pd.DataFrame({"x": [1.0, 2.0, 3.0], "same": [5.0, 5.0, 5.0]})
    ensemble = make_networks(frame, lambda n: [nn.Linear(n, 1)], n_seeds=2)
    found = saliency(ensemble, frame, frame)
    assert found.array("feature_scale")[1] == 1.0
    assert math.isclose(found.array("feature_location")[1], 5.0)


def test_at_embeddings_it_is_that_of_one_hot_inputs(
    embedded, embedding_net, make_networks, mixed_frame
):
    """An embedding is linear in indicators, so both must give a category the same number."""
    import torch

    found = saliency(embedded, mixed_frame.head(5), mixed_frame, layer="embeddings")
    schema = embedded.schema
    rows = torch.as_tensor(schema.encode(mixed_frame.head(5)))
    background = schema.encode(mixed_frame)
    for place, module in enumerate(embedded.members.modules):
        for j in range(len(module.embeddings)):
            n_categories = len(schema.features[2 + j].categories)
            for i, row in enumerate(rows):
                indicator = torch.eye(n_categories, dtype=torch.float64)[int(row[2 + j])]
                indicator.requires_grad_()

                def forward(own=indicator, row=row, j=j, module=module):
                    looked_up = [
                        (own if k == j else torch.eye(e.num_embeddings)[int(row[2 + k])].double())
                        @ e.weight
                        for k, e in enumerate(module.embeddings)
                    ]
                    numbers = [(row[:1] - 50) / 5, (row[1:2] - 4) / 2.5, row[4:5] - 1]
                    return torch.softmax(module.body(torch.cat([*numbers, *looked_up])), dim=0)

                shares = np.bincount(background[:, 2 + j].astype(int), minlength=n_categories) / 40
                for c in range(3):
                    (gradient,) = torch.autograd.grad(forward()[c], indicator)
                    expected = gradient[int(row[2 + j])] - (gradient.numpy() * shares).sum()
                    number = found.array("attribution")[place, i, 2 + j, c]
                    assert number == pytest.approx(abs(expected.item()), abs=1e-12)


@pytest.mark.parametrize("method", ["saliency", "smooth_grad"])
@pytest.mark.parametrize("engine", ["batched", "upstream"])
def test_a_column_that_the_background_never_varies_is_credited_nothing(
    make_networks, method, engine
):
    frame = pd.DataFrame({"x": [1.0, 2.0, 3.5], "same": [0.5, 0.5, 0.5]})
    ensemble = make_networks(frame, lambda n: [nn.Linear(n, 3), nn.Tanh(), nn.Linear(3, 1)])
    rows = frame.assign(same=[0.5, 0.5, 0.9])
    found = explain(ensemble, rows, method, background=frame, random_state=0, engine=engine)
    attribution = found.array("attribution")
    assert (attribution[:, :, 1] == 0).all()
    assert (attribution[:, :, 0] > 0).all()
    assert (found.array("slope")[:, :, 1] != 0).all()
