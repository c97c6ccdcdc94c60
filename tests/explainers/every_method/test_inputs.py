"""What users hand over: any frame that says the same gives the same answer, any other a reason."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import xaigeo as xg
from xaigeo.errors import DuplicateLabelsWarning, InputError
from xaigeo.explainers import EXPLAINERS
from xaigeo.explanations import Attributions, Counterfactuals


def test_one_instance_is_explained(ask, cases):
    answer = ask(X=cases.data().iloc[[4]])
    assert answer.instances.tolist() == ["row 4"]


def test_one_seed_is_explained_and_drawn_but_not_compared(ask, case, cases, ensemble_of):
    alone = ensemble_of(case.kinds[0]).select([cases.SEEDS[1]])
    answer = ask(ensemble=alone)
    assert answer.seeds.tolist() == [cases.SEEDS[1]]
    with pytest.raises(InputError, match="at least two seeds"):
        xg.agreement.summary(answer)
    assert xg.scene(answer, view=("length", "count")).marks


def test_a_background_of_one_row_will_do_unless_spread_is_needed(ask, cases, method):
    one = cases.data().iloc[[7]]
    if EXPLAINERS.get(method).needs_spread:
        with pytest.raises(InputError, match=f"at least two different rows for {method}"):
            ask(background=one)
    else:
        assert ask(background=one).data.sizes["background_row"] == 1


def test_columns_of_frames_may_stand_in_any_order(found, ask, cases):
    turned = cases.data()[cases.data().columns[::-1]]
    answer = ask(X=turned.iloc[:3], background=turned.iloc[10:22])
    xr.testing.assert_identical(answer.data, found.data)


def test_repeated_labels_are_kept_after_a_warning(found, ask, cases):
    X = cases.data().iloc[:3].set_axis(["one", "two", "one"], axis=0)
    with pytest.warns(DuplicateLabelsWarning, match="several rows: 1, such as one"):
        answer = ask(X=X)
    assert answer.instances.tolist() == ["one", "two", "one"]
    for name in found.data:
        np.testing.assert_array_equal(answer.array(name), found.array(name), err_msg=name)
    assert answer.sel(instance="one").data.sizes["instance"] == 2
    assert len(answer.to_frame()) == len(found.to_frame())
    assert xg.agreement.summary(answer, n_bootstrap=10)["value"].notna().any()


@pytest.mark.parametrize("method", ["lime", "anchors", "counterfactuals"], indirect=True)
@pytest.mark.parametrize("unit", ["ns", "s"])
def test_dates_label_instances_as_text(ask, cases, tmp_path, unit):
    days = pd.date_range("2024-02-28", periods=3, unit=unit)
    X = cases.data().iloc[:3].set_axis(days, axis=0)
    answer = ask(X=X)
    assert answer.instances.tolist() == ["2024-02-28", "2024-02-29", "2024-03-01"]
    back = xg.load(answer.save(tmp_path / "store"))
    xr.testing.assert_identical(back.data, answer.data)
    assert X.loc["2024-02-29", "length"] == answer.sel(instance="2024-02-29").array("input")[0, 0]
    assert xg.viz.explanation_map(xg.scene(answer, view=("length", "count"))).to_dict()


def test_a_category_that_the_background_lacks_is_explained(ask, cases):
    data = cases.data()
    answer = ask(
        X=data[data["colour"] == "blue"].iloc[:2], background=data[data["colour"] != "blue"]
    )
    assert answer.input_frame()["colour"].tolist() == ["blue", "blue"]
    if isinstance(answer, Counterfactuals):
        kept = ~answer.array("changed")[..., 2]
        assert (answer.array("point")[..., 2][kept] == cases.COLOURS.index("blue")).all()


def test_a_column_that_is_constant_counts_nothing(ask, case, cases):
    data = cases.data().assign(length=50.0)
    answer = ask(X=data.iloc[:3], background=data.iloc[10:22])
    if isinstance(answer, Attributions) and EXPLAINERS.get(answer.method).additive:
        assert (np.abs(answer.array("attribution")[:, :, 0]) < 1e-12).all()


def test_narrow_numbers_are_the_numbers(ask_numbers, numbers, case):
    frame = numbers.number_frame().astype(np.float32)
    ensemble = numbers.number_ensemble(case.family, frame)
    narrow = ask_numbers(ensemble, frame[:2], frame[6:18])
    wide = ask_numbers(ensemble, frame[:2].astype(np.float64), frame[6:18].astype(np.float64))
    xr.testing.assert_identical(narrow.data, wide.data)


def test_arrays_are_explained_as_frames_are(ask_numbers, numbers, case):
    frame = numbers.number_frame()
    ensemble = numbers.number_ensemble(case.family, frame)
    rows = frame.to_numpy()
    of_rows = numbers.number_ensemble(case.family, rows)
    expected = ask_numbers(ensemble, frame[:2], frame[6:18])
    answer = ask_numbers(of_rows, rows[:2], rows[6:18])
    assert answer.features == ["x0", "x1", "x2", "x3"]
    assert answer.instances.tolist() == [0, 1]
    for name in expected.data:
        np.testing.assert_array_equal(answer.array(name), expected.array(name), err_msg=name)


def test_one_column_is_explained(ask_numbers, numbers, case):
    frame = numbers.number_frame(["a"])
    answer = ask_numbers(numbers.number_ensemble(case.family, frame), frame[:3], frame[6:18])
    assert answer.features == ["a"]
    if isinstance(answer, Attributions) and EXPLAINERS.get(answer.method).additive:
        whole = answer.array("explained_value") - answer.array("base_value")
        np.testing.assert_allclose(
            answer.array("attribution")[:, :, 0] - whole,
            answer.array("convergence_delta") if "convergence_delta" in answer.data else 0,
            atol=1e-9,
        )
    assert xg.agreement.summary(answer, n_bootstrap=10) is not None


def test_missing_numbers_are_refused(ask, cases):
    X = cases.data().iloc[:3].copy()
    X.iloc[1, 0] = np.nan
    with pytest.raises(InputError, match="no missing values in column 'length' of X"):
        ask(X=X)
    with pytest.raises(InputError, match="no missing values in column 'length' of background"):
        ask(background=X)


def test_no_rows_are_refused(ask, cases):
    with pytest.raises(InputError, match="X with at least one row, got none"):
        ask(X=cases.data().iloc[:0])
    with pytest.raises(InputError, match="background with at least one row, got none"):
        ask(background=cases.data().iloc[:0])


def test_an_unknown_category_is_refused(ask, cases):
    with pytest.raises(InputError, match=r"'colour' in X to be one of .*, got purple"):
        ask(X=cases.data().iloc[:2].assign(colour=["red", "purple"]))


@pytest.mark.parametrize("state", [-1, 1.5, "0", True])
def test_a_wrong_random_state_is_refused(ask, state):
    with pytest.raises(InputError, match="random_state to be a non-negative integer"):
        ask(random_state=state)


def test_a_series_is_refused(ask, cases):
    with pytest.raises(InputError, match=r"X with two dimensions .*X\.iloc\[\[0\]\]"):
        ask(X=cases.data().iloc[0])


def test_a_missing_background_is_refused(method, case, cases, ensemble_of):
    with pytest.raises(InputError, match=f"a background for {method}, got none"):
        xg.explain(ensemble_of(case.kinds[0]), cases.data().iloc[:2], method)


def test_a_misspelt_parameter_is_refused_with_the_right_one(ask, method):
    for name in [field.name for field in fields(EXPLAINERS.get(method))]:
        with pytest.raises(InputError, match=rf"Did you mean '{name}'\?"):
            ask(**{f"{name}_": 1})
