import numpy as np

from xaigeo.agreement.prediction_spread import prediction_spread
from xaigeo.ensemble import Evaluation


def evaluation_of(prediction, task="classification", classes=("a", "b", "c")):
    n_seeds, n_rows = prediction.shape[:2]
    return Evaluation(
        name="test",
        seeds=np.arange(n_seeds) + 10,
        classes=classes,
        task=task,
        rows=np.zeros((n_rows, 1)),
        labels=np.zeros(n_rows),
        prediction=prediction,
    )


def test_rows_and_flips_against_a_loop(rng):
    prediction = rng.dirichlet([1, 1, 1], size=(5, 30))
    rows, dots = prediction_spread(evaluation_of(prediction))
    assert rows["width"].is_monotonic_decreasing
    for row in rows.itertuples():
        votes = prediction[:, row.instance].argmax(axis=1)
        place = "abc".index(row.majority)
        assert (votes == place).sum() == np.bincount(votes, minlength=3).max()
        own = prediction[:, row.instance, place]
        assert (row.low, row.high) == (own.min(), own.max())
        assert row.n_flips == (votes != place).sum()
        assert row.tied == (np.sort(np.bincount(votes, minlength=3))[-2] == (votes == place).sum())
        drawn = dots[dots["rank"] == row.rank]
        np.testing.assert_array_equal(drawn["prediction"], own)
        assert drawn["predicted"].tolist() == ["abc"[v] for v in votes]
        assert drawn["seed"].tolist() == [10, 11, 12, 13, 14]
        assert drawn["flips"].sum() == row.n_flips


def test_a_named_class_is_told_in_all_rows(rng):
    prediction = rng.dirichlet([1, 1, 1], size=(4, 10))
    rows, _ = prediction_spread(evaluation_of(prediction), "b")
    for row in rows.itertuples():
        assert row.width == np.ptp(prediction[:, row.instance, 1])


def test_a_regression_does_not_flip(rng):
    values = rng.normal(size=(4, 10, 2))
    rows, dots = prediction_spread(evaluation_of(values, "regression", ("mass", "size")), "size")
    assert not rows["n_flips"].any()
    assert not rows["tied"].any()
    assert not dots["flips"].any()
    assert set(rows["majority"]) == {"size"}
    np.testing.assert_allclose(rows["width"].max(), np.ptp(values[..., 1], axis=0).max())


def test_equal_ranges_keep_their_order():
    same = np.full((2, 4, 2), 0.5)
    rows, _ = prediction_spread(evaluation_of(same, classes=("a", "b")))
    assert rows["instance"].tolist() == [0, 1, 2, 3]
