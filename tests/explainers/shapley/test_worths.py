from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from xaigeo.explainers.shapley import worths as module
from xaigeo.explainers.shapley.reference_rows import ReferenceRows
from xaigeo.explainers.shapley.worths import distinct_masks, mean_outputs, rows_at_once, worths


def naive(ensemble, instance, reference, masks, scale):
    means = []
    for mask in masks:
        rows = np.array([np.where(mask, instance, row) for row in reference.rows])
        outputs = ensemble.outputs_encoded(rows, scale=scale)
        means.append(np.average(outputs, axis=1, weights=reference.weights))
    return np.stack(means, axis=1)


@pytest.mark.parametrize("kind", ["species", "mass", "single_logit"])
@pytest.mark.parametrize("weighted", [False, True])
def test_worths_are_weighted_means_over_mixed_rows(request, birds, kind, weighted):
    ensemble = request.getfixturevalue(kind)
    rows = ensemble.schema.encode(birds)
    random = np.random.default_rng(0)
    weights = random.integers(1, 9, 7) if weighted else None
    reference = ReferenceRows(rows[10:17], weights)
    masks = random.random((25, 6)) < 0.5
    scale = ensemble.default_scale
    ours = worths(ensemble, scale, rows[200], reference, masks, 2**30)
    theirs = naive(ensemble, rows[200], reference, masks, scale)
    np.testing.assert_allclose(ours, theirs, atol=1e-12)
    nobody = worths(ensemble, scale, rows[200], reference, np.zeros((1, 6), bool), 2**30)
    mean = mean_outputs(ensemble, scale, reference, 2**30)
    np.testing.assert_allclose(mean, nobody[:, 0], atol=1e-12)


def test_models_are_asked_once_about_a_coalition(species, birds, monkeypatch):
    rows = species.schema.encode(birds)
    asked = []
    ask = type(species).outputs_encoded
    monkeypatch.setattr(
        type(species),
        "outputs_encoded",
        lambda self, rows, **more: asked.append(len(rows)) or ask(self, rows, **more),
    )
    masks = np.array([[1, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0]] * 5, dtype=bool)
    worth = worths(species, "probability", rows[0], ReferenceRows(rows[:4]), masks, 2**30)
    assert sum(asked) == 2 * 4
    np.testing.assert_array_equal(worth[:, :2], worth[:, 8:])


@pytest.mark.parametrize("max_memory", [1, 2_000, 100_000])
def test_little_memory_means_smaller_questions(species, birds, monkeypatch, max_memory):
    rows = species.schema.encode(birds)
    masks = np.random.default_rng(1).random((9, 6)) < 0.5
    reference = ReferenceRows(rows[:11])
    expected = worths(species, "probability", rows[50], reference, masks, 2**30)
    asked = []
    ask = type(species).outputs_encoded
    monkeypatch.setattr(
        type(species),
        "outputs_encoded",
        lambda self, rows, **more: asked.append(len(rows)) or ask(self, rows, **more),
    )
    ours = worths(species, "probability", rows[50], reference, masks, max_memory)
    np.testing.assert_allclose(ours, expected, atol=1e-14)
    # Rows, and outputs of three models with three classes, in eight bytes each.
    assert max(asked) * 8 * (6 + 9) <= max(max_memory, 8 * (6 + 9))


def test_rows_at_once_is_bounded(species):
    assert rows_at_once(species, 6, 2**40) == module.ROWS_AT_ONCE
    assert rows_at_once(species, 6, 0) == 1


@given(arrays(np.bool_, st.tuples(st.integers(1, 30), st.integers(1, 12))))
@settings(max_examples=50, deadline=None)
def test_distinct_masks_lead_back_in_order_of_appearance(masks):
    distinct, places = distinct_masks(masks)
    seen = list(dict.fromkeys(map(bytes, masks)))
    assert list(map(bytes, distinct)) == seen
    if places is None:
        assert len(seen) == len(masks)
    else:
        np.testing.assert_array_equal(distinct[places], masks)
