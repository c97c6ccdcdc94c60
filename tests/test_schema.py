from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from xaigeo.errors import InputError, ManyCategoriesWarning
from xaigeo.schema import FeatureSchema


def test_kinds_are_read_from_the_columns(mixed_schema):
    assert [f.kind for f in mixed_schema.features] == [
        "numeric",
        "numeric",
        "categorical",
        "categorical",
        "ordinal",
    ]
    assert mixed_schema["size"].categories == ("small", "medium", "large")
    assert mixed_schema["wild"].categories == (False, True)
    assert mixed_schema["count"].integer
    assert mixed_schema["length"].label == "length (mm)"


def test_ranges_are_those_of_the_data(mixed_frame, mixed_schema):
    assert mixed_schema["length"].lower == mixed_frame["length"].min()
    assert mixed_schema["length"].upper == mixed_frame["length"].max()


def test_decode_gives_back_what_encode_took(mixed_frame, mixed_schema):
    back = mixed_schema.decode(mixed_schema.encode(mixed_frame))
    pd.testing.assert_frame_equal(back, mixed_frame, check_dtype=False)
    assert back["size"].cat.ordered
    assert back["wild"].dtype == bool


def test_columns_are_matched_by_name_not_place(mixed_frame, mixed_schema):
    shuffled = mixed_frame[mixed_frame.columns[::-1]]
    np.testing.assert_array_equal(mixed_schema.encode(shuffled), mixed_schema.encode(mixed_frame))


def test_dict_round_trip_keeps_the_digest(mixed_schema):
    again = FeatureSchema.from_dict(json.loads(json.dumps(mixed_schema.to_dict())))
    assert again == mixed_schema
    assert again.digest == mixed_schema.digest


def test_an_array_gets_names_and_stays_an_array():
    schema = FeatureSchema.from_data(np.arange(6.0).reshape(3, 2))
    assert schema.names == ["x0", "x1"]
    assert isinstance(schema.to_model_input(np.zeros((1, 2))), np.ndarray)


def test_kinds_can_be_overridden():
    frame = pd.DataFrame({"grade": [1, 2, 3, 2]})
    schema = FeatureSchema.from_data(frame, kinds={"grade": "ordinal"})
    assert schema["grade"].categories == (1, 2, 3)
    np.testing.assert_array_equal(schema.encode(frame)[:, 0], [0, 1, 2, 1])


def test_one_row_is_enough(mixed_frame, mixed_schema):
    assert mixed_schema.encode(mixed_frame.head(1)).shape == (1, 5)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_finite_are_refused(mixed_frame, mixed_schema, value):
    mixed_frame.loc[3, "length"] = value
    with pytest.raises(InputError, match=r"column 'length' of X, got .*row 3.*impute"):
        mixed_schema.encode(mixed_frame)


def test_missing_text_is_refused(mixed_frame, mixed_schema):
    mixed_frame.loc[[2, 5], "colour"] = None
    with pytest.raises(InputError, match=r"no missing values in column 'colour'.*2 missing"):
        mixed_schema.encode(mixed_frame)


def test_missing_and_extra_columns_are_named(mixed_frame, mixed_schema):
    broken = mixed_frame.rename(columns={"length": "lenght"}).assign(age=1)
    with pytest.raises(InputError) as error:
        mixed_schema.encode(broken)
    text = str(error.value)
    assert "without 'length'" in text
    assert "unknown 'lenght', 'age'" in text
    assert "'lenght' looks like 'length'" in text


def test_unseen_categories_are_named(mixed_frame, mixed_schema):
    mixed_frame.loc[0, "colour"] = "pink"
    with pytest.raises(InputError, match=r"'colour' in X to be one of blue, green, red.*pink"):
        mixed_schema.encode(mixed_frame)


def test_text_where_numbers_belong(mixed_frame, mixed_schema):
    with pytest.raises(InputError, match=r"numbers in column 'length'.*to_numeric"):
        mixed_schema.encode(mixed_frame.assign(length="long"))


