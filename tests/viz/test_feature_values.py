import numpy as np
import pytest

from xaigeo.schema import Feature
from xaigeo.viz.feature_values import category_note, relative_values, value_colour, value_texts
from xaigeo.viz.theme import AMOUNTS

MASS = Feature("mass", "numeric", 0.0, 10.0, unit="kg")
SIZE = Feature("size", "ordinal", 0.0, 3.0, categories=("xs", "s", "m", "l"))


def test_numbers_from_low_to_high_with_extremes_held():
    values = np.array([*np.linspace(0, 10, 40), 1000.0])
    got = relative_values(MASS, values)
    low, high = np.quantile(values, [0.05, 0.95])
    for one, value in zip(got, values, strict=True):
        assert one == pytest.approx(min(max((value - low) / (high - low), 0), 1))


def test_one_number_is_in_the_middle_and_rare_others_still_differ():
    assert relative_values(MASS, np.full(5, 3.0)).tolist() == [0.5] * 5
    assert relative_values(MASS, np.array([0.0] * 99 + [1.0]))[-1] == 1


def test_categories_by_their_place():
    assert relative_values(SIZE, np.array([0, 3, 1])) == pytest.approx([0, 1, 1 / 3])


def test_words():
    assert value_texts(MASS, np.array([2.5])) == ["2.5 kg"]
    assert category_note([MASS]) == []
    assert "xs, s, …, l of size" in category_note([MASS, SIZE])[0]
    assert value_colour("relative").to_dict()["scale"]["range"] == list(AMOUNTS)
