from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xaigeo.errors import InputError
from xaigeo.explainers.changes.constraints import Constraints
from xaigeo.schema import FeatureSchema


def check(schema, **limits):
    Constraints(**limits).check(schema)


@pytest.mark.parametrize(
    ("limits", "text"),
    [
        ({"immutable": "size"}, "Expected immutable to be a list of column names, got 'size'."),
        ({"increase": "size"}, "Pass increase=['size']."),
        (
            {"ranges": [(0, 1)]},
            "Expected ranges to be a mapping from column names, got [(0, 1)]. Pass "
            "ranges={'column': (0, 10)}.",
        ),
        ({"decrease": ["siz"]}, "got 'siz'. Did you mean 'size'?"),
        ({"ranges": {"siz": (0, 1)}}, "got 'siz'. Did you mean 'size'?"),
        (
            {"increase": ["count"], "decrease": ["count"]},
            "Expected limits on 'count' that go together, got 'count' in both increase and "
            "decrease. Take it out of increase or of decrease.",
        ),
        (
            {"immutable": ["count"], "ranges": {"count": (0, 1)}},
            "got 'count' in both immutable and ranges.",
        ),
        (
            {"increase": ["colour"]},
            "Expected a numeric or ordinal column, not 'colour', in increase, decrease and "
            "max_step, got a categorical column, which has no order.",
        ),
        (
            {"ranges": {"size": (0, 1)}},
            "Expected a numeric column in ranges, not 'size', got a column of categories "
            "(ordinal). Pass allowed={'size': [...]}.",
        ),
        (
            {"ranges": {"count": 3}},
            "Expected ranges['count'] to be (low, high), each a number or None, got 3.",
        ),
        (
            {"ranges": {"length": (5, 4)}},
            "Expected ranges['length'] to hold a number, got (5, 4). Widen it",
        ),
        (
            {"ranges": {"count": (3.2, 3.8)}},
            "Expected ranges['count'] to hold a whole number, got (3.2, 3.8).",
        ),
        (
            {"max_step": {"length": 0}},
            "Expected max_step['length'] to be a number above zero, got 0. Pass a larger step, or "
            "immutable=['length'].",
        ),
        (
            {"max_step": {"count": 0.5}},
            "Expected max_step['count'] to be a number of at least 1, got 0.5.",
        ),
        (
            {"allowed": {"count": [1]}},
            "Expected a categorical or ordinal column in allowed, not 'count', got a numeric "
            "column. Pass ranges={'count': (low, high)} for numbers.",
        ),
        (
            {"allowed": {"colour": "red"}},
            "Expected allowed['colour'] to list categories, got 'red'.",
        ),
        (
            {"allowed": {"colour": []}},
            "Expected allowed['colour'] to list categories, got []. List some of 'blue', 'green', "
            "'red', or pass immutable=['colour'].",
        ),
        (
            {"allowed": {"colour": ["reed"]}},
            "Expected categories of 'colour' ('blue', 'green', 'red') in allowed, got 'reed'. Did "
            "you mean 'red'?",
        ),
        ({"allowed": {"colour": {"re": ["red"]}}}, "got 're'. Did you mean 'red'?"),
        (
            {"immutable": ["length", "count", "colour", "wild", "size"]},
            "Expected at least one column that may change, got all of length, count, colour, "
            "wild, size in immutable. Leave a column out of immutable.",
        ),
    ],
)
def test_limits_that_cannot_be_kept_are_refused(mixed_schema, limits, text):
    with pytest.raises(InputError) as error:
        check(mixed_schema, **limits)
    assert text in str(error.value)


def test_limits_are_json():
    limits = Constraints(
        immutable=("a",),
        ranges={"b": (np.float64(1.0), None)},
        allowed={"c": {"x": ["y"]}, "d": ("u", "v")},
        max_step={"e": np.int64(2)},
    )
    described = json.loads(json.dumps(limits.to_dict()))
    assert described["ranges"] == {"b": [1.0, None]}
    assert described["allowed"] == {"c": {"x": ["y"]}, "d": ["u", "v"]}
    assert described["max_step"] == {"e": 2}


FRAME = pd.DataFrame(
    {
        "real": [0.0, 1.5, 4.0, 10.0],
        "whole": [0, 3, 5, 9],
        "kind": ["a", "b", "c", "a"],
        "rank": pd.Categorical(
            ["low", "mid", "high", "mid"], categories=["low", "mid", "high"], ordered=True
        ),
    }
)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_possible_points_never_break_a_limit(data):
    schema = FeatureSchema.from_data(FRAME)
    rows = schema.encode(FRAME)
    low = data.draw(st.floats(-5, 5))
    rising = data.draw(st.sampled_from([(), ("real",), ("whole",), ("rank",)]))
    fixed = data.draw(st.sampled_from([(), ("kind",), ("rank",)]))
    fixed = tuple(name for name in fixed if name not in rising)
    step = data.draw(st.integers(1, 4))
    ends = data.draw(st.sampled_from([["a"], ["b", "c"], ["a", "b", "c"]]))
    constraints = Constraints(
        immutable=fixed,
        increase=rising,
        ranges={"real": (low, low + data.draw(st.floats(0, 8)))},
        allowed={} if "kind" in fixed else {"kind": ends},
        max_step={"whole": step},
    )
    limits = constraints.limits(schema, rows)
    origin = np.array(
        [data.draw(st.floats(-20, 20)), data.draw(st.integers(0, 9))]
        + [data.draw(st.integers(0, 2)) for _ in range(2)],
        dtype=float,
    )
    wild = np.array([data.draw(st.floats(-50, 50)) for _ in range(4)])
    wild[2:] = np.clip(wild[2:], 0, 2)
    point = limits.possible(wild, origin)
    moved = point != origin
    if moved[0]:
        assert low <= point[0] <= constraints.ranges["real"][1]
    assert point[1] == round(point[1])
    assert abs(point[1] - origin[1]) <= step
    for name in rising:
        assert point[schema.index(name)] >= origin[schema.index(name)]
    for name in fixed:
        assert not moved[schema.index(name)]
    if moved[2]:
        assert schema["kind"].categories[int(point[2])] in ends
    # What is possible stays as it is.
    assert (limits.possible(point, origin) == point).all()