def test_no_rows(mixed_frame, mixed_schema):
    with pytest.raises(InputError, match="at least one row"):
        mixed_schema.encode(mixed_frame.head(0))
    with pytest.raises(InputError, match="at least one row and columns"):
        FeatureSchema.from_data(mixed_frame.head(0))


def test_repeated_names(mixed_frame):
    twice = pd.concat([mixed_frame, mixed_frame[["length"]]], axis=1)
    with pytest.raises(InputError, match=r"different names.*repeated names \['length'\]"):
        FeatureSchema.from_data(twice)


@pytest.mark.parametrize("thing", [[1, 2], np.zeros(3), pd.Series([1.0])])
def test_what_is_not_a_table(mixed_schema, thing):
    with pytest.raises(InputError, match=r"(two dimensions|DataFrame)"):
        mixed_schema.encode(thing)


TEXTS = ["a good film", "a thin plot"]
GIVEN = [
    (pd.Series(TEXTS), "a Series of texts"),
    (TEXTS, "a list of texts"),
    (tuple(TEXTS), "a tuple of texts"),
    (np.array(TEXTS), "a ndarray of texts"),
    (np.array(TEXTS, dtype=object), "a ndarray of texts"),
    ("a good film", "a text"),
]


@pytest.mark.parametrize(("texts", "arrived"), GIVEN)
def test_texts_are_not_a_table(mixed_schema, texts, arrived):
    do = (
        "Texts go to xaigeo.TextEnsemble: networks are trained by .train, estimators and pipelines "
        "fitted by .fit, models that are trained already wrapped by .wrap. A column of a table "
        "goes as a frame, X.to_frame()."
    )
    with pytest.raises(InputError) as error:
        FeatureSchema.from_data(texts)
    assert str(error.value) == (
        f"Expected a pandas DataFrame or a two-dimensional numpy array, got {arrived}. {do}"
    )
    with pytest.raises(InputError) as error:
        mixed_schema.encode(texts)
    assert str(error.value) == (
        f"Expected X with two dimensions (rows, features), got {arrived}. {do}"
    )


def test_an_array_for_a_schema_with_names(mixed_schema):
    with pytest.raises(InputError, match=r"as a data frame with columns length, count.*DataFrame"):
        mixed_schema.encode(np.zeros((2, 5)))


def test_unknown_names_in_kinds_and_units(mixed_frame):
    with pytest.raises(InputError, match=r"columns \(units\).*Did you mean 'length'"):
        FeatureSchema.from_data(mixed_frame, units={"lengths": "mm"})
    with pytest.raises(InputError, match=r"kind of 'length' to be one of 'numeric'"):
        FeatureSchema.from_data(mixed_frame, kinds={"length": "number"})


def test_asking_for_a_column_that_is_not_there(mixed_schema):
    with pytest.raises(InputError, match=r"a column of the schema.*Did you mean 'colour'"):
        mixed_schema["color"]


def test_text_of_encoded_values(mixed_schema):
    assert mixed_schema["colour"].text(1.0) == "green"
    assert mixed_schema["length"].text(12.34567) == "12.35"


@pytest.mark.parametrize(
    ("value", "text"),
    [(50.0, "50"), (12.345, "12.35"), (-0.00001, "0"), (1234567.0, "1234567")],
)
def test_numbers_keep_a_thousandth_of_the_range(mixed_schema, value, text):
    assert mixed_schema["length"].text(value) == text


def test_a_constant_column_has_no_range_to_round_by():
    assert FeatureSchema.from_data(pd.DataFrame({"x": [1.5, 1.5]}))["x"].text(1.5) == "1.5"


@pytest.mark.parametrize(
    "column",
    [
        pd.date_range("2020", periods=3),
        pd.timedelta_range("1 day", periods=3),
        pd.cut(pd.Series([1.0, 2.0, 3.0]), 2),
        pd.Series([(1, 2), (3, 4), (5, 6)]),
        pd.Series([[1], [2], [3]]),
    ],
    ids=["date", "timedelta", "interval", "tuple", "list"],
)
def test_what_cannot_be_a_category_is_refused(column):
    with pytest.raises(InputError, match=r"numbers, text or booleans in column 'd', got .*drop"):
        FeatureSchema.from_data(pd.DataFrame({"d": column}))


