import altair as alt
import pytest

from xaigeo.viz.text_fit import (
    balanced,
    feature_axis,
    feature_rows,
    label_expression,
    label_letters,
    label_px,
    middle,
    text_px,
    titled,
    total_px,
    wrapped,
)

LONG = "The seeds agree on the sign of 24 of 30 attributions of this row of the data"


@pytest.mark.parametrize("px", [120, 200, 400])
def test_lines_fit_and_hold_every_word(px):
    for lines in (wrapped(LONG, px, 13.0), balanced(LONG, px, 13.0)):
        assert " ".join(lines) == LONG
        assert all(text_px(line, 13.0) <= px for line in lines)


def test_balanced_lines_are_no_more_and_leave_no_word_alone():
    text = "bill_length_mm counts most in all 10 seeds; all share 2 of their top 3"
    lines = balanced(text, 420, 13.0)
    assert len(lines) == len(wrapped(text, 420, 13.0)) == 2
    assert len(lines[1].split()) > 2


def test_lines_end_at_no_hyphen():
    for px in range(80, 260, 10):
        lines = wrapped("The distance of Kolmogorov-Smirnov between two seeds", px)
        assert any("Kolmogorov-Smirnov" in line for line in lines)


def test_nothing_is_one_empty_line():
    assert wrapped("", 100) == [""]
    assert balanced("", 100, 13.0) == [""]


@pytest.mark.parametrize("n", range(2, 14))
def test_middle_keeps_both_ends(n):
    text = "abcdefghijkl"
    short = middle(text, n)
    assert len(short) == min(n, len(text))
    assert short[0] == "a"
    assert n == 2 or short[-1] == "l"


def test_titled_has_finding_and_notes():
    title = titled("One", ["Two words here", "three"], 400).to_dict()
    assert title["text"] == ["One"]
    assert title["subtitle"] == ["Two words here", "three"]


def test_room_of_labels():
    assert label_letters(200) < label_letters(420) == label_letters("container")
    assert label_px(["a" * 99], 420) == label_px(["a" * 34], 420)
    assert total_px(["abc"], "container") == 600
    assert total_px(["abc"], 300) > 300


def test_axis_writes_two_lines_and_stays_in_the_middle():
    axis = feature_axis(24).to_dict()
    assert axis["labelExpr"] == label_expression(24)
    assert axis["labelOffset"]["condition"]["test"] == "length(datum.label) > 24"


def test_the_expression_is_one_that_vega_knows():
    import vl_convert

    chart = alt.Chart(alt.InlineData(values=[{"x": "a label that is too long for one line = 1"}]))
    chart = chart.mark_point().encode(y=alt.Y("x:N", axis=feature_axis(20)))
    svg = vl_convert.vegalite_to_svg(chart.to_dict())
    assert "a label that is too" in svg
    assert "= 1" in svg


def test_rows_of_features_stand_by_their_rank():
    y = feature_rows(24).to_dict()
    assert (y["field"], y["sort"]) == (
        "label",
        {"field": "rank", "op": "min", "order": "ascending"},
    )
    assert y["axis"] == feature_axis(24).to_dict()
