from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from tests.text_models import TEXTS, LinearTextMembers, linear_text_ensemble
from xaigeo.explainers.rules.rule_finder import Problem
from xaigeo.explainers.texts.removal.perturbed_text import PerturbedText
from xaigeo.explainers.texts.removal.token_removal import TokenRemoval
from xaigeo.explainers.texts.removal.word_arms import WordArms
from xaigeo.explainers.texts.removal.word_race import POOL, RACES, SHARED, WordPuller
from xaigeo.text import ABSENT

BATCH, N = 20, 7
PARENTS = np.zeros((2, N), dtype=bool)
PARENTS[0, 1] = PARENTS[1, 4] = True


@pytest.fixture(scope="module")
def ensemble():
    return linear_text_ensemble(pooled=True, random_state=4)


@pytest.fixture
def perturbed(ensemble):
    row = ensemble.schema.encode(TEXTS[:1])[0]
    places = np.arange(N)
    text = TokenRemoval(ensemble, "probability", row, places, np.full_like(row, ABSENT), 2**20)
    return PerturbedText(text, 0.5, None, np.random.SeedSequence(5))


def grown(seed, parents=PARENTS):
    usable = np.ones(N, dtype=bool)
    return WordArms.grown(Problem((seed,), 0), parents, usable, lambda sets: sets.sum(axis=1))


def answers(perturbed, seed, kept):
    """Ask one model about texts of which some tokens are kept; whether it keeps its answer."""
    text = perturbed.text
    rows = np.repeat(text.row[None], len(kept), axis=0)
    rows[:, text.places] = np.where(kept, text.row[text.places], ABSENT)
    found = text.ensemble.outputs_encoded(rows)[seed].argmax(axis=1)
    return found == text.ensemble.outputs_encoded(text.row[None])[seed, 0].argmax()


def expected(perturbed, arms, seed, parent_of, key, n_texts):
    """Count draws and hits of every arm, text by text."""
    kept = perturbed.noise(key, n_texts).kept
    draws, hits = np.zeros((2, len(arms.cells)), dtype=int)
    for place, chosen in enumerate(arms.cells):
        for stays in kept:
            under = stays | parent_of[place]
            if (under & chosen).sum() == chosen.sum():
                draws[place] += 1
                hits[place] += int(answers(perturbed, seed, under[None])[0])
    return draws, hits


def test_the_first_draws_are_the_texts_of_the_pool_with_the_words(perturbed):
    puller, arms = WordPuller(perturbed, 120, BATCH), grown(2)
    puller.pull([(arms, np.arange(len(arms.cells)))], 2)
    nothing = np.zeros_like(arms.cells)
    draws, hits = expected(perturbed, arms, 2, nothing, (POOL,), 120)
    assert (draws >= BATCH).all()
    assert arms.draws.tolist() == draws.tolist()
    assert arms.hits.tolist() == hits.tolist()
    assert not arms.n_shared.any()


def test_sets_of_one_parent_share_its_texts(perturbed):
    puller, arms = WordPuller(perturbed, 1, BATCH), grown(2)
    puller.pull([(arms, np.arange(len(arms.cells)))], 2)
    parent_of = PARENTS[arms.parent]
    draws, hits = expected(perturbed, arms, 2, parent_of, (SHARED, 2, 0), 2 * BATCH)
    assert arms.draws.tolist() == draws.tolist()
    assert arms.hits.tolist() == hits.tolist()
    assert arms.n_shared.tolist() == [1, 1]
    assert not arms.n_own.any()


def test_few_sets_are_drawn_by_themselves(perturbed):
    puller, arms = WordPuller(perturbed, 1, BATCH), grown(0)
    for number in range(2):
        puller.pull([(arms, np.array([3]))], 2)
        assert arms.draws[3] == (number + 1) * BATCH
    kept = [perturbed.noise((RACES, 2, k), BATCH).kept | arms.cells[3] for k in range(2)]
    assert arms.hits[3] == answers(perturbed, 0, np.concatenate(kept)).sum()
    assert arms.draws.sum() == 2 * BATCH


def test_shares_come_to_the_precision_of_each_set(perturbed):
    puller, arms = WordPuller(perturbed, 200, 50), grown(0)
    for _ in range(40):
        puller.pull([(arms, np.arange(len(arms.cells)))], 2)
    every = np.array(list(product([False, True], repeat=N)))
    same = answers(perturbed, 0, every)
    exact = np.array([same[every[:, chosen].all(axis=1)].mean() for chosen in arms.cells])
    sure = 4.5 * np.sqrt(exact * (1 - exact) / arms.draws)
    assert (np.abs(arms.shares - exact) <= sure).all()
    assert np.ptp(exact) > 0.1


def test_only_seeds_whose_races_want_a_batch_are_asked(perturbed, monkeypatch):
    puller = WordPuller(perturbed, 1, BATCH)
    both, alone = [grown(0), grown(2)], grown(0, PARENTS[1:])
    asked = []
    values = LinearTextMembers.values

    def kept(self, rows, scale):
        asked.append(self.n_members)
        return values(self, rows, scale)

    monkeypatch.setattr(LinearTextMembers, "values", kept)
    puller.pull([(arms, np.arange(len(arms.cells))) for arms in both], 2)
    assert asked == [2]  # two seeds, all sets in one call
    puller.pull([(alone, np.arange(len(alone.cells)))], 2)
    assert asked == [2]  # what another race has drawn is there
    puller.pull([(alone, np.arange(len(alone.cells)))], 2)
    assert asked == [2, 1]
    puller.pull([(alone, np.array([0]))], 3)
    assert asked == [2, 1, 1]


def test_a_batch_without_a_text_of_a_set_is_followed_by_another(perturbed):
    puller = WordPuller(replace(perturbed, share=0.97), 1, 1)
    arms = grown(1, np.zeros((1, N), dtype=bool))
    assert puller.shared_size == 33
    puller.shared_size = 3
    few = puller.perturbed.noise((SHARED, 1, 0), 3).kept
    assert not few.any(axis=0).all()
    puller.pull([(arms, np.arange(N))], 1)
    assert (arms.draws > 0).all()
