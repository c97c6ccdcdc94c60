"""Tokens that the tokenizer adds are explained, but seeds are not compared on them."""

import itertools

import numpy as np
import pandas as pd
import pytest

import xaigeo as xg
from tests.text_models import TEXTS, linear_text_ensemble
from xaigeo.agreement import (
    per_instance,
    same_answer_different_reason,
    seed_intervals,
    summary,
    unstable,
)
from xaigeo.agreement.compared import compare
from xaigeo.agreement.top_k import default_k
from xaigeo.geometry.token_spread import token_spread


@pytest.fixture(scope="module")
def ensemble():
    made = linear_text_ensemble(n_seeds=4, marked=True, max_tokens=12)
    # All seeds rank the added token first: agreement that has nothing to do with the texts.
    added = made.schema.tokenizer.words.n_tokens
    made.members.weights[:, added] = 100.0
    made.members.scores[:, added] = 50.0
    return made


@pytest.fixture(scope="module", params=["saliency", "input_x_gradient", "attention"])
def method(request):
    return request.param


@pytest.fixture(scope="module")
def kept(ensemble, method):
    return xg.explain(ensemble, TEXTS, method=method, special_tokens="keep")


def test_scores_are_those_without_the_added_tokens(ensemble, method, kept):
    dropped = xg.explain(ensemble, TEXTS, method=method, special_tokens="drop")
    assert kept.n_tokens.tolist() == (dropped.n_tokens + 1).tolist()
    assert np.array_equal(kept.word_mask, dropped.mask)
    for make in (summary, per_instance, unstable, same_answer_different_reason):
        pd.testing.assert_frame_equal(make(kept), make(dropped))


def test_feature_agreement_equals_a_loop_over_the_words(kept):
    values = compare(kept).values
    found = per_instance(kept)["feature_agreement"].to_numpy()
    answer = kept.array("prediction").mean(axis=0).argmax(axis=1)
    k = default_k(len(kept.features))
    for place, words in enumerate(kept.tokens):
        assert words[0] == "[start]"
        own = kept.array("attribution")[:, place, 1 : len(words), answer[place]]
        if not np.array_equal(np.sort(values[0, place, : len(words) - 1]), np.sort(own[0])):
            own = kept.array("attribution")[:, place, 1 : len(words), 1 - answer[place]]
        if any(len(np.unique(np.abs(seed))) < len(seed) for seed in own):
            continue  # ties share a place; a plain loop does not know them
        top = [set(np.argsort(-np.abs(seed))[: min(k, len(words) - 2)]) for seed in own]
        pairs = [len(a & b) / len(a) for a, b in itertools.combinations(top, 2)]
        assert found[place] == pytest.approx(np.mean(pairs))


def test_an_added_token_neither_leads_nor_is_unstable(kept):
    for place in range(len(TEXTS)):
        spread = token_spread(kept, place)
        sizes = np.abs(spread.values[:, 1:])
        expected = np.where(sizes.any(axis=1), sizes.argmax(axis=1) + 1, -1)
        assert spread.places[0] == 0  # drawn all the same
        assert spread.leading.tolist() == expected.tolist()
    table = same_answer_different_reason(kept)
    assert not table["leading_features"].str.contains("[start]", regex=False).any()
    assert "[start]" not in unstable(kept, consensus_below=1.0)["label"].tolist()


def test_intervals_tell_of_the_added_tokens_too(kept):
    assert (seed_intervals(kept)["word"] == "[start]").any()
