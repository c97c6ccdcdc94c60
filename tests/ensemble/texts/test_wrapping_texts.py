from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import xaigeo as xg
from xaigeo.ensemble.texts.module_reader import takes_mask
from xaigeo.errors import IdenticalModelsWarning, InputError, SingleSeedWarning
from xaigeo.text import WordTokenizer

TEXTS = ["a good film", "not good", "a thin plot"]
WORDS = WordTokenizer.from_texts(TEXTS)


class Bag(nn.Module):
    """The mean of word vectors, which are logits."""

    def __init__(self, seed: int = 0, n_outputs: int = 2, n_words: int = WORDS.n_tokens) -> None:
        super().__init__()
        weights = torch.randn(n_words, n_outputs, generator=torch.Generator().manual_seed(seed))
        self.embedding = nn.Embedding.from_pretrained(weights)

    def forward(self, tokens, mask):
        return (self.embedding(tokens) * mask[..., None]).sum(dim=1) / mask.sum(dim=1, keepdim=True)


class Softmax(Bag):
    def forward(self, tokens, mask):
        return super().forward(tokens, mask).softmax(dim=-1)


class OneText(Bag):
    def forward(self, tokens, mask):
        assert len(tokens) == 1, "one text at a time"
        return super().forward(tokens, mask)


class PerToken(Bag):
    def forward(self, tokens, mask):
        return self.embedding(tokens)


def wrap(models=None, **options):
    models = [Bag(seed) for seed in range(3)] if models is None else models
    return xg.TextEnsemble.wrap(models, **{"tokenizer": WORDS, "texts": TEXTS} | options)


def test_what_an_ensemble_knows():
    ensemble = wrap(seeds=[3, 5, 8], classes=["bad", "good"])
    assert (ensemble.seeds, ensemble.classes) == ((3, 5, 8), ("bad", "good"))
    assert (ensemble.task, ensemble.default_scale) == ("classification", "probability")
    assert (ensemble.schema.max_tokens, ensemble.schema.tokenizer) == (3, WORDS)
    assert ensemble.record["source"] == "wrap"
    assert len(set(ensemble.record["architecture_sha256"])) == 1
    evaluation = ensemble.evaluate(TEXTS, ["good", "bad", "bad"])
    assert evaluation.prediction.shape == (3, 3, 2)
    assert wrap().classes == (0, 1)
    assert wrap(texts=None, max_tokens=9).schema.max_tokens == 9


def test_regression_and_probabilities():
    values = wrap([Bag(seed, 1) for seed in range(2)], task="regression")
    assert values.classes == ("y",)
    wanted = Bag(1, 1).embedding.weight[[n for _, n in WORDS.split(TEXTS[0])]].mean()
    assert values.predict(TEXTS)[1, 0] == pytest.approx(float(wanted), abs=1e-6)
    assert wrap([Bag(s, 2) for s in range(2)], task="regression").classes == ("y0", "y1")
    given = wrap([Softmax(seed) for seed in range(3)], gives="probability")
    np.testing.assert_allclose(given.predict_proba(TEXTS), wrap().predict_proba(TEXTS), atol=1e-6)


