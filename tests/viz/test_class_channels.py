import altair as alt

from xaigeo.viz.class_channels import class_channels
from xaigeo.viz.theme import CLASSES


def test_colours_and_shapes_are_those_of_the_theme():
    colour, shape = class_channels(["a", "b"], 400)
    assert colour.to_dict()["scale"] == {"domain": ["a", "b"], "range": list(CLASSES[:2])}
    assert shape.to_dict()["scale"] == {"domain": ["a", "b"], "range": ["circle", "square"]}
    assert colour.to_dict()["legend"] == shape.to_dict()["legend"]


def test_long_legends_are_broken_into_lines():
    short, _ = class_channels(["a", "b"], 400)
    assert short.to_dict()["legend"]["columns"] == 2
    assert short.to_dict()["legend"]["titleOrient"] == "left"
    long, _ = class_channels([f"a class with a long name {k}" for k in range(8)], 400)
    assert long.to_dict()["legend"]["columns"] == 2
    assert long.to_dict()["legend"]["titleOrient"] == "top"


def test_no_filled_mark_is_without_an_area():
    _, shape = class_channels(list("abcdefgh"), 400)
    marks = shape.to_dict()["scale"]["range"]
    assert not {"stroke", "wedge"} & set(marks)
    assert len(set(marks)) == 8
    assert isinstance(shape, alt.Shape)


def test_a_chart_that_fills_its_container_has_one_line():
    filling, _ = class_channels([f"a class with a long name {k}" for k in range(8)], "container")
    assert filling.to_dict()["legend"]["columns"] == 8


def test_a_legend_can_number_its_classes():
    colour, shape = class_channels(["b", "a"], 400, numbered=True)
    said = colour.to_dict()["legend"]["labelExpr"]
    assert said == """(indexof(["b", "a"], datum.value) + 1) + ' ' + datum.label"""
    assert shape.to_dict()["legend"]["labelExpr"] == said
    assert "labelExpr" not in class_channels(["b", "a"], 400)[0].to_dict()["legend"]
