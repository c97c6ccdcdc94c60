from __future__ import annotations

import re

import numpy as np
import pytest

from xaigeo.errors import InputError
from xaigeo.explainers.texts.attention_maps.reduction import (
    head_weights,
    layer_weights,
    query_weights,
    rollout,
)

N_MEMBERS, N_TEXTS, N_LAYERS, N_HEADS, N_TOKENS = 2, 3, 3, 4, 5
LENGTHS = [5, 3, 1]


@pytest.fixture
def maps() -> np.ndarray:
    """Random self-attention over texts of 5, 3 and 1 tokens."""
    rng = np.random.default_rng(0)
    whole = np.zeros((N_MEMBERS, N_TEXTS, N_LAYERS, N_HEADS, N_TOKENS, N_TOKENS))
    for text, length in enumerate(LENGTHS):
        shape = (N_MEMBERS, N_LAYERS, N_HEADS, length)
        whole[:, text, :, :, :length, :length] = rng.dirichlet(np.ones(length), size=shape)
    return whole


@pytest.fixture
def there() -> np.ndarray:
    return np.arange(N_TOKENS) < np.array(LENGTHS)[:, None]


def test_heads_are_chosen_and_made_one(maps):
    means, largest = head_weights(maps, [0, 3], "mean"), head_weights(maps, [0, 3], "max")
    for place in np.ndindex(means.shape):
        a, b = (maps[(*place[:3], head, *place[3:])] for head in (0, 3))
        assert means[place] == pytest.approx((a + b) / 2)
        assert largest[place] == max(a, b)


def test_layers_are_chosen_and_made_one(maps):
    by_layer = maps[:, :, :, 0]
    assert layer_weights(by_layer, [2], "mean") == pytest.approx(by_layer[:, :, 2])
    both = layer_weights(by_layer, [0, 2], "mean")
    assert both == pytest.approx((by_layer[:, :, 0] + by_layer[:, :, 2]) / 2)
    largest = layer_weights(by_layer, [0, 2], "max")
    assert (largest == np.maximum(by_layer[:, :, 0], by_layer[:, :, 2])).all()


def test_rollout_is_the_product_of_a_naive_loop(maps):
    by_layer = maps.mean(axis=3)
    found = rollout(by_layer)
    for member, text in np.ndindex(N_MEMBERS, N_TEXTS):
        length = LENGTHS[text]
        product = np.eye(length)
        for layer in range(N_LAYERS):
            own = by_layer[member, text, layer, :length, :length]
            mixed = 0.5 * own + 0.5 * np.eye(length)
            mixed /= mixed.sum(axis=1, keepdims=True)
            product = mixed @ product
        assert found[member, text, :length, :length] == pytest.approx(product)
        assert not found[member, text, length:].any()
        assert not found[member, text, :, length:].any()


def test_rollout_takes_layers_from_the_first_on(maps):
    by_layer = maps.mean(axis=3)
    assert (layer_weights(by_layer, [2, 0], "rollout") == rollout(by_layer[:, :, [0, 2]])).all()


def test_rollout_of_two_layers_by_hand():
    one = np.array([[1.0, 0.0], [0.5, 0.5]])
    two = np.array([[0.0, 1.0], [0.0, 1.0]])
    # 0.5 one + 0.5 I = [[1, 0], [.25, .75]]; 0.5 two + 0.5 I = [[.5, .5], [0, 1]].
    expected = [[0.625, 0.375], [0.25, 0.75]]
    assert rollout(np.stack([one, two])) == pytest.approx(np.array(expected))


def test_rows_are_divided_by_their_sums_after_a_maximum():
    largest = np.array([[[0.8, 0.6], [0.5, 0.9]]])
    mixed = 0.5 * largest[0] + 0.5 * np.eye(2)
    assert rollout(largest) == pytest.approx(mixed / mixed.sum(axis=1, keepdims=True))


@pytest.mark.parametrize(("query", "row"), [("first", 0), ("last", -1), (0, 0), (-1, -1)], ids=str)
def test_one_query_is_a_row_of_the_texts_own(maps, there, query, row):
    one = maps[:, :, 0, 0]
    found = query_weights(one, query, there)
    for text, length in enumerate(LENGTHS):
        assert (found[:, text] == one[:, text, range(length)[row]]).all()


def test_the_mean_query_is_over_the_tokens_that_are_there(maps, there):
    one = maps[:, :, 0, 0]
    found = query_weights(one, "mean", there)
    for text, length in enumerate(LENGTHS):
        assert found[:, text] == pytest.approx(one[:, text, :length].mean(axis=1))
    assert found.sum(axis=2) == pytest.approx(1)


@pytest.mark.parametrize("place", [3, -4])
def test_a_place_beyond_a_text_is_refused(maps, there, place):
    message = (
        f"Expected texts with a token at place {place}, the query that stands for them, got "
        "2 shorter ones, the shortest of 1 tokens."
    )
    with pytest.raises(InputError, match=re.escape(message)):
        query_weights(maps[:, :, 0, 0], place, there)