def test_models_that_answer_alike():
    with pytest.warns(IdenticalModelsWarning, match="All 2 models answer alike"):
        ensemble = wrap([Bag(1), Bag(1)])
    assert ensemble.record["identical"]
    with pytest.warns(SingleSeedWarning):
        wrap([Bag(1)])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"models": Bag()},
            r"a list of models, got one Bag\. Pass wrap\(\[model\], \.\.\.\) for one model",
        ),
        ({"models": []}, "torch modules, fitted scikit-learn estimators or callables, got no mod"),
        ({"models": 3}, "a list of models, got one int"),
        (
            {"models": [Bag(), len]},
            r"models of one kind: .*, got Bag, builtin_function_or_method\. Wrap models of one "
            "kind; anything else goes in as a function from a list of str to outputs",
        ),
        ({"models": [Bag(), Softmax()]}, "got Bag at place 0 and another Softmax at place 1"),
        ({"seeds": [1, 2]}, "one seed for each of the 3 models, got 2 seeds"),
        (
            {"classes": ["a", "b", "c"]},
            "classes with 2 different labels, one an output, got a, b, c",
        ),
        ({"classes": ["a", "a"]}, "classes with 2 different labels, one an output, got a, a"),
        ({"task": "ranking"}, "task to be one of 'classification', 'regression', got 'ranking'"),
        ({"gives": "odds"}, "gives to be one of 'logit', 'probability', got 'odds'"),
        (
            {"tokenizer": None},
            "tokenizer, that the models were trained with, got none",
        ),
        ({"max_tokens": 0}, "max_tokens to be a whole number of at least 1, got 0"),
        ({"texts": None}, r"example texts that tell how long texts are, got neither\. Pass texts="),
        ({"texts": []}, "at least one of texts, got none"),
        ({"attention": "atend"}, r"attention= as the name of a part of Bag, got 'atend'\. Choose"),
        (
            {"attention": 3},
            r"a part, \('name', item\), or a list of these, got 3\. Pass for example",
        ),
        ({"attention": ("embedding", 1.5)}, r"or a list of these, got \('embedding', 1\.5\)"),
        ({"attention": []}, r"attention to name different parts, one at least, got \[\]"),
        (
            {"attention": ["embedding", "embedding"]},
            "attention to name different parts, one at lea",
        ),
        (
            {"models": [Softmax(s) for s in range(2)]},
            "a module that gives logits, got probabilities",
        ),
        (
            {"gives": "probability"},
            r"lie between 0 and 1 and sum to one, as gives='probability' says",
        ),
        (
            {"models": [OneText(s) for s in range(2)]},
            r"int64 of shape \(3, 3\), and a mask that is T",
        ),
        (
            {"models": [PerToken(s) for s in range(2)]},
            r"got shape \(1, 3, 2\) for 1 texts\. Wrap mode",
        ),
        ({"models": [nn.LSTM(3, 3) for _ in range(2)]}, "got LSTM, which fails on them: "),
        ({"output": "logits"}, "an output among 'Tensor', got 'logits'"),
    ],
)
def test_what_cannot_be_wrapped(options, message):
    with pytest.raises(InputError, match=message):
        wrap(**options)


def test_models_without_a_tokenizer():
    with pytest.raises(InputError) as error:
        xg.TextEnsemble.wrap([Bag(seed) for seed in range(2)])
    assert str(error.value) == (
        "Expected tokenizer, that the models were trained with, got none. Pass for example "
        "tokenizer=AutoTokenizer.from_pretrained(...) of the models, or "
        "tokenizer=xaigeo.text.WordTokenizer(words) for modules of your own."
    )


def test_an_embedding_that_is_too_small():
    few = [Bag(seed, n_words=4) for seed in range(2)]
    with pytest.raises(
        InputError, match="a tokenizer of at most 4 tokens, as many as the models em"
    ):
        wrap(few, embedding="embedding")


def test_a_mask_of_padding_is_refused():
    class Inverted(Bag):
        def forward(self, tokens, padding_mask):
            return super().forward(tokens, ~padding_mask)

    with pytest.raises(
        InputError, match=r"True where there is a token, got forward\(tokens, paddin"
    ):
        wrap([Inverted(seed) for seed in range(2)])


def test_whether_a_mask_is_taken():
    class Plain(nn.Module):
        def forward(self, tokens, hidden=None): ...

    class Masked(nn.Module):
        def forward(self, tokens, attention_mask=None): ...

    class Required(nn.Module):
        def forward(self, tokens, there): ...

    taken = [takes_mask(module()) for module in (Plain, Masked, Required, nn.Sequential)]
    assert taken == [False, True, True, False]
