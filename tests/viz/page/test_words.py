from xaigeo.viz.page.words import all_of, count, listed


def test_numbers_and_lists_in_words():
    assert (count(1, "seed"), count(2, "seed"), count(0, "row")) == ("1 seed", "2 seeds", "0 rows")
    assert (all_of(1, "seed"), all_of(3, "seed")) == ("The one seed", "All 3 seeds")
    assert (listed(["a"]), listed(["a", "b"]), listed("abc")) == ("a", "a and b", "a, b and c")
