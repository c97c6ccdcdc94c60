from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import xaigeo as xg
from xaigeo.errors import InputError
from xaigeo.explainers.exact_shap import ExactShapExplainer
from xaigeo.explainers.shapley.players import PlayerCodes, Players, distinct_rows
from xaigeo.schema import FeatureSchema

GROUPS = {"place": ["east", "north"], "colour": ["red", "green", "blue"]}


@pytest.fixture
def frame():
    hot = np.array([0, 1, 2, 1, 0, 2])
    return pd.DataFrame(
        {
            "size": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
            "north": [0.1, 0.1, 0.2, 0.3, 0.1, 0.1],
            "red": (hot == 0).astype(int),
            "green": hot == 1,
            "east": [7, 8, 7, 8, 7, 8],
            "blue": (hot == 2).astype(float),
            "kind": ["a", "b", "a", "b", "b", "b"],
        }
    )


@pytest.fixture
def players(frame):
    return Players.of(FeatureSchema.from_data(frame), GROUPS)


def test_groups_stand_where_their_first_column_stood(players):
    assert players.names == ("size", "place", "colour", "kind")
    assert [columns.tolist() for columns in players.columns] == [[0], [1, 4], [2, 3, 5], [6]]
    assert players.owners.tolist() == [0, 1, 2, 2, 1, 2, 3]
    assert players.single.tolist() == [True, False, False, True]


def test_a_player_varies_when_one_of_its_columns_does(players, frame):
    rows = players.schema.encode(frame)
    assert players.varying(rows[0], rows[[4]]).tolist() == [0, 3]
    assert players.varying(rows[0], rows[[0, 2]]).tolist() == [0, 1, 2]
    assert players.varying(rows[0], rows[[0]]).tolist() == []


def test_values_of_columns_by_player_are_unknown_for_a_group(players):
    np.testing.assert_array_equal(players.of_columns(np.arange(7.0)), [0.0, np.nan, np.nan, 6.0])


def test_a_group_is_shown_as_a_category_by_combination(players, frame):
    rows = players.schema.encode(frame)
    schema, shown, background = players.shown(rows[:2], rows[2:])
    decoded = schema.decode(np.vstack([shown, background]))
    assert schema.names == ["size", "place", "colour", "kind"]
    assert [f.kind for f in schema.features] == ["numeric", *["categorical"] * 3]
    assert decoded["place"].tolist() == [
        "north = 0.1, east = 7",
        "north = 0.1, east = 8",
        "north = 0.2, east = 7",
        "north = 0.3, east = 8",
        "north = 0.1, east = 7",
        "north = 0.1, east = 8",
    ]
    assert decoded["colour"].tolist() == ["red", "green", "blue", "green", "red", "blue"]
    assert decoded["kind"].tolist() == frame["kind"].tolist()
    np.testing.assert_array_equal(decoded["size"], frame["size"])


def test_without_groups_everything_is_shown_as_it_is(frame):
    schema = FeatureSchema.from_data(frame)
    rows = schema.encode(frame)
    assert Players.of(schema, None).shown(rows, rows) == (schema, rows, rows)


def test_columns_that_are_not_indicators_are_written_out(frame):
    frame["blue"] = [0.0, 0.0, 1.0, 1.0, 0.0, 1.0]  # two colours in row 3
    schema = FeatureSchema.from_data(frame)
    rows = schema.encode(frame)
    shown, *_ = Players.of(schema, GROUPS).shown(rows[:1], rows[1:])
    assert shown["colour"].categories[0] == "red = 0, green = False, blue = 1"
    assert len(shown["colour"].categories) == 4


def test_different_values_have_different_names():
    frame = pd.DataFrame(
        {
            "x": [1.0, np.nextafter(1.0, 2.0), 1000.0],
            "mixed": pd.Categorical(["1", 1, "1"], categories=["1", 1]),
        }
    )
    schema = FeatureSchema.from_data(frame)
    rows = schema.encode(frame)
    shown, *_ = Players.of(schema, {"both": ["x", "mixed"]}).shown(rows[:1], rows[1:])
    assert shown["both"].categories == (
        "x = 1, mixed = '1'",
        "x = 1, mixed = 1",
        "x = 1000, mixed = '1'",
    )


