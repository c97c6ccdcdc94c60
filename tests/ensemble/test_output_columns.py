from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

import xaigeo as xg
from xaigeo.ensemble.output_columns import OutputColumns
from xaigeo.errors import InputError

TEXTS = ["A good film!", "not good", "a thin plot", "fine", "a film, fine film", "Not a film"]
X = pd.DataFrame({"a": np.linspace(0.0, 1.0, 9), "b": np.linspace(2.0, 0.0, 9) ** 2})


def positive(data, share: float) -> np.ndarray:
    """Return a probability of each row of X, or of each text by its words."""
    lengths = (
        data["a"]
        if isinstance(data, pd.DataFrame)
        else [len(re.findall(r"\w+", t)) / 9 for t in data]
    )
    return 0.1 + share * np.asarray(lengths, dtype=float)


def answers(columns, share: float = 0.5):
    """Return a function that answers with a frame of these columns, in any order."""

    def model(data):
        p = positive(data, share)
        return pd.DataFrame({"negative": 1 - p, "positive": p})[list(columns)]

    return model


NEGATIVE_FIRST, POSITIVE_FIRST = ["negative", "positive"], ["positive", "negative"]


def wrap(kind, models, **options):
    if kind == "texts":
        return xg.TextEnsemble.wrap(models, texts=TEXTS, **options), TEXTS
    return xg.SeedEnsemble.wrap(models, schema=X, **options), X


@pytest.mark.parametrize("kind", ["texts", "rows"])
@pytest.mark.parametrize("classes", [NEGATIVE_FIRST, POSITIVE_FIRST, None])
def test_named_columns_are_taken_by_their_names(kind, classes):
    models = [answers(POSITIVE_FIRST), answers(NEGATIVE_FIRST, 0.4)]
    ensemble, data = wrap(kind, models, classes=classes)
    assert ensemble.classes == tuple(classes or POSITIVE_FIRST)
    place = ensemble.classes.index("positive")
    for number, share in enumerate((0.5, 0.4)):
        expected = positive(data, share)
        np.testing.assert_allclose(ensemble.predict_proba(data)[number, :, place], expected)
        alone = ensemble.members.subset([number])
        values = alone.values(ensemble.schema.encode(data), "probability")
        if kind == "rows":
            np.testing.assert_allclose(values[0, :, place], expected)
    turned = ensemble.select([1])
    np.testing.assert_array_equal(turned.predict_proba(data)[0], ensemble.predict_proba(data)[1])


@pytest.mark.parametrize("kind", ["texts", "rows"])
def test_targets_are_named_by_the_columns(kind):
    def model(order, scale):
        def values(data):
            p = scale * positive(data, 0.5)
            return pd.DataFrame({"price": p, "size": -p})[order]

        return values

    models = [model(["price", "size"], 1.0), model(["size", "price"], 2.0)]
    ensemble, data = wrap(kind, models, task="regression")
    assert ensemble.classes == ("price", "size")
    p = positive(data, 0.5)
    np.testing.assert_allclose(ensemble.predict(data)[1], 2 * np.column_stack([p, -p]))
    lone, _ = wrap(kind, [model(["price"], 1.0), model(["price"], 2.0)], task="regression")
    assert lone.classes == ("price",)


@pytest.mark.parametrize("kind", ["texts", "rows"])
@pytest.mark.parametrize(
    ("models", "classes", "message"),
    [
        (
            [answers(NEGATIVE_FIRST)] * 2,
            ["bad", "good"],
            "the columns bad, good from model 0, got a frame with negative, positive. Name the",
        ),
        (
            [
                answers(NEGATIVE_FIRST),
                lambda d: answers(NEGATIVE_FIRST)(d).set_axis(["a", "b"], axis=1),
            ],
            None,
            "the columns negative, positive from model 1, got a frame with a, b",
        ),
        (
            [lambda d: answers(NEGATIVE_FIRST)(d).to_numpy(), answers(NEGATIVE_FIRST)],
            None,
            "the columns 0, 1 from model 1, got a frame with negative, positive",
        ),
        (
            [answers(["negative"])] * 2,
            NEGATIVE_FIRST,
            "the columns negative, positive from model 0, got a frame with negative",
        ),
        ([answers(["positive"])] * 2, None, "one a class or target, got a frame with positive"),
        (
            [lambda d: answers(NEGATIVE_FIRST)(d).set_axis(["a", "a"], axis=1)] * 2,
            None,
            "columns of different names from model 0, .* got a frame with a, a",
        ),
        (
            [lambda d: answers(NEGATIVE_FIRST)(d).set_axis([0, 1], axis=1)] * 2,
            [1, 0],
            "of which the order is clear, got a frame with 0, 1 for the classes 1, 0. Return",
        ),
    ],
)
def test_names_that_are_not_those_of_the_outputs_are_told(kind, models, classes, message):
    with pytest.raises(InputError, match=message):
        wrap(kind, models, classes=classes)


@pytest.mark.filterwarnings("ignore:All 2 models answer alike")
def test_columns_without_names_are_taken_in_their_order():
    plain = answers(NEGATIVE_FIRST)
    expected = wrap("rows", [plain] * 2)[0].predict_proba(X)
    for model in (
        lambda d: plain(d).set_axis([0, 1], axis=1),
        lambda d: plain(d).to_numpy().tolist(),
        lambda d: plain(d)["positive"],
        lambda d: plain(d)["positive"].tolist(),
    ):
        for classes in (["no", "yes"], None):
            ensemble, _ = wrap("rows", [model] * 2, classes=classes)
            assert ensemble.classes == tuple(classes or (0, 1))
            np.testing.assert_allclose(ensemble.predict_proba(X), expected)
    lone, _ = wrap("rows", [answers(["positive"])] * 2, classes=NEGATIVE_FIRST)
    np.testing.assert_allclose(lone.predict_proba(X), expected)


def test_numbers_and_truth_values_are_names_where_they_do_not_count():
    frame = pd.DataFrame([[0.25, 0.75]], columns=np.array([False, True]))
    turned = OutputColumns((True, False), classification=True).ordered(frame, 0)
    assert turned.columns.tolist() == [True, False]
    counted = frame.set_axis([1, 0], axis=1)
    columns = OutputColumns(None, classification=True)
    assert columns.ordered(frame.set_axis([0, 1], axis=1), 0).columns.tolist() == [0, 1]
    assert columns.labels is None
    assert columns.ordered(counted, 1).columns.tolist() == [0, 1]
    assert columns.ordered(counted, 0).columns.tolist() == [1, 0]
    assert columns.labels == (1, 0)
