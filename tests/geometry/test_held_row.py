import numpy as np
import pytest

from xaigeo.errors import InputError
from xaigeo.geometry.held_row import TYPICAL, held_row


def test_medians_and_commonest_categories(mixed_frame, mixed_schema):
    rows = mixed_schema.encode(mixed_frame)
    row, what = held_row(mixed_schema, mixed_frame, rows)
    assert what == TYPICAL
    assert row[0] == mixed_frame["length"].median()
    common = mixed_frame["colour"].mode()[0]
    assert mixed_schema.features[2].categories[int(row[2])] == common


def test_a_row_by_its_label(mixed_frame, mixed_schema):
    frame = mixed_frame.set_axis([f"r{i}" for i in range(40)])
    rows = mixed_schema.encode(frame)
    row, what = held_row(mixed_schema, frame, rows, "r7")
    np.testing.assert_array_equal(row, rows[7])
    assert what == "row r7"


def test_unknown_and_repeated_labels(mixed_frame, mixed_schema):
    rows = mixed_schema.encode(mixed_frame)
    with pytest.raises(InputError, match=r"\(0, 1, 2, 3, 4, 5, 6, 7, \.\.\.\), got 99, which no r"):
        held_row(mixed_schema, mixed_frame, rows, 99)
    with pytest.raises(InputError, match=r"got 0, which 40 rows have"):
        held_row(mixed_schema, mixed_frame.set_axis([0] * 40), rows, 0)
