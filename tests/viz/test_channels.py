import altair as alt

from xaigeo.viz.channels import at, layered


def test_at_keeps_axis_scale_and_title_and_leaves_the_first_alone():
    x = alt.X("x:Q", title="Mass (g)", scale=alt.Scale(zero=False), axis=alt.Axis(tickCount=6))
    moved = at(x, "x2")
    assert moved.to_dict() == x.to_dict() | {"field": "x2"}
    assert x.to_dict()["field"] == "x"


def test_layered_is_a_layer_chart():
    assert isinstance(layered(alt.Chart().mark_point(), alt.Chart().mark_rule()), alt.LayerChart)
