"""A layer of the map is written as Altair writes it."""

import altair as alt
import pytest

from xaigeo.viz.map_layer import MapLayer

CONDITION = (
    alt.when("datum.layer === 'seed'")
    .then(alt.value(0.4))
    .when("datum.n_seeds > 1")
    .then(alt.value(alt.ExprRef("datum.share")))
    .otherwise(alt.value(1))
)


@pytest.mark.parametrize(
    "channels",
    [
        {"x": "x:Q", "x2": "x2:Q", "y": alt.Y("y:Q", title="Mass"), "order": "order:Q"},
        {"opacity": CONDITION, "strokeDash": alt.value([5, 4]), "angle": alt.value(30)},
        {"color": alt.when("datum.valid").then("target:N").otherwise(alt.value("#000"))},
        {"detail": ["method:N", "seed:N"], "tooltip": ["rule:N", alt.Tooltip("seed:N")]},
        {"text": "label:N", "size": alt.when("datum.big").then(alt.value(40))},
    ],
    ids=lambda channels: "+".join(channels),
)
def test_channels_are_those_of_altair(channels):
    marks = [kind(alt.NamedData("rows")).mark_point() for kind in (MapLayer, alt.Chart)]
    own, altairs = (mark.encode(**channels).to_dict() for mark in marks)
    assert set(own["encoding"]) == set(channels)
    assert own == altairs


def test_channels_can_be_given_without_names():
    layer = MapLayer(alt.NamedData("rows")).mark_point().encode(alt.X("x:Q"), y="y:Q")
    assert set(layer.to_dict()["encoding"]) == {"x", "y"}
