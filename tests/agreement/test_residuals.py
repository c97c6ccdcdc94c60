import numpy as np
import pytest

from xaigeo.agreement.residuals import residual_table
from xaigeo.ensemble import Evaluation
from xaigeo.errors import InputError


def evaluation_of(prediction, labels, classes):
    return Evaluation(
        name="test",
        seeds=np.arange(len(prediction)),
        classes=classes,
        task="regression",
        rows=np.zeros((len(labels), 1)),
        labels=labels,
        prediction=prediction,
    )


def test_rows_by_hand(rng):
    prediction, labels = rng.normal(size=(3, 12, 1)), rng.normal(size=12)
    table = residual_table(evaluation_of(prediction, labels, ("mass",)))
    for i, row in enumerate(table.itertuples()):
        values = [float(prediction[s, i, 0]) for s in range(3)]
        assert row.mean == pytest.approx(sum(values) / 3)
        assert (row.low, row.high) == (min(values), max(values))
        assert row.residual == pytest.approx(labels[i] - sum(values) / 3)
        assert row.inside == (min(values) <= labels[i] <= max(values))
        assert row.sd == pytest.approx(np.std(values, ddof=1))


def test_a_target_of_several(rng):
    prediction, labels = rng.normal(size=(1, 5, 2)), rng.normal(size=(5, 2))
    table = residual_table(evaluation_of(prediction, labels, ("mass", "length")), "length")
    np.testing.assert_array_equal(table["observed"], labels[:, 1])
    np.testing.assert_array_equal(table["mean"], prediction[0, :, 1])
    assert table["sd"].isna().all()


def test_messages(rng):
    given = evaluation_of(rng.normal(size=(1, 5, 1)), rng.normal(size=5), ("mass",))
    with pytest.raises(InputError, match=r"an output of the models \(mass\), got 'length'"):
        residual_table(given, "length")
    with pytest.raises(InputError, match=r"an Evaluation for residuals, got NoneType"):
        residual_table(None)
