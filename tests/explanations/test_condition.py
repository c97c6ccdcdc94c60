from __future__ import annotations

import numpy as np
import pytest

from xaigeo.explanations.condition import condition_text
from xaigeo.schema import Feature

MASS = Feature("mass", "numeric", 2.0, 7.0)
SEX = Feature("sex", "categorical", 0.0, 1.0, ("female", "male"))
NONE = (np.nan, np.nan)


@pytest.mark.parametrize(
    ("feature", "value", "ends", "text"),
    [
        (MASS, 4.0, (3.5, 5.1004), "3.5 < mass <= 5.1"),
        (MASS, 4.0, (-np.inf, 5.1), "mass <= 5.1"),
        (MASS, 6.0, (5.1, np.inf), "mass > 5.1"),
        (MASS, 6.0, (-np.inf, np.inf), "mass"),
        (MASS, 6.0, NONE, "mass"),
        (SEX, 1.0, NONE, "sex=male"),
        # Ends closer than the column's own digits still differ.
        (MASS, 4.0, (4.00001, 4.00002), "4.00001 < mass <= 4.00002"),
    ],
)
def test_condition_is_a_bin_a_category_or_the_feature(feature, value, ends, text):
    assert condition_text(feature, value, *ends) == text
