from __future__ import annotations

import copy
import sys

import numpy as np
import pytest
import torch
from transformers import BartConfig, BartForSequenceClassification, BertModel

import xaigeo as xg
from tests.huggingface_models import (
    TEXTS,
    bert,
    byte_pairs,
    distilbert,
    gpt2,
    roberta,
    word_pieces,
)
from xaigeo.ensemble.texts.text_members import TextMembers
from xaigeo.errors import InputError, StoreError
from xaigeo.text import ABSENT, HuggingFaceTokenizer

KINDS = {
    "bert": (bert, word_pieces, "first"),
    "distilbert": (distilbert, word_pieces, "first"),
    "roberta": (roberta, word_pieces, "first"),
    "gpt2": (gpt2, byte_pairs, "last"),
}


@pytest.fixture(scope="module", params=KINDS)
def kind(request):
    make, tokenizer, reads = KINDS[request.param]
    models = make()
    ensemble = xg.TextEnsemble.wrap(models, tokenizer=tokenizer(), texts=TEXTS)
    return models, tokenizer(), ensemble, reads


@pytest.fixture(scope="module")
def berts():
    models = bert()
    return models, xg.TextEnsemble.wrap(models, tokenizer=word_pieces(), texts=TEXTS)


def alone(models, numbers, **options):
    """Ask every model about one text without padding."""
    with torch.no_grad():
        return [model(input_ids=torch.tensor([numbers]), **options) for model in models]


def test_outputs_are_the_models_own_whatever_stands_beside(kind):
    models, tokenizer, ensemble, _ = kind
    assert isinstance(ensemble.members, TextMembers)
    assert not ensemble.members.one_length
    wanted = np.stack(
        [
            [answer.logits[0].numpy() for answer in alone(models, tokenizer(text)["input_ids"])]
            for text in TEXTS
        ],
        axis=1,
    )
    np.testing.assert_allclose(ensemble.logits(TEXTS), wanted, atol=2e-5)
    softmax = np.exp(wanted) / np.exp(wanted).sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(ensemble.predict_proba(TEXTS), softmax, atol=2e-5)
    np.testing.assert_array_equal(
        ensemble.member_outputs_encoded(1, ensemble.schema.encode(TEXTS)),
        ensemble.predict_proba(TEXTS)[1],
    )


def test_attention_is_that_of_output_attentions(kind):
    models, tokenizer, ensemble, reads = kind
    maps = ensemble.members.attention(ensemble.schema.encode(TEXTS))
    assert (maps.pooling, maps.reads) == (False, reads)
    eager = copy.deepcopy(models)
    for model in eager:
        model.set_attn_implementation("eager")
    for place, text in enumerate(TEXTS):
        numbers = tokenizer(text)["input_ids"]
        n = len(numbers)
        for member, answer in enumerate(alone(eager, numbers, output_attentions=True)):
            wanted = torch.stack(answer.attentions)[:, 0].numpy()
            got = maps.weights[member, place]
            np.testing.assert_allclose(got[:, :, :n, :n], wanted, atol=1e-5)
            assert got.sum() == pytest.approx(wanted.sum(), abs=1e-3)  # nothing beyond the text
    assert maps.layers == tuple(f"layer {place + 1}" for place in range(maps.weights.shape[2]))
    assert {model.config._attn_implementation for model in models} == {"sdpa"}  # as before


def test_gradients_enter_at_the_word_vectors(kind):
    models, _, ensemble, _ = kind
    rows = ensemble.schema.encode(TEXTS[:3])
    members = ensemble.members
    vectors = members.embed(rows).requires_grad_()
    outputs = members.outputs_of_embedded(vectors, rows, "logit")
    np.testing.assert_allclose(outputs.detach().numpy(), ensemble.logits(TEXTS[:3]), atol=1e-6)
    outputs[:, :, 0].sum().backward()
    for member, model in enumerate(models):
        for place, row in enumerate(rows):
            numbers = torch.from_numpy(row[row != ABSENT].astype(np.int64))[None]
            own = model.get_input_embeddings()(numbers).detach().requires_grad_()
            # One text without padding: there every kind of model takes vectors of its own accord.
            (wanted,) = torch.autograd.grad(model(inputs_embeds=own).logits[0, 0], own)
            n = numbers.shape[1]
            np.testing.assert_allclose(
                vectors.detach()[member, place, :n], own.detach()[0], atol=1e-6
            )
            np.testing.assert_allclose(vectors.grad[member, place, :n], wanted[0], atol=2e-4)
            assert not vectors.grad[member, place, n:].any()
            assert not vectors.detach()[member, place, n:].any()
        assert all(weight.grad is None and weight.requires_grad for weight in model.parameters())


