import numpy as np
import pandas as pd

from xaigeo.geometry.change_text import change_text
from xaigeo.schema import FeatureSchema

SCHEMA = FeatureSchema.from_data(
    pd.DataFrame({"mass": [3000.0, 4000.0], "sex": ["female", "male"], "depth": [10.0, 20.0]}),
    units={"mass": "g"},
)
START, END = np.array([3500.0, 1.0, 15.0]), np.array([3200.0, 0.0, 16.25])


def test_changes_are_written_with_units_and_signs():
    changed = np.array([True, True, True])
    assert (
        change_text(SCHEMA, START, END, changed) == "mass −300 g, sex: male → female, depth +1.25"
    )


def test_what_the_axes_show_and_what_stays_is_left_out():
    assert change_text(SCHEMA, START, END, np.array([True, True, False]), (0, 2)) == (
        "sex: male → female"
    )
    assert change_text(SCHEMA, START, END, np.array([True, False, True]), (0, 2)) == ""
