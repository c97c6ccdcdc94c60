"""Anchors of one text: sets of words grow by one, the best by KL-LUCB, until one holds."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from xaigeo.explainers.rules.arm_race import race, settle
from xaigeo.explainers.rules.confidence import passing_share, share_lower_bound
from xaigeo.explainers.rules.rule_finder import Problem
from xaigeo.explainers.texts.removal.word_arms import Counting, WordArms
from xaigeo.explainers.texts.removal.word_race import WordPuller


@dataclass(frozen=True, kw_only=True)
class AnchorLimits:
    """What an anchor must reach, and how much may be spent on it; see `TextAnchorExplainer`."""

    threshold: float
    delta: float
    epsilon: float
    beam: int
    n_samples: int
    n_checks: int
    max_words: int | None

    @property
    def level(self) -> float:
        """Error level of a single bound."""
        return self.delta / self.n_checks

    @property
    def passing_share(self) -> float:
        """Precision with which an anchor passes its measurement four times in five."""
        return passing_share(self.n_samples, self.threshold, self.level)


@dataclass(eq=False)
class WordBeam:
    """The search of one seed: the sets kept of the last size, and the best measurement.

    Attributes
    ----------
    problem : Problem
        Its model.
    kept : ndarray of bool, shape (n_kept, n_tokens)
    anchor : ndarray of bool, shape (n_tokens,)
        Of the best measurement; `low` is its bound, `hits` (n_seeds,) the texts to which every
        model gives this one's answer.
    n_checks : int
        Measurements done.
    """

    problem: Problem
    kept: np.ndarray
    anchor: np.ndarray
    hits: np.ndarray
    low: float = -1.0
    n_checks: int = 0
    tried: set[bytes] = field(default_factory=set)


class AnchorSearch:
    """The search of one text, the beams of all seeds in step.

    Parameters
    ----------
    puller : WordPuller
    limits : AnchorLimits
    counting : callable
    """

    def __init__(
        self,
        puller: WordPuller,
        limits: AnchorLimits,
        counting: Counting,
    ) -> None:
        self.puller = puller
        self.limits = limits
        self.counting = counting
        self.usable = puller.perturbed.moved
        self._measured: dict[tuple[bytes, int], np.ndarray] = {}

    def find(self) -> list[WordBeam]:
        """Return every seed's beam, with the smallest anchor found that holds, or the best."""
        n_tokens, n_seeds = len(self.usable), len(self.puller.own)
        beams = [
            WordBeam(
                Problem((seed,), 0),
                np.zeros((1, n_tokens), dtype=bool),
                np.zeros(n_tokens, dtype=bool),
                np.zeros(n_seeds, dtype=np.intp),
            )
            for seed in range(n_seeds)
        ]
        most = int(self.usable.sum())
        longest = most if self.limits.max_words is None else min(most, self.limits.max_words)
        running = beams
        for length in range(longest + 1):
            arms = [self._arms(beam, length) for beam in running]
            self._race(running, arms, length, last=length == longest)
            running = [beam for beam in running if self._open(beam)]
            if not running:
                break
        return beams

    def _open(self, beam: WordBeam) -> bool:
        return beam.low < self.limits.threshold and beam.n_checks < self.limits.n_checks

    def _arms(self, beam: WordBeam, length: int) -> WordArms:
        if not length:
            return WordArms.without_words(beam.problem, len(self.usable), self.counting)
        return WordArms.grown(beam.problem, beam.kept, self.usable, self.counting)

    def _race(
        self, beams: list[WordBeam], arms: list[WordArms], length: int, *, last: bool
    ) -> None:
        """Find the best sets of a size, and measure those that seem to hold."""
        limits = self.limits
        best = race(
            arms,
            self.puller,
            length,
            n_best=limits.beam,
            epsilon=limits.epsilon,
            delta=limits.delta,
        )
        good = self._settled(arms, best, length)
        for beam, one, places, reached in zip(beams, arms, best, good, strict=True):
            beam.kept = one.cells[places]
            order = np.lexsort((-one.shares[places], -one.coverage[places], ~reached))
            for place in order.tolist():
                # The best of the last size is measured though it does not seem to hold.
                if (reached[place] or (last and beam.low < 0)) and self._open(beam):
                    self._measure(beam, one.cells[places[place]])

    def _settled(
        self, arms: list[WordArms], best: list[np.ndarray], length: int
    ) -> list[np.ndarray]:
        """Return whether the best sets would pass their measurement."""
        limits = self.limits
        # Any of the sets kept, of every size, may be judged wrongly.
        n_kept = 1 + (limits.beam - 1) * max(1, int(self.usable.sum()))
        return settle(
            arms,
            best,
            self.puller,
            length,
            wanted=limits.passing_share,
            rate=float(np.log(n_kept / limits.delta)),
            n_samples=limits.n_samples,
        )

    def _measure(self, beam: WordBeam, anchor: np.ndarray) -> None:
        """Measure a set on texts that no search of this seed has seen."""
        key = anchor.tobytes(), beam.n_checks
        if key not in self._measured:
            self._measured[key] = self.puller.measured(anchor, key[1], self.limits.n_samples)
        (seed,) = beam.problem.models
        hits = self._measured[key][seed]
        low = float(share_lower_bound(hits[seed], self.limits.n_samples, self.limits.level))
        beam.n_checks += 1
        if low > beam.low:
            beam.anchor, beam.hits, beam.low = anchor, hits, low