def test_a_removed_token_leaves_no_gap(berts):
    _, ensemble = berts
    rows = ensemble.schema.encode(["a good film", "a film"])
    rows[0, 2] = ABSENT
    outputs = ensemble.outputs_encoded(rows)
    np.testing.assert_allclose(outputs[:, 0], outputs[:, 1], atol=1e-6)
    for ask in (ensemble.members.embed, ensemble.members.attention):
        with pytest.raises(InputError, match="stand side by side, got rows with a removed token"):
            ask(rows)


def test_an_empty_text_is_its_special_tokens(berts):
    models, ensemble = berts
    rows = np.full((2, ensemble.schema.max_tokens), ABSENT)
    rows[1, 0] = 59
    wanted = [answer.logits[0].numpy() for answer in alone(models, [2, 3])]
    np.testing.assert_allclose(
        ensemble.outputs_encoded(rows, scale="logit")[:, 0], wanted, atol=1e-5
    )
    vectors = ensemble.members.embed(rows)
    assert vectors.shape[:3] == (2, 2, 1)
    assert not vectors[:, 0].any()
    assert not ensemble.members.attention(rows).weights[:, 0].any()
    embedded = ensemble.members.outputs_of_embedded(vectors, rows, "logit")
    np.testing.assert_allclose(embedded[:, 0], wanted, atol=1e-5)


def test_an_empty_text_of_a_tokenizer_that_adds_nothing():
    models = gpt2()
    ensemble = xg.TextEnsemble.wrap(models, tokenizer=byte_pairs(), max_tokens=8)
    rows = np.full((1, 8), ABSENT)
    wanted = [answer.logits[0].numpy() for answer in alone(models, [0])]  # neither mask nor unknown
    np.testing.assert_allclose(
        ensemble.outputs_encoded(rows, scale="logit")[:, 0], wanted, atol=1e-5
    )


def test_subset_and_modules(berts):
    models, ensemble = berts
    assert ensemble.members.modules == models  # not copied
    one = ensemble.select([1])
    np.testing.assert_array_equal(one.logits(TEXTS)[0], ensemble.logits(TEXTS)[1])


def test_models_are_asked_in_evaluation_mode():
    models = bert(n=1)
    models[0].train()
    with pytest.warns(xg.errors.SingleSeedWarning):
        ensemble = xg.TextEnsemble.wrap(models, tokenizer=word_pieces(), max_tokens=20)
    models[0].train()
    np.testing.assert_array_equal(ensemble.logits(TEXTS), ensemble.logits(TEXTS))


def test_saved_and_loaded(kind, tmp_path):
    models, _, ensemble, _ = kind
    path = ensemble.save(tmp_path / "ensemble")
    again = xg.SeedEnsemble.load(path)
    assert type(again) is xg.TextEnsemble
    np.testing.assert_allclose(again.logits(TEXTS), ensemble.logits(TEXTS), atol=1e-6)
    assert (again.seeds, again.classes, again.schema) == (
        ensemble.seeds,
        ensemble.classes,
        ensemble.schema,
    )
    assert again.record == ensemble.record
    assert type(again.members.modules[0]) is type(models[0])
    weights = path / "model-1" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x07")
    with pytest.raises(StoreError, match=r"model-1/model\.safetensors with SHA-256"):
        xg.SeedEnsemble.load(path)


def test_what_cannot_be_saved_or_loaded(berts, tmp_path, monkeypatch):
    models, _ = berts

    class Own(type(models[0])):
        pass

    own = [copy.deepcopy(model) for model in models]
    for model in own:
        model.__class__ = Own
    wrapped = xg.TextEnsemble.wrap(own, tokenizer=word_pieces(), max_tokens=9)
    with pytest.raises(InputError, match="transformers' own classes to save, got Own, code of its"):
        wrapped.save(tmp_path / "own")
    chosen = xg.TextEnsemble.wrap(
        models, tokenizer=word_pieces(), max_tokens=9, output=lambda answer: answer.logits
    )
    with pytest.raises(InputError, match=r"output=\.\.\. as a key or a place to save, got a funct"):
        chosen.save(tmp_path / "function")
    path = xg.TextEnsemble.wrap(models, tokenizer=word_pieces(), max_tokens=9).save(tmp_path / "e")
    monkeypatch.setattr("transformers.BertForSequenceClassification", None)
    with pytest.raises(StoreError, match="the class BertForSequenceClassification in transformers"):
        xg.SeedEnsemble.load(path)
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(InputError, match=r"Run pip install 'xaigeo\[transformers\]'"):
        xg.SeedEnsemble.load(path)


