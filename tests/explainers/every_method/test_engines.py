"""Where there are two engines, they give the same numbers."""

from __future__ import annotations

import numpy as np
import pytest

from xaigeo.errors import InputError
from xaigeo.explainers import EXPLAINERS
from xaigeo.explanations import Attributions

# anchor-exp draws rows of its own, so that its rules are others.
BOTH = [n for n in EXPLAINERS.builtin if EXPLAINERS.get(n).result is Attributions]
ONE = [n for n in EXPLAINERS.builtin if EXPLAINERS.get(n).engines == ("batched",)]


@pytest.mark.parametrize("method", BOTH, indirect=True, scope="session")
def test_engines_agree(ask, case, cases):
    kind, X = case.engines_on or case.kinds[0], cases.data().iloc[:2]
    batched, upstream = (
        ask(kind, X, engine=engine, **case.for_engines) for engine in ("batched", "upstream")
    )
    # The libraries know no standard errors.
    assert set(batched.data) - set(upstream.data) <= {"std_error"}
    for name in upstream.data:
        np.testing.assert_allclose(
            batched.array(name), upstream.array(name), rtol=0, atol=1e-6, err_msg=name
        )
    assert upstream.provenance["engine"] == "upstream"


@pytest.mark.parametrize("method", ONE, indirect=True, scope="session")
def test_a_method_without_a_library_says_so(ask, method):
    with pytest.raises(InputError, match=rf"an engine of {method} \(batched\), got 'upstream'"):
        ask(engine="upstream")
