from __future__ import annotations

import numpy as np
import pytest

from xaigeo.errors import InputError
from xaigeo.explainers.background import Background
from xaigeo.explainers.gradients.baselines import baseline_point, check_baseline, describe_baseline
from xaigeo.explainers.gradients.input_space import NetworkInputs


@pytest.fixture
def space(single_logit):
    return NetworkInputs(single_logit.members)


@pytest.fixture
def background(single_logit, birds):
    return Background.from_frame(single_logit.schema, single_logit.schema.encode(birds))


def test_mean_holds_mean_numbers_and_shares_of_categories(single_logit, space, background, birds):
    members = single_logit.members
    inputs = baseline_point("mean", space, background).numpy()[0]
    # Standardised on these very rows, so numbers have the mean 0.
    assert inputs[:4] == pytest.approx(np.zeros(4), abs=1e-12)
    shares = birds["island"].value_counts(normalize=True).sort_index()
    assert inputs[members.preprocessor.blocks[4]] == pytest.approx(shares.to_numpy())
    described = describe_baseline("mean", background, space)
    assert described["body_mass_g"] == pytest.approx(birds["body_mass_g"].mean())
    assert described["island"] == pytest.approx(shares.to_dict())


def test_median_has_the_commonest_category(single_logit, space, background, birds):
    described = describe_baseline("median", background, space)
    assert described["bill_length_mm"] == birds["bill_length_mm"].median()
    assert described["island"] == birds["island"].mode()[0]
    inputs = baseline_point("median", space, background)
    row = single_logit.schema.encode(birds.head(1).assign(**described))
    assert (inputs == single_logit.members.inputs(row)).all()


def test_zero_is_zero_in_every_input(single_logit, space, background):
    assert not baseline_point("zero", space, background).any()
    described = describe_baseline("zero", background, space)
    location = single_logit.members.preprocessor.location
    assert described["bill_depth_mm"] == pytest.approx(float(location[1]))
    assert described["sex"] is None


def test_a_given_row_is_encoded(single_logit, space, background, birds):
    row = dict(birds.iloc[7])
    inputs = baseline_point(row, space, background)
    expected = single_logit.members.inputs(single_logit.schema.encode(birds.iloc[[7]]))
    assert (inputs == expected).all()
    assert describe_baseline(row, background, space) == row


def test_other_baselines_are_refused():
    with pytest.raises(InputError, match=r"got 'means'. Did you mean 'mean'\?"):
        check_baseline("means")
    with pytest.raises(
        InputError,
        match=r"Expected baseline to be one of 'mean', 'median', 'zero' or a mapping from each "
        r"column to its value, got list. Pass a row as dict\(X.iloc\[0\]\).",
    ):
        check_baseline([1, 2])
