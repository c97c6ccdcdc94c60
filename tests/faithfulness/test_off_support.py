import numpy as np
import pandas as pd
import pytest

import xaigeo as xg
from xaigeo.checks import off_support_rates
from xaigeo.errors import InputError
from xaigeo.faithfulness import Support, off_support
from xaigeo.faithfulness.off_support import _beyond, _shuffled, _uniform
from xaigeo.store import check_digest, load_check


@pytest.fixture
def frame():
    random = np.random.default_rng(0)
    first = random.normal(size=400)
    return pd.DataFrame(
        {
            "a": first,
            "b": first + 0.1 * random.normal(size=400),
            "count": random.integers(0, 9, 400),
            "flat": 1.0,
            "kind": random.choice(["x", "y"], 400),
        }
    )


@pytest.fixture
def ensemble(frame):
    def model(rows):
        return np.column_stack([np.full(len(rows), 0.4), np.full(len(rows), 0.6)])

    def other(rows):
        second = (rows["a"] > 0).to_numpy(dtype=float)
        return np.column_stack([1 - second, second])

    return xg.SeedEnsemble.wrap([model, other], schema=frame, classes=["no", "yes"])


def test_rows_beyond_differ_in_one_column_that_lies_outside(frame, ensemble):
    support = Support.fit(ensemble, frame[:300])
    rows = ensemble.schema.encode(frame[300:])
    planted = _beyond(support, rows, np.random.default_rng(0))
    moved = planted != rows
    assert moved.sum(axis=1).tolist() == [1] * 100
    assert set(np.flatnonzero(moved.any(axis=0))) == {0, 1, 2}
    known = frame[:300]
    for j, name in enumerate(["a", "b", "count"]):
        values = planted[moved[:, j], j]
        unit = known[name].quantile(0.75) - known[name].quantile(0.25)
        out = np.maximum(known[name].min() - values, values - known[name].max()) / unit
        slack = 1 / unit if name == "count" else 1e-9  # rounded outwards
        assert out.min() >= 1 - 1e-9
        assert out.max() <= 3 + slack
        assert (values > known[name].max()).any()
        assert (values < known[name].min()).any()
    assert (planted[:, 2] == np.round(planted[:, 2])).all()


def test_uniform_rows_fill_the_ranges(frame, ensemble):
    support = Support.fit(ensemble, frame[:300])
    rows = ensemble.schema.encode(frame[300:])
    planted = _uniform(support, rows, np.random.default_rng(0))
    known = support.background.rows
    assert (planted >= known.min(axis=0)).all()
    assert (planted <= known.max(axis=0)).all()
    assert set(planted[:, 2]) == set(range(9))
    assert set(planted[:, 3]) == {1.0}
    assert set(planted[:, 4]) == {0.0, 1.0}
    assert abs(np.corrcoef(planted[:, :2].T)[0, 1]) < 0.3


def test_shuffled_rows_keep_every_column(frame, ensemble):
    rows = ensemble.schema.encode(frame[300:])
    planted = _shuffled(None, rows, np.random.default_rng(0))
    np.testing.assert_array_equal(np.sort(planted, axis=0), np.sort(rows, axis=0))
    assert not np.array_equal(planted[:, 0], rows[:, 0])
    assert abs(np.corrcoef(planted[:, :2].T)[0, 1]) < 0.3


def test_flags_are_those_of_the_support(frame, ensemble):
    check = off_support(ensemble, frame[300:], frame[:300], random_state=3)
    support = Support.fit(ensemble, frame[:300])
    assert check.array("false_alarm").tolist() == support.flag(frame[300:]).tolist()
    rows = ensemble.schema.encode(frame[300:])
    for way, plant, use in (("beyond", _beyond, 1), ("uniform", _uniform, 2)):
        random = np.random.default_rng(np.random.SeedSequence(3, spawn_key=(use,)))
        wanted = support.flag_encoded(plant(support, rows, random))
        assert check.data["flagged"].sel(way=way).to_numpy().tolist() == wanted.tolist()


def test_recall_is_high_where_columns_depend_on_each_other(frame, ensemble):
    rates = off_support_rates(off_support(ensemble, frame[300:], frame[:300])).set_index("way")
    assert rates.index.tolist() == ["beyond", "uniform", "shuffled", "false alarm"]
    assert rates.loc["beyond", "rate"] > 0.9
    # Columns that do not depend on the others hide part of the odd combinations.
    assert 0.2 < rates.loc["shuffled", "rate"] < rates.loc["uniform", "rate"]
    assert rates.loc["false alarm", "rate"] < 0.1


def test_shuffling_independent_columns_plants_nothing():
    rows = np.random.default_rng(0).normal(size=(600, 3))
    models = [lambda x: x[:, 0], lambda x: x[:, 1]]
    ensemble = xg.SeedEnsemble.wrap(models, schema=rows, task="regression")
    rates = off_support_rates(off_support(ensemble, rows[300:], rows[:300])).set_index("way")
    assert rates.loc["shuffled", "rate"] < 0.1
    assert rates.loc["beyond", "rate"] > 0.95


def test_some_rows_and_some_ways(frame, ensemble, tmp_path):
    labelled = frame[300:].set_axis([f"row {i}" for i in range(100)], axis=0)
    check = off_support(
        ensemble, labelled, frame[:300], n=30, ways=["shuffled", "uniform"], alarm=0.1
    )
    assert check.data.sizes == {"way": 2, "row": 30}
    assert check.data["way"].to_numpy().tolist() == ["shuffled", "uniform"]
    assert set(check.data["row"].to_numpy()) < set(labelled.index)
    told = check.provenance["parameters"]
    assert told["judged"] == []
    assert told["alarm"] == 0.1
    assert told["n_background"] == 300
    assert check.method == ""
    assert check_digest(load_check(check.save(tmp_path / "c.npz"))) == check_digest(check)
    again = off_support(
        ensemble, labelled, frame[:300], n=30, ways=["shuffled", "uniform"], alarm=0.1
    )
    assert again.data.identical(check.data)


def test_categories_have_no_beyond():
    frame = pd.DataFrame({"a": ["x", "y"] * 30, "b": ["u", "v", "v"] * 20})

    def model(rows):
        return np.full((len(rows), 2), 0.5)

    def other(rows):
        second = (rows["a"] == "x").to_numpy(dtype=float)
        return np.column_stack([1 - second, second])

    ensemble = xg.SeedEnsemble.wrap([model, other], schema=frame, classes=["no", "yes"])
    check = off_support(ensemble, frame[:20], frame)
    assert check.data["way"].to_numpy().tolist() == ["uniform", "shuffled"]
    assert check.provenance["parameters"]["judged"] == []
    with pytest.raises(InputError, match="a numeric column that varies"):
        off_support(ensemble, frame[:20], frame, ways=["beyond"])


def test_messages(frame, ensemble):
    with pytest.raises(InputError, match="n of at most the 100 rows of X"):
        off_support(ensemble, frame[300:], frame[:300], n=101)
    with pytest.raises(InputError, match="ways to be one of"):
        off_support(ensemble, frame[300:], frame[:300], ways=["above"])
    with pytest.raises(InputError, match="at least one way, each once"):
        off_support(ensemble, frame[300:], frame[:300], ways=["uniform", "uniform"])
    with pytest.raises(InputError, match="a SeedEnsemble"):
        off_support(frame, frame[300:], frame[:300])
    with pytest.raises(InputError, match=r"at least 39 rows for alarm=0\.05"):
        off_support(ensemble, frame[300:], frame[:30])
