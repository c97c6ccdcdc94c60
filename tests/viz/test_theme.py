import altair as alt

from xaigeo.viz.theme import CLASSES, PATHS, SHAPES, class_mark, theme_config


def test_classes_beyond_the_palette_differ_in_colour_or_shape():
    marks = [tuple(class_mark(i).values()) for i in range(len(CLASSES) * len(SHAPES))]
    assert len(set(marks)) == len(marks)


def test_the_same_class_has_the_same_mark_however_many_there_are():
    assert class_mark(1) == {"colour": CLASSES[1], "path": PATHS[SHAPES[1]]}


def test_every_shape_has_an_outline():
    assert set(PATHS) == set(SHAPES)


def test_the_configuration_is_valid_and_names_local_fonts_only():
    config = alt.Config(**theme_config()).to_dict()
    assert "http" not in str(config)
    assert config["axis"]["labelFont"].startswith("system-ui")
