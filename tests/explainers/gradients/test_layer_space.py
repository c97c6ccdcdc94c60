from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.explainers.gradients.layer_space import LayerOutputs


@pytest.fixture
def space(embedded):
    return LayerOutputs(embedded.members, embedded.schema, "embeddings")


def test_every_column_has_its_numbers(space):
    widths = [block.stop - block.start for block in space.blocks]
    assert widths == [1, 1, 2, 4, 1]  # length, count, colour, wild, size
    assert space.numeric.tolist() == [True, True, False, False, True]


def test_points_hold_embeddings_and_plain_columns(space, embedded, mixed_frame):
    rows = embedded.schema.encode(mixed_frame.head(6))
    points = space.points(rows)
    assert points.shape == (3, 6, 9)
    for place, module in enumerate(embedded.members.modules):
        colours = module.embeddings[0].weight[rows[:, 2].astype(int)]
        assert (points[place, :, space.blocks[2]] == colours).all()
        assert points[place, :, 0].numpy() == pytest.approx(rows[:, 0])


def test_outputs_at_points_are_the_models_own(space, embedded, mixed_frame):
    rows = embedded.schema.encode(mixed_frame)
    points, outputs = space.points(rows), embedded.outputs_encoded(rows)
    passes = space.passes("probability", 2**30)
    assert passes.outputs(points) == pytest.approx(outputs)
    for place in range(3):
        found = space.module(place, "probability")(points[place]).detach().numpy()
        assert found == pytest.approx(outputs[place])


def test_one_layer_of_all_columns_and_numbers_through_it():
    """A layer (n_rows, n_columns, d), as tokenisers of tables give it, numbers among them."""

    class Tokens(nn.Module):
        def __init__(self):
            super().__init__()
            self.tokens = Tokeniser()
            self.head = nn.Sequential(nn.Flatten(), nn.Linear(6, 1))

        def forward(self, rows):
            return self.head(self.tokens(rows))

    class Tokeniser(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding, self.weight = nn.Embedding(2, 3), nn.Parameter(torch.randn(3))

        def forward(self, rows):
            number = torch.tanh(rows[:, :1] * self.weight)
            return torch.stack([number, self.embedding(rows[:, 1].round().long())], dim=1)

    import pandas as pd

    from xaigeo.explainers import explain

    frame = pd.DataFrame({"x": [0.1, -0.4, 0.9, 0.3], "kind": ["a", "b", "b", "a"]})
    models = [Tokens().double() for _ in range(2)]
    ensemble = SeedEnsemble.wrap(
        models, schema=frame, classes=("n", "y"), preprocess=torch.nn.Identity()
    )
    space = LayerOutputs(ensemble.members, ensemble.schema, "tokens")
    assert [b.stop - b.start for b in space.blocks] == [3, 3]
    found = explain(
        ensemble, frame, "integrated_gradients", background=frame, layer="tokens", scale="logit"
    )
    assert found.array("convergence_delta") == pytest.approx(0, abs=1e-9)
    assert np.isnan(found.array("slope")).all()  # no input of its own in original units


def test_unknown_layers_are_refused(embedded):
    with pytest.raises(
        InputError,
        match=r"Expected layer to name a module of the networks \(embeddings, embeddings\.0, "
        r"embeddings\.1, body, body\.0, body\.1, body\.2\), got 'embedding'\. Did you mean",
    ):
        LayerOutputs(embedded.members, embedded.schema, "embedding")


def test_layers_where_columns_have_met_are_refused(embedded):
    with pytest.raises(
        InputError,
        match=r"Expected a layer whose every number comes from one column, as those of "
        r"embeddings do, at 'body\.0', got numbers that depend on length, count, colour, wild, "
        r"size together\. Name the layer before the columns meet, or leave layer out\.",
    ):
        LayerOutputs(embedded.members, embedded.schema, "body.0")


def test_ways_past_the_layer_are_refused(embedding_net, mixed_frame):
    models = [embedding_net(past=0.5).double() for _ in range(2)]
    ensemble = SeedEnsemble.wrap(
        models, schema=mixed_frame, classes=("a", "b", "c"), preprocess=torch.nn.Identity()
    )
    with pytest.raises(
        InputError,
        match=r"Expected a layer that holds all that its columns do, at 'embeddings', got columns "
        r"that reach the outputs past it as well",
    ):
        LayerOutputs(ensemble.members, ensemble.schema, "embeddings")


def test_layers_that_no_column_changes_are_refused(mixed_frame):
    class Constant(nn.Module):
        def __init__(self):
            super().__init__()
            self.table, self.first = nn.Embedding(2, 2), nn.Linear(5, 2)

        def forward(self, rows):
            return self.first(rows) + self.table(torch.zeros(len(rows), dtype=torch.long))

    ensemble = SeedEnsemble.wrap(
        [Constant().double() for _ in range(2)],
        schema=mixed_frame,
        classes=("a", "b"),
        preprocess=torch.nn.Identity(),
    )
    with pytest.raises(
        InputError,
        match=r"Expected a layer that some column passes through at 'table', got outputs that no "
        r"column changes",
    ):
        LayerOutputs(ensemble.members, ensemble.schema, "table")


def test_layers_called_several_times_are_refused(mixed_frame):
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.table, self.first = nn.Embedding(3, 2), nn.Linear(4, 2)

        def forward(self, rows):
            both = self.table(rows[:, 2].long()), self.table(rows[:, 3].long())
            return self.first(torch.cat(both, dim=1))

    ensemble = SeedEnsemble.wrap(
        [Twice().double() for _ in range(2)],
        schema=mixed_frame,
        classes=("a", "b"),
        preprocess=torch.nn.Identity(),
    )
    with pytest.raises(
        InputError,
        match=r"Expected modules at 'table' that each give one tensor \(n_rows, \.\.\.\) a pass, "
        r"got 2 calls in a pass",
    ):
        LayerOutputs(ensemble.members, ensemble.schema, "table")
