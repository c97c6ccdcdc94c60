import numpy as np
import pandas as pd
import pytest

from xaigeo.errors import InputError
from xaigeo.faithfulness import Support
from xaigeo.schema import FeatureSchema


@pytest.fixture
def schema(birds):
    return FeatureSchema.from_data(birds)


def naive_distance(row, others, frame, n_neighbours):
    """Return the mean distance to the nearest of other rows, pair by pair."""
    names = ["length", "depth", "mass"]
    spread = {name: frame[name].std(ddof=0) for name in names}
    found = []
    for _, other in others.iterrows():
        total = sum(((row[name] - other[name]) / spread[name]) ** 2 for name in names)
        found.append(np.sqrt(total + (row["colour"] != other["colour"])))
    return np.mean(sorted(found)[:n_neighbours])


def naive_excess(row, others, frame):
    most = np.inf if row["colour"] not in set(others["colour"]) else 0.0
    for name in ("length", "depth", "mass"):
        unit = frame[name].quantile(0.75) - frame[name].quantile(0.25)
        beyond = max(others[name].min() - row[name], row[name] - others[name].max(), 0.0)
        most = max(most, beyond / unit)
    return most


def test_measures_against_loops(birds, schema):
    background, fresh = birds[:30], birds[30:]
    support = Support.fit(schema, background, n_neighbours=3, alarm=0.2)
    distance = [naive_distance(row, background, background, 3) for _, row in fresh.iterrows()]
    excess = [naive_excess(row, background, background) for _, row in fresh.iterrows()]
    np.testing.assert_allclose(support.distance(fresh), distance)
    np.testing.assert_allclose(support.excess(fresh), excess)
    own = [
        (
            naive_distance(background.iloc[i], background.drop(index=i), background, 3),
            naive_excess(background.iloc[i], background.drop(index=i), background),
        )
        for i in range(30)
    ]
    # The 28th of 30: 0.9 * 31 rounded up.
    far, out = np.sort(np.array(own), axis=0)[27]
    assert support.farthest == pytest.approx(far)
    assert support.most_excess == pytest.approx(out)
    flagged = (np.array(distance) > far) | (np.array(excess) > out)
    assert support.flag(fresh).tolist() == flagged.tolist()
    assert 0 < flagged.sum() < 10


@pytest.mark.parametrize("tails", [2, 30])
def test_few_fresh_rows_of_the_data_are_flagged(tails):
    random = np.random.default_rng(0)
    mixing = random.normal(size=(4, 4))
    rows, fresh = random.standard_t(tails, size=(2, 2000, 4)) @ mixing
    rate = Support.fit(FeatureSchema.from_data(rows), rows, alarm=0.1).flag(fresh).mean()
    assert 0.04 < rate < 0.13


def test_an_unseen_category_is_flagged(birds, schema):
    background = birds[birds["colour"] != "red"]
    support = Support.fit(schema, background, alarm=0.2)
    row = background[:1].assign(colour="red")
    assert support.excess(row).tolist() == [np.inf]
    assert support.flag(row).tolist() == [True]
    assert support.flag(background[:1]).tolist() == [False]


def test_another_value_of_a_column_that_never_varies_is_flagged(birds):
    background = birds.assign(wings=2.0)
    support = Support.fit(FeatureSchema.from_data(background), background, alarm=0.2)
    row = background[:1].assign(wings=2.5)
    assert support.excess(row).tolist() == [np.inf]
    assert support.flag(row).tolist() == [True]
    assert support.distance(row) == pytest.approx(support.distance(background[:1]))


def test_an_odd_combination_is_flagged_by_its_distance():
    random = np.random.default_rng(0)
    first = random.normal(size=300)
    frame = pd.DataFrame({"a": first, "b": first + 0.1 * random.normal(size=300)})
    support = Support.fit(FeatureSchema.from_data(frame), frame)
    odd = pd.DataFrame({"a": [1.0, 1.0], "b": [-1.0, 1.0]})
    assert support.excess(odd).tolist() == [0.0, 0.0]
    assert support.flag(odd).tolist() == [True, False]


def test_categories_alone():
    frame = pd.DataFrame({"a": ["x", "y"] * 20, "b": ["u", "v"] * 20})
    support = Support.fit(FeatureSchema.from_data(frame), frame, alarm=0.2)
    odd = pd.DataFrame({"a": ["x", "x"], "b": ["v", "u"]})
    assert support.distance(odd).tolist() == pytest.approx([1.0, 0.0])
    assert support.flag(odd).tolist() == [True, False]


def test_units_do_not_matter(birds, schema):
    one = Support.fit(schema, birds[:30], alarm=0.2)
    scaled = birds.assign(mass=1000 * birds["mass"])
    two = Support.fit(FeatureSchema.from_data(scaled), scaled[:30], alarm=0.2)
    np.testing.assert_allclose(one.distance(birds[30:]), two.distance(scaled[30:]))
    np.testing.assert_allclose(one.excess(birds[30:]), two.excess(scaled[30:]))


def test_messages(birds, schema):
    with pytest.raises(InputError, match="a FeatureSchema or a SeedEnsemble"):
        Support.fit(birds, birds)
    with pytest.raises(InputError, match=r"at least 20 rows for alarm=0\.5 and 5 neighbours"):
        Support.fit(schema, birds[:19], alarm=0.5)
    with pytest.raises(InputError, match=r"at least 199 rows for alarm=0\.01 and 5 neighbours"):
        Support.fit(schema, birds, alarm=0.01)
    with pytest.raises(InputError, match="at least 31 rows"):
        Support.fit(schema, birds[:30], n_neighbours=30, alarm=0.5)
    with pytest.raises(InputError, match="alarm between 0 and 1"):
        Support.fit(schema, birds, alarm=1)
    with pytest.raises(InputError, match="n_neighbours to be a whole number"):
        Support.fit(schema, birds, n_neighbours=0)
    with pytest.raises(InputError, match="background with the columns"):
        Support.fit(schema, birds.drop(columns="mass"))
