from __future__ import annotations

import re
from itertools import combinations, product

import numpy as np
import pytest

from tests.text_models import TEXTS, LinearTextMembers, linear_text_ensemble
from xaigeo.ensemble.texts.text_ensemble import TextEnsemble
from xaigeo.errors import InputError
from xaigeo.explainers import explain
from xaigeo.text import ABSENT, TextSchema, WordTokenizer

SHORT = ["a good film with a plot", "fine acting , fine music", "not a good film"]


@pytest.fixture(scope="module")
def pooled():
    return linear_text_ensemble(pooled=True, marked=True, n_outputs=3, random_state=4)


@pytest.fixture(scope="module", params=["remove", "unknown"])
def found(request, pooled):
    return explain(
        pooled, SHORT, "anchors", background=SHORT, perturbation=request.param, random_state=0
    )


def exact_precisions(ensemble, row, places, hidden):
    """Return each set's share of texts with each seed's answer, {set: (n_seeds, n_seeds)}.

    Every text under a set is as likely as another, so all are asked. The first axis is the seed
    whose answer is wanted.
    """
    n = len(places)
    kept = np.array(list(product([False, True], repeat=n)))
    rows = np.repeat(row[None], len(kept), axis=0)
    rows[:, places] = np.where(kept, row[places], hidden)
    answers = ensemble.outputs_encoded(rows).argmax(axis=2)
    own = ensemble.outputs_encoded(row[None])[:, 0].argmax(axis=1)
    same = answers[None] == own[:, None, None]
    return {
        chosen: same[:, :, kept[:, list(chosen)].all(axis=1)].mean(axis=2)
        for size in range(n + 1)
        for chosen in combinations(range(n), size)
    }


def test_anchors_hold_and_no_smaller_set_does_by_enumeration(pooled, found):
    hidden = {"remove": ABSENT, "unknown": 0.0}[found.provenance["parameters"]["perturbation"]]
    sizes = set()
    for i in range(len(SHORT)):
        places = np.flatnonzero(found.mask[i])
        exact = exact_precisions(pooled, found.array("input")[i], places, hidden)
        for seed in range(3):
            chosen = tuple(np.flatnonzero(found.array("chosen")[seed, i, places]).tolist())
            sizes.add(len(chosen))
            cross = found.array("cross_precision")[seed, :, i]
            assert cross == pytest.approx(exact[chosen][seed], abs=0.06)
            assert found.array("precision")[seed, i] == cross[seed]
            assert found.array("precision_low")[seed, i] < exact[chosen][seed, seed] + 1e-12
            assert found.array("met")[seed, i]
            smaller = [exact[one][seed, seed] for one in exact if len(one) < len(chosen)]
            assert max(smaller, default=0.0) < 0.97
    assert len(sizes) > 1


def test_chosen_tokens_have_the_attribution_1_for_every_output(found):
    chosen = found.array("chosen").astype(float)
    assert (found.array("attribution") == chosen[..., None]).all()
    assert not found.array("chosen")[:, ~found.mask].any()
    assert found.role == "anchors"


def test_coverage_is_the_share_of_background_texts_that_hold_the_words(pooled):
    background = [*TEXTS, "good good", "film"]
    found = explain(pooled, SHORT, "anchors", background=background, random_state=0)
    for seed, i in np.ndindex(3, len(SHORT)):
        chosen = np.flatnonzero(found.array("chosen")[seed, i])
        words = [found.tokens[i][place] for place in chosen]
        held = [
            all(text.split().count(word) >= words.count(word) for word in words)
            for text in background
        ]
        assert found.array("coverage")[seed, i] == pytest.approx(np.mean(held))


def decisive(word, texts):
    """Return models that say yes where a word is, and else no."""
    tokenizer = WordTokenizer.from_texts(texts)
    schema = TextSchema.of(tokenizer, 8)
    weights = np.zeros((2, tokenizer.n_tokens, 2))
    weights[:, tokenizer.words.index(word), 1] = 2.0
    bias = np.tile([1.0, 0.0], (2, 1))
    members = LinearTextMembers(weights, weights[:, :, 0], bias, schema)
    return TextEnsemble(members=members, seeds=(0, 1), schema=schema, classes=("no", "yes"))


def test_the_one_word_that_decides_is_the_anchor():
    texts = ["the film was good indeed", "the film was long"]
    found = explain(decisive("good", texts), texts, "anchors", background=texts, random_state=0)
    assert found.array("chosen")[:, 0].tolist() == [[j == 3 for j in range(8)]] * 2
    assert not found.array("chosen")[:, 1].any()  # nothing can make the models say yes
    assert (found.array("precision") == 1).all()
    assert found.array("coverage").tolist() == [[0.5, 1.0]] * 2
    assert found.rule(1, 0) == "'good' is enough for yes (precision 1.00)"
    assert found.rule(0, 1) == "no word is needed for no (precision 1.00)"


