from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from xaigeo.errors import InputError
from xaigeo.viz.difference_words import (
    NONE,
    alpha_texts,
    check_difference,
    compared_text,
    visible_text,
)


def test_alpha_with_its_interval_or_that_none_accepts():
    table = pd.DataFrame(
        {
            "alpha_hat": [0.0, 0.12345, np.nan],
            "accepts": [True, True, False],
            "alpha_low": [0.0, 0.1, 1.0],
            "alpha_high": [0.02, 0.2, 1.0],
        }
    )
    assert alpha_texts(table) == ["0 (95%: 0 to 0.02)", "0.123 (95%: 0.1 to 0.2)", NONE]


@pytest.mark.parametrize(
    ("reference", "against", "told"),
    [
        (None, "pooled", "all other seeds pooled"),
        (None, "ensemble", "all other seeds' mean logits"),
        ((1, 2, 3), "ensemble", "3 reference seeds' mean logits"),
    ],
)
def test_what_seeds_are_compared_with(reference, against, told):
    assert compared_text(SimpleNamespace(reference=reference, against=against)) == told


def test_what_rows_can_show():
    given = SimpleNamespace(n_rows=100, name="test", delta=0.24)
    assert visible_text(given) == (
        "On 100 test rows a difference that touches less than 24.0% of them does not show: "
        "the share is then 0."
    )


def test_only_differences_are_told():
    with pytest.raises(InputError, match="the difference of models for a page, got dict"):
        check_difference({}, "a page")
