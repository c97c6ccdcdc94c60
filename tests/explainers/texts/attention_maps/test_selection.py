from __future__ import annotations

import re

import numpy as np
import pytest

from xaigeo.errors import InputError
from xaigeo.explainers.texts.attention_maps.selection import (
    check_query,
    check_selection,
    chosen_places,
    plain_selection,
)


@pytest.mark.parametrize(
    ("value", "places"),
    [
        ("all", [0, 1, 2]),
        ("last", [2]),
        (1, [1]),
        (-1, [2]),
        ([2, 0], [2, 0]),
        ((np.int64(1), -1), [1, 2]),
        (np.int64(0), [0]),
    ],
    ids=str,
)
def test_places_count_from_either_end(value, places):
    check_selection("layers", value, ("all", "last"))
    assert chosen_places("layers", value, 3) == places


@pytest.mark.parametrize("value", [3, -4, [0, 3], [0, -3]], ids=str)
def test_places_that_there_are_not_are_refused(value):
    message = (
        "Expected heads among the 3 that the models have, counted from 0, each once, got "
        f"{value}. Pass heads='all', or places below 3."
    )
    with pytest.raises(InputError, match=re.escape(message)):
        chosen_places("heads", value, 3)


@pytest.mark.parametrize("value", ["first", [], [0, 0], True, 1.5, [0.5], None, "last"], ids=repr)
def test_other_selections_are_refused(value):
    message = (
        f"Expected heads to be 'all', a place, or several places, each once, got {value!r}. "
        "Pass heads='all', or places such as heads=[0, 1]."
    )
    with pytest.raises(InputError, match=re.escape(message)):
        check_selection("heads", value, ("all",))


@pytest.mark.parametrize("value", ["as_read", "mean", "first", "last", 0, -2], ids=repr)
def test_queries_are_words_or_places(value):
    check_query(value)


@pytest.mark.parametrize("value", ["middle", 1.5, True, None, [0]], ids=repr)
def test_other_queries_are_refused(value):
    message = (
        "Expected query to be 'as_read', 'mean', 'first', 'last' or the place of a token, "
        f"got {value!r}. Pass query='as_read', or a place such as query=0."
    )
    with pytest.raises(InputError, match=re.escape(message)):
        check_query(value)


def test_selections_are_kept_as_json_has_them():
    assert plain_selection("all") == "all"
    assert plain_selection(np.int64(2)) == 2
    assert plain_selection((0, np.int64(2))) == [0, 2]
