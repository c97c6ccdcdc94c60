"""Races between sets of words of one text, all seeds on the same perturbed texts."""

from __future__ import annotations

import numpy as np

from xaigeo.explainers.texts.removal.perturbed_text import PerturbedText
from xaigeo.explainers.texts.removal.word_answers import Batch, WordAnswers
from xaigeo.explainers.texts.removal.word_arms import WordArms

# First keys of the draws: the pool, those of races under a set and under its parent, and those of
# measurements.
POOL, RACES, MEASURES, SHARED = 1, 2, 3, 4
Wanted = list[tuple[WordArms, np.ndarray]]


class WordPuller:
    """Draw perturbed texts for sets of words, and count those that keep a seed's answer.

    The first draws of a set come from a pool of texts perturbed without an anchor: those in which
    its words happen to stay are texts under it. All seeds have answered to the pool in one call.
    Further draws come in batches. Where many sets that grew from one parent are to be drawn, the
    batch is drawn under the parent, and each of these sets takes the texts in which its last word
    happens to stay: one batch serves all, and its texts are no others than those drawn under the
    set. Where few are, each has a batch of its own. What one seed's race has drawn is there for
    the others, and only seeds whose races want a batch are asked about it.

    Parameters
    ----------
    perturbed : PerturbedText
    n_pool : int
        Texts in the pool.
    batch_size : int
        Texts drawn at a time, for each set.
    """

    def __init__(self, perturbed: PerturbedText, n_pool: int, batch_size: int) -> None:
        self.perturbed = perturbed
        self.batch_size = batch_size
        # So large that a set finds a batch of its own in it.
        self.shared_size = round(batch_size / (1.0 - perturbed.share))
        nothing = np.zeros((1, perturbed.text.n_tokens), dtype=bool)
        noise = perturbed.noise((POOL,), n_pool)
        self.own = perturbed.text.value.argmax(axis=1)
        self.pool = noise.kept
        self.pool_kept = perturbed.answers(nothing, noise)[:, 0] == self.own[:, None]
        self.answers = WordAnswers(perturbed, self.own)

    def pull(self, wanted: Wanted, length: int) -> None:
        """Draw one batch for the arms at places; of an arm not drawn yet, read the pool."""
        left = [(arms, places[~self._read_pool(arms, places)]) for arms, places in wanted]
        while any(len(places) for _, places in left):
            self._draw(left, length)
            # A parent's batch may have no text in which a set's last word stays.
            left = [(arms, places[arms.draws[places] == 0]) for arms, places in left]

    def measured(self, anchor: np.ndarray, check: int, n_texts: int) -> np.ndarray:
        """Return how many fresh texts every model gives each model's answer, (n_seeds, n_seeds).

        The first axis is the seed whose answer is wanted.
        """
        noise = self.perturbed.noise((MEASURES, check), n_texts)
        answers = self.perturbed.answers(anchor[None], noise)[:, 0]
        return np.stack([(answers == own).sum(axis=1) for own in self.own])

    def _read_pool(self, arms: WordArms, places: np.ndarray) -> np.ndarray:
        """Count the pool's texts for arms not drawn yet, and return which found enough of them."""
        (seed,) = arms.problem.models
        enough = np.zeros(len(places), dtype=bool)
        fresh = arms.draws[places] == 0
        if not len(arms.parents):
            enough |= fresh & (len(self.pool) >= self.batch_size)
            arms.draws[places[enough]] = len(self.pool)
            arms.hits[places[enough]] = self.pool_kept[seed].sum()
            return enough
        for parent in np.unique(arms.parent[places[fresh]]).tolist():
            under = self.pool[:, arms.parents[parent]].all(axis=1)
            n_staying, n_kept = _by_token(self.pool[under], self.pool_kept[seed, under])
            added = arms.added[places]
            own = fresh & (arms.parent[places] == parent) & (n_staying[added] >= self.batch_size)
            arms.draws[places[own]] = n_staying[added[own]]
            arms.hits[places[own]] = n_kept[added[own]]
            enough |= own
        return enough

    def _draw(self, wanted: Wanted, length: int) -> None:
        plans = [(arms, *self._plan(arms, places)) for arms, places in wanted]
        self.answers.forget(but=length)
        for arms, shared, own in plans:
            (seed,) = arms.problem.models
            for parent in shared.tolist():
                batch = self._shared(length, int(arms.n_shared[parent]))
                self.answers.want(seed, arms.parents[parent], batch)
            for place in own.tolist():
                batch = self._own(length, int(arms.n_own[place]))
                self.answers.want(seed, arms.cells[place], batch)
        self.answers.ask()
        for arms, shared, own in plans:
            self._count(arms, shared, own, length)

    def _plan(self, arms: WordArms, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the parents under which to draw, and the arms to be drawn by themselves."""
        if not len(arms.parents):
            return places[:0], places
        n_wanted = np.bincount(arms.parent[places], minlength=len(arms.parents))
        worth = n_wanted * self.batch_size > self.shared_size
        return np.flatnonzero(worth), places[~worth[arms.parent[places]]]

    def _count(self, arms: WordArms, shared: np.ndarray, own: np.ndarray, length: int) -> None:
        (seed,) = arms.problem.models
        for parent in shared.tolist():
            batch = self._shared(length, int(arms.n_shared[parent]))
            kept = self.answers.kept(seed, arms.parents[parent], batch)
            n_staying, n_kept = _by_token(self.answers.noise(batch).kept, kept)
            # All children read it when it is drawn, whether they are wanted or not: to read it
            # only once a sibling's luck is known would be no fair draw.
            children = arms.children(parent)
            arms.draws[children] += n_staying[arms.added[children]]
            arms.hits[children] += n_kept[arms.added[children]]
            arms.n_shared[parent] += 1
        for place in own.tolist():
            batch = self._own(length, int(arms.n_own[place]))
            arms.draws[place] += self.batch_size
            arms.hits[place] += int(self.answers.kept(seed, arms.cells[place], batch).sum())
            arms.n_own[place] += 1

    def _shared(self, length: int, number: int) -> Batch:
        return Batch((SHARED, length, number), self.shared_size)

    def _own(self, length: int, number: int) -> Batch:
        return Batch((RACES, length, number), self.batch_size)


def _by_token(staying: np.ndarray, kept: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return in how many texts each token stays, and in how many of them the answer is kept.

    Parameters
    ----------
    staying : ndarray of bool, shape (n_texts, n_tokens)
    kept : ndarray of bool, shape (n_texts,)
    """
    return staying.sum(axis=0), staying[kept].sum(axis=0)
