from __future__ import annotations

import json

import pytest
import torch

from xaigeo.ensemble.texts.text_architecture import TextArchitecture
from xaigeo.errors import InputError


def make(encoder="cnn", **more):
    return TextArchitecture.of(
        **{"n_tokens": 11, "n_raw": 1, "max_tokens": 7, "embedding_size": 8, **more},
        encoder=encoder,
    )


def test_defaults_follow_the_encoder():
    assert make().kernel_sizes == (1, 3, 5, 7)
    assert make().attention == "additive"
    assert (make().hidden_size, make().encoded_size) == (32, 128)
    assert (make("lstm").kernel_sizes, make("lstm").encoded_size) == ((), 64)
    transformer = make("transformer")
    assert (transformer.attention, transformer.n_layers, transformer.n_heads) == (None, 2, 4)
    assert (transformer.hidden_size, transformer.encoded_size) == (16, 8)


def test_attention_is_additive_unless_it_is_left_out_by_name():
    assert make("lstm", attention="none").attention == "none"
    pools = {name: make(attention=name).pools_by_attention for name in ("additive", "scaled_dot")}
    assert pools == {"additive": True, "scaled_dot": True}
    assert not make(attention="none").pools_by_attention
    assert not make("transformer").pools_by_attention
    with pytest.raises(InputError, match="attention only with encoder='cnn' or 'lstm'"):
        make("transformer", attention="none")


@pytest.mark.parametrize("encoder", ["cnn", "lstm", "transformer"])
def test_a_description_builds_the_same_again(encoder):
    made = make(encoder, dropout=0.25)
    again = TextArchitecture.from_dict(json.loads(json.dumps(made.to_dict())))
    assert again == made
    torch.manual_seed(0)
    first = made.build().state_dict()
    torch.manual_seed(0)
    second = again.build().state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize(
    ("encoder", "name", "value", "owner"),
    [
        ("transformer", "attention", "additive", "'cnn' or 'lstm'"),
        ("lstm", "kernel_sizes", (1, 3), "'cnn'"),
        ("cnn", "n_layers", 2, "'transformer'"),
        ("lstm", "n_heads", 2, "'transformer'"),
    ],
)
def test_options_of_another_encoder_are_refused(encoder, name, value, owner):
    with pytest.raises(InputError, match=f"{name} only with encoder={owner}") as error:
        make(encoder, **{name: value})
    assert f"{name}={value!r} with encoder={encoder!r}" in str(error.value)
    assert f"Leave {name} out" in str(error.value)


@pytest.mark.parametrize("sizes", [(), (2,), (3, 1), (3, 3), (0,), 3, "3", (1.0,), (True,)])
def test_kernels_are_odd_and_rise(sizes):
    with pytest.raises(InputError, match="different odd numbers of tokens in rising order") as e:
        make(kernel_sizes=sizes)
    assert "kernel_sizes=(1, 3, 5, 7)" in str(e.value)


@pytest.mark.parametrize("dropout", [1, -0.1, "x", float("nan"), True])
def test_dropout_is_a_share_below_one(dropout):
    with pytest.raises(InputError, match="dropout to be a number of at least 0 and below 1"):
        make(dropout=dropout)


def test_heads_divide_the_word_vectors():
    with pytest.raises(InputError, match="an embedding_size that n_heads divides") as error:
        make("transformer", n_heads=3)
    assert "embedding_size=8 and n_heads=3" in str(error.value)


@pytest.mark.parametrize(
    ("encoder", "name"),
    [
        ("cnn", "embedding_size"),
        ("cnn", "hidden_size"),
        ("transformer", "n_layers"),
        ("transformer", "n_heads"),
    ],
)
def test_sizes_are_whole_numbers(encoder, name):
    with pytest.raises(InputError, match=f"{name} to be a whole number of at least 1"):
        make(encoder, **{name: 0})


def test_options_are_named():
    with pytest.raises(InputError, match="encoder to be one of 'cnn', 'lstm', 'transformer'"):
        make("gru")
    with pytest.raises(InputError, match="attention to be one of 'additive', 'scaled_dot', 'none'"):
        make(attention="dot")
