import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from xaigeo.agreement.confusion import confusion_counts, confusion_table
from xaigeo.ensemble import Evaluation
from xaigeo.errors import InputError


@pytest.fixture
def evaluation(rng):
    return Evaluation(
        name="test",
        seeds=np.arange(3),
        classes=("a", "b", "c"),
        task="classification",
        rows=np.zeros((50, 1)),
        labels=rng.integers(0, 2, 50),  # no row of the third class
        prediction=rng.dirichlet([1, 1, 1], size=(3, 50)),
    )


def test_counts_are_those_of_scikit_learn(evaluation):
    counts = confusion_counts(evaluation)
    for own, predicted in zip(counts, evaluation.predicted, strict=True):
        np.testing.assert_array_equal(
            own, confusion_matrix(evaluation.labels, predicted, labels=[0, 1, 2])
        )


def test_shares_by_hand(evaluation):
    table = confusion_table(evaluation).set_index(["true", "predicted"])
    own = evaluation.labels == 1
    shares = (evaluation.predicted[:, own] == 2).mean(axis=1)
    cell = table.loc[("b", "c")]
    assert cell["share"] == pytest.approx(shares.mean())
    assert cell["low"] == pytest.approx(shares.min())
    assert cell["high"] == pytest.approx(shares.max())
    assert cell["n_rows"] == own.sum()
    assert table.loc["c", "share"].isna().all()


def test_a_regression_is_refused(rng):
    values = Evaluation(
        name="test",
        seeds=np.arange(1),
        classes=("mass",),
        task="regression",
        rows=np.zeros((3, 1)),
        labels=rng.normal(size=3),
        prediction=rng.normal(size=(1, 3, 1)),
    )
    with pytest.raises(InputError, match=r"evaluation of a classification for a confusion matrix"):
        confusion_table(values)
