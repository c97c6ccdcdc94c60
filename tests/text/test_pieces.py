import pytest

from xaigeo.text.pieces import goes_on, joined


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (["cr", "##ust", "good", "."], "crust good ."),
        (["un", "##see", "##n"], "unseen"),
        (["##ust", "good"], "ust good"),
        (["a", "##", "#", "b"], "a ## # b"),
        ([], ""),
    ],
)
def test_parts_of_a_word_stand_together(shown, text):
    assert joined(iter(shown)) == text


def test_a_sign_alone_is_no_part():
    assert [goes_on(token) for token in ("##a", "##", "#a", "a##", "")] == [True, *[False] * 4]