def test_complex_numbers_are_refused():
    with pytest.raises(InputError, match="numbers in column 'z'"):
        FeatureSchema.from_data(pd.DataFrame({"z": [1 + 2j]}))


def test_text_is_not_ordinal_without_an_order():
    frame = pd.DataFrame({"size": ["low", "high", "medium"]})
    with pytest.raises(InputError, match=r"an order for the ordinal column 'size', got text"):
        FeatureSchema.from_data(frame, kinds={"size": "ordinal"})
    schema = FeatureSchema.from_data(frame, orders={"size": ["low", "medium", "high"]})
    np.testing.assert_array_equal(schema.encode(frame)[:, 0], [0, 2, 1])
    assert schema["size"].kind == "ordinal"


def test_an_order_lists_every_category_once():
    frame = pd.DataFrame({"size": ["low", "high"]})
    with pytest.raises(InputError, match=r"list every category once, got \['low'\] without high"):
        FeatureSchema.from_data(frame, orders={"size": ["low"]})


def test_a_categorical_stays_one_on_the_way_back():
    frame = pd.DataFrame({"g": pd.Categorical(["u", "v"], categories=["u", "v", "w"])})
    schema = FeatureSchema.from_data(frame)
    back = schema.decode(schema.encode(frame))
    pd.testing.assert_frame_equal(back, frame)


def test_many_categories_are_told():
    days = pd.DataFrame({"day": [f"2020-{i:03}" for i in range(80)]})
    with pytest.warns(ManyCategoriesWarning, match="'day' has 80 categories in 80 rows"):
        FeatureSchema.from_data(days)


def test_numbers_encoded_at_once_are_those_of_each_column_and_a_copy(cloud_of_numbers):
    frame = cloud_of_numbers
    schema = FeatureSchema.from_data(frame)
    found = schema.encode(frame[["c", "a", "b"]])
    assert (found == np.column_stack([frame[name] for name in "abc"])).all()
    assert found.flags["C_CONTIGUOUS"]
    found[0] = -1.0
    assert (frame.iloc[0] != -1.0).all()
    array = np.array(frame, dtype=np.float64)
    FeatureSchema.from_data(array).encode(array)[0] = -1.0
    assert (array[0] != -1.0).all()
    with pytest.raises(InputError, match="Expected finite numbers in column 'a' of X, got inf"):
        schema.encode(frame.assign(a=np.inf))


@pytest.fixture
def cloud_of_numbers():
    random = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "a": random.normal(size=5),
            "b": random.integers(0, 9, 5),
            "c": random.normal(size=5).astype(np.float32),
        }
    )


@pytest.mark.parametrize("dtype", [object, "str", "category"])
def test_text_is_no_number_even_where_it_reads_like_one(dtype):
    schema = FeatureSchema.from_data(pd.DataFrame({"income": [10, 25]}))
    text = pd.DataFrame({"income": pd.Series(["10", "20"], dtype=dtype)})
    with pytest.raises(InputError, match=r"numbers in column 'income' of X, got text '10'. Conv"):
        schema.encode(text)
    with pytest.raises(InputError, match=r"numbers in column 'income' of X, got text '10'"):
        FeatureSchema.from_data(text, kinds={"income": "numeric"})
    mixed = pd.DataFrame({"income": pd.Series([10, "20"], dtype=object)})
    with pytest.raises(InputError, match=r"got text '20'"):
        schema.encode(mixed)


def test_objects_that_are_numbers_and_fractions_of_whole_columns_pass():
    schema = FeatureSchema.from_data(pd.DataFrame({"income": [10, 25]}))
    given = pd.DataFrame({"income": pd.Series([10, 12.5], dtype=object)})
    np.testing.assert_array_equal(schema.encode(given), [[10.0], [12.5]])


def test_text_that_reads_like_a_category_is_shown_in_quotes():
    schema = FeatureSchema.from_data(pd.DataFrame({"owner": [True, False]}))
    with pytest.raises(InputError, match=r"'owner' in X to be one of False, True, got 'True'. Map"):
        schema.encode(pd.DataFrame({"owner": ["True"]}))
