import numpy as np
import pandas as pd
import pytest

from xaigeo.audit.grouping import categorical_groups, read_groups
from xaigeo.errors import InputError
from xaigeo.explanations import Attributions
from xaigeo.schema import FeatureSchema

FRAME = pd.DataFrame(
    {
        "age": np.arange(40.0),
        "grade": np.tile([1.0, 2.0, 3.0, 1.0], 10),
        "sex": np.tile(["f", "m"], 20),
        "flag": np.tile([True, False], 20),
    }
)


@pytest.fixture
def explanation(build, rng):
    schema = FeatureSchema.from_data(FRAME)
    arrays = build.common(np.ones((3, 40), dtype=int), 20, 4, rng)
    arrays["input"] = schema.encode(FRAME)
    arrays["background"] = arrays["input"][:20]
    arrays["attribution"] = rng.normal(size=(3, 40, 4, 2))
    labels = np.arange(100, 140)
    return build.container(Attributions, arrays, schema, "lime", instances=labels)


def sizes(grouping):
    return {name: int(inside.sum()) for name, inside in grouping.members.items()}


def test_columns_are_taken_by_their_values_or_cut_at_quartiles(explanation):
    age, grade, sex = read_groups(["age", "grade", "sex"], explanation)
    assert age.cut
    edges = np.quantile(FRAME["age"], [0.25, 0.5, 0.75])
    assert list(sizes(age)) == ["at most 9.75", "9.75 to 19.5", "19.5 to 29.25", "above 29.25"]
    inside = (FRAME["age"] > edges[0]) & (FRAME["age"] <= edges[1])
    np.testing.assert_array_equal(age.members["9.75 to 19.5"], inside)
    assert (grade.cut, sizes(grade)) == (False, {"1": 20, "2": 10, "3": 10})
    assert (sex.cut, sizes(sex)) == (False, {"f": 20, "m": 20})
    np.testing.assert_array_equal(sex.members["f"], FRAME["sex"] == "f")


def test_one_name_may_stand_alone(explanation):
    assert [g.name for g in read_groups("sex", explanation)] == ["sex"]


def test_categories_of_all_columns(explanation):
    assert [g.name for g in categorical_groups(explanation)] == ["sex", "flag"]


def test_values_stand_in_the_order_of_the_rows_or_by_their_index(explanation):
    region = np.repeat(["n", "s"], 20)
    series = pd.Series(region, index=np.arange(100, 140)).sample(frac=1, random_state=0)
    more = pd.concat([series, pd.Series(["w"], index=[999])])
    for given in (region, list(region), series, more):
        (found,) = read_groups({"region": given}, explanation)
        np.testing.assert_array_equal(found.members["n"], region == "n")


def test_missing_values_are_in_no_group(explanation):
    values = np.where(np.arange(40) < 5, np.nan, np.arange(40.0))
    (found,) = read_groups({"income": values}, explanation)
    assert (found.cut, found.n_unknown, sum(sizes(found).values())) == (True, 5, 35)
    (found,) = read_groups({"region": [None] * 10 + ["a"] * 30}, explanation)
    assert (sizes(found), found.n_unknown) == ({"a": 30}, 10)


def test_equal_quartiles_make_fewer_groups(explanation):
    values = np.concatenate([np.zeros(28), np.arange(1.0, 13.0)])
    (found,) = read_groups({"debt": values}, explanation)
    assert sizes(found)["at most 0"] == 28
    assert sum(sizes(found).values()) == 40


def test_what_does_not_fit_raises(explanation):
    with pytest.raises(InputError, match=r"\(groups\).*got 'sax'\. Did you mean 'sex'"):
        read_groups(["sax"], explanation)
    with pytest.raises(
        InputError, match=r"groups\['region'\] with one value for each of 40 explained rows, got"
    ):
        read_groups({"region": ["a", "b"]}, explanation)
    short = pd.Series(["a"] * 39, index=np.arange(100, 139))
    with pytest.raises(InputError, match=r"\['region'\] with the explained rows in its index"):
        read_groups({"region": short}, explanation)
