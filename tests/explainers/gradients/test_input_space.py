from __future__ import annotations

import pytest

from xaigeo.errors import InputError
from xaigeo.explainers.gradients.input_gradients import DirectPasses
from xaigeo.explainers.gradients.input_space import NetworkInputs, input_space


def test_embeddings_need_a_layer(embedded):
    with pytest.raises(
        InputError,
        match=r"Expected layer=\.\.\., the layer at which saliency takes gradients, for networks "
        r"that look categories up in embeddings and have no gradient by their codes, got none, "
        r"with embeddings at 'embeddings\.0', 'embeddings\.1'\. Pass layer='embeddings'",
    ):
        input_space(embedded, "saliency", None)


def test_inputs_are_the_space_unless_a_layer_is_named(curved):
    space = input_space(curved, "saliency", None)
    assert isinstance(space, NetworkInputs)
    assert isinstance(space.passes("logit", 2**30), DirectPasses)


@pytest.mark.parametrize("rows_at_once", [3, 1000])
def test_means_and_spreads_are_those_of_the_points(curved, mixed_frame, rows_at_once, monkeypatch):
    monkeypatch.setattr("xaigeo.explainers.gradients.input_space.ROWS", rows_at_once)
    space, rows = NetworkInputs(curved.members), curved.schema.encode(mixed_frame)
    points = space.points(rows).numpy()
    assert space.mean_point(rows).numpy()[0] == pytest.approx(points.mean(axis=0))
    assert space.spread(rows).numpy()[0] == pytest.approx(points.std(axis=0))