def test_a_long_group_is_written_short_and_its_combinations_stay_apart():
    rows = np.random.default_rng(0).normal(size=(30, 5))
    rows[:, :3] = 37.118216247002565
    rows[0] = 0.0
    schema = FeatureSchema.from_data(pd.DataFrame(rows, columns=list("abcde")))
    shown, *_ = Players.of(schema, {"all": list("abcde")}).shown(rows[:1], rows[1:])
    texts = shown["all"].categories
    assert texts[:2] == (
        "a = 0, b = 0, c = 0 and 2 more",
        "a = 37.12, b = 37.12, c = 37.12 and 2 more (1)",
    )
    assert len(set(texts)) == 30


def test_codes_lead_back_to_the_rows(players, frame):
    rows = players.schema.encode(frame)
    codes = PlayerCodes.of(players, rows)
    encoded = codes.encode(rows[[3, 0]])
    assert encoded.tolist() == [[3.0, 3.0, 1.0, 1.0], [0.0, 0.0, 2.0, 0.0]]
    np.testing.assert_array_equal(codes.decode(encoded), rows[[3, 0]])


def test_distinct_rows():
    rows = np.array([[2.0, 1.0], [0.0, 5.0], [2.0, 1.0]])
    distinct, places = distinct_rows(rows)
    assert distinct.tolist() == [[0.0, 5.0], [2.0, 1.0]]
    assert places.tolist() == [1, 0, 1]


def test_a_result_of_groups_only_saves_loads_and_tabulates(tmp_path, frame):
    ensemble = xg.SeedEnsemble.wrap(
        [lambda f: f["size"] * f["east"], lambda f: f["north"] + f["red"]],
        schema=frame,
        task="regression",
        classes=("y",),
    )
    groups = {"one": ["size", "east", "north"], "two": ["red", "green", "blue", "kind"]}
    result = ExactShapExplainer(groups=groups).explain(
        ensemble, frame.head(2), background=frame, random_state=0
    )
    assert result.features == ["one", "two"]
    assert result.schema.discrete.all()
    assert result.provenance["parameters"]["groups"] == groups
    np.testing.assert_allclose(result.array("attribution")[0, :, 1, 0], 0.0)
    path = result.save(tmp_path / "result")
    loaded = xg.load(path)
    for name in result.data:
        np.testing.assert_array_equal(loaded.array(name), result.array(name), err_msg=name)
    table = loaded.to_frame()
    assert table.loc[0, "value"] == "size = 1, north = 0.1, east = 7"
    assert len(table) == 2 * 2 * 2


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ({"kind": ["size", "north"]}, "names of groups that no column has, got 'kind'"),
        (
            {"g": ["size", "nort"]},
            r"groups\['g'\] to name columns .* got 'nort'. Did you mean 'north'",
        ),
        ({"g": ["size", "sizes"]}, "got 'sizes'. Remove the name or correct it"),
        ({5: ["size"]}, "got 5 as the name of a group, which is no text or empty"),
        ({"g": []}, "got no column in group 'g'"),
        ({"g": ["size"], "h": ["size"]}, "every column in one group at most.* got size named"),
        ({"g": ["size", "size"]}, "and there once, got size named again"),
    ],
)
def test_groups_that_do_not_fit_raise(frame, groups, message):
    with pytest.raises(InputError, match=message):
        Players.of(FeatureSchema.from_data(frame), groups)


@pytest.mark.parametrize("groups", [["size"], {"g": "size"}, {"g": []}, {1: ["size"]}, {"g": [1]}])
def test_groups_of_another_form_raise(groups):
    with pytest.raises(InputError, match="groups to map names to lists of column names, got"):
        ExactShapExplainer(groups=groups)
