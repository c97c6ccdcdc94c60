from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from tests.text_models import TEXTS, linear_text_ensemble
from xaigeo.errors import InputError
from xaigeo.explainers import explain


@pytest.fixture(scope="module")
def pooled():
    return linear_text_ensemble(pooled=True, marked=True, max_tokens=20)


def test_it_is_kernel_shap_of_all_coalitions(pooled):
    exact = explain(pooled, TEXTS, "exact_shap")
    kernel = explain(pooled, TEXTS, "kernel_shap", random_state=0)
    for name in ("attribution", "base_value", "explained_value"):
        assert exact.array(name) == pytest.approx(kernel.array(name)), name
    assert not exact.array("std_error").any()


def test_long_texts_are_named_before_the_work(pooled, monkeypatch):
    texts = pd.Series([TEXTS[0], "film " * 17, "a  good\n" * 9], index=["x", "y", "z"])
    message = (
        "Expected texts of up to 16 tokens for exact_shap, got 2 of 3 that are longer, the longest "
        f"the text at 'z' with 18: '{('a good ' * 9)[:60].rstrip()}...'. Explain all with "
        "method='kernel_shap' or 'permutation_shap', or leave these out."
    )
    asked = []
    monkeypatch.setattr(pooled.members, "values", lambda *given: asked.append(given))
    with pytest.raises(InputError, match=re.escape(message)):
        explain(pooled, texts, "exact_shap")
    assert not asked


def test_words_that_stay_as_they_are_do_not_count(pooled):
    text = "film " * 16 + "zebra"
    found = explain(pooled, text, "exact_shap", removal="unknown")
    assert not found.array("attribution")[:, 0, 17].any()


def test_links_that_do_not_fit(pooled):
    with pytest.raises(InputError, match=re.escape("'log'")):
        explain(pooled, TEXTS, "exact_shap", link="log")


def test_equal_words_of_a_model_without_order_share_equally(pooled):
    found = explain(pooled, ["good film good"], "exact_shap")
    first, last = found.array("attribution")[:, 0, [1, 3]].swapaxes(0, 1)
    assert first == pytest.approx(last)
    assert np.abs(first).max() > 0
