from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from xaigeo.ensemble.problem import read_problem
from xaigeo.errors import ConstantFeatureWarning, InputError
from xaigeo.schema import FeatureSchema


def test_rows_and_labels_are_encoded(mixed):
    X, y = mixed
    problem = read_problem(X, y, task=None, schema=None)
    assert (problem.task, problem.classes) == ("classification", ("large", "middle", "small"))
    np.testing.assert_array_equal(problem.rows, FeatureSchema.from_data(X).encode(X))
    assert np.array(problem.classes)[problem.labels].tolist() == y.tolist()


def test_a_schema_that_is_given_is_kept(plane):
    X, y = plane
    schema = FeatureSchema.from_data(X, units={"x0": "mm"})
    assert read_problem(X, y, task=None, schema=schema).schema is schema


def test_the_task_may_be_told(plane):
    X, y = plane
    problem = read_problem(X, pd.Series(y, name="count"), task="regression", schema=None)
    assert (problem.task, problem.classes) == ("regression", ("count",))
    assert problem.labels.dtype == np.float64
    with pytest.raises(InputError, match="task to be one of 'classification', 'regression'"):
        read_problem(X, y, task="ranking", schema=None)


def test_one_row_is_too_few(plane):
    X, y = plane
    with pytest.raises(InputError, match=r"at least two rows to train on, got 1. Pass the whole"):
        read_problem(X[:1], y[:1], task=None, schema=None)


def test_the_length_of_labels_is_told_before_their_classes(mixed):
    X, _ = mixed
    for y in (["small"] * 10, np.linspace(0, 1, 10), np.zeros((10, 2))):
        with pytest.raises(InputError, match=r"y with 90 values, one a row of X, got 10. Pass X"):
            read_problem(X, y, task=None, schema=None)


def test_labels_in_another_order_are_told(mixed):
    X, y = mixed
    with pytest.raises(InputError, match=r"y in the order of X.*at place 0 0 in X and 89 in y"):
        read_problem(X, y[::-1], task=None, schema=None)


def test_constant_columns_are_named(mixed):
    X, y = mixed
    with pytest.warns(ConstantFeatureWarning, match="in all training rows: year, place. No model"):
        read_problem(X.assign(year=2009, place="here"), y, task=None, schema=None)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read_problem(X, y, task=None, schema=None)
