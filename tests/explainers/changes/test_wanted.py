from __future__ import annotations

import numpy as np
import pytest

from xaigeo.errors import InputError
from xaigeo.explainers.changes.wanted import MARGIN, Target, Wanted


def test_a_class_leads_by_what_it_is_ahead_of_the_strongest_other():
    outputs = np.array([[0.2, 0.5, 0.3], [0.1, 0.2, 0.7]])
    wanted = Wanted(np.array([[1, 1]]))
    model, instance = np.zeros(2, dtype=int), np.arange(2)
    assert wanted.lead(outputs, model, instance) == pytest.approx([0.2 - MARGIN, -0.5 - MARGIN])
    assert wanted.reached(outputs, model, instance).tolist() == [True, False]


@pytest.mark.parametrize("n_outputs", [2, 3])
def test_leads_follow_from_a_loop(n_outputs):
    rng = np.random.default_rng(0)
    outputs = rng.dirichlet(np.ones(n_outputs), size=(4, 5))
    place = rng.integers(n_outputs, size=(4, 5))
    wanted = Wanted(place, min_probability=0.4)
    model, instance = np.indices((4, 5))
    lead = wanted.lead(outputs, model, instance)
    for s, i in np.ndindex(4, 5):
        own = outputs[s, i, place[s, i]]
        other = max(outputs[s, i, c] for c in range(n_outputs) if c != place[s, i])
        assert lead[s, i] == pytest.approx(min(own - other - MARGIN, own - 0.4))


def test_an_interval_leads_by_how_far_inside_a_value_is():
    wanted = Wanted(
        np.zeros((1, 2), dtype=int),
        np.array([[10.0, -np.inf]]),
        np.array([[14.0, 3.0]]),
        unit=2.0,
    )
    values = np.array([[11.0], [5.0]])
    model, instance = np.zeros(2, dtype=int), np.arange(2)
    assert wanted.lead(values, model, instance) == pytest.approx([0.5, -1.0], abs=2 * MARGIN)
    assert wanted.reached(values, model, instance).tolist() == [True, False]
    # A narrow interval can be reached: its margin leaves room.
    narrow = Wanted(np.zeros((1, 1), dtype=int), np.array([[1.0]]), np.array([[1.0 + 1e-9]]))
    middle = np.array([[1.0 + 5e-10]])
    assert narrow.lead(middle, np.zeros(1, dtype=int), np.zeros(1, dtype=int)) >= 0


def test_a_relative_interval_starts_at_each_seeds_own_value(mass):
    outputs = np.array([[[1.0], [2.0]], [[5.0], [6.0]]])
    wanted = Target(target=(1.0, None), relative=True).at(mass, outputs, outputs)
    assert wanted.lower.tolist() == [[2.0, 3.0], [6.0, 7.0]]
    assert np.isposinf(wanted.upper).all()
    assert wanted.unit == pytest.approx(outputs.std())


@pytest.mark.parametrize(
    ("target", "text"),
    [
        (
            {},
            "Expected target to be the wanted interval of 'mass' as (low, high), each a number or "
            "None, since a regression has no other class, got None. Pass target=(10, None), "
            "relative=True, or target=(low, high) in the target's units.",
        ),
        ({"target": 3.0}, "each a number or None, since a regression has no other class, got 3.0."),
        ({"target": (1, "2")}, "got (1, '2')."),
        (
            {"target": (None, None)},
            "Expected a target interval with low below high, and one of them a number, got "
            "(None, None).",
        ),
        ({"target": (2, 1)}, "with low below high, and one of them a number, got (2, 1)."),
        (
            {"target": (1, None), "min_probability": 0.5},
            "Expected a classification ensemble where min_probability is named, got "
            "min_probability=0.5 for a regression ensemble. Name the wanted interval of values as "
            "target.",
        ),
        (
            {"target": (1, None), "output": "length"},
            "Expected output to be one of 'mass', got 'length'. Name the output that is to change.",
        ),
    ],
)
def test_targets_of_a_regression_that_make_no_sense_are_refused(mass, target, text):
    with pytest.raises(InputError) as error:
        Target(**target).check(mass)
    assert text in str(error.value)


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ({"target": "Gento"}, "got 'Gento'. Did you mean 'Gentoo'?"),
        (
            {"relative": True},
            "Expected a regression ensemble where relative or output is named, got relative=True "
            "for a classification ensemble. Name the wanted class as target.",
        ),
        ({"output": "x"}, "got output='x' for a classification ensemble."),
    ],
)
def test_targets_of_a_classification_that_make_no_sense_are_refused(species, target, text):
    with pytest.raises(InputError) as error:
        Target(**target).check(species)
    assert text in str(error.value)


def test_targets_are_json():
    assert Target(target=(np.float64(1.0), None)).to_dict() == {
        "target": [1.0, None],
        "output": None,
    }
    assert Target(target=np.str_("a")).to_dict()["target"] == "a"
