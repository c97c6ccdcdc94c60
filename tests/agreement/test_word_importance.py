from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xaigeo.agreement import word_importance
from xaigeo.errors import InputError


def naive(explanation, outputs):
    """Mean size by word and seed, mean share of seeds with one sign, and places, by loops."""
    sizes, signs = defaultdict(lambda: defaultdict(list)), defaultdict(list)
    values = explanation.array("attribution")
    for i, words in enumerate(explanation.tokens):
        for t, word in enumerate(words):
            if not explanation.mask[i, t]:
                continue
            each = values[:, i, t, outputs[i]]
            for s, value in enumerate(each):
                sizes[word][s].append(abs(value))
            if each.any():
                signs[word].append(max(np.mean(each > 0), np.mean(each < 0)))
    return sizes, signs


@given(seed=st.integers(0, 10**6), tied=st.booleans(), least=st.integers(1, 3))
def test_it_is_the_mean_over_the_places_of_a_word(build, texts, seed, tied, least):
    rng = np.random.default_rng(seed)
    mask = texts.ragged_mask(rng.integers(1, 6, 7), 5)
    tokens = rng.integers(1, 5, mask.shape).astype(float)
    values = texts.some_values(rng, 3, mask, tied=tied)
    probability = rng.choice([0.1, 0.9], 7)[None].repeat(3, axis=0)
    made = texts.make_tokens(build, values, mask, tokens=tokens, probability=probability)
    sizes, signs = naive(made, (probability[0] > 0.5).astype(int))
    expected = {word: by for word, by in sizes.items() if len(by[0]) >= least}
    if not expected:
        with pytest.raises(InputError, match="a word that stands at"):
            word_importance(made, least_places=least)
        return
    found = word_importance(made, least_places=least)
    assert sorted(found.words) == sorted(expected)
    for j, word in enumerate(found.words):
        assert found.n_places[j] == len(expected[word][0])
        means = [np.mean(expected[word][s]) for s in range(3)]
        np.testing.assert_allclose(found.sizes[:, j], means)
        told = np.mean(signs[word]) if word in signs else np.nan
        np.testing.assert_allclose(found.sign_consensus[j], told)
    frame = found.to_frame()
    assert frame["median"].is_monotonic_decreasing
    np.testing.assert_allclose(frame["lowest"], found.sizes.min(axis=0))


def test_a_rare_word_that_decides_comes_before_a_frequent_one(build, texts):
    mask = texts.ragged_mask([3] * 4, 3)
    tokens = np.array([[1, 2, 1], [1, 1, 1], [1, 1, 1], [1, 2, 1]], dtype=float)
    values = np.where(tokens == 2, 0.9, 0.1)[None].repeat(2, axis=0)
    made = texts.make_tokens(build, values, mask, tokens=tokens)
    assert word_importance(made, least_places=2).words == ["w2", "w1"]
    assert word_importance(made).words == ["w1"]


def test_each_output_has_its_own_and_sizes_have_no_sign(build, texts, rng):
    mask = texts.ragged_mask([4] * 6, 4)
    values = texts.some_values(rng, 3, mask)
    made = texts.make_tokens(build, values, mask)
    np.testing.assert_allclose(
        word_importance(made, "no", least_places=1).sizes,
        word_importance(made, "yes", least_places=1).sizes,
    )
    sizes = texts.make_tokens(build, values, mask, parameters={"absolute": True, "scale": "x"})
    assert np.isnan(word_importance(sizes, least_places=1).sign_consensus).all()
    with pytest.raises(InputError, match="an output of the explanation"):
        word_importance(made, "perhaps", least_places=1)


def test_tables_are_refused(build, distinct):
    with pytest.raises(InputError) as told:
        word_importance(build.make_attributions(distinct))
    assert str(told.value).startswith(
        "Expected attributions of the words of texts, got Attributions."
    )
    assert "xaigeo.agreement.importance" in str(told.value)
