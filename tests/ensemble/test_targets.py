from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from xaigeo.ensemble.targets import (
    check_order,
    encode_labels,
    infer_task,
    label_array,
    read_classes,
    target_names,
)
from xaigeo.errors import InputError


@pytest.mark.parametrize(
    ("y", "task"),
    [
        (["a", "b"], "classification"),
        ([0, 1, 1], "classification"),
        ([True, False], "classification"),
        (pd.Series(["x", "y"], dtype="category"), "classification"),
        (np.arange(400) % 20, "classification"),
        (np.linspace(0, 1, 9), "regression"),
        (np.arange(21.0), "regression"),
        ([0.0, 1.0, 2.5], "regression"),
    ],
)
def test_the_task_follows_from_the_type(y, task):
    assert infer_task(y) == task


@pytest.mark.parametrize(
    ("y", "seen"),
    [
        ([0.0, 1.0, 1.0], "2 different floating-point"),
        ([0.0, 1.0, 2.0] * 80, "3 different floating-point values, all whole, such as 0.0, 1.0, 2"),
        (np.arange(50), "50 different whole"),
    ],
)
def test_a_doubtful_task_is_asked_for(y, seen):
    with pytest.raises(InputError, match=f"got {seen}.*Pass task='classification'"):
        infer_task(y)


@pytest.mark.parametrize("read", [infer_task, read_classes])
@pytest.mark.parametrize("strange", [["low"], {"low": 1}, np.array([1])])
def test_a_label_that_is_a_list_or_the_like_is_told(read, strange):
    y = pd.Series(["low", strange, "high"])
    with pytest.raises(
        InputError, match=rf"one label or amount a row in y, got .*{type(strange).__name__}\)"
    ):
        read(y)


def test_classes_are_sorted_and_ordered_categories_keep_their_order():
    assert read_classes(["b", "a", "b"]) == ("a", "b")
    assert read_classes(np.array([3, 1])) == (1, 3)
    grades = pd.Categorical(["low", "high"], categories=["low", "mid", "high"], ordered=True)
    for y in (pd.Series(grades), grades, pd.CategoricalIndex(grades), pd.DataFrame({"g": grades})):
        assert read_classes(y) == ("low", "high")


def test_labels_of_mixed_types_keep_their_types():
    classes = read_classes([1, "no", 1])
    assert classes == (1, "no")
    assert label_array(classes).tolist() == [1, "no"]
    assert label_array([(1, "a"), (1, "b")]).tolist() == [(1, "a"), (1, "b")]


@pytest.mark.parametrize(
    ("labels", "kind"), [((1, 2), "i"), ((0.5, 1.0), "f"), ((False, True), "b"), (("a", "b"), "U")]
)
def test_labels_of_one_type_have_its_dtype(labels, kind):
    assert label_array(labels).dtype.kind == kind


@pytest.mark.parametrize(("y", "pair"), [([1, "1"], "1 and '1'"), ([True, "True"], "True and 'T")])
def test_labels_that_read_alike_are_told(y, pair):
    with pytest.raises(InputError, match=f"read differently as text, got {pair}.*astype"):
        read_classes(y)


@pytest.mark.parametrize("index", [[0, 1, 2], ["a", "b", "c"], [7, 7, 8]])
def test_rows_of_y_in_another_order_are_told(index):
    X = pd.DataFrame({"x": [1.0, 2.0, 3.0]}, index=index)
    y = pd.Series([5, 6, 7], index=index)
    check_order(X, y)
    message = (
        rf"y in the order of X, got .* at place 0 {index[0]!r} in X and {index[2]!r} in y.*loc"
    )
    for turned in (y[::-1], y[::-1].to_frame()):
        with pytest.raises(InputError, match=message):
            check_order(X, turned)
    for matched_by_place in (y.to_numpy(), y.set_axis([30, 10, 20])):
        check_order(X, matched_by_place)


@pytest.mark.parametrize(
    ("own", "others"),
    [
        (["a", "b", "c"], ["b", "c", "d"]),
        (["a", "a", "b"], ["a", "b", "b"]),
        (range(50, 53), range(51, 54)),
        (pd.date_range("2020-01-01", periods=3), pd.date_range("2020-01-02", periods=3)),
    ],
)
def test_rows_of_which_only_some_are_the_same_are_told(own, others):
    X, y = pd.Series(list("xyz"), index=own), pd.Series([5, 6, 7], index=others)
    message = r"Expected X and y of the same rows, got row labels of which [23] of 3 are in both"
    with pytest.raises(InputError, match=message + ": at place .*Select the same rows of both"):
        check_order(X, y)
    check_order(X, y.to_numpy())


