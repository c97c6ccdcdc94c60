from __future__ import annotations

from typing import Literal

import numpy as np
import pytest

from xaigeo.errors import InputError
from xaigeo.options import (
    check_flag,
    check_keywords,
    check_option,
    check_share,
    check_workers,
    closest,
    is_number,
    suggestion,
)

Engine = Literal["batched", "upstream"]


def test_a_listed_option_passes():
    check_option("engine", "batched", Engine)


def test_an_unlisted_option_names_all_and_the_closest():
    with pytest.raises(
        InputError,
        match=r"engine to be one of 'batched', 'upstream', got 'batch'. Did you mean 'batched'\?",
    ):
        check_option("engine", "batch", Engine)


def test_an_unknown_keyword_names_the_known_ones():
    with pytest.raises(
        InputError, match=r"arguments known to lime \(alpha, n_samples\), got 'n_sample'. Did you"
    ):
        check_keywords("lime", ["n_sample"], ["n_samples", "alpha"])


@pytest.mark.parametrize(
    ("value", "known", "name"),
    [
        ("SWA", ["swa", "aswa", "naswa", "ema"], "swa"),
        ("Aswa", ["swa", "aswa", "naswa", "ema"], "aswa"),
        ("BILL_LENGHT", ["bill_depth", "bill_length"], "bill_length"),
        ("Sexe", ["SEX", "Sex", "sex"], "Sex"),
        ("STRASSE", ["Straße"], "Straße"),
    ],
)
def test_letters_of_another_case_are_alike(value, known, name):
    assert closest(value, known) == name
    assert closest(value, reversed(known)) == name


@pytest.mark.parametrize(
    ("value", "known", "name"),
    [
        ("nope", ["income"], None),  # 3 of 5 letters, and another beginning
        ("isle", ["island"], "island"),  # as many, and the same beginning
        ("sen", ["tax", "ten"], "ten"),
        ("spheres", ["growing_spheres"], "growing_spheres"),
    ],
)
def test_another_first_letter_asks_for_more_that_is_alike(value, known, name):
    assert closest(value, known) == name


def test_nothing_alike_gives_no_suggestion():
    assert closest("zzz", ["abc"]) is None
    assert suggestion("zzz", ["abc"]) == ""


@pytest.mark.parametrize(
    ("value", "answer"),
    [(1, True), (-2.5, True), (np.float32(3), True), (np.int64(3), True)]
    + [(v, False) for v in (True, np.True_, "1", None, float("nan"), float("inf"), [1])],
)
def test_finite_real_numbers_are_numbers(value, answer):
    assert is_number(value) is answer


@pytest.mark.parametrize("n_jobs", [None, 1, -1, np.int64(2)])
def test_numbers_of_workers_pass(n_jobs):
    check_workers(n_jobs)


@pytest.mark.parametrize("n_jobs", [0, 1.5, "2", True])
def test_other_numbers_of_workers_raise(n_jobs):
    with pytest.raises(InputError, match="n_jobs to be None or a whole number other than 0, got"):
        check_workers(n_jobs)


@pytest.mark.parametrize("value", [True, False, np.True_])
def test_flags_pass(value):
    check_flag("progress", value)


@pytest.mark.parametrize("value", ["yes", 1, None])
def test_what_is_no_flag_raises(value):
    with pytest.raises(
        InputError, match=r"progress to be True or False, got .* Pass progress=True"
    ):
        check_flag("progress", value)


@pytest.mark.parametrize("value", [0, 0.4, 1, np.float32(0.5)])
def test_shares_pass(value):
    check_share("level", value)


@pytest.mark.parametrize("value", [-0.1, 1.1, 5, "0.5", None, float("nan"), True])
def test_what_is_no_share_raises(value):
    with pytest.raises(InputError) as told:
        check_share("level", value)
    assert str(told.value) == (
        f"Expected level to be a number from 0 to 1, got {value!r}. "
        "Pass a number such as level=0.5."
    )
