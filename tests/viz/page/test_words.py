from xaigeo.viz.page.words import count, listed


def test_numbers_and_lists_in_words():
    assert (count(1, "seed"), count(2, "seed"), count(0, "row")) == ("1 seed", "2 seeds", "0 rows")
    assert (listed(["a"]), listed(["a", "b"]), listed("abc")) == ("a", "a and b", "a, b and c")
