import pytest

from xaigeo.viz.token_flow import GAP, PAD, letters_px, token_flow, word_parts


def test_words_follow_each_other_and_break_into_lines():
    flow = token_flow(["one", "two", "three", "four"], 90)
    assert flow.n_lines > 1
    for n in range(1, 4):
        if flow.line[n] == flow.line[n - 1]:
            assert flow.x1[n] == pytest.approx(flow.x2[n - 1] + GAP)
        else:
            assert flow.line[n] == flow.line[n - 1] + 1
            assert flow.x1[n] == 0
    assert (flow.x2 <= 90).all()


def test_parts_of_a_word_stand_side_by_side_in_one_line():
    flow = token_flow(["never", "un", "##break", "##able", "good"], 150)
    assert flow.texts == ["never", "un", "break", "able", "good"]
    assert flow.line[1] == flow.line[2] == flow.line[3]
    assert flow.x1[2] == flow.x2[1]
    assert flow.x1[3] == flow.x2[2]


def test_parts_are_told_by_the_signs_of_each_kind_of_tokenizer():
    assert word_parts(["##s", "##"]) == (["s", "##"], [False, False])
    assert word_parts(["▁a", "▁play", "ing"]) == (["a", "play", "ing"], [False, False, True])
    assert word_parts(["<s>", "The", "Ġfilm", "s", "</s>"]) == (
        ["<s>", "The", "film", "s", "</s>"],
        [False, False, False, True, False],
    )
    assert word_parts(["a", "▁", ""]) == (["a", "·", "·"], [False, False, True])


def test_no_line_begins_with_a_sign_that_ends_a_clause():
    flow = token_flow(["seven", "words", ".", "more"], letters_px("seven words") + 22)
    assert flow.line.tolist() == [0, 1, 1, 1]


def test_long_words_are_shortened_and_wide_letters_take_more_room():
    flow = token_flow(["x" * 90], 120)
    assert "…" in flow.texts[0]
    assert flow.x2[0] <= 120
    assert letters_px("mmm") > letters_px("nnn") > letters_px("iii")
    assert letters_px("映画") > letters_px("ab")


def test_a_cell_has_room_for_what_stands_beneath():
    alone = token_flow(["a", "b"], 200)
    wide = token_flow(["a", "b"], 200, ["wonderful", ""])
    assert wide.x2[0] > alone.x2[0]
    assert wide.x2[1] - wide.x1[1] == pytest.approx(alone.x2[1] - alone.x1[1])


@pytest.mark.parametrize("word", ["w" * 300, "i" * 300, "Ü" * 40, "extraordinarily" * 4])
def test_long_words_stay_in_their_cells(word):
    flow = token_flow([word, "is", "bad"], 260)
    assert letters_px(flow.texts[0]) + 2 * PAD <= 260
    assert flow.x2.max() <= 260
    assert "…" in flow.texts[0]


def test_joined_pictures_and_accents_take_the_room_of_what_is_seen():
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    assert letters_px(family) == letters_px(family.replace("\u200d", ""))
    assert letters_px("e\u0301") == letters_px("e")
    assert letters_px("\U0001f44d\U0001f3fd") == letters_px("\U0001f44d")
