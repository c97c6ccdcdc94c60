from __future__ import annotations

import re
from itertools import combinations, product

import numpy as np
import pytest

from tests.text_models import TEXTS, linear_text_ensemble
from xaigeo.errors import InputError
from xaigeo.explainers import explain
from xaigeo.text import ABSENT


@pytest.fixture(scope="module")
def linear():
    return linear_text_ensemble(marked=True, random_state=5)


@pytest.fixture(scope="module")
def pooled():
    return linear_text_ensemble(pooled=True, n_outputs=3, random_state=3)


def row_after(found, seed, i):
    """Return the encoded text that a counterfactual makes."""
    chosen = found.array("chosen")[seed, i].astype(bool)
    return np.where(chosen, found.array("replacement")[seed, i], found.array("input")[i])


def test_a_linear_model_loses_its_strongest_words_first(linear):
    found = explain(linear, TEXTS, "counterfactuals", changes="delete", max_changes=10)
    rows = found.array("input").astype(int)
    for seed, i in np.ndindex(3, len(TEXTS)):
        own = found.predicted[seed, i]
        places = np.flatnonzero(found.mask[i])
        weights = linear.members.weights[seed, rows[i, places]]
        margin = linear.outputs(TEXTS[i], scale="logit")[seed, 0] @ np.array([-1.0, 1.0])
        margin, loss = (x if own == 1 else -x for x in (margin, weights[:, 1] - weights[:, 0]))
        order = np.argsort(-loss, kind="stable")[:-1]  # one word stays
        left = margin - np.cumsum(loss[order])
        possible = bool((left < 0).any())
        assert found.array("valid")[seed, i] == possible
        n_changed = int(np.argmax(left < 0)) + 1 if possible else int(np.argmin(left)) + 1
        assert found.array("n_changed")[seed, i] == n_changed
        chosen = np.flatnonzero(found.array("chosen")[seed, i])
        assert chosen.tolist() == sorted(places[order[:n_changed]].tolist())


def all_changes(row, places, words, size, *, delete=True):
    """Yield the texts with so many changes, and whether each only deletes."""
    for some in combinations(places, size):
        options = [
            [ABSENT] * delete + [word for word in words if word != row[place]] for place in some
        ]
        for codes in product(*options):
            changed = row.copy()
            changed[list(some)] = codes
            if (changed != ABSENT).any():
                yield changed, list(codes).count(ABSENT) == size


@pytest.mark.parametrize("changes", ["both", "replace"])
def test_one_change_is_found_where_there_is_one_by_brute_force(pooled, changes):
    words = ["good", "thin", "music"]
    tokens = [token for _, token in pooled.schema.tokenizer.split(" ".join(words))]
    found = explain(pooled, TEXTS, "counterfactuals", candidates=words, changes=changes)
    sizes = found.array("n_changed")
    for i in range(len(TEXTS)):
        row, places = found.array("input")[i], np.flatnonzero(found.mask[i])
        every = list(all_changes(row, places, tokens, 1, delete=changes == "both"))
        rows = np.array([changed for changed, _ in every])
        logits = pooled.outputs_encoded(rows, scale="logit")
        for seed in range(3):
            own = found.predicted[seed, i]
            others = np.delete(logits[seed], own, axis=1).max(axis=1)
            beyond = others - logits[seed][:, own]
            flips = beyond > 0
            assert (sizes[seed, i] == 1 and found.array("valid")[seed, i]) == flips.any()
            if not flips.any():
                continue
            removals = np.array([only for _, only in every]) & flips
            allowed = removals if removals.any() else flips
            best = rows[np.where(allowed, beyond, -np.inf).argmax()]
            assert row_after(found, seed, i).tolist() == best.tolist()
    assert (sizes == 1).any()
    assert (sizes != 1).any()


