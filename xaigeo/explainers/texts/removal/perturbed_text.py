"""Texts under an anchor: its words stay, every other is perturbed with a fixed probability."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from xaigeo.explainers.shapley.worths import rows_at_once
from xaigeo.explainers.texts.removal.token_removal import TokenRemoval
from xaigeo.text.schema import ABSENT

Perturbation = Literal["remove", "unknown", "replace"]


@dataclass(frozen=True, eq=False)
class TextNoise:
    """The random numbers of n perturbed texts, shared by every anchor and seed.

    Attributes
    ----------
    kept : ndarray of bool, shape (n, n_tokens)
        Tokens that stay whatever the anchor.
    level : ndarray, shape (n, n_tokens)
        In [0, 1): which word replaces a token.
    """

    kept: np.ndarray
    level: np.ndarray


@dataclass(frozen=True, eq=False)
class PerturbedText:
    """The distribution of one text's perturbations, and what all models answer to them.

    Attributes
    ----------
    text : TokenRemoval
    share : float
        Probability that a token outside the anchor is perturbed.
    words : ndarray, shape (n_words,), or None
        Words that replace tokens, each as often as it may be drawn; None where tokens are removed.
    seed : SeedSequence
    """

    text: TokenRemoval
    share: float
    words: np.ndarray | None
    seed: np.random.SeedSequence

    @property
    def moved(self) -> np.ndarray:
        """Tokens that perturbation changes, shape (n_tokens,)."""
        if self.words is None:
            return self.text.varying
        return np.ones(self.text.n_tokens, dtype=bool)

    def noise(self, key: tuple[int, ...], n_texts: int) -> TextNoise:
        """Return the random numbers of some texts; the key names the draw."""
        seed = np.random.SeedSequence(self.seed.entropy, spawn_key=(*self.seed.spawn_key, *key))
        random = np.random.default_rng(seed)
        kept = random.random((n_texts, self.text.n_tokens)) >= self.share
        return TextNoise(kept, random.random(kept.shape) if self.words is not None else kept)

    def of_seeds(self, places: tuple[int, ...]) -> PerturbedText:
        """Return the same texts for the models at some places."""
        ensemble = self.text.ensemble
        if places == tuple(range(ensemble.n_seeds)):
            return self
        part = ensemble.select([ensemble.seeds[place] for place in places])
        return replace(self, text=replace(self.text, ensemble=part))

    def answers(self, anchors: np.ndarray, noise: TextNoise) -> np.ndarray:
        """Return the class that every model gives to the texts under some anchors.

        Parameters
        ----------
        anchors : ndarray of bool, shape (n_anchors, n_tokens)
            Tokens that stay.
        noise : TextNoise

        Returns
        -------
        ndarray of int, shape (n_seeds, n_anchors, n_texts)
        """
        n_anchors, n_texts = len(anchors), len(noise.kept)
        kept = (noise.kept | anchors[:, None]).reshape(-1, self.text.n_tokens)
        found = np.empty((self.text.ensemble.n_seeds, len(kept)), dtype=np.int16)
        step = rows_at_once(self.text.ensemble, len(self.text.row), self.text.max_memory // 4)
        for start in range(0, len(kept), step):
            part = slice(start, min(start + step, len(kept)))
            places = np.arange(part.start, part.stop) % n_texts
            outputs = self._outputs(kept[part], noise, places)
            found[:, part] = outputs.argmax(axis=-1)
        return found.reshape(-1, n_anchors, n_texts)

    def _outputs(self, kept: np.ndarray, noise: TextNoise, places: np.ndarray) -> np.ndarray:
        text = self.text
        if self.words is None:
            return text.outputs(kept)
        rows = np.repeat(text.row[None], len(kept), axis=0)
        drawn = self.words[(noise.level[places] * len(self.words)).astype(np.intp)]
        # A word's first piece gives way to the word that is drawn, the others are taken out.
        first = np.diff(text.owner, prepend=-1) > 0
        drawn = np.where(first, drawn[:, text.owner], ABSENT)
        rows[:, text.pieces] = np.where(kept[:, text.owner], text.row[text.pieces], drawn)
        return text.ensemble.outputs_encoded(rows, scale=text.scale)
