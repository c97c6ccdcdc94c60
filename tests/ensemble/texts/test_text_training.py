from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

import xaigeo as xg
from tests.text_models import KINDS
from xaigeo.errors import IdenticalModelsWarning, InputError, SingleSeedWarning
from xaigeo.text import WordTokenizer

SMALL = {
    "embedding_size": 6,
    "hidden_size": 4,
    "epochs": 2,
    "batch_size": 16,
    "learning_rate": 0.001,
}


def train(labelled, **more):
    texts, y = labelled
    if more.get("encoder") == "transformer":
        more.setdefault("n_heads", 2)
    return xg.TextEnsemble.train(texts, y, **{"seeds": range(2), **SMALL, **more})


def plain_loop(ensemble, rows, labels, seed, *, dropout=0.0, frozen=False, vectors=None):
    """Train one plain module as anyone would: torch's own layers, optimiser, loss and order."""
    torch.manual_seed(seed)
    module = ensemble.members.network.architecture.build().double()
    if vectors is not None:
        with torch.no_grad():
            module.embedding.weight[vectors.known] = torch.tensor(vectors.matrix[vectors.known])
    module.embedding.weight.requires_grad_(not frozen)
    tokens = torch.tensor(rows.astype(np.int64))
    trained = [p for p in module.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(trained, lr=0.001)
    binary = module.output.out_features == 1
    loss = nn.BCEWithLogitsLoss() if binary else nn.CrossEntropyLoss()
    order = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)  # dropout
    for _ in range(SMALL["epochs"]):
        for batch in torch.randperm(len(tokens), generator=order).split(SMALL["batch_size"]):
            optimizer.zero_grad()
            raw = module(tokens[batch])
            target = torch.tensor(labels[batch.numpy()])
            loss(raw[:, 0], target.double()).backward() if binary else loss(raw, target).backward()
            optimizer.step()
    return module.state_dict()


def assert_equal_to_plain_loops(ensemble, labels, **more):
    texts = more.pop("texts")
    rows = ensemble.schema.encode(texts)
    for place, seed in enumerate(ensemble.seeds):
        alone = plain_loop(ensemble, rows, labels, seed, **more)
        for name, value in ensemble.members.network.state.items():
            torch.testing.assert_close(value[place], alone[name], rtol=0, atol=1e-8, msg=name)


@pytest.mark.parametrize(("encoder", "attention"), KINDS)
def test_training_together_equals_a_plain_loop_for_each_seed(labelled, encoder, attention):
    ensemble = train(
        labelled,
        encoder=encoder,
        attention=attention,
        dropout=0.3,
        validation_share=0,
        dtype="float64",
    )
    labels = (labelled[1] == "good").to_numpy().astype(np.int64)
    assert_equal_to_plain_loops(ensemble, labels, texts=labelled[0])


def test_several_classes_have_a_logit_each(labelled):
    texts, _ = labelled
    labels = texts.str.len().to_numpy() % 3
    ensemble = train((texts, labels), validation_share=0, dtype="float64")
    assert ensemble.members.network.architecture.n_raw == 3
    assert ensemble.logits(texts[:4]).shape == (2, 4, 3)
    assert_equal_to_plain_loops(ensemble, labels, texts=texts)


def test_two_classes_have_one_logit(labelled):
    ensemble = train(labelled)
    logits = ensemble.logits(labelled[0])
    assert ensemble.members.network.architecture.n_raw == 1
    np.testing.assert_allclose(logits[..., 0], -logits[..., 1])
    probability = 1 / (1 + np.exp(-logits))
    np.testing.assert_allclose(ensemble.predict_proba(labelled[0]), probability)


def test_regression_is_in_the_targets_own_units(labelled):
    texts, _ = labelled
    amount = texts.str.len().astype(float) * 100 + 5000
    ensemble = train((texts, amount), epochs=30, learning_rate=0.01)
    predicted = ensemble.predict(texts)
    assert predicted.shape == (2, 60)
    assert ensemble.task == "regression"
    assert abs(predicted.mean() - amount.mean()) < 1000
    both = pd.DataFrame({"a": amount, "b": -amount})
    assert train((texts, both), epochs=1).predict(texts[:3]).shape == (2, 3, 2)


def test_models_learn_the_word_that_decides(labelled):
    ensemble = train(labelled, epochs=40, learning_rate=0.02)
    texts, y = labelled
    assert (ensemble.predict(texts) == y.to_numpy()).mean() > 0.95
    assert min(ensemble.record["validation"]["scores"]["accuracy"]) > 0.7


def test_initial_weights_are_those_of_a_module_built_with_the_seed(labelled):
    ensemble = train(labelled, seeds=[4, 9], learning_rate=1e-30, init_seeds=[7, 8])
    for place, seed in enumerate([7, 8]):
        torch.manual_seed(seed)
        module = ensemble.members.network.architecture.build()
        own = ensemble.members.modules[place].state_dict()
        for name, value in module.state_dict().items():
            torch.testing.assert_close(own[name], value)


def test_the_vocabulary_is_that_of_the_training_share(labelled):
    ensemble = train(labelled)
    words = set(ensemble.schema.tokenizer.words)
    known = [f"no{place}" in words for place in range(60)]
    assert sum(known) == ensemble.record["n_train"] < 60
    assert train(labelled, max_words=5).schema.tokenizer.n_tokens == 6
    assert "no3" not in train(labelled, min_count=2).schema.tokenizer.words