def test_words_replace_tokens_as_often_as_the_background_has_them(pooled, monkeypatch):
    background = ["plot music music music"]
    asked = []
    values = pooled.members.values

    def kept(rows, scale):
        asked.append(rows)
        return values(rows, scale)

    monkeypatch.setattr(pooled.members, "values", kept)
    found = explain(
        pooled,
        ["good film", "good film"],
        "anchors",
        perturbation="replace",
        background=background,
        n_search=2000,
        random_state=0,
    )
    rows = np.concatenate([one for one in asked if len(one) > 1000])
    split = pooled.schema.tokenizer.split
    good, film, plot, music = [token for _, token in split("good film plot music")[1:]]
    assert set(np.unique(rows[:, 1])) == {good, plot, music}
    assert (rows[:, 2] == film).mean() > 0.45
    away = rows[rows[:, 1] != good, 1]
    assert (away == music).mean() == pytest.approx(0.75, abs=0.05)
    assert (rows[:, 3:] == ABSENT).all()
    # Equal texts get equal draws.
    assert (found.array("precision")[:, 0] == found.array("precision")[:, 1]).all()


def test_a_seeds_anchors_do_not_depend_on_the_seeds_beside_it(pooled):
    together = explain(pooled, SHORT, "anchors", background=SHORT, random_state=0)
    alone = explain(pooled.select([2]), SHORT, "anchors", background=SHORT, random_state=0)
    for name in ("chosen", "precision", "precision_low", "coverage", "met"):
        assert (together.array(name)[2] == alone.array(name)[0]).all(), name


def test_of_too_few_words_the_best_is_an_answer_too():
    ensemble = linear_text_ensemble(marked=True)
    free = explain(
        ensemble, TEXTS, "anchors", background=TEXTS, perturbation="unknown", random_state=0
    )
    large = free.array("chosen").sum(axis=2) > 1
    assert large.any()
    assert free.array("met").all()
    found = explain(
        ensemble,
        TEXTS,
        "anchors",
        background=TEXTS,
        perturbation="unknown",
        max_words=1,
        random_state=0,
    )
    assert (found.array("chosen").sum(axis=2) <= 1).all()
    assert (found.array("met") == ~large).all()
    assert (found.array("precision_low")[large] < 0.95).all()
    seed, i = np.argwhere(large)[0].tolist()
    assert "is not enough for class" in found.rule(seed, i)


def test_unknown_words_are_no_anchor_where_words_become_unknown(pooled):
    text = ["zebra good zebra film"]
    found = explain(
        pooled, text, "anchors", background=text, perturbation="unknown", random_state=0
    )
    assert not found.array("chosen")[:, 0, [1, 3]].any()
    assert found.mask[0, 1:5].all()


def test_a_background_must_be_given(pooled):
    message = (
        "Expected background texts for anchors, of which coverage is a share, got none. "
        "Pass background=train_texts, the texts that stand for the data."
    )
    with pytest.raises(InputError, match=re.escape(message)):
        explain(pooled, SHORT, "anchors")


def test_a_regression_has_no_anchors():
    ensemble = linear_text_ensemble(task="regression", n_outputs=1)
    with pytest.raises(InputError, match="a classification ensemble for anchors, got a regression"):
        explain(ensemble, TEXTS, "anchors")


def test_only_anchors_have_rules(pooled):
    found = explain(pooled, TEXTS, "occlusion")
    message = "Expected anchors of texts, got the answer of occlusion, without precision."
    with pytest.raises(InputError, match=re.escape(message)):
        found.rule(0, 0)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"threshold": 1.0}, "Expected threshold to be a number between 0 and 1"),
        ({"delta": 0}, "Expected delta to be a number between 0 and 1"),
        ({"perturbed_share": 0.0}, "Expected perturbed_share to be a number between 0 and 1"),
        ({"epsilon": 2}, "Expected epsilon to be a number between 0 and 1"),
        ({"perturbation": "hide"}, "'hide'"),
        (
            {"perturbation": "mask"},
            "Expected perturbation to be one of 'remove', 'unknown', 'replace', got 'mask'. Pass "
            "perturbation='unknown': it puts in the tokenizer's mask token where it has one",
        ),
        ({"beam": 0}, "Expected beam to be a whole number"),
        ({"n_search": 0}, "Expected n_search to be a whole number"),
        ({"batch_size": 0}, "Expected batch_size to be a whole number"),
        ({"max_words": 0}, "Expected max_words to be a whole number"),
        ({"n_samples": 20}, "Expected n_samples of at least 90, so that words that never lose"),
    ],
)
def test_parameters_that_do_not_fit(pooled, parameters, message):
    with pytest.raises(InputError, match=re.escape(message)):
        explain(pooled, TEXTS, "anchors", **parameters)


def test_unknown_tokens_need_a_tokenizer_that_has_one():
    ensemble = linear_text_ensemble(hides=False)
    message = (
        "Expected a tokenizer with a mask or an unknown token for perturbation='unknown', got one "
        "of kind 'marked' without it. Take tokens out instead: perturbation='remove'."
    )
    with pytest.raises(InputError, match=re.escape(message)):
        explain(ensemble, TEXTS, "anchors", perturbation="unknown")
