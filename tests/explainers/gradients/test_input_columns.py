from __future__ import annotations

import numpy as np
import pytest

from xaigeo.explainers.background import Background
from xaigeo.explainers.gradients.input_columns import InputColumns
from xaigeo.explainers.gradients.input_space import NetworkInputs


@pytest.fixture
def columns(single_logit):
    return InputColumns.from_space(NetworkInputs(single_logit.members), single_logit.schema)


@pytest.fixture
def gradient():
    return np.random.default_rng(0).normal(size=(2, 5, 9, 3))


def sensitivities(columns, gradient, rows, background, ensemble):
    inputs = ensemble.members.inputs(rows).numpy()
    usual = ensemble.members.inputs(background.rows).numpy().mean(axis=0)
    return columns.sensitivities(gradient, columns.factors(inputs, usual, background.scale))


def test_sums_add_up_the_inputs_of_a_column(columns, gradient):
    sums = columns.sums(gradient)
    assert sums.shape == (2, 5, 6, 3)
    assert (sums[:, :, :4] == gradient[:, :, :4]).all()
    assert sums[:, :, 4] == pytest.approx(gradient[:, :, 4:7].sum(axis=2))
    assert sums[:, :, 5] == pytest.approx(gradient[:, :, 7:9].sum(axis=2))


def test_slopes_are_per_original_unit_and_unknown_for_categories(columns, gradient, birds):
    slopes = columns.slopes(gradient)
    spread = birds.iloc[:, :4].std(ddof=0).to_numpy()
    assert slopes[:, :, :4] == pytest.approx(gradient[:, :, :4] / spread[:, None])
    assert np.isnan(slopes[:, :, 4:]).all()


def test_a_category_counts_against_the_usual_one(columns, gradient, birds, single_logit):
    background = Background.from_frame(single_logit.schema, single_logit.schema.encode(birds))
    rows = background.rows[::70]
    found = sensitivities(columns, gradient, rows, background, single_logit)
    assert found[:, :, :4] == pytest.approx(gradient[:, :, :4])  # standardised already
    shares = birds["island"].value_counts(normalize=True).sort_index().to_numpy()
    for i, row in enumerate(rows):
        block = gradient[:, i, 4:7]
        expected = block[:, int(row[4])] - sum(p * block[:, c] for c, p in enumerate(shares))
        assert found[:, i, 4] == pytest.approx(expected)


def test_a_number_added_to_a_whole_block_changes_no_sensitivity(
    columns, gradient, birds, single_logit
):
    background = Background.from_frame(single_logit.schema, single_logit.schema.encode(birds))
    rows = background.rows[::70]
    moved = gradient.copy()
    moved[:, :, 4:7] += 3.0
    found = sensitivities(columns, moved, rows, background, single_logit)
    assert found == pytest.approx(sensitivities(columns, gradient, rows, background, single_logit))
