from __future__ import annotations

from collections import namedtuple

import pytest
import torch

from xaigeo.ensemble.texts.attention_layout import AttentionLayout, item_of, with_item
from xaigeo.errors import InputError

N, T, H = 2, 3, 4
MASK = torch.tensor([[True, True, False], [True, True, True]])
SHAPES = {
    "text": (N, T),
    "column": (N, T, 1),
    "queries": (N, T, T),
    "one query": (N, 1, T),
    "heads": (N, H, T, T),
    "heads of one query": (N, H, 1, T),
}


def weights(shape):
    """Random weights that are 0 for tokens that are not there."""
    drawn = torch.rand(shape, generator=torch.Generator().manual_seed(0))
    if shape == (N, T, 1):
        return drawn * MASK[..., None]
    return drawn * MASK.reshape(N, *[1] * (len(shape) - 2), T)


@pytest.mark.parametrize(
    ("name", "form", "pooling", "n_heads"),
    [
        ("text", "text", True, 1),
        ("column", "column", True, 1),
        ("queries", "queries", False, 1),
        ("one query", "queries", True, 1),
        ("heads", "heads", False, H),
        ("heads of one query", "heads", True, H),
    ],
)
def test_a_layout_is_told_by_its_shape(name, form, pooling, n_heads):
    found = AttentionLayout.of("part", weights(SHAPES[name]), N, T)
    assert (found.form, found.pooling, found.n_heads) == (form, pooling, n_heads)


@pytest.mark.parametrize("name", SHAPES)
def test_every_layout_is_read_as_heads_and_queries_of_tokens_that_are_there(name):
    given = weights(SHAPES[name])
    layout = AttentionLayout.of("part", given, N, T)
    unified = layout.unified(given, MASK)
    assert unified.shape == (N, layout.n_heads, 1 if layout.pooling else T, T)
    for text, head, query, token in torch.cartesian_prod(
        *(torch.arange(size) for size in unified.shape)
    ).tolist():
        own = {
            "text": (text, token),
            "column": (text, token, 0),
            "queries": (text, query, token),
            "one query": (text, 0, token),
            "heads": (text, head, query, token),
            "heads of one query": (text, head, 0, token),
        }[name]
        there = MASK[text, token] and (layout.pooling or MASK[text, query])
        assert unified[text, head, query, token] == (given[own] if there else 0)


@pytest.mark.parametrize("name", ["text", "column", "one query"])
def test_weights_that_pool_are_put_back_as_they_came(name):
    given = weights(SHAPES[name])
    layout = AttentionLayout.of("part", given, N, T)
    assert torch.equal(layout.placed(layout.unified(given, MASK)[:, 0, 0]), given)


@pytest.mark.parametrize(
    ("given", "arrived"),
    [
        (torch.zeros(N, T + 1), r"shape \(2, 4\) for 2 texts of 3 tokens"),
        (torch.zeros(N, H, T, T + 1), r"shape \(2, 4, 3, 4\)"),
        (None, "NoneType"),
    ],
)
def test_other_shapes_are_no_attention(given, arrived):
    with pytest.raises(InputError, match=r"attention of shape .* from 'part'") as error:
        AttentionLayout.of("part", given, N, T)
    assert error.match(arrived)


@pytest.mark.parametrize(
    ("place", "value", "arrived"),
    [
        ((0, 0), float("nan"), "weights that are not finite"),
        ((1, 2), -0.25, "weights down to -0.25"),
        ((0, 2), 0.5, "a weight of 0.5 on padding"),
    ],
)
def test_weights_are_finite_not_negative_and_0_on_padding(place, value, arrived):
    given = weights((N, T))
    layout = AttentionLayout.of("part", given, N, T)
    given[place] = value
    with pytest.raises(InputError, match="finite weights of at least 0 from 'part'") as error:
        layout.unified(given, MASK)
    assert error.match(arrived)


def test_a_part_keeps_its_number_of_heads():
    layout = AttentionLayout.of("part", weights((N, H, T, T)), N, T)
    with pytest.raises(InputError, match=r"\(2, 4, 3, 3\) from 'part', as for other texts"):
        layout.unified(weights((N, H + 1, T, T)), MASK)


Named = namedtuple("Named", ["hidden", "weights"])


@pytest.mark.parametrize(
    ("output", "item"), [((1, 2), 1), ([1, 2], 1), ({"a": 1, "b": 2}, "b"), (Named(1, 2), 1)]
)
def test_an_item_of_an_output_is_read_and_exchanged(output, item):
    assert item_of(output, item, "part") == 2
    changed = with_item(output, item, 7)
    assert type(changed) is type(output)
    assert item_of(changed, item, "part") == 7
    assert item_of(output, item, "part") == 2


def test_an_item_that_is_not_there_is_told():
    with pytest.raises(InputError, match="an item 3 in what 'part' gives, got a tuple of 2"):
        item_of((1, 2), 3, "part")
    assert item_of("whole", None, "part") == "whole"
    assert with_item("whole", None, "new") == "new"
