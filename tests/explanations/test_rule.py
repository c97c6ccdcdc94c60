from __future__ import annotations

import numpy as np
import pandas as pd

from xaigeo.explanations import rule_text
from xaigeo.schema import FeatureSchema

SIFA = ("seed", "instance", "feature", "output")


def test_a_rule_reads_in_original_units(make_anchors, mixed_frame):
    found = make_anchors()
    first = mixed_frame.iloc[0]
    lower = first["length"] - 1
    assert found.rule(7, 100) == (
        f"length >= {lower:.2f} and count <= {first['count']} and colour = {first['colour']}"
    )


def test_rules_keep_the_digits_that_matter():
    frame = pd.DataFrame({"day": [20240101, 20241231], "dose": [0.00011, 0.00019]})
    schema = FeatureSchema.from_data(frame)
    free = np.ones((2, 1), dtype=bool)
    bounds = np.array([20240579.5, 0.000123456])
    nothing = np.full(2, np.inf)
    assert rule_text(schema, bounds, nothing, free) == "day >= 20240580 and dose >= 0.00012346"
    assert rule_text(schema, -nothing, bounds, free) == "day <= 20240579 and dose <= 0.00012346"


def test_an_empty_rule_says_so(make_anchors):
    everywhere = np.full((3, 4, 5), np.inf)
    found = make_anchors(
        lower=(("seed", "instance", "feature"), -everywhere),
        upper=(("seed", "instance", "feature"), everywhere),
        allowed=(
            ("seed", "instance", "feature", "category"),
            np.ones((3, 4, 5, 3), dtype=bool),
        ),
    )
    assert found.rule(7, 100) == "any row (empty rule)"
