from __future__ import annotations

import numpy as np
import pytest
import torch

import xaigeo as xg
from tests.text_models import KINDS
from xaigeo.ensemble.texts import stacked_text_members
from xaigeo.ensemble.texts.raw_outputs import RawOutputs
from xaigeo.ensemble.texts.stacked_text_members import StackedTextMembers
from xaigeo.ensemble.texts.text_architecture import TextArchitecture
from xaigeo.ensemble.texts.text_members import TextMembers
from xaigeo.ensemble.texts.text_network import TextNetwork
from xaigeo.errors import InputError, SingleSeedWarning
from xaigeo.text import ABSENT, TextSchema, WordTokenizer

K, T = 3, 8


def members(encoder="cnn", attention="additive", n_raw=1):
    words = tuple(f"w{k}" for k in range(14))
    schema = TextSchema.of(WordTokenizer(words=("<unk>", *words)), T)
    torch.manual_seed(0)
    architecture = TextArchitecture.of(
        n_tokens=15,
        n_raw=n_raw,
        max_tokens=T,
        encoder=encoder,
        attention=attention,
        embedding_size=8,
        hidden_size=5,
    )
    modules = [architecture.build().double() for _ in range(K)]
    network = TextNetwork.from_modules(modules, architecture)
    outputs = RawOutputs(task="classification", single_logit=n_raw == 1)
    return StackedTextMembers(network, schema, outputs)


def rows(n=12, gaps=False, seed=0):
    rng = np.random.default_rng(seed)
    made = np.full((n, T), ABSENT)
    for row, length in zip(made, rng.integers(1, T - 1, n), strict=True):
        row[:length] = rng.integers(0, 15, length)
    if gaps:
        made[rng.random(made.shape) < 0.3] = ABSENT
    return made


def sigmoids(raw):
    return 1 / (1 + np.exp(-np.concatenate([-raw, raw], axis=-1)))


@pytest.mark.parametrize(("encoder", "attention"), KINDS)
def test_values_are_those_of_the_modules(encoder, attention, monkeypatch):
    made = members(encoder, attention)
    assert isinstance(made, TextMembers)
    texts = rows(gaps=True)
    texts[4] = ABSENT
    tokens = torch.tensor(texts.astype(int))
    raw = np.stack([module(tokens).detach().numpy() for module in made.modules])
    for most in (64, 5, 1):
        monkeypatch.setattr(stacked_text_members, "MOST_TEXTS", most)
        np.testing.assert_allclose(made.values(texts, "probability"), sigmoids(raw), atol=1e-12)
    monkeypatch.setattr(stacked_text_members, "MEMORY_LIMIT", 1)
    logits = made.values(texts, "logit")
    np.testing.assert_allclose(logits, np.concatenate([-raw, raw], axis=-1), atol=1e-12)
    np.testing.assert_allclose(made.member_values(1, texts, "logit"), logits[1])
    np.testing.assert_allclose(made.subset([2, 0]).values(texts, "logit"), logits[[2, 0]])


def test_probabilities_of_several_classes_add_up_to_one():
    probability = members(n_raw=4).values(rows(), "probability")
    assert probability.shape == (K, 12, 4)
    np.testing.assert_allclose(probability.sum(axis=-1), 1)


def test_a_removed_word_is_a_text_without_it():
    made = members()
    full, short = np.full((1, T), ABSENT), np.full((1, T), ABSENT)
    full[0, [0, 2, 5]] = short[0, :3] = [3, 7, 2]
    np.testing.assert_allclose(made.values(full, "logit"), made.values(short, "logit"))


@pytest.mark.parametrize(("encoder", "attention"), KINDS)
def test_outputs_of_embedded_words_are_the_values(encoder, attention):
    made, texts = members(encoder, attention), rows()
    embedded = made.embed(texts)
    longest = int((texts != ABSENT).sum(axis=1).max())
    assert embedded.shape == (K, 12, longest, 8)
    for place, module in enumerate(made.modules):
        table = module.embedding.weight.detach().numpy()
        for text, vectors in zip(texts, embedded[place].numpy(), strict=True):
            n = int((text != ABSENT).sum())
            np.testing.assert_array_equal(vectors[:n], table[text[:n].astype(int)])
            assert (vectors[n:] == 0).all()
    for scale in ("logit", "probability"):
        outputs = made.outputs_of_embedded(embedded, texts, scale)
        np.testing.assert_allclose(outputs.numpy(), made.values(texts, scale), atol=1e-12)


