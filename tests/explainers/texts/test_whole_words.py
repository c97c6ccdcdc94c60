"""Methods that take whole words away, where the models read pieces of them."""

from __future__ import annotations

from itertools import chain, permutations

import numpy as np
import pytest

import xaigeo as xg
from tests.huggingface_models import bert, byte_pairs, gpt2, word_pieces
from tests.text_models import LinearTextMembers
from xaigeo.ensemble.texts.text_ensemble import TextEnsemble
from xaigeo.errors import InputError
from xaigeo.explainers.texts.catalogue import TEXT_EXPLAINERS
from xaigeo.explainers.texts.removal.unit_explainer import UnitExplainer
from xaigeo.text import ABSENT, HuggingFaceTokenizer, TextSchema
from xaigeo.text.whole_words import WholeWords

TEXTS = ["singing films", "good boring film", "a zebra , singing", "good good acting"]
BACKGROUND = [*TEXTS, "the film is good", "films with music", "boring singing"]
ADDITIVE = ("occlusion", "lime", "kernel_shap", "permutation_shap", "sampling_shap", "exact_shap")
UNIT_METHODS = sorted(
    name for name in TEXT_EXPLAINERS.names() if issubclass(TEXT_EXPLAINERS.get(name), UnitExplainer)
)
QUICK = {
    "anchors": {"n_samples": 120, "n_search": 200, "n_checks": 2, "threshold": 0.8},
    "lime": {"n_samples": 150},
    "sampling_shap": {"n_samples": 400, "min_samples": 10},
    "permutation_shap": {"n_permutations": 3},
}


def linear(n_seeds=3):
    """Return models whose logits are sums over the pieces of a text."""
    schema = TextSchema.of(HuggingFaceTokenizer.from_tokenizer(word_pieces()), 24)
    rng = np.random.default_rng(0)
    n = schema.tokenizer.n_tokens
    members = LinearTextMembers(
        rng.normal(size=(n_seeds, n, 2)),
        rng.normal(size=(n_seeds, n)),
        rng.normal(size=(n_seeds, 2)),
        schema,
    )
    return TextEnsemble(
        members=members,
        seeds=tuple(range(n_seeds)),
        schema=schema,
        classes=("bad", "good"),
        task="classification",
        record={},
    )


@pytest.fixture(scope="module")
def networks():
    return xg.TextEnsemble.wrap(bert(2), tokenizer=word_pieces(), max_tokens=24)


def explain(ensemble, method, texts=TEXTS, **options):
    options = {"units": "words", "random_state": 0, "background": BACKGROUND} | options
    return xg.explain(ensemble, texts, method=method, **QUICK.get(method, {}) | options)


def words_of(ensemble, text):
    """Return the pieces of every word of a text, [CLS] and [SEP] left out, by "##" alone."""
    words = []
    for shown, code in ensemble.schema.tokenizer.split(text)[1:-1]:
        if shown.startswith("##"):
            words[-1].append(code)
        else:
            words.append([code])
    return words


def asked(ensemble, words, scale):
    """Return the outputs for a text of some words, given as pieces, (n_seeds, n_outputs)."""
    row = np.full((1, ensemble.schema.max_tokens), ABSENT)
    whole = [2, *chain(*words), 3]
    row[0, : len(whole)] = whole
    return ensemble.outputs_encoded(row, scale=scale)[:, 0]


def test_all_methods_that_take_words_away_take_the_option():
    assert sorted([*ADDITIVE, "anchors", "counterfactuals"]) == UNIT_METHODS


@pytest.mark.parametrize("method", ADDITIVE)
def test_of_additive_models_a_word_counts_what_its_pieces_do(method):
    ensemble = linear()
    options = {"alpha": 1e-9} if method == "lime" else {}  # a penalty draws towards 0
    found = explain(ensemble, method, scale="logit", **options)
    weights = ensemble.members.weights
    for i, text in enumerate(TEXTS):
        words = words_of(ensemble, text)
        expected = np.stack([weights[:, pieces].sum(axis=1) for pieces in words], axis=1)
        own = found.array("attribution")[:, i, 1 : 1 + len(words)]
        np.testing.assert_allclose(own, expected, atol=1e-7)
        assert found.mask[i].tolist() == [False] + [True] * len(words) + [False] * (23 - len(words))


def test_words_are_what_a_reader_sees(networks):
    found = explain(networks, "occlusion")
    assert found.tokens == [
        ["[CLS]", "singing", "films", "[SEP]"],
        ["[CLS]", "good", "boring", "film", "[SEP]"],
        ["[CLS]", "a", "zebra", ",", "singing", "[SEP]"],
        ["[CLS]", "good", "good", "acting", "[SEP]"],
    ]
    frame = found.to_frame()
    assert frame.loc[frame["instance"] == 0, "word"].unique().tolist() == ["singing", "films"]
    assert found.texts == TEXTS