def test_a_wide_beam_finds_the_fewest_changes_by_brute_force(pooled):
    tokens = [token for _, token in pooled.schema.tokenizer.split("good thin")]
    found = explain(
        pooled,
        TEXTS[1:2],
        "counterfactuals",
        candidates=["good", "thin"],
        beam=10_000,
        max_changes=3,
    )
    row, places = found.array("input")[0], np.flatnonzero(found.mask[0])
    for seed in range(3):
        fewest = None
        for size in (1, 2, 3):
            rows = np.array([changed for changed, _ in all_changes(row, places, tokens, size)])
            answers = pooled.outputs_encoded(rows)[seed].argmax(axis=1)
            if (answers != found.predicted[seed, 0]).any():
                fewest = size
                break
        assert found.array("valid")[seed, 0] == (fewest is not None)
        if fewest:
            assert found.array("n_changed")[seed, 0] == fewest


@pytest.mark.parametrize("parameters", [{}, {"changes": "delete"}, {"target": "class1"}])
def test_arrays_are_what_the_models_make_of_the_changed_texts(pooled, parameters):
    found = explain(pooled, TEXTS, "counterfactuals", background=TEXTS, max_changes=2, **parameters)
    chosen, replacement = found.array("chosen").astype(bool), found.array("replacement")
    assert (replacement[~chosen] == ABSENT).all()
    assert (found.array("n_changed") == chosen.sum(axis=2)).all()
    assert (found.array("attribution") == chosen[..., None]).all()
    assert found.role == "counterfactuals"
    for seed, i in np.ndindex(3, len(TEXTS)):
        outputs = pooled.outputs_encoded(row_after(found, seed, i)[None])[:, 0]
        target = found.array("target")[seed, i]
        assert found.array("changed_prediction")[seed, i] == pytest.approx(outputs[seed])
        answers = outputs.argmax(axis=1)
        assert (found.array("cross_validity")[seed, :, i] == (answers == target)).all()
        assert found.array("valid")[seed, i] == (answers[seed] == target)
        if "target" in parameters:
            assert target == 1
        else:
            assert target != found.predicted[seed, i]
        # What is read is the same text in words.
        text = found.changed_text(seed, i)
        assert pooled.outputs(text)[:, 0] == pytest.approx(outputs)
    assert found.array("valid").any()
    assert not found.array("valid").all()


def test_a_seed_that_gives_the_target_already_needs_no_change(pooled):
    found = explain(pooled, TEXTS, "counterfactuals", background=TEXTS, target="class0")
    there = found.predicted == 0
    assert there.any()
    assert (found.array("n_changed")[there] == 0).all()
    assert found.array("valid")[there].all()


def test_the_texts_that_come_out_stand_in_a_table(pooled):
    found = explain(pooled, TEXTS, "counterfactuals", changes="replace", candidates=["not"])
    table = found.changed_texts()
    assert table.columns.tolist() == [
        "seed",
        "instance",
        "text",
        "changed_text",
        "n_changed",
        "valid",
        "prediction",
        "target",
    ]
    assert len(table) == 3 * len(TEXTS)
    row = table[(table["seed"] == 2) & (table["instance"] == 1)].iloc[0]
    assert row["text"] == TEXTS[1]
    assert row["changed_text"] == found.changed_text(2, 1)
    assert row["prediction"] == found.outputs[found.predicted[2, 1]]
    differing = [
        a != b for a, b in zip(row["text"].split(), row["changed_text"].split(), strict=True)
    ]
    assert sum(differing) == row["n_changed"]


def test_the_likeliest_words_are_the_commonest_of_the_background(pooled):
    background = ["film film film plot plot good"]
    found = explain(
        pooled,
        ["film with music"],
        "counterfactuals",
        background=background,
        changes="replace",
        n_candidates=2,
    )
    split = pooled.schema.tokenizer.split
    film, plot, good = [token for _, token in split("film plot good")]
    used = found.array("replacement")[found.array("chosen").astype(bool)]
    assert set(used) <= {film, plot, good}
    first = found.array("replacement")[:, 0, 0][found.array("chosen")[:, 0, 0].astype(bool)]
    assert film not in first