@pytest.mark.parametrize(("encoder", "attention"), KINDS)
def test_gradients_by_embedded_words_are_those_of_the_modules(encoder, attention):
    made, texts = members(encoder, attention), rows()
    embedded = made.embed(texts).requires_grad_()
    outputs = made.outputs_of_embedded(embedded, texts, "probability")
    (together,) = torch.autograd.grad(outputs[..., 1].sum(), embedded)
    there = torch.tensor(texts[:, : embedded.shape[2]] != ABSENT)
    for place, module in enumerate(made.modules):
        own = embedded[place].detach().clone().requires_grad_()
        probability = torch.sigmoid(module.outputs_of_embedded(own, there))
        (alone,) = torch.autograd.grad(probability.sum(), own)
        expected = torch.where(there[..., None], alone, 0)
        torch.testing.assert_close(together[place], expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("encoder", "attention"), [k for k in KINDS if k[1] not in (None, "none")])
def test_pooling_attention_is_read_in_one_pass(encoder, attention):
    made, texts = members(encoder, attention), rows()
    maps = made.attention(texts)
    assert maps.weights.shape == (K, 12, 1, 1, 1, T)
    assert (maps.layers, maps.pooling, maps.reads) == (("pooling",), True, "pool")
    tokens = torch.tensor(texts.astype(int))
    for place, module in enumerate(made.modules):
        alone = module.weights_of(tokens).detach().numpy()
        np.testing.assert_allclose(maps.weights[place, :, 0, 0, 0], alone, atol=1e-12)
    np.testing.assert_allclose(maps.weights.sum(axis=-1), 1)
    assert (maps.weights[:, :, 0, 0, 0][:, texts == ABSENT] == 0).all()


def test_a_transformer_has_maps_by_layer_and_head():
    made, texts = members("transformer", None), rows()
    maps = made.attention(texts)
    assert maps.weights.shape == (K, 12, 2, 4, T, T)
    assert (maps.layers, maps.pooling, maps.reads) == (("layer 1", "layer 2"), False, "mean")
    there = torch.tensor(texts != ABSENT)
    tokens = torch.tensor(texts.astype(int))
    for place, module in enumerate(made.modules):
        _, alone = module.encoder.with_attention(module.embed(tokens), there)
        for layer, weights in enumerate(alone):
            queries = (weights * there[:, None, :, None]).detach().numpy()
            np.testing.assert_allclose(maps.weights[place, :, layer], queries, atol=1e-12)
    sums = maps.weights.sum(axis=-1)
    expected = np.broadcast_to((texts != ABSENT)[None, :, None, None], sums.shape)
    np.testing.assert_allclose(sums, expected)


@pytest.mark.parametrize("encoder", ["cnn", "lstm"])
def test_other_attention_gives_other_outputs(encoder, monkeypatch):
    monkeypatch.setattr(stacked_text_members, "MOST_TEXTS", 5)
    made, texts = members(encoder), rows()
    own = made.attention(texts).weights[:, :, 0, 0]
    draws = np.concatenate([own, np.random.default_rng(0).random((K, 12, 2, T))], axis=2)
    draws = draws * (texts != ABSENT)[None, :, None]
    outputs = made.outputs_with_attention(texts, draws, "probability")
    assert outputs.shape == (K, 12, 3, 2)
    np.testing.assert_allclose(outputs[:, :, 0], made.values(texts, "probability"), atol=1e-12)
    tokens = torch.tensor(texts.astype(int))
    for place, module in enumerate(made.modules):
        hidden = module.encoder(module.embed(tokens), tokens >= 0).detach()
        for draw in range(3):
            context = torch.einsum("nt,nth->nh", torch.tensor(draws[place, :, draw]), hidden)
            expected = sigmoids(module.output(context).detach().numpy())
            np.testing.assert_allclose(outputs[place, :, draw], expected, atol=1e-12)


def test_a_transformer_does_not_pool_by_attention():
    with pytest.raises(InputError, match="models that pool by attention") as error:
        members("transformer", None).outputs_with_attention(rows(), np.ones((K, 12, 1, T)), "logit")
    assert "Train with encoder='cnn' or encoder='lstm'" in str(error.value)


