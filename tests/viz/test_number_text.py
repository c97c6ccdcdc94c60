import pytest

from xaigeo.viz.number_text import (
    alike_texts,
    all_seeds,
    counted,
    number_text,
    probability_text,
    range_text,
    share_text,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (1234567.0, "1230000"),
        (-0.5, "−0.5"),
        (99.96, "100"),
        (0.00012345, "0.000123"),
        (float("nan"), "undefined"),
    ],
)
def test_numbers(value, text):
    assert number_text(value) == text


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([], []),
        ([0.0, 0.0], ["0", "0"]),
        ([12.3, 4.56], ["12", "5"]),
        ([0.25, 0.2, float("nan")], ["0.25", "0.20", "undefined"]),
        ([-0.031, 0.0004], ["−0.0310", "0.0004"]),
    ],
)
def test_numbers_to_be_compared_have_as_many_decimals(values, texts):
    assert alike_texts(values) == texts


def test_shares_that_are_neither_none_nor_all():
    assert [share_text(v) for v in (0.0, 1.0, 0.0049, 0.996)] == [
        "0%",
        "100%",
        "less than 1%",
        "more than 99%",
    ]


def test_probabilities_and_counts():
    assert [probability_text(v) for v in (0.0, 1e-9, 0.995)] == ["0.00", "less than 0.01", "0.99"]
    assert counted(0, "flip") == "0 flips"


def test_ranges_and_all_seeds():
    assert range_text("1.000", "1.000") == "1.000"
    assert range_text("−1.004", "−0.924") == "−1.004 to −0.924"
    assert [all_seeds(n) for n in (1, 2, 3)] == ["the one seed", "both seeds", "all 3 seeds"]
