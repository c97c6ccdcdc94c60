from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from tests.text_models import TEXTS, LinearTextMembers, linear_text_ensemble
from xaigeo.ensemble.texts.text_ensemble import TextEnsemble
from xaigeo.ensemble.texts.text_members import AttentionMaps
from xaigeo.errors import InputError
from xaigeo.explainers import explain
from xaigeo.explainers.texts.attention import AttentionExplainer

LAYERS = ("first", "second", "third")


class SelfAttending(LinearTextMembers):
    """Linear models with made-up self-attention: 3 layers, 2 heads, by token and member."""

    reads = "mean"
    leaks = False

    def subset(self, places):
        part = super().subset(places)
        chosen = type(self)(part.weights, part.scores, part.bias, part.schema)
        chosen.reads, chosen.leaks = self.reads, self.leaks
        return chosen

    def attention(self, rows):
        there = rows >= 0
        codes = np.where(there, rows, 0).astype(int)
        score = self.scores[:, codes]  # (K, n, T)
        factor = np.array([[0.5, -1.0], [2.0, 0.3], [1.0, 1.5]])[:, :, None, None]
        raw = np.exp(factor * score[:, :, None, None, None, :] * score[:, :, None, None, :, None])
        pairs = (there[:, :, None] & there[:, None, :])[None, :, None, None]
        raw = raw * pairs
        weights = raw / np.maximum(raw.sum(axis=-1, keepdims=True), 1e-300)
        if self.leaks:
            weights = 0.9 * weights
        return AttentionMaps(weights=weights, layers=LAYERS, pooling=False, reads=self.reads)


@pytest.fixture(scope="module")
def looking():
    """Models whose attention goes from token to token; their texts begin with an added token."""
    plain = linear_text_ensemble(marked=True)
    m = plain.members
    return replace(plain, members=SelfAttending(m.weights, m.scores, m.bias, m.schema))


@pytest.fixture(scope="module")
def maps(looking):
    return looking.members.attention(looking.schema.encode(TEXTS)).weights


def attention(ensemble, texts=TEXTS, **parameters):
    return explain(ensemble, texts, "attention", **parameters)


def naive(maps, lengths, *, layers=(0, 1, 2), heads=(0, 1), query="mean"):
    """Mean weights over layers and heads of a query, text by text."""
    found = np.zeros((*maps.shape[:2], maps.shape[-1]))
    for member, text in np.ndindex(maps.shape[:2]):
        n = lengths[text]
        queries = range(n) if query == "mean" else [range(n)[query]]
        rows = [
            maps[member, text, layer, head, q]
            for layer in layers
            for head in heads
            for q in queries
        ]
        found[member, text] = np.mean(rows, axis=0)
    return found


def test_networks_that_take_the_mean_have_no_attention_to_read():
    ensemble = TextEnsemble.train(
        TEXTS * 2,
        ["yes", "no"] * 4,
        seeds=range(2),
        attention="none",
        epochs=1,
        hidden_size=2,
        validation_share=0.0,
    )
    message = (
        "Expected text networks with attention, got networks that take the mean of all tokens "
        "(attention='none'). Train with attention='additive' or attention='scaled_dot', or explain "
        "by another method."
    )
    with pytest.raises(InputError, match=re.escape(message)):
        attention(ensemble)
    assert explain(ensemble, TEXTS, "occlusion").array("attribution").any()


def test_pooling_attention_is_the_softmax_of_the_words_scores():
    linear = linear_text_ensemble(n_outputs=3, pooled=True)
    found = attention(linear)
    rows = linear.schema.encode(TEXTS)
    for member, (text, row) in [(m, pair) for m in range(3) for pair in enumerate(rows)]:
        tokens = row[row >= 0].astype(int)
        raw = np.exp(linear.members.scores[member, tokens])
        for c in range(3):
            weights = found.array("attribution")[member, text, :, c]
            assert weights[: len(tokens)] == pytest.approx(raw / raw.sum())
            assert not weights[len(tokens) :].any()
    assert found.array("weight_sum") == pytest.approx(1)
    assert found.weights_sum_to_one
    assert not found.signed
    assert not found.additive
    assert found.scale == "weight"
    assert found.provenance["resolved"]["query"] == "text"
    assert found.provenance["resolved"]["layers"] == ["attention"]


