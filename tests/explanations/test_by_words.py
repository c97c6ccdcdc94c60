from __future__ import annotations

import numpy as np
import pytest

import xaigeo as xg
from tests.huggingface_models import bert, word_pieces
from xaigeo.errors import InputError

TEXTS = ["singing films", "good boring film", "a zebra , singing"]


@pytest.fixture(scope="module")
def networks():
    return xg.TextEnsemble.wrap(bert(2), tokenizer=word_pieces(), max_tokens=24)


@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("attention", {}),
        ("attention", {"special_tokens": "drop"}),
        ("saliency", {}),
        ("kernel_shap", {"random_state": 0}),
    ],
    ids=["attention", "words_alone", "saliency", "kernel_shap"],
)
def test_pieces_are_added_up(networks, method, options):
    found = xg.explain(networks, TEXTS, method=method, **options)
    words = found.by_words()
    own, summed = found.array("attribution"), words.array("attribution")
    for i, tokens in enumerate(found.tokens):
        expected, labels = [], []
        for place, token in enumerate(tokens):
            if token.startswith("##"):
                expected[-1] = expected[-1] + own[:, i, place]
                labels[-1] += token[2:]
            else:
                expected.append(own[:, i, place])
                labels.append(token)
        np.testing.assert_allclose(summed[:, i, : len(labels)], np.stack(expected, axis=1))
        assert words.tokens[i] == labels
        assert not summed[:, i, len(labels) :].any()
        explained = [label not in ("[CLS]", "[SEP]") or bool(found.mask[i, 0]) for label in labels]
        assert words.mask[i, : len(labels)].tolist() == explained
    np.testing.assert_allclose(summed.sum(axis=2), own.sum(axis=2))


def test_attention_lies_beside_methods_that_take_words_away(networks):
    attention = xg.explain(networks, TEXTS, method="attention")
    occlusion = xg.explain(networks, TEXTS, method="occlusion", units="words")
    with pytest.raises(InputError, match=r"Pass explanation.by_words\(\) of those of tokens"):
        xg.agreement.between_methods([attention, occlusion])
    both = xg.agreement.between_methods([attention.by_words(), occlusion])
    assert set(both["n_instances"]) == {len(TEXTS)}
    assert attention.by_words().weights_sum_to_one


def test_it_is_kept_and_read_again(networks, tmp_path):
    words = xg.explain(networks, TEXTS, method="attention", keep_maps=True).by_words()
    words.save(tmp_path / "kept")
    read = xg.load(tmp_path / "kept")
    np.testing.assert_array_equal(read.array("attribution"), words.array("attribution"))
    assert read.tokens == words.tokens
    assert "attention" not in read.data


def test_what_is_of_words_already_stays(networks, trained_words):
    occlusion = xg.explain(networks, TEXTS, method="occlusion", units="words")
    assert occlusion.by_words() is occlusion
    assert trained_words.by_words() is trained_words


@pytest.fixture
def trained_words():
    from tests.text_models import TEXTS as SENTENCES
    from tests.text_models import linear_text_ensemble

    return xg.explain(linear_text_ensemble(), SENTENCES, method="occlusion")


def test_words_of_an_answer_are_not_added_up(networks):
    found = xg.explain(networks, TEXTS, method="counterfactuals", changes="delete")
    with pytest.raises(InputError, match=r"got counterfactuals. .*units='words'"):
        found.by_words()


def test_a_page_and_an_audit_are_of_tokens_or_of_words(networks, tmp_path):
    tokens = xg.explain(networks, TEXTS, method="counterfactuals", changes="delete")
    words = xg.explain(networks, TEXTS, method="occlusion", units="words")
    told = "got occlusion by word and counterfactuals by token"
    with pytest.raises(InputError, match=told):
        xg.report([words, tokens], path=tmp_path / "page.html")
    with pytest.raises(InputError, match=told):
        xg.audit([words, tokens])
