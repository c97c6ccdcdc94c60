from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xaigeo.viz.page.level_columns import height, hole, level_columns


def made(name, px, *, wide=False):
    spec = {"height": px, "width": "container"}
    return {"name": name, "wide": wide, "finding": "", "reading": "", "spec": spec}


@given(st.lists(st.floats(1, 500), max_size=7))
def test_a_hole_is_the_least_over_all_cuts(heights):
    cuts = [abs(sum(heights[:n]) - sum(heights[n:])) for n in range(len(heights) + 1)]
    assert hole(heights) == pytest.approx(min(cuts), abs=1e-9)


def test_a_fifth_picture_of_one_height_takes_the_whole_width():
    five = [made(name, 250) for name in ("deletion", "roc", "insertion", "matrix", "randomisation")]
    found = level_columns(five)
    assert [one["name"] for one in found if one["wide"]] == ["randomisation"]
    assert found[-1]["name"] == "randomisation"
    assert not any(one["wide"] for one in five)
    assert level_columns(five[:4]) == five[:4]


def test_a_low_picture_beside_a_high_one_leaves_both_wide():
    both = [made("score_by_row", 160), made("prediction_spread", 500)]
    assert [one["wide"] for one in level_columns(both)] == [True, True]
    assert {one["name"] for one in level_columns(both)} == {"score_by_row", "prediction_spread"}


def test_squares_are_never_made_wide():
    squares = [made("roc_curves", 300), made("confusion_matrix", 900)]
    assert level_columns(squares) == squares


def test_pictures_beside_one_that_is_wide_already_are_groups_of_their_own():
    given_ = [made("deletion", 200), made("divided_rows", 300, wide=True), made("roc", 200)]
    found = level_columns(given_)
    assert [one["name"] for one in found] == ["deletion", "divided_rows", "roc"]
    assert [one["wide"] for one in found] == [True, True, False]


def test_heights_rise_with_words_and_panels():
    plain = made("a", 200)
    panel = {"height": 100}
    joined = plain | {"spec": {"vconcat": [panel, panel]}}
    rows = [{"score": name} for name in "xyzx"]
    table = {"columns": {"score": {"d": ["x", "y", "z", "w"]}}}
    facets = [
        plain
        | {
            "spec": {
                "facet": {"field": "score"},
                "columns": columns,
                "spec": panel,
                "data": {"name": "curve"},
                "datasets": {"curve": held},
            }
        }
        for columns, held in ((2, rows), (1, rows), (1, table))
    ]
    told = plain | {"reading": "word " * 40}
    assert height(told) > height(plain)
    assert height(joined) == pytest.approx(height(facets[0]))
    assert all(high > low for low, high in pairwise(map(height, facets)))
