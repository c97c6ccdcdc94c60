from __future__ import annotations

import numpy as np
import pytest

from xaigeo.errors import InputError
from xaigeo.explainers.background import Background
from xaigeo.explainers.rules.kept_answer import KeptAnswer, explained_output, kept_tolerance

SPECIES = ("Adelie", "Chinstrap", "Gentoo")


def ask(ensemble, rows, tolerance=0.0, max_memory=2**20):
    return KeptAnswer.at(ensemble, rows, output=0, tolerance=tolerance, max_memory=max_memory)


def test_a_class_is_kept_where_it_is_predicted(species, birds):
    rows = species.schema.encode(birds)
    answer = ask(species, rows[:5])
    classes = species.outputs_encoded(rows).argmax(axis=-1)
    for seed in range(3):
        for instance in range(5):
            kept = answer.keeps(answer.of(rows)[seed], seed, instance)
            assert (kept == (classes[seed] == classes[seed, instance])).all()


def test_a_value_is_kept_within_the_tolerance(mass, birds):
    rows = mass.schema.encode(birds)
    answer = ask(mass, rows[:4], tolerance=0.3)
    values = mass.outputs_encoded(rows)[..., 0]
    kept = answer.keeps(answer.of_member(1, rows), 1, 2)
    assert (kept == (np.abs(values[1] - values[1, 2]) <= 0.3)).all()
    assert 0 < kept.mean() < 1


def test_memory_cuts_the_rows_and_changes_nothing(species, birds):
    rows = species.schema.encode(birds)
    whole, cut = (ask(species, rows[:2], max_memory=most).of(rows) for most in (2**30, 100))
    assert (whole == cut).all()


def test_the_tolerance_left_open_is_half_a_standard_deviation_over_all_seeds(mass, birds):
    background = Background.from_frame(mass.schema, mass.schema.encode(birds))
    values = mass.outputs_encoded(background.rows)[..., 0]
    expected = 0.5 * np.sqrt((values.std(axis=1) ** 2).mean())
    assert kept_tolerance(mass, background, 0, None) == pytest.approx(expected)
    assert kept_tolerance(mass, background, 0, 2.0) == 2.0


def test_the_output_of_one_target_needs_no_name(mass, species):
    assert explained_output(mass, None) == 0
    assert explained_output(mass, "mass") == 0
    assert explained_output(species, None) == 0


def test_an_unknown_output_is_refused(mass):
    with pytest.raises(
        InputError,
        match=r"Expected output to name one of the targets \(mass\), got 'height'. Pass output='ma",
    ):
        explained_output(mass, "height")


def test_an_output_of_a_classification_is_refused(species):
    with pytest.raises(
        InputError, match=r"Expected no output for a classification, .*, got output='Adelie'"
    ):
        explained_output(species, "Adelie")
