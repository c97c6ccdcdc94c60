import dataclasses
import sys

import numpy as np
import pandas as pd
import pytest

from tests.text_models import LinearTextMembers, linear_text_ensemble
from xaigeo import TextEnsemble
from xaigeo.errors import InputError
from xaigeo.explainers.blocks.streams import instance_seed
from xaigeo.faithfulness import attention_permutation
from xaigeo.store.checks import load_check
from xaigeo.text import ABSENT

TEXTS = pd.Series(
    ["a good film with a good plot", "fine", "not a good film", "the plot is thin"],
    index=["a", "b", "c", "d"],
)


@pytest.fixture(scope="module")
def pooled():
    """Four bags of words that pool by attention."""
    return linear_text_ensemble(TEXTS.tolist(), n_seeds=4, pooled=True)


@pytest.fixture(scope="module")
def trained():
    """Three small networks that pool by attention."""
    texts = ["good fine film", "bad thin plot film", "a good plot", "a bad film", "fine"] * 4
    labels = ["yes", "no", "yes", "no", "yes"] * 4
    return TextEnsemble.train(
        texts,
        labels,
        seeds=range(3),
        embedding_size=4,
        hidden_size=3,
        epochs=2,
        validation_share=0.0,
        max_tokens=8,
    )


def softmax(values):
    raised = np.exp(values - values.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


def test_the_answers_of_a_pooled_bag_of_words_are_known(pooled):
    check = attention_permutation(pooled, TEXTS, n_draws=30, random_state=3)
    assert check.instances.tolist() == ["a", "c", "d"]
    assert check.provenance["parameters"]["n_left_out"] == 1
    members = pooled.members
    rows = pooled.schema.encode(TEXTS[check.instances])
    for text, row in enumerate(rows):
        tokens = row[row != ABSENT].astype(int)
        m = len(tokens)
        draws = np.random.default_rng(instance_seed(3, row)).permuted(
            np.tile(np.arange(m), (30, 1)), axis=1
        )
        own = softmax(members.scores[:, tokens])
        for seed in range(4):

            def answer(weights, seed=seed, tokens=tokens):
                return softmax(weights @ members.weights[seed][tokens] + members.bias[seed])

            base = answer(own[seed])
            best = base.argmax()
            moved = np.array([abs(answer(own[seed][d])[best] - base[best]) for d in draws])
            others = [abs(answer(own[j])[best] - base[best]) for j in range(4) if j != seed]
            wanted = {
                "median_change": np.median(moved),
                "mean_change": moved.mean(),
                "uniform_change": abs(answer(np.full(m, 1 / m))[best] - base[best]),
                "swap_change": np.mean(others),
                "largest_weight": own[seed].max(),
                "confidence": base[best],
                "predicted": best,
            }
            for name, value in wanted.items():
                assert check.array(name)[seed, text] == pytest.approx(value, abs=1e-9), name
        assert check.array("n_tokens")[text] == m


def test_trained_networks_against_a_loop(trained):
    texts = ["a good fine film with a plot", "a bad plot"]
    check = attention_permutation(trained, texts, n_draws=7)
    rows = trained.schema.encode(texts)
    own = trained.members.attention(rows).weights[:, :, 0, 0, 0]
    for text, row in enumerate(rows):
        m = int((row != ABSENT).sum())
        rng = np.random.default_rng(instance_seed(0, row))
        orders = rng.permuted(np.tile(np.arange(m), (7, 1)), axis=1)
        for place, seed in enumerate(trained.seeds):
            alone = trained.select([seed])
            base = alone.outputs_encoded(row[None])[0, 0]
            moved = []
            for order in orders:
                weights = own[place, text].copy()
                weights[:m] = weights[order]
                answer = alone.members.outputs_with_attention(
                    row[None], weights[None, None, None], "probability"
                )
                moved.append(abs(answer[0, 0, 0, base.argmax()] - base.max()))
            assert check.array("median_change")[place, text] == pytest.approx(
                np.median(moved), abs=1e-6
            )
            assert check.array("mean_change")[place, text] == pytest.approx(
                np.mean(moved), abs=1e-6
            )


def test_shuffles_follow_from_the_text_and_memory_changes_nothing(pooled, monkeypatch):
    whole = attention_permutation(pooled, TEXTS, n_draws=10)
    monkeypatch.setattr(sys.modules[attention_permutation.__module__], "LEAST_MEMORY", 1)
    small = attention_permutation(pooled, TEXTS, n_draws=10, max_memory=1)
    alone = attention_permutation(pooled, TEXTS[["d"]], n_draws=10)
    for name in ("median_change", "mean_change", "swap_change", "uniform_change"):
        np.testing.assert_allclose(whole.array(name), small.array(name), atol=1e-12)
        np.testing.assert_allclose(whole.array(name)[:, [2]], alone.array(name), atol=1e-12)
    other = attention_permutation(pooled, TEXTS, n_draws=10, random_state=1)
    assert (other.array("mean_change") != whole.array("mean_change")).all()


def test_even_weights_cannot_be_told_apart(pooled):
    even = LinearTextMembers(
        pooled.members.weights,
        np.zeros_like(pooled.members.scores),
        pooled.members.bias,
        pooled.schema,
        pooled=True,
    )
    check = attention_permutation(dataclasses.replace(pooled, members=even), TEXTS)
    for name in ("median_change", "mean_change", "uniform_change", "swap_change"):
        np.testing.assert_allclose(check.array(name), 0.0, atol=1e-12)


def test_true_classes_are_kept_and_the_file_holds_everything(pooled, tmp_path):
    labels = ["class1", "class0", "class0", "class1"]
    check = attention_permutation(pooled, TEXTS, labels, n_draws=5)
    assert check.array("label").tolist() == [1, 0, 1]
    again = load_check(check.save(tmp_path / "permutation.npz"))
    np.testing.assert_array_equal(again.array("mean_change"), check.array("mean_change"))
    assert again.provenance["parameters"]["classes"] == ["class0", "class1"]


def test_one_seed_has_no_other(pooled):
    check = attention_permutation(pooled.select([2]), TEXTS, n_draws=5)
    assert np.isnan(check.array("swap_change")).all()
    assert np.isfinite(check.array("mean_change")).all()


def test_what_cannot_be_shuffled_is_refused(pooled):
    with pytest.raises(InputError, match="a TextEnsemble, whose attention is shuffled") as raised:
        attention_permutation("models", TEXTS)
    assert "str" in str(raised.value)
    number = dataclasses.replace(pooled, task="regression")
    with pytest.raises(InputError, match="probability of the predicted class is looked at"):
        attention_permutation(number, TEXTS)
    with pytest.raises(InputError, match="texts of at least 2 tokens") as raised:
        attention_permutation(pooled, ["fine", "good"])
    assert "2 of a single one" in str(raised.value)
    sums = linear_text_ensemble(TEXTS.tolist())
    with pytest.raises(InputError, match="models that pool by attention"):
        attention_permutation(sums, TEXTS)
    with pytest.raises(InputError, match="n_draws to be a whole number"):
        attention_permutation(pooled, TEXTS, n_draws=0)
    with pytest.raises(InputError, match="max_memory to be a whole number"):
        attention_permutation(pooled, TEXTS, max_memory=0)


def test_attention_between_tokens_is_no_pooling(pooled):
    class Between(LinearTextMembers):
        def attention(self, rows):
            found = super().attention(rows)
            wide = np.repeat(found.weights, 3, axis=4)
            return dataclasses.replace(found, weights=wide, pooling=False)

    own = pooled.members
    members = Between(own.weights, own.scores, own.bias, own.schema, pooled=True)
    with pytest.raises(InputError, match="by one attention") as raised:
        attention_permutation(dataclasses.replace(pooled, members=members), TEXTS)
    assert "attention in attention, of 1 heads and 3 queries" in str(raised.value)


def test_answers_have_to_follow_from_the_weights(pooled):
    class Other(LinearTextMembers):
        def values(self, rows, scale):
            return np.roll(super().values(rows, scale), 1, axis=-1)

    own = pooled.members
    members = Other(own.weights, own.scores, own.bias, own.schema, pooled=True)
    with pytest.raises(InputError, match="handed their own attention") as raised:
        attention_permutation(dataclasses.replace(pooled, members=members), TEXTS)
    assert "probabilities that differ by up to" in str(raised.value)