def test_all_seeds_are_asked_in_one_pass(monkeypatch):
    linear = linear_text_ensemble()
    asked = []
    own = LinearTextMembers.attention

    def counted(self, rows):
        asked.append((self.n_members, len(rows)))
        return own(self, rows)

    monkeypatch.setattr(LinearTextMembers, "attention", counted)
    attention(linear)
    assert asked.count((3, 4)) == 1
    assert all(n_texts == 1 for n_members, n_texts in asked if n_members == 1)


@pytest.mark.parametrize(
    ("parameters", "chosen"),
    [
        ({}, {}),
        ({"layers": "last"}, {"layers": (2,)}),
        ({"layers": [-1, 0]}, {"layers": (2, 0)}),
        ({"heads": 1}, {"heads": (1,)}),
        ({"heads": [1], "layers": 1}, {"heads": (1,), "layers": (1,)}),
        ({"query": "first"}, {"query": 0}),
        ({"query": "last"}, {"query": -1}),
        ({"query": 2}, {"query": 2}),
    ],
    ids=str,
)
def test_layers_heads_and_queries_are_chosen_as_in_a_naive_loop(looking, maps, parameters, chosen):
    found = attention(looking, **parameters)
    lengths = found.n_tokens
    assert found.array("attribution")[..., 0] == pytest.approx(naive(maps, lengths, **chosen))
    assert (found.array("attribution")[..., 0] == found.array("attribution")[..., 1]).all()
    assert found.weights_sum_to_one
    assert json.loads(json.dumps(found.provenance["parameters"]))["query"] == parameters.get(
        "query", "as_read"
    )


def test_the_query_is_that_from_which_the_model_reads(looking, maps):
    members = looking.members
    first = SelfAttending(members.weights, members.scores, members.bias, members.schema)
    first.reads = "first"
    found = attention(replace(looking, members=first))
    expected = naive(maps, found.n_tokens, query=0)
    assert found.array("attribution")[..., 0] == pytest.approx(expected)
    assert found.provenance["resolved"]["query"] == "first"
    assert attention(looking).provenance["resolved"]["query"] == "mean"


def test_rollout_is_a_naive_product(looking, maps):
    found = attention(looking, layer_reduction="rollout", query="first")
    for member, (text, n) in [(m, t) for m in range(3) for t in enumerate(found.n_tokens)]:
        product = np.eye(n)
        for layer in range(3):
            mixed = 0.5 * maps[member, text, layer, :, :n, :n].mean(axis=0) + 0.5 * np.eye(n)
            product = mixed / mixed.sum(axis=1, keepdims=True) @ product
        assert found.array("attribution")[member, text, :n, 0] == pytest.approx(product[0])
    assert found.weights_sum_to_one


def test_weights_of_a_maximum_do_not_sum_to_one_and_say_so(looking, maps):
    found = attention(looking, head_reduction="max", layers=0, query="first")
    expected = maps[:, :, 0, :, 0].max(axis=2)
    assert found.array("attribution")[..., 0] == pytest.approx(expected)
    assert found.array("weight_sum") == pytest.approx(expected.sum(axis=-1))
    assert not found.weights_sum_to_one
    assert not attention(looking, layer_reduction="max").weights_sum_to_one


def test_weights_that_the_models_do_not_normalise_are_left_as_they_are(looking):
    m = looking.members
    leaking = SelfAttending(m.weights, m.scores, m.bias, m.schema)
    leaking.leaks = True
    found = attention(replace(looking, members=leaking))
    assert found.array("weight_sum") == pytest.approx(0.9)
    assert not found.weights_sum_to_one


def test_added_tokens_are_kept_dropped_or_shared_out(looking):
    kept, dropped, shared = (
        attention(looking, special_tokens=how) for how in ("keep", "drop", "renormalise")
    )
    weights = kept.array("attribution")
    assert kept.mask[:, 0].all()
    for found in (dropped, shared):
        assert not found.mask[:, 0].any()
        assert not found.array("attribution")[:, :, 0].any()
    assert (dropped.array("attribution")[:, :, 1:] == weights[:, :, 1:]).all()
    assert dropped.array("weight_sum") == pytest.approx(1 - weights[:, :, 0, 0])
    assert not dropped.weights_sum_to_one
    left = 1 - weights[:, :, :1]
    assert shared.array("attribution")[:, :, 1:] == pytest.approx(weights[:, :, 1:] / left)
    assert shared.weights_sum_to_one


