from __future__ import annotations

import numpy as np
import pytest

from xaigeo.explainers import explain


def test_a_linear_models_attributions_are_exact_against_one_row(linear_networks, mixed_frame):
    rows, reference = mixed_frame.head(4), mixed_frame.iloc[[7]]
    found = explain(
        linear_networks, rows, "expected_gradients", background=reference, random_state=0
    )
    gap = linear_networks.outputs(rows) - linear_networks.outputs(reference)
    assert found.array("attribution").sum(axis=2) == pytest.approx(gap)
    assert found.array("std_error") == pytest.approx(0, abs=1e-12)


def test_with_many_draws_it_is_the_mean_of_integrated_gradients(curved, mixed_frame):
    rows, references = mixed_frame.head(2), mixed_frame.iloc[10:14]
    found = explain(
        curved,
        rows,
        "expected_gradients",
        background=references,
        random_state=0,
        n_samples=20_000,
    )
    each = [
        explain(
            curved,
            rows,
            "integrated_gradients",
            background=mixed_frame,
            baseline=dict(row),
            random_state=0,
        ).array("attribution")
        for _, row in references.iterrows()
    ]
    gap = np.abs(found.array("attribution") - np.mean(each, axis=0))
    assert (gap < 5 * found.array("std_error") + 1e-12).all()


def test_shap_leaves_numpys_stream_as_it_was(curved, mixed_frame):
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    explain(
        curved,
        mixed_frame.head(1),
        "expected_gradients",
        background=mixed_frame,
        engine="upstream",
        n_samples=3,
    )
    assert (np.random.get_state()[1] == state).all()  # noqa: NPY002