def test_near_words_are_those_of_the_most_similar_vectors(pooled):
    found = explain(
        pooled,
        TEXTS,
        "counterfactuals",
        background=TEXTS,
        changes="replace",
        candidates="near",
        n_candidates=1,
    )
    vectors = pooled.members.weights
    unit = vectors / np.linalg.norm(vectors, axis=2, keepdims=True)
    known = np.unique(pooled.schema.encode(TEXTS))
    known = known[known > 0].astype(int)
    chosen = found.array("chosen").astype(bool)
    assert chosen.any()
    for seed, i, place in np.argwhere(chosen):
        own = int(found.array("input")[i, place])
        others = known[known != own]
        similarity = np.einsum("kwd,kd->w", unit[:, others], unit[:, own])
        assert found.array("replacement")[seed, i, place] == others[similarity.argmax()]


def test_a_seeds_changes_do_not_depend_on_the_seeds_beside_it(pooled):
    together = explain(pooled, TEXTS, "counterfactuals", background=TEXTS)
    alone = explain(pooled.select([1]), TEXTS, "counterfactuals", background=TEXTS)
    for name in ("chosen", "replacement", "valid", "target"):
        assert (together.array(name)[1] == alone.array(name)[0]).all(), name


def test_special_tokens_stay_and_no_text_loses_all_its_words(linear):
    found = explain(linear, ["film", *TEXTS], "counterfactuals", changes="delete", max_changes=50)
    assert not found.array("chosen")[:, :, 0].any()
    assert (found.array("n_changed") < found.n_tokens).all()
    assert found.changed_text(0, 0) == "film"
    assert not found.array("valid")[:, 0].any()


@pytest.mark.parametrize("candidates", ["frequent", "near"])
def test_words_that_replace_others_need_a_background(pooled, candidates):
    message = (
        "Expected background texts for counterfactuals, whose words may take a token's place, got "
        "none. Pass background=train_texts, the texts that stand for the data, or name words in "
        "candidates, or use changes='delete'."
    )
    with pytest.raises(InputError, match=re.escape(message)):
        explain(pooled, TEXTS, "counterfactuals", candidates=candidates)
    for parameters in ({"candidates": ["good"]}, {"changes": "delete", "candidates": candidates}):
        alone = explain(pooled, TEXTS[:1], "counterfactuals", **parameters)
        among = explain(pooled, TEXTS, "counterfactuals", **parameters)
        for name in ("chosen", "replacement", "valid"):
            assert (alone.array(name)[:, 0] == among.array(name)[:, 0]).all()


def test_a_regression_has_no_counterfactuals():
    ensemble = linear_text_ensemble(task="regression", n_outputs=1)
    message = "a classification ensemble for counterfactuals, got a regression"
    with pytest.raises(InputError, match=message):
        explain(ensemble, TEXTS, "counterfactuals")


@pytest.mark.parametrize("name", ["changed_texts", "changed_text"])
def test_only_counterfactuals_have_changed_texts(pooled, name):
    found = explain(pooled, TEXTS, "occlusion")
    message = "Expected counterfactuals of texts, got the answer of occlusion, without replacement."
    with pytest.raises(InputError, match=re.escape(message)):
        getattr(found, name)(*((0, 0) if name == "changed_text" else ()))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"changes": "swap"}, "'swap'"),
        ({"candidates": "good"}, "'good'"),
        ({"candidates": []}, "Expected candidates to be 'frequent', 'near' or a list of words"),
        ({"candidates": 3}, "Expected candidates to be 'frequent', 'near' or a list of words"),
        ({"candidates": [3]}, "got 3 in the list"),
        ({"candidates": ["zebra"]}, "got 'zebra'. Name words of the vocabulary"),
        ({"candidates": ["good film"]}, "got 'good film', which is 2 tokens"),
        ({"n_candidates": 0}, "Expected n_candidates to be a whole number"),
        ({"max_changes": 0}, "Expected max_changes to be a whole number"),
        ({"beam": 0}, "Expected beam to be a whole number"),
        ({"target": "clas1"}, "Expected target to be one of the classes (class0, class1, class2)"),
    ],
)
def test_parameters_that_do_not_fit(pooled, parameters, message):
    with pytest.raises(InputError, match=re.escape(message)):
        explain(pooled, TEXTS, "counterfactuals", **parameters)