def test_classes_and_task_follow_the_configuration():
    def labels(models, **options):
        made = xg.TextEnsemble.wrap(models, tokenizer=word_pieces(), max_tokens=20, **options)
        return made.classes, made.task, made.predict(TEXTS[0])[0][0]

    assert labels(bert())[:2] == ((0, 1, 2), "classification")
    named = bert(id2label={0: "bad", 1: "mixed", 2: "good"}, label2id={})
    assert labels(named)[0] == ("bad", "mixed", "good")
    assert labels(bert(), classes=["x", "y", "z"])[0] == ("x", "y", "z")
    lone = bert(num_labels=1)
    classes, task, value = labels(lone)
    assert (classes, task) == (("y",), "regression")
    numbers = word_pieces()(TEXTS[0])["input_ids"]
    assert value == pytest.approx(float(alone(lone, numbers)[0].logits), abs=1e-5)
    assert labels(lone, classes=["no", "yes"])[:2] == (("no", "yes"), "classification")
    several = bert(num_labels=2, problem_type="regression")
    assert labels(several)[:2] == (("y0", "y1"), "regression")


def test_a_lone_logit_is_read_as_two():
    models = bert(num_labels=1)
    ensemble = xg.TextEnsemble.wrap(
        models, tokenizer=word_pieces(), max_tokens=20, task="classification"
    )
    numbers = word_pieces()(TEXTS[0])["input_ids"]
    z = float(alone(models, numbers)[0].logits)
    assert ensemble.logits(TEXTS[0])[0, 0] == pytest.approx([-z, z], abs=1e-5)
    assert ensemble.predict_proba(TEXTS[0])[0, 0, 1] == pytest.approx(1 / (1 + np.exp(-z)))


def test_the_longest_text_that_is_read():
    def longest(models, tokenizer, **options):
        return xg.TextEnsemble.wrap(models, tokenizer=tokenizer, **options).schema.max_tokens

    assert longest(bert(), word_pieces()) == 40
    assert longest(roberta(), word_pieces()) == 39  # counted from behind the padding token
    assert longest(bert(), word_pieces(), texts=["good film"]) == 4
    with pytest.warns(xg.errors.LongTextWarning, match="more than 40 tokens"):
        assert longest(bert(), word_pieces(), texts=["good " * 60]) == 40
    with pytest.raises(InputError, match="max_tokens of at most 40, as many as the models read, g"):
        longest(bert(), word_pieces(), max_tokens=41)
    with pytest.raises(InputError, match="max_tokens of at least 3, with 2 special tokens in ever"):
        longest(bert(), word_pieces(), max_tokens=2)


def test_models_that_cannot_be_wrapped():
    tokenizer = word_pieces()

    def wrap(models, **options):
        xg.TextEnsemble.wrap(models, tokenizer=tokenizer, **{"max_tokens": 12} | options)

    with pytest.raises(
        InputError, match="one architecture, that differ in their seed alone, got B"
    ):
        wrap([*bert(), *distilbert()])
    bare = [BertModel(bert(1)[0].config) for _ in range(2)]
    with pytest.raises(InputError) as error:
        wrap(bare)
    assert str(error.value) == (
        "Expected models of transformers with a head that answers, such as "
        "...ForSequenceClassification, got BertModel, which gives hidden states alone. Load the "
        "trained models with AutoModelForSequenceClassification.from_pretrained(...), or wrap "
        "modules of your own that put a head on them."
    )
    with pytest.raises(InputError, match=r"an output among 'last_hidden_state'"):
        wrap(bare, output="logits")
    with pytest.raises(
        InputError, match="whose classes shut each other out, got problem_type='mul"
    ):
        wrap(bert(problem_type="multi_label_classification"))
    with pytest.raises(
        InputError, match="of at most 74 tokens, as many as the models embed, got o"
    ):
        xg.TextEnsemble.wrap(bert(), tokenizer=byte_pairs(), max_tokens=12)
    with pytest.raises(
        InputError, match=r"fails on them: ValueError.*needs model\.config\.pad_tok"
    ):
        wrap(gpt2(pad_token_id=None))
    with pytest.raises(
        InputError, match="modules of your own only, got embedding and attention wi"
    ):
        wrap(bert(), embedding="bert.embeddings", attention="bert")
    with pytest.raises(
        InputError, match=r"gives='logit', its default, for a regression, got 'prob"
    ):
        wrap(bert(num_labels=1), gives="probability")


def test_attention_that_pools_nothing(berts):
    _, ensemble = berts
    rows = ensemble.schema.encode(TEXTS)
    weights = np.zeros((2, len(TEXTS), 1, ensemble.schema.max_tokens))
    with pytest.raises(
        InputError, match="that pool a text by attention, got models of Hugging Fac"
    ):
        ensemble.members.outputs_with_attention(rows, weights, "logit")


