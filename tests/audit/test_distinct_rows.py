import numpy as np

from xaigeo.audit.distinct_rows import count_labelled, count_rows


def test_copies_count_once():
    rows = np.array([[0.0, 1.0], [0.0, 1.0], [0.0, 2.0], [3.0, 1.0]])
    assert count_rows(rows) == {"n_rows": 3, "n_copies": 1}
    assert count_rows(rows, np.array([True, True, False, False])) == {"n_rows": 1, "n_copies": 1}
    assert count_rows(rows, np.array([2, 3])) == {"n_rows": 2, "n_copies": 0}
    assert count_rows(rows[:0]) == {"n_rows": 0, "n_copies": 0}
    assert count_rows(rows[:, :0]) == {"n_rows": 1, "n_copies": 3}


def test_the_same_row_with_another_label_is_another(build):
    given = build.make_evaluation(np.zeros((2, 4), dtype=int), np.array([0, 1, 0, 0]))
    given.rows[:] = 0.0
    assert count_labelled(given) == {"n_rows": 2, "n_copies": 2}
