import pytest

from xaigeo.agreement.mean_change import MeanChange
from xaigeo.viz.change_words import by_how_much, changes_told, listed

LESS, MORE = MeanChange(1.0, 0.6, -0.5, -0.3), MeanChange(1.0, 1.2, 0.1, 0.3)
SAME = MeanChange(1.0, 0.9, -0.3, 0.1)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"A": LESS}, "A lowers the SD by 40%"),
        ({"A": LESS, "B": LESS}, "A lowers the SD by 40% and B by 40%"),
        ({"A": LESS, "B": LESS, "C": LESS}, "A lowers the SD by 40%, B by 40% and C by 40%"),
        ({"A": LESS, "B": MORE}, "A lowers the SD by 40%; B raises it by 20%"),
        ({"A": SAME, "B": MORE}, "B raises the SD by 20%; A makes no clear change to it"),
        ({"A": SAME, "B": SAME}, "A and B make no clear change to the SD"),
    ],
)
def test_what_several_do_is_said_once(changes, told):
    assert changes_told(changes, "the SD", "plain") == f"{told} (mean over rows, against plain)"


def test_of_many_the_clearest_is_named():
    many = {"A": SAME, "B": MORE, "C": LESS, "D": SAME}
    assert changes_told(many, "the SD", "plain") == (
        "2 of 4 ensembles clearly change the SD of plain: C lowers it by 40%"
    )
    assert changes_told(dict.fromkeys("ABCD", SAME), "the SD", "plain") == (
        "None of 4 ensembles clearly changes the SD of plain"
    )


def test_shares_factors_and_amounts():
    assert by_how_much(MeanChange(1.0, 0.001, -1.1, -0.9)) == "by more than 99%"
    assert by_how_much(MeanChange(0.1, 0.35, 0.2, 0.3)) == "to 3.5 times"
    assert by_how_much(MeanChange(0.0, 0.25, 0.2, 0.3)) == "by 0.25"


def test_lists():
    assert [listed(parts) for parts in (["a"], ["a", "b"], ["a", "b", "c"])] == [
        "a",
        "a and b",
        "a, b and c",
    ]
