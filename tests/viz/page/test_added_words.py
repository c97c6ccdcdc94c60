"""Tokens that the tokenizer added are told apart in the report, since they do not lead."""

from __future__ import annotations

import numpy as np
import pytest

import xaigeo as xg
from tests.text_models import TEXTS, linear_text_ensemble
from xaigeo.viz.page.text_explorer import text_explorer_data


def test_added_tokens_are_told():
    ensemble = linear_text_ensemble(n_seeds=3, marked=True, max_tokens=12)
    kept = xg.explain(ensemble, TEXTS, method="saliency")
    dropped = xg.explain(ensemble, TEXTS, method="saliency", special_tokens="drop")
    first, second = text_explorer_data([kept, dropped], None)["methods"]
    for place, words in enumerate(kept.tokens):
        assert first["places"][place] == list(range(len(words)))
        assert first["added"][place] == [words.index("[start]")] == [0]
        assert second["places"][place] == np.arange(1, len(words)).tolist()
        assert second["added"][place] == []


@pytest.mark.browser
def test_browser_lets_no_added_token_lead(tmp_path, open_page):
    ensemble = linear_text_ensemble(n_seeds=3, marked=True, max_tokens=12)
    ensemble.members.weights[:, ensemble.schema.tokenizer.words.n_tokens] = 9.0
    kept = xg.explain(ensemble, TEXTS, method="input_x_gradient")
    opened = open_page(xg.report([kept], tmp_path / "report.html"))
    page = opened.page
    page.wait_for_selector("#leaders td")
    assert page.locator(".seeds-words .word", has_text="[start]").count() > 0
    cells = page.locator("#leaders tbody").all_text_contents()
    assert cells
    assert "[start]" not in cells[0]
    assert opened.problems == []
