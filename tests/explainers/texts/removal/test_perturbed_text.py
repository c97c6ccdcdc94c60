from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.text_models import TEXTS, linear_text_ensemble
from xaigeo.explainers.texts.removal.perturbed_text import PerturbedText
from xaigeo.explainers.texts.removal.token_removal import TokenRemoval
from xaigeo.explainers.texts.removal.word_answers import Batch, WordAnswers
from xaigeo.text import ABSENT

N = 7
ANCHORS = np.eye(N, dtype=bool)[[0, 3]]


def perturbed(words=None, max_memory=2**20):
    ensemble = linear_text_ensemble(pooled=True, n_outputs=3, random_state=4)
    row = ensemble.schema.encode(TEXTS[:1])[0]
    empty = np.full_like(row, ABSENT)
    text = TokenRemoval(ensemble, "probability", row, np.arange(N), empty, max_memory)
    return PerturbedText(text, 0.4, words, np.random.SeedSequence(1))


def test_draws_follow_from_their_key_and_keep_tokens_as_often_as_they_should():
    made = perturbed()
    noise = made.noise((2, 5), 4000)
    assert (noise.kept == made.noise((2, 5), 4000).kept).all()
    assert not (noise.kept == made.noise((2, 6), 4000).kept).all()
    sure = 4.5 * np.sqrt(0.6 * 0.4 / 4000)
    assert noise.kept.mean(axis=0) == pytest.approx(0.6, abs=sure)


@pytest.mark.parametrize("words", [None, np.array([1.0, 2.0, 2.0, 5.0])])
def test_answers_are_those_of_the_texts_one_by_one(words):
    made = perturbed(words)
    noise = made.noise((1,), 30)
    found = made.answers(ANCHORS, noise)
    small = perturbed(words, max_memory=1)
    assert (small.answers(ANCHORS, noise) == found).all()
    ensemble, row = made.text.ensemble, made.text.row
    for place, anchor in enumerate(ANCHORS):
        for text in range(30):
            changed = row.copy()
            for token in range(N):
                if not (anchor[token] or noise.kept[text, token]):
                    level = noise.level[text, token]
                    changed[token] = ABSENT if words is None else words[int(level * len(words))]
            own = ensemble.outputs_encoded(changed[None])[:, 0].argmax(axis=1)
            assert found[:, place, text].tolist() == own.tolist()
    assert len(np.unique(found)) > 1


def test_words_that_are_replaced_may_all_move_and_those_removed_where_it_shows():
    hidden = replace(perturbed().text, empty=perturbed().text.row.copy())
    hidden.empty[2] = ABSENT
    assert np.flatnonzero(replace(perturbed(), text=hidden).moved).tolist() == [2]
    assert replace(perturbed(np.array([1.0])), text=hidden).moved.all()


def test_some_seeds_answer_as_they_do_among_all():
    made = perturbed()
    noise = made.noise((1,), 50)
    every = made.answers(ANCHORS, noise)
    assert (made.of_seeds((0, 2)).answers(ANCHORS, noise) == every[[0, 2]]).all()
    assert made.of_seeds((0, 1, 2)) is made


def test_what_is_wanted_is_asked_once_and_let_go_with_its_size(monkeypatch):
    made = perturbed()
    own = made.text.value.argmax(axis=1)
    known, batch, later = WordAnswers(made, own), Batch((2, 1, 0), 40), Batch((2, 2, 0), 10)
    asked = []
    answers = PerturbedText.answers

    def kept(self, anchors, noise):
        asked.append((self.text.ensemble.seeds, len(anchors), len(noise.kept)))
        return answers(self, anchors, noise)

    monkeypatch.setattr(PerturbedText, "answers", kept)
    for seed, anchor in ((0, 0), (2, 0), (2, 1), (0, 0)):
        known.want(seed, ANCHORS[anchor], batch)
    known.ask()
    assert asked == [((0, 2), 1, 40), ((2,), 1, 40)]
    expected = answers(made, ANCHORS, made.noise(batch.key, 40)) == own[:, None, None]
    for seed, anchor in ((0, 0), (2, 0), (2, 1)):
        assert (known.kept(seed, ANCHORS[anchor], batch) == expected[seed, anchor]).all()
    known.want(2, ANCHORS[1], batch)
    known.ask()
    assert len(asked) == 2
    known.forget(but=later.key[1])
    known.want(2, ANCHORS[1], batch)
    known.ask()
    assert len(asked) == 3
