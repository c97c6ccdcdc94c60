from __future__ import annotations

import numpy as np
import pytest

from xaigeo.ensemble.split import split_rows
from xaigeo.errors import InputError


def test_every_row_is_on_one_side_and_classes_on_both():
    labels = np.repeat([0, 1], [80, 20])
    train, held = split_rows(labels, "classification", validation_share=0.25, random_state=0)
    np.testing.assert_array_equal(np.sort(np.concatenate([train, held])), np.arange(100))
    np.testing.assert_array_equal(np.bincount(labels[held]), [20, 5])


def test_nothing_is_held_back_at_zero():
    train, held = split_rows(np.arange(5.0), "regression", validation_share=0, random_state=0)
    np.testing.assert_array_equal(train, np.arange(5))
    assert not len(held)


def test_too_few_rows_are_told():
    with pytest.raises(InputError, match=r"rows enough to hold back 20%.*got 2 rows.*share=0"):
        split_rows(np.array([0, 1]), "classification", validation_share=0.2, random_state=0)
    with pytest.raises(InputError, match=r"rows enough to hold back 99% for validation, got 2"):
        split_rows(np.array([0.1, 1.0]), "regression", validation_share=0.99, random_state=0)


def test_the_rarest_class_is_named_and_no_other_library_speaks():
    labels = np.array([0, 0, 0, 0, 1])
    with pytest.raises(InputError) as error:
        split_rows(
            labels,
            "classification",
            validation_share=0.2,
            random_state=0,
            what="texts",
            classes=("good", "bad"),
        )
    assert str(error.value) == (
        "Expected texts enough to hold back 20% for validation, with every class on both sides, "
        "got 5 texts, 1 of 'bad', the rarest class, so that 1 would be held back and 4 trained on. "
        "Pass more texts, drop rare classes, or pass validation_share=0."
    )
