"""Whether perturbed texts keep the seeds' answers, asked of the seeds that want to know."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

import numpy as np

from xaigeo.explainers.texts.removal.perturbed_text import PerturbedText, TextNoise


class Batch(NamedTuple):
    """One draw of random numbers: its key, which starts with kind and size of sets, and texts."""

    key: tuple[int, int, int]
    n_texts: int


class WordAnswers:
    """What models said to perturbed texts: wishes are collected, then asked in few calls.

    Parameters
    ----------
    perturbed : PerturbedText
    own : ndarray of int, shape (n_seeds,)
        The class that each model gives the whole text.
    """

    def __init__(self, perturbed: PerturbedText, own: np.ndarray) -> None:
        self.perturbed = perturbed
        self.own = own
        self._kept: dict[tuple[int, bytes, Batch], np.ndarray] = {}
        self._noise: dict[Batch, TextNoise] = {}
        self._wanted: dict[tuple[Batch, bytes], tuple[np.ndarray, set[int]]] = {}
        self._parts: dict[tuple[int, ...], PerturbedText] = {}

    def noise(self, batch: Batch) -> TextNoise:
        """Return the random numbers of a batch."""
        if batch not in self._noise:
            self._noise[batch] = self.perturbed.noise(batch.key, batch.n_texts)
        return self._noise[batch]

    def want(self, seed: int, anchor: np.ndarray, batch: Batch) -> None:
        """Note that a seed is to be asked about a batch under a set, unless it has been."""
        name = anchor.tobytes()
        if (seed, name, batch) not in self._kept:
            self._wanted.setdefault((batch, name), (anchor, set()))[1].add(seed)

    def ask(self) -> None:
        """Ask the seeds that want to know; sets that the same seeds want go in one call."""
        calls: dict[tuple[Batch, tuple[int, ...]], list[np.ndarray]] = defaultdict(list)
        for (batch, _), (anchor, wanting) in self._wanted.items():
            calls[batch, tuple(sorted(wanting))].append(anchor)
        self._wanted.clear()
        for (batch, seeds), anchors in calls.items():
            answers = self._part(seeds).answers(np.stack(anchors), self.noise(batch))
            for seed, by_anchor in zip(seeds, answers, strict=True):
                for anchor, given in zip(anchors, by_anchor, strict=True):
                    self._kept[seed, anchor.tobytes(), batch] = given == self.own[seed]

    def kept(self, seed: int, anchor: np.ndarray, batch: Batch) -> np.ndarray:
        """Return which texts of a batch keep a seed's answer, (n_texts,), once it was asked."""
        return self._kept[seed, anchor.tobytes(), batch]

    def forget(self, *, but: int) -> None:
        """Let go of what is known of sets of other sizes, which do not race any more."""
        self._kept = {name: kept for name, kept in self._kept.items() if name[2].key[1] == but}
        self._noise = {batch: noise for batch, noise in self._noise.items() if batch.key[1] == but}

    def _part(self, seeds: tuple[int, ...]) -> PerturbedText:
        if seeds not in self._parts:
            self._parts[seeds] = self.perturbed.of_seeds(seeds)
        return self._parts[seeds]