def test_occlusion_is_the_loss_without_the_whole_word(networks):
    found = explain(networks, "occlusion")
    for i, text in enumerate(TEXTS):
        words = words_of(networks, text)
        full = asked(networks, words, "probability")
        for place in range(len(words)):
            rest = words[:place] + words[place + 1 :]
            expected = full - asked(networks, rest, "probability")
            own = found.array("attribution")[:, i, 1 + place]
            np.testing.assert_allclose(own, expected, atol=1e-6)


def test_shapley_values_are_those_of_words_as_players(networks):
    found = explain(networks, "exact_shap")
    for i, text in enumerate(TEXTS):
        words = words_of(networks, text)
        orders = list(permutations(range(len(words))))
        shares = np.zeros((len(words), 2, len(networks.output_names)))
        for order in orders:
            before = asked(networks, [], "probability")
            for step, word in enumerate(order):
                there = sorted(order[: step + 1])
                after = asked(networks, [words[w] for w in there], "probability")
                shares[word] += (after - before) / len(orders)
                before = after
        own = found.array("attribution")[:, i, 1 : 1 + len(words)]
        np.testing.assert_allclose(own, shares.swapaxes(0, 1), atol=1e-6)


@pytest.mark.parametrize("method", ["lime", "kernel_shap", "exact_shap"])
def test_the_libraries_give_the_same_numbers(method):
    ensemble = linear(2)
    batched, upstream = (
        explain(ensemble, method, TEXTS[:2], engine=engine) for engine in ("batched", "upstream")
    )
    ours, theirs = batched.array("attribution"), upstream.array("attribution")
    np.testing.assert_allclose(ours, theirs, atol=1e-9)
    assert (ours != 0).any()
    np.testing.assert_array_equal(batched.mask, upstream.mask)


def test_equal_words_are_hidden_together_by_lime(networks):
    found = explain(networks, "lime", ["singing film singing"], bow=True)
    singing, film, again = found.array("attribution")[0, 0, 1:4, 0]
    assert singing == again != film


def test_the_number_of_players_is_that_of_words():
    ensemble = linear()
    text = "zebra " * 2 + "boring singing"  # far more than 16 pieces would be refused
    n_pieces = sum(map(len, words_of(ensemble, "zebra zebra zebra zebra")))
    assert n_pieces > 16
    found = explain(ensemble, "exact_shap", ["zebra zebra zebra zebra", text])
    assert found.n_tokens.tolist() == [4, 4]
    with pytest.raises(InputError, match="texts of up to 2 words for kernel_shap with n_samples=4"):
        explain(ensemble, "kernel_shap", [text], n_samples=4)


@pytest.mark.parametrize("perturbation", ["remove", "unknown", "replace"])
def test_anchors_are_of_words_that_stand_in_background_texts(networks, perturbation):
    found = explain(networks, "anchors", perturbation=perturbation)
    chosen = found.array("chosen").astype(bool)
    assert not (chosen & ~found.mask).any()
    assert chosen.any()
    for seed, i in np.ndindex(2, len(TEXTS)):
        words = [found.tokens[i][place] for place in np.flatnonzero(chosen[seed, i])]
        held = [
            all(text.split().count(word) >= words.count(word) for word in words)
            for text in BACKGROUND
        ]
        assert found.array("coverage")[seed, i] == pytest.approx(np.mean(held))


def test_an_anchor_keeps_all_pieces_of_its_words(networks, monkeypatch):
    ensemble = networks
    seen = []
    outputs = TextEnsemble.outputs_encoded

    def recorded(self, rows, **options):
        seen.append(rows)
        return outputs(self, rows, **options)

    monkeypatch.setattr(TextEnsemble, "outputs_encoded", recorded)
    explain(ensemble, "anchors", ["singing boring films"], perturbation="replace")
    words = {tuple(pieces) for pieces in words_of(ensemble, "singing boring films")}
    single = {pieces[0] for t in BACKGROUND for pieces in words_of(ensemble, t) if not pieces[1:]}
    asked_of = {tuple(row[row != ABSENT].astype(int)) for rows in seen for row in rows}
    rule = WholeWords(ensemble.schema.tokenizer)
    own_text = [row for row in asked_of if len(rule.begin(row)) and sum(rule.begin(row)) == 5]
    assert len(own_text) > 4
    for row in own_text:
        told = rule.words(np.array(row, dtype=float))[1:-1]
        background = {w for t in BACKGROUND for w in map(tuple, words_of(ensemble, t))}
        assert all(w in words or w in background or w[0] in single for w in told)


@pytest.mark.parametrize("candidates", ["frequent", "near", ("music", "is")])
def test_whole_words_take_the_place_of_whole_words(networks, candidates):
    found = explain(networks, "counterfactuals", changes="replace", candidates=candidates)
    chosen = found.array("chosen").astype(bool)
    codes = found.array("replacement")
    assert chosen.any()
    assert not (chosen & ~found.mask).any()
    known = {word for text in BACKGROUND for word in text.split()}
    for seed, i in np.ndindex(2, len(TEXTS)):
        words = []
        for place in np.flatnonzero(found.mask[i]):
            word = found.tokens[i][place]
            if chosen[seed, i, place]:
                new = networks.schema.tokenizer.shown(int(codes[seed, i, place]))
                assert new in (known if isinstance(candidates, str) else candidates)
                assert new != word
                word = new
            words.append(word)
        changed = " ".join(words)
        assert found.changed_text(found.seeds[seed], found.instances[i]) == changed
        if "zebra" not in changed:  # pieces of letters, read the same
            again = networks.predict_proba([changed])[seed, 0]
            own = found.array("changed_prediction")[seed, i]
            np.testing.assert_allclose(own, again, atol=1e-5)