def test_encoder_and_decoder_answer_but_show_neither_attention_nor_gradients():
    config = BartConfig(
        vocab_size=74,
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=16,
        decoder_ffn_dim=16,
        max_position_embeddings=40,
        pad_token_id=0,
        bos_token_id=2,
        eos_token_id=3,
        decoder_start_token_id=3,
        forced_eos_token_id=3,
    )
    models = [BartForSequenceClassification(config).eval() for _ in range(2)]
    ensemble = xg.TextEnsemble.wrap(models, tokenizer=word_pieces(), max_tokens=20)
    numbers = word_pieces()(TEXTS[1])["input_ids"]
    wanted = [answer.logits[0].numpy() for answer in alone(models, numbers)]
    np.testing.assert_allclose(ensemble.logits(TEXTS)[:, 1], wanted, atol=1e-5)
    rows = ensemble.schema.encode(TEXTS)
    with pytest.raises(
        InputError, match="ask the embedding once for a batch of texts, got 0 times"
    ):
        ensemble.members.embed(rows)
    with pytest.raises(
        InputError, match=r"BartForSequenceClassification without\. Load the models"
    ):
        ensemble.members.attention(rows)


def test_reads_can_be_said(berts):
    models, ensemble = berts
    said = xg.TextEnsemble.wrap(models, tokenizer=word_pieces(), max_tokens=20, reads="mean")
    assert said.members.attention(said.schema.encode(TEXTS)).reads == "mean"
    with pytest.raises(InputError, match="reads to be one of 'first', 'last', 'mean', got 'all'"):
        xg.TextEnsemble.wrap(models, tokenizer=word_pieces(), max_tokens=20, reads="all")
    assert "TextEnsemble(2 models of texts of up to" in repr(ensemble)


def test_methods_run_on_them(berts):
    _, ensemble = berts
    shown = xg.explain(ensemble, TEXTS[:2], method="attention")
    assert shown.tokens[1] == ["[CLS]", "not", "a", "good", "film", "[SEP]"]
    np.testing.assert_allclose(shown.array("weight_sum"), 1.0, atol=1e-5)


def test_models_in_half_precision():
    models = [model.to(torch.bfloat16) for model in bert()]
    ensemble = xg.TextEnsemble.wrap(models, tokenizer=word_pieces(), texts=TEXTS)
    assert not ensemble.members.one_length
    np.testing.assert_allclose(ensemble.predict_proba(TEXTS).sum(axis=-1), 1.0, atol=1e-12)
    rows = ensemble.schema.encode(TEXTS)
    vectors = ensemble.members.embed(rows)
    assert vectors.dtype == torch.float32
    outputs = ensemble.members.outputs_of_embedded(vectors, rows, "logit")
    np.testing.assert_allclose(outputs, ensemble.logits(TEXTS), atol=0.05)
    weights = ensemble.members.attention(rows).weights
    np.testing.assert_allclose(weights[:, :, :, :, 0].sum(axis=-1), 1.0, atol=0.02)


def test_what_a_model_does_not_tell():
    models = bert()
    for model in models:
        model.base_model_prefix = "nothing"
    ensemble = xg.TextEnsemble.wrap(models, tokenizer=word_pieces(), max_tokens=20)
    rows = ensemble.schema.encode(TEXTS)
    with pytest.raises(InputError, match=r"BertForSequenceClassification, whose get_input_embeddi"):
        ensemble.members.embed(rows)
    for model in models:
        model.get_input_embeddings = model.bert.get_input_embeddings
    with pytest.raises(
        InputError, match=r"that cannot be told\. Wrap with reads='first', 'last' or"
    ):
        ensemble.members.attention(rows)


def test_text_networks_are_trained_on_a_tokenizer_of_hugging_face(tmp_path):
    y = ["good", "bad", "bad", "good", "bad"] * 2
    given = xg.TextEnsemble.train(
        TEXTS * 2,
        y,
        seeds=range(2),
        tokenizer=word_pieces(),
        hidden_size=4,
        embedding_size=4,
        epochs=1,
        validation_share=0,
    )
    own = HuggingFaceTokenizer.from_tokenizer(word_pieces())
    assert given.schema.tokenizer == own
    assert given.schema.encode(TEXTS[:1])[0, 0] == 2
    taken_over = xg.TextEnsemble.train(
        TEXTS * 2,
        y,
        seeds=range(2),
        tokenizer=own,
        hidden_size=4,
        embedding_size=4,
        epochs=1,
        validation_share=0,
    )
    assert np.array_equal(given.logits(TEXTS), taken_over.logits(TEXTS))
    given.save(tmp_path / "ensemble")
    loaded = xg.TextEnsemble.load(tmp_path / "ensemble")
    assert np.array_equal(loaded.logits(TEXTS), given.logits(TEXTS))
    with pytest.raises(InputError, match="Expected a fast tokenizer of transformers, or one of to"):
        xg.TextEnsemble.train(TEXTS, y[:5], seeds=[0, 1], tokenizer="bert", validation_share=0)
