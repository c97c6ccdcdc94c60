from __future__ import annotations

import warnings

import numpy as np
import pytest

import xaigeo as xg
from tests.text_models import TEXTS, linear_text_ensemble
from xaigeo.errors import InputError, LongTextWarning

LONG = " ".join(["a good film"] * 9)


@pytest.fixture(scope="module")
def linear():
    return linear_text_ensemble(n_outputs=3)


def told_of(make):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        made = make()
    return made, [str(w.message) for w in caught if w.category is LongTextWarning]


def test_a_cut_text_is_told_once_and_of_no_background(linear):
    found, told = told_of(lambda: xg.explain(linear, [LONG, TEXTS[1]], "occlusion"))
    assert len(told) == 1
    assert told[0].startswith("1 of 2 texts have more than")
    most = linear.schema.max_tokens
    assert found.unread == [LONG.split()[most:], []]


def test_a_cut_background_is_told_as_such(linear):
    _, told = told_of(
        lambda: xg.explain(linear, TEXTS[1:2], "occlusion", background=[LONG, TEXTS[0]])
    )
    assert len(told) == 1
    assert told[0].startswith("1 of 2 background texts have more than")


def test_a_check_that_explains_again_does_not_tell_again(trained):
    ensemble, texts = trained("cnn")
    found, _ = told_of(lambda: xg.explain(ensemble, [LONG, texts[0]], "occlusion"))
    check, told = told_of(lambda: xg.faithfulness.randomisation(found, ensemble, n_repeats=2))
    assert check.kind == "randomisation"
    assert told == []


@pytest.mark.parametrize(
    "ask",
    [xg.TextEnsemble.predict, lambda e, X: xg.explain(e, X, "occlusion")],
    ids=["predict", "explain"],
)
def test_half_a_character_is_told_before_models_are_asked(linear, ask):
    with pytest.raises(InputError, match="written as UTF-8"):
        ask(linear, [f"a{chr(0xD800)}b"])


def test_what_is_not_read_leaves_closing_marks_out():
    marked = linear_text_ensemble(n_outputs=3, marked=True)
    found, _ = told_of(lambda: xg.explain(marked, [LONG], "occlusion"))
    kept = [word for word in found.tokens[0] if not word.startswith("[")]
    assert kept + found.unread[0] == LONG.split()


@pytest.mark.parametrize("method", ["occlusion", "kernel_shap", "integrated_gradients"])
def test_room_for_longer_texts_changes_nothing_and_is_used(method):
    texts = [*TEXTS, *[f"{text} again" for text in TEXTS]]
    labels = [place % 2 for place in range(len(texts))]
    shared = {"seeds": range(2), "epochs": 1, "kernel_sizes": (1, 3), "validation_share": 0.0}
    own = xg.TextEnsemble.train(texts, labels, **shared)
    wide = xg.TextEnsemble.train(texts, labels, max_tokens=200, **shared)
    n_own = own.schema.max_tokens
    one, other = (xg.explain(e, TEXTS, method, random_state=0) for e in (own, wide))
    np.testing.assert_allclose(
        other.array("attribution")[:, :, :n_own], one.array("attribution"), atol=1e-6
    )
    assert not other.mask[:, n_own:].any()
    # What is beyond the longest text of training is read all the same.
    found, told = told_of(lambda: xg.explain(wide, [LONG], method, random_state=0))
    assert told == []
    assert found.n_tokens.tolist() == [len(LONG.split())]