def test_removed_words_lose_all_their_pieces(networks):
    found = explain(networks, "counterfactuals", changes="delete", max_changes=2)
    chosen = found.array("chosen").astype(bool)
    assert chosen.any()
    for seed, i in np.ndindex(2, len(TEXTS)):
        kept = found.mask[i] & ~chosen[seed, i]
        changed = " ".join(found.tokens[i][place] for place in np.flatnonzero(kept))
        assert found.changed_text(found.seeds[seed], found.instances[i]) == changed
        again = networks.predict_proba([changed])[seed, 0]
        np.testing.assert_allclose(found.array("changed_prediction")[seed, i], again, atol=1e-5)


def test_without_words_of_one_token_none_are_drawn(networks):
    with pytest.raises(InputError, match="words of one token, which can replace others"):
        explain(networks, "anchors", perturbation="replace", background=["zebra zebra"])


@pytest.mark.parametrize("method", UNIT_METHODS)
def test_where_every_token_is_a_word_nothing_changes(method, trained):
    ensemble, sentences = trained("cnn")
    by_token, by_word = (
        explain(ensemble, method, sentences[:3], units=units, background=sentences[:8])
        for units in ("tokens", "words")
    )
    assert set(by_token.data) == set(by_word.data)
    for name in by_token.data:
        np.testing.assert_array_equal(by_token.array(name), by_word.array(name), err_msg=name)
    assert by_word.schema == by_token.schema
    assert by_word.tokens == by_token.tokens


@pytest.mark.parametrize("method", UNIT_METHODS)
def test_saved_and_read_again_it_is_the_same(method, networks, tmp_path):
    found = explain(networks, method)
    found.save(tmp_path / "kept")
    read = xg.load(tmp_path / "kept")
    assert read.schema == found.schema
    assert read.tokens == found.tokens
    for name in found.data:
        np.testing.assert_array_equal(read.array(name), found.array(name), err_msg=name)


def test_workers_and_stores_make_no_difference(networks, tmp_path):
    texts = TEXTS * 2
    alone = explain(networks, "kernel_shap", [f"{t} film" for t in texts] + texts)
    stored = explain(
        networks, "kernel_shap", [f"{t} film" for t in texts] + texts, store=tmp_path / "kept"
    )
    np.testing.assert_array_equal(alone.array("attribution"), stored.array("attribution"))
    np.testing.assert_array_equal(alone.array("input"), stored.array("input"))
    assert alone.schema == stored.schema


def test_the_numbers_of_a_text_are_its_own(networks):
    alone = explain(networks, "lime", TEXTS[2:3])
    among = explain(networks, "lime")
    np.testing.assert_allclose(
        alone.array("attribution")[:, 0], among.array("attribution")[:, 2], atol=1e-6
    )


def test_byte_pairs_are_joined_too():
    ensemble = xg.TextEnsemble.wrap(gpt2(), tokenizer=byte_pairs(), max_tokens=30)
    found = explain(ensemble, "occlusion", ["good singing (films)"])
    assert found.tokens == [["good", "singing", "(", "films", ")"]]
    full = ensemble.predict_proba(["good singing (films)"])[:, 0]
    without = ensemble.predict_proba(["good (films)"])[:, 0]
    np.testing.assert_allclose(found.array("attribution")[:, 0, 1], full - without, atol=1e-5)


def test_agreement_charts_page_and_audit_take_words(networks, tmp_path):
    shap, lime = explain(networks, "kernel_shap"), explain(networks, "lime")
    anchors, changes = explain(networks, "anchors"), explain(networks, "counterfactuals")
    assert {"kernel_shap"} == set(xg.agreement.summary(shap)["method"])
    assert len(xg.agreement.between_methods([shap, lime]))
    words = xg.agreement.word_importance(shap, least_places=2)
    assert set(words.words) <= {word for text in TEXTS for word in text.split()}
    assert "singing" in words.words
    drawn = str(xg.viz.token_attributions(changes, 0).to_dict())
    assert "singing" in drawn
    assert "##" not in drawn
    xg.report([shap, lime, anchors, changes], path=tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert "explained word by word" in page
    assert f"of {networks.schema.tokenizer.n_tokens} different ones" in page
    assert xg.audit([shap, lime, anchors, changes]).counts["fail"] >= 0


def test_faithfulness_says_that_it_asks_about_tokens(networks):
    with pytest.raises(InputError, match=r"got attributions to whole words. Check the same method"):
        xg.faithfulness.deletion(explain(networks, "occlusion"), networks)


def test_other_units_are_refused(networks):
    for method in UNIT_METHODS:
        with pytest.raises(InputError, match="units to be one of 'tokens', 'words', got 'word'"):
            explain(networks, method, units="word")