@pytest.mark.parametrize("own", [[4, 1, 9], [1, 2, 3]])
def test_labels_that_count_rows_match_whatever_stands_beside_them(own):
    named, counted = pd.Series(list("xyz"), index=own), pd.Series([5, 6, 7])
    check_order(named, counted)
    check_order(counted, named)
    check_order(named, counted[:2])  # told by check_length
    pairs = pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", 1)])
    check_order(named, counted.set_axis(pairs))
    check_order(counted.set_axis(pairs), named)


def test_labels_become_places_and_numbers():
    np.testing.assert_array_equal(
        encode_labels(["b", "a"], ("a", "b"), "classification", n_rows=2), [1, 0]
    )
    np.testing.assert_array_equal(encode_labels([1, 2], ("y",), "regression", n_rows=2), [1.0, 2.0])


@pytest.mark.parametrize(
    ("y", "task", "message"),
    [
        (["a"], "classification", "y with 2 values, one a row of X, got 1"),
        (["a", None], "classification", "y without missing values, got 1 missing"),
        (["a", "c"], "classification", "labels among a, b, got c"),
        ([1.0, np.inf], "regression", "finite numbers in y, got .*inf"),
        (["1", "many"], "regression", "finite numbers in y, got 'many'"),
    ],
)
def test_bad_labels_are_told(y, task, message):
    with pytest.raises(InputError, match=message):
        encode_labels(y, ("a", "b") if task == "classification" else ("y",), task, n_rows=2)


def test_a_single_class_is_told():
    with pytest.raises(InputError, match=r"at least two classes, got 1 \(a\)"):
        read_classes(["a", "a"])


def test_the_target_has_the_name_of_its_column():
    assert target_names(pd.Series([1.0], name="price")) == ("price",)
    assert target_names(pd.DataFrame({"name": [1.0]})) == ("name",)
    assert target_names(np.ones(2)) == ("y",)
    assert target_names(np.ones((2, 1))) == ("y",)


def test_several_targets_have_the_names_of_their_columns():
    assert target_names(pd.DataFrame({"u": [1.0], 3: [2.0]})) == ("u", "3")
    assert target_names(np.ones((5, 3))) == ("y0", "y1", "y2")
    with pytest.raises(InputError, match=r"targets of different names, got 1, 1. Rename"):
        target_names(pd.DataFrame([[1.0, 2.0]], columns=[1, "1"]))


def test_several_columns_are_a_regression():
    frame = pd.DataFrame({"u": [1, 2], "v": [3.0, 4.0]})
    assert infer_task(frame) == "regression"
    assert infer_task(frame.to_numpy()) == "regression"
    with pytest.raises(InputError, match="one label a row for classification, got y with 2 col"):
        read_classes(frame)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.eye(2, dtype=int)[[0, 1, 1]], "2 columns of 0 and 1 only, with one 1 a row.*argmax"),
        (np.eye(3), "got 3 columns of 0 and 1 only, with one 1 a row.*regression of 3 targets"),
        (pd.get_dummies(pd.Series(["a", "b"])), "with one 1 a row"),
        ([[0, 1], [1, 1]], "got 2 columns of 0 and 1 only.* one ensemble for each column"),
    ],
)
def test_labels_written_as_columns_are_asked_about(y, message):
    with pytest.raises(InputError, match=message):
        infer_task(y)


def test_several_targets_become_columns_by_name_or_place():
    frame = pd.DataFrame({"v": [3.0, 4.0], "u": [1.0, 2.0]})
    by_name = encode_labels(frame, ("u", "v"), "regression", n_rows=2)
    np.testing.assert_array_equal(by_name, [[1.0, 3.0], [2.0, 4.0]])
    by_place = encode_labels(frame.to_numpy(), ("u", "v"), "regression", n_rows=2)
    np.testing.assert_array_equal(by_place, frame.to_numpy())


@pytest.mark.parametrize(
    ("y", "names", "message"),
    [
        ([1.0, 2.0], ("u", "v"), r"y with 2 columns \(u, v\), got 1. Pass one column a target"),
        (np.ones((2, 3)), ("u", "v"), r"y with 2 columns \(u, v\), got 3"),
        (np.ones((2, 2)), ("u",), "y with one column, got 2"),
        (pd.DataFrame(np.ones((2, 2)), columns=["u", "w"]), ("u", "v"), "a frame without v"),
        (pd.DataFrame({"u": [1.0, 2.0], "v": [1.0, np.inf]}), ("u", "v"), "finite numbers in y"),
        (np.ones((3, 2)), ("u", "v"), "y with 2 values, one a row of X, got 3"),
    ],
)
def test_targets_that_do_not_fit_are_told(y, names, message):
    with pytest.raises(InputError, match=message):
        encode_labels(y, names, "regression", n_rows=2)