@pytest.mark.parametrize("encoder", ["cnn", "lstm"])
def test_a_mean_of_tokens_has_no_attention(encoder):
    made = members(encoder, "none")
    with pytest.raises(InputError, match="text networks with attention") as read:
        made.attention(rows())
    with pytest.raises(InputError, match="text networks that pool by attention") as changed:
        made.outputs_with_attention(rows(), np.ones((K, 12, 1, T)), "logit")
    for error in (read, changed):
        assert "take the mean of all tokens (attention='none')" in str(error.value)
        assert "attention='additive' or attention='scaled_dot'" in str(error.value)


@pytest.mark.parametrize("shape", [(K, 12, T), (K, 11, 2, T), (2, 12, 2, T), (K, 12, 2, T + 1)])
def test_weights_of_another_shape_are_refused(shape):
    with pytest.raises(InputError, match=r"weights of shape \(3, 12, n_draws, 8\)") as error:
        members().outputs_with_attention(rows(), np.ones(shape), "logit")
    assert f"shape {shape}" in str(error.value)


def test_outputs_that_are_not_finite_are_told():
    made = members()
    made.network.state["output.bias"][1] = float("nan")
    with pytest.raises(InputError, match="finite outputs from every model") as error:
        made.values(rows(), "logit")
    assert "the model at place 1" in str(error.value)


@pytest.mark.parametrize(("encoder", "attention"), KINDS)
def test_an_ensemble_comes_back_from_disk_the_same(encoder, attention, tmp_path, labelled):
    texts, y = labelled
    heads = {"n_heads": 2} if encoder == "transformer" else {}
    ensemble = xg.TextEnsemble.train(
        texts,
        y,
        seeds=range(2),
        encoder=encoder,
        attention=attention,
        epochs=1,
        embedding_size=6,
        hidden_size=4,
        **heads,
    )
    ensemble.save(tmp_path / "store")
    for kind in (xg.SeedEnsemble, xg.TextEnsemble):
        loaded = kind.load(tmp_path / "store")
        assert type(loaded) is xg.TextEnsemble
        assert loaded.schema.tokenizer == ensemble.schema.tokenizer
        assert loaded.record == ensemble.record
        np.testing.assert_array_equal(loaded.logits(texts), ensemble.logits(texts))
    part = loaded.select([1])
    part.save(tmp_path / "part")
    again = xg.TextEnsemble.load(tmp_path / "part")
    np.testing.assert_allclose(again.logits(texts)[0], ensemble.logits(texts)[1], atol=1e-5)
    files = sorted(path.name for path in (tmp_path / "store").iterdir())
    assert files == ["ensemble.json", "weights.safetensors"]


def test_a_regression_comes_back_with_its_units(tmp_path, labelled):
    texts, _ = labelled
    ensemble = xg.TextEnsemble.train(
        texts, texts.str.len().astype(float), seeds=range(2), epochs=1, hidden_size=4
    )
    ensemble.save(tmp_path / "store")
    loaded = xg.SeedEnsemble.load(tmp_path / "store")
    np.testing.assert_array_equal(loaded.predict(texts), ensemble.predict(texts))


def test_an_ensemble_answers_for_texts(labelled):
    texts, y = labelled
    ensemble = xg.TextEnsemble.train(texts, y, seeds=range(2), epochs=1, hidden_size=4)
    evaluation = ensemble.evaluate(texts, y)
    assert evaluation.row_labels.tolist() == texts.index.tolist()
    assert ensemble.predict("fine film").shape == (2, 1)
    with pytest.raises(InputError, match="y in the order of X"):
        ensemble.evaluate(texts, y[::-1])
    html = ensemble._repr_html_()
    assert "TextEnsemble" in html
    assert f">{ensemble.schema.tokenizer.n_tokens} different ones</td>" in html
    assert "texts of up to" in repr(ensemble)
    assert len(repr(ensemble)) < 300


def test_one_model_is_told_as_one(labelled):
    with pytest.warns(SingleSeedWarning):
        one = xg.TextEnsemble.train(*labelled, seeds=[3], epochs=1, hidden_size=4)
    assert repr(one).startswith("TextEnsemble(1 model of texts of up to")