def test_a_tokenizer_and_a_length_can_be_given(labelled):
    tokenizer = WordTokenizer.from_texts(["fine awful film"])
    with pytest.warns(xg.errors.LongTextWarning, match="more than 5 tokens"):
        ensemble = train(labelled, tokenizer=tokenizer, max_tokens=5)
    assert ensemble.schema.tokenizer is tokenizer
    assert ensemble.schema.max_tokens == 5


def test_places_of_a_transformer_that_no_text_reaches_are_refused(labelled):
    with pytest.raises(InputError, match="vectors of places, as they are trained, take 2,048,000"):
        train(labelled, encoder="transformer", embedding_size=64_000, max_tokens=10**5)


def test_frozen_word_vectors_stay_and_the_rest_is_trained(labelled):
    vectors = {"fine": np.arange(6.0), "awful": -np.arange(6.0), "unseen": np.zeros(6)}
    more = {"vectors": vectors, "validation_share": 0, "dtype": "float64", "embedding_size": None}
    frozen = train(labelled, train_vectors=False, **more)
    tokenizer = frozen.schema.tokenizer
    fine = tokenizer.split("fine")[0][1]
    weight = frozen.members.network.state["embedding.weight"]
    np.testing.assert_array_equal(weight[:, fine], np.tile(np.arange(6.0), (2, 1)))
    assert frozen.record["n_known_vectors"] == 2
    labels = (labelled[1] == "good").to_numpy().astype(np.int64)
    read = xg.text.word_vectors.WordVectors.read(vectors, tokenizer)
    assert_equal_to_plain_loops(frozen, labels, texts=labelled[0], vectors=read, frozen=True)
    tuned = train(labelled, **more)
    changed = tuned.members.network.state["embedding.weight"][:, fine]
    assert not np.allclose(changed, weight[:, fine])
    assert_equal_to_plain_loops(tuned, labels, texts=labelled[0], vectors=read)


def test_seeds_that_stop_early_keep_the_weights_of_their_best_epoch(labelled):
    ensemble = train(labelled, seeds=range(3), epochs=12, patience=1, learning_rate=0.05)
    record = ensemble.record
    assert all(
        kept <= run for kept, run in zip(record["epoch_kept"], record["epochs_run"], strict=True)
    )
    for seed in range(3):
        alone = train(labelled, seeds=[seed, 99], epochs=12, patience=1, learning_rate=0.05)
        assert alone.record["epochs_run"][0] == record["epochs_run"][seed]
        own = ensemble.select([seed]).logits(labelled[0])[0]
        np.testing.assert_allclose(alone.logits(labelled[0])[0], own, atol=1e-4)


@pytest.mark.parametrize("averaging", ["swa", "aswa", "ema"])
def test_averages_of_weights_can_be_kept(labelled, averaging):
    averaged = train(labelled, averaging=averaging, epochs=4)
    assert averaged.record["n_averaged"]
    last = train(labelled, epochs=4)
    assert not np.allclose(averaged.logits(labelled[0]), last.logits(labelled[0]))


def test_training_repeats_to_the_bit_and_the_seed_alone_differs(labelled):
    first, second = train(labelled), train(labelled)
    np.testing.assert_array_equal(first.logits(labelled[0]), second.logits(labelled[0]))
    for name in ("data_sha256", "config_sha256", "architecture_sha256"):
        assert first.record[name] == second.record[name]
    assert len(set(first.record["architecture_sha256"])) == 1
    assert train(labelled, dropout=0.1).record["config_sha256"] != first.record["config_sha256"]
    with pytest.warns(SingleSeedWarning):
        one = train(labelled, seeds=[1])
    np.testing.assert_allclose(one.logits(labelled[0])[0], first.logits(labelled[0])[1], atol=1e-5)


def test_seeds_that_change_nothing_are_told(labelled):
    with pytest.warns(IdenticalModelsWarning, match="answer alike"):
        ensemble = train(labelled, init_seeds=0, order_seeds=0)
    assert ensemble.record["identical"]


def test_class_weights_reach_the_loss(labelled):
    heavy = train(labelled, class_weight={"good": 50.0, "bad": 1.0}, epochs=20)
    assert heavy.predict_proba(labelled[0])[..., 1].mean() > 0.7


def test_a_size_that_is_not_the_vectors_is_refused(labelled):
    with pytest.raises(InputError, match="embedding_size to be that of the word vectors, 3") as e:
        train(labelled, vectors={"fine": [1.0, 2.0, 3.0]})
    assert "Leave embedding_size out" in str(e.value)


def test_train_vectors_is_a_flag(labelled):
    with pytest.raises(InputError, match="train_vectors to be True or False"):
        train(labelled, train_vectors="no")


def test_options_of_training_are_checked(labelled):
    with pytest.raises(InputError, match="epochs to be a whole number"):
        train(labelled, epochs=0)
    with pytest.raises(InputError, match="task to be one of"):
        train(labelled, task="ranking")


def test_diverging_seeds_are_named(labelled):
    with pytest.raises(InputError, match="finite weights and losses in every seed"):
        train(labelled, learning_rate=1e38, optimizer="sgd")