def test_maps_are_kept_on_request(looking, maps):
    assert "attention" not in attention(looking).data
    kept = attention(looking, keep_maps=True, layers="last")
    assert kept.data["attention"].dims == ("seed", "instance", "layer", "head", "query", "token")
    assert kept.array("attention") == pytest.approx(maps)


def test_little_memory_cuts_texts_and_models(looking):
    from xaigeo.explainers.background import Background
    from xaigeo.explainers.blocks.block import Block

    rows = looking.schema.encode(TEXTS)
    background = Background.from_frame(looking.schema, rows)
    block = Block(looking, rows, background, (), np.random.SeedSequence(0))
    explainer = AttentionExplainer(keep_maps=True)
    whole = explainer.explain_batched(block)
    for max_memory in (1, 100_000):
        cut = explainer.explain_batched(replace(block, max_memory=max_memory))
        assert cut.keys() == whole.keys()
        for name, numbers in whole.items():
            assert cut[name] == pytest.approx(numbers, abs=1e-15)


@pytest.mark.parametrize("encoder", ["cnn", "lstm", "transformer"])
def test_trained_models_attend_to_their_tokens_alone(trained, encoder):
    ensemble, texts = trained(encoder)
    found = attention(ensemble, texts[:8])
    there = found.array("input") >= 0
    assert (found.mask == there).all()
    assert (found.array("attribution")[:, there] > 0).all()
    assert found.weights_sum_to_one
    alone = attention(ensemble, texts[2:3])  # without longer texts beside it
    assert alone.array("attribution")[:, 0] == pytest.approx(found.array("attribution")[:, 2])


def test_only_attention_has_weights():
    found = explain(linear_text_ensemble(), TEXTS, "saliency")
    message = (
        "Expected attention, which has weights, got saliency. Ask the result of method='attention'."
    )
    with pytest.raises(InputError, match=re.escape(message)):
        _ = found.weights_sum_to_one


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"layer_reduction": "rollout"},
            "Expected self-attention for layer_reduction='rollout', which follows tokens from "
            "layer to layer, got attention that pools tokens into one. Use layer_reduction='mean'.",
        ),
        (
            {"query": 3},
            "Expected query='as_read' of attention that pools, where the text is the one query, "
            "got 3. Leave query out.",
        ),
        ({"query": "first"}, "attention that pools, where the text is the one query, got 'first'."),
        ({"query": 0}, "attention that pools, where the text is the one query, got 0."),
        ({"heads": 1}, "Expected heads among the 1 that the models have, counted from 0"),
        ({"layers": [0, 4]}, "Expected layers among the 1 that the models have, counted from 0"),
        ({"engine": "upstream"}, "Expected an engine of attention (batched), got 'upstream'."),
    ],
)
def test_what_pooling_attention_does_not_have_is_refused(parameters, message):
    with pytest.raises(InputError, match=re.escape(message)):
        attention(linear_text_ensemble(), **parameters)


def test_a_query_beyond_a_text_is_refused(looking):
    with pytest.raises(InputError, match="Expected texts with a token at place 6, the query"):
        attention(looking, query=6)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"layers": "first"}, "Expected layers to be 'all', 'last', a place, or several places"),
        ({"heads": "last"}, "Expected heads to be 'all', a place, or several places"),
        ({"layer_reduction": "sum"}, "Expected layer_reduction to be one of 'mean', 'max', 'roll"),
        ({"head_reduction": "sum"}, "Expected head_reduction to be one of 'mean', 'max', got"),
        ({"special_tokens": "hide"}, "Expected special_tokens to be one of 'keep', 'drop', 'ren"),
        ({"query": "cls"}, "Expected query to be 'as_read', 'mean', 'first', 'last' or the place"),
    ],
)
def test_options_are_checked(parameters, message):
    with pytest.raises(InputError, match=re.escape(message)):
        AttentionExplainer(**parameters)
