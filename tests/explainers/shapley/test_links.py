from __future__ import annotations

import numpy as np
import pytest

from xaigeo.errors import InputError
from xaigeo.explainers.shapley.links import check_link, linked


def test_links_are_those_of_shap():
    from shap.utils._legacy import convert_to_link

    p = np.array([0.0, 1e-20, 0.3, 0.5, 1.0])
    for name in ("identity", "logit"):
        np.testing.assert_array_equal(linked(p, name), convert_to_link(name).f(p))


@pytest.mark.parametrize("scale", ["logit", "value"])
def test_logits_of_anything_but_probabilities_raise(scale):
    with pytest.raises(InputError, match=f"probabilities for link='logit', got outputs .*{scale}"):
        check_link("logit", scale)
    check_link("identity", scale)
    check_link("logit", "probability")
