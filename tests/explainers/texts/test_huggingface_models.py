"""Attention and gradients of models of `transformers`, against the models' own answers."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import xaigeo as xg

TEXTS = ["a good film", "not a good film at all", "poor acting"]


@pytest.fixture(scope="module")
def berts():
    """Return three small models of random weights, their tokenizer, and the ensemble of them."""
    pytest.importorskip("transformers")
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *sorted({w for t in TEXTS for w in t.split()})]
    table = {word: place for place, word in enumerate(words)}
    backend = Tokenizer(models.WordLevel(table, unk_token="[UNK]"))
    backend.pre_tokenizer = pre_tokenizers.Whitespace()
    backend.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
    )
    made = []
    for seed in range(3):
        torch.manual_seed(seed)
        config = BertConfig(
            vocab_size=len(words),
            hidden_size=16,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=16,
            max_position_embeddings=16,
        )
        made.append(BertForSequenceClassification(config).eval())
    return made, tokenizer, xg.TextEnsemble.wrap(made, tokenizer=tokenizer, texts=TEXTS)


def test_attention_is_what_the_model_gives_itself(berts):
    models, tokenizer, ensemble = berts
    found = xg.explain(ensemble, TEXTS, method="attention", layers="last", heads=1)
    for k, model in enumerate(models):
        model.set_attn_implementation("eager")
        for i, text in enumerate(TEXTS):
            own = tokenizer(text, return_tensors="pt")
            with torch.no_grad():
                maps = model(**own, output_attentions=True).attentions
            expected = maps[1][0, 1, 0].numpy()  # what [CLS] takes, from which BERT reads
            weights = found.array("attribution")[k, i, :, 0]
            assert weights[: len(expected)] == pytest.approx(expected, abs=1e-6)
            assert not weights[len(expected) :].any()
    assert found.tokens[0] == ["[CLS]", "a", "good", "film", "[SEP]"]
    assert found.weights_sum_to_one
    assert found.provenance["resolved"]["query"] == "first"


def test_the_gradient_is_that_of_autograd_at_the_word_vectors(berts):
    models, tokenizer, ensemble = berts
    found = xg.explain(ensemble, TEXTS, method="saliency", scale="logit")
    dropped = xg.explain(ensemble, TEXTS, method="saliency", scale="logit", special_tokens="drop")
    for k, model in enumerate(models):
        for i, text in enumerate(TEXTS):
            own = tokenizer(text, return_tensors="pt")
            vectors = model.get_input_embeddings()(own["input_ids"]).detach().requires_grad_()
            out = model(inputs_embeds=vectors, attention_mask=own["attention_mask"]).logits
            (gradient,) = torch.autograd.grad(out[0, 1], vectors)
            expected = gradient[0].norm(dim=-1).numpy()
            n = len(expected)
            assert found.array("attribution")[k, i, :n, 1] == pytest.approx(expected, rel=1e-4)
            words = dropped.array("attribution")[k, i, :n, 1]
            assert words[1:-1] == pytest.approx(expected[1:-1], rel=1e-4)
            assert words[0] == words[-1] == 0
    assert not dropped.mask[:, 0].any()


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        ("input_x_gradient", {}),
        ("integrated_gradients", {"baseline": "unknown", "n_steps": 8}),
        ("smooth_grad", {"n_samples": 4}),
    ],
)
def test_captum_agrees(berts, assert_engines_agree, method, parameters):
    ensemble = berts[2]
    found = assert_engines_agree(ensemble, TEXTS, TEXTS, method, **parameters)
    assert np.abs(found.array("attribution")).max() > 1e-5
