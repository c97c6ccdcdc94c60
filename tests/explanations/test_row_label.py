import datetime

import numpy as np
import pandas as pd
import pytest

from xaigeo.ensemble.row_labels import instance_labels
from xaigeo.explanations.row_label import known_label


@pytest.mark.parametrize(
    "index",
    [
        pd.date_range("2020-01-01", periods=4),
        pd.date_range("2020-01-01 10:00", periods=4, freq="h"),
        pd.date_range("2020-01-01", periods=4, freq="250ms"),
        pd.date_range("2020-01-01", periods=4, tz="Europe/Berlin"),
        pd.period_range("2020-01", periods=4, freq="M"),
        pd.period_range("2020-01-06", periods=4, freq="W-SUN"),
        pd.timedelta_range("1 days", periods=4),
        pd.timedelta_range("1 days", periods=4, freq="250ms"),
    ],
)
def test_labels_of_an_index_are_found_as_explanations_write_them(index):
    written = instance_labels(pd.DataFrame({"a": range(4)}, index=index)).tolist()
    assert [known_label(label, written) for label in index] == written


def test_dates_of_python_and_numpy_are_found():
    written = ["2020-01-01", "2020-01-02"]
    day = datetime.date(2020, 1, 2)
    assert known_label(day, written) == "2020-01-02"
    assert known_label(np.datetime64("2020-01-02T00:00"), written) == "2020-01-02"
    assert known_label(datetime.timedelta(hours=1), ["0 days 01:00:00"]) == "0 days 01:00:00"


@pytest.mark.parametrize(
    "label", [3, "a", ("q", 0), None, [1], pd.NaT, pd.Timestamp("1999-01-01"), pd.Period("1999")]
)
def test_other_labels_come_back_as_they_are(label):
    assert known_label(label, ["a", "2020-01-01", "no date", 3]) is label
