"""Units and order of columns change nothing else; a column that is not read counts nothing."""

from __future__ import annotations

import numpy as np
import pytest

from xaigeo.explanations import Attributions

# Arrays by column in its units, and per unit.
IN_UNITS = {"input", "background", "lower", "upper", "trace_lower", "trace_upper", "point"}
IN_UNITS |= {"feature_location", "feature_scale", "feature_mad"}
IN_UNITS |= {"condition_lower", "condition_upper"}
PER_UNIT = {"slope"}
# Methods that draw nothing, at the settings of the table.
DETERMINED = [
    *("kernel_shap", "exact_shap", "tree_shap", "linear_shap", "saliency", "input_x_gradient"),
    *("integrated_gradients", "deep_lift", "deep_shap", "occlusion", "feature_ablation"),
]


@pytest.fixture(scope="session")
def frame(numbers):
    return numbers.number_frame()


@pytest.fixture(scope="session")
def plain(ask_numbers, numbers, case, frame):
    """The answer for three rows of numbers."""
    return ask_numbers(numbers.number_ensemble(case.family, frame), frame[:3], frame[6:18])


@pytest.mark.parametrize("unit", [2.0**20, 2.0**-20])
def test_a_column_s_unit_changes_its_units_alone(ask_numbers, numbers, case, frame, unit):
    scaled = frame.assign(b=frame["b"] * unit)
    first = numbers.number_ensemble(case.family, frame)
    second = numbers.number_ensemble(case.family, scaled, units={"b": unit})
    plain = ask_numbers(first, frame[:3], frame[6:18])
    other = ask_numbers(second, scaled[:3], scaled[6:18])
    assert set(other.data) == set(plain.data)
    for name, array in plain.data.items():
        factor = unit if name in IN_UNITS else 1 / unit if name in PER_UNIT else 1.0
        expected = array.copy(deep=True)
        if factor != 1.0:
            expected.loc[{"feature": "b"}] = array.sel(feature="b") * factor
        np.testing.assert_allclose(
            other.array(name), expected.to_numpy(), rtol=1e-6, atol=1e-9, err_msg=name
        )


@pytest.mark.parametrize("method", DETERMINED, indirect=True, scope="session")
def test_columns_in_another_order_are_answered_in_that_order(
    plain, ask_numbers, numbers, case, frame
):
    moved = frame[["d", "a", "c", "b"]]
    ensemble = numbers.number_ensemble(case.family, moved)
    other = ask_numbers(ensemble, moved[:3], moved[6:18])
    for name, array in plain.data.items():
        expected = array.sel(feature=moved.columns) if "feature" in array.dims else array
        np.testing.assert_allclose(
            other.array(name), expected.to_numpy(), rtol=1e-9, atol=1e-9, err_msg=name
        )


def test_the_methods_that_draw_nothing_are_listed(cases):
    assert {n for n, case in cases.CASES.items() if not case.draws} == set(DETERMINED)


def test_a_column_that_models_do_not_read_counts_nothing(ask_numbers, numbers, case, frame, method):
    ensemble = numbers.number_ensemble(case.family, frame, unread="c")
    found = ask_numbers(ensemble, frame[:3], frame[6:18])
    if isinstance(found, Attributions):
        own, others = (np.abs(found.array("attribution")[:, :, c]) for c in ([2], [0, 1, 3]))
        assert (own <= (1e-12 if case.sensitive else found.array("attribution").std())).all()
        assert (others.max(axis=(0, 1, 3)) > 1e-3).all()
    elif "changed" in found.data:
        valid = found.array("valid")
        assert valid.any()
        assert not found.array("changed")[valid][:, 2].any()


@pytest.mark.parametrize(
    "method",
    ["kernel_shap", "exact_shap", "tree_shap", "linear_shap"],
    indirect=True,
    scope="session",
)
def test_columns_that_models_treat_alike_count_the_same(ask_numbers, numbers, case, frame):
    X = frame[:3].assign(b=frame["a"][:3])
    half = frame[6:18]
    background = np.vstack([half, half.rename(columns={"a": "b", "b": "a"})[list("abcd")]])
    background = half.iloc[np.arange(24) % 12].assign(
        **dict(zip("abcd", background.T, strict=True))
    )
    ensemble = numbers.number_ensemble(case.family, frame, alike=True)
    mirrored = background.rename(columns={"a": "b", "b": "a"})
    np.testing.assert_allclose(ensemble.outputs(background), ensemble.outputs(mirrored))
    found = ask_numbers(ensemble, X, background)
    one, other = (found.data["attribution"].sel(feature=name) for name in "ab")
    np.testing.assert_allclose(one, other, rtol=0, atol=1e-9)
    assert np.abs(one).max() > 1e-3
