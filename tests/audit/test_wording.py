from xaigeo.audit.wording import apart, counted, listed, verb


def test_numbers_and_nouns():
    assert [counted(n, "row") for n in (0, 1, 2)] == ["0 rows", "1 row", "2 rows"]
    assert counted(2, "class", "classes") == "2 classes"
    assert (verb(1), verb(0), verb(2, "has", "have")) == ("is", "are", "have")
    assert [listed(names) for names in (["a"], ["a", "b"], ["a", "b", "c"])] == [
        "a",
        "a and b",
        "a, b and c",
    ]


def test_numbers_that_differ_are_told_apart():
    assert apart(0.91, 0.9) == ("0.91", "0.9")
    assert apart(0.90001, 0.9) == ("0.90001", "0.9")
    assert apart(1.0, 1.0) == ("1", "1")
