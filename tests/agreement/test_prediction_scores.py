import numpy as np
import pytest

from xaigeo.agreement import compare
from xaigeo.agreement.score import SCORES


@pytest.mark.parametrize(("name", "expected"), [("flip_rate", 1 / 5), ("churn", 4 / 10)])
def test_a_seed_that_answers_otherwise_is_seen(build, distinct, name, expected):
    labels = np.ones((5, 7), dtype=int)
    labels[2, 3] = 0
    score = SCORES.get(name)
    found = score.compute(compare(build.make_attributions(distinct, labels=labels)))
    assert found[3] == pytest.approx(expected)
    assert found.sum() == pytest.approx(expected)
    assert not score.has_null
