"""Anchors of texts: words that are enough for a model's answer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, cast

import numpy as np

from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.explainers.base import Arrays, Block, Engine
from xaigeo.explainers.rules.rule_explainer import check_share
from xaigeo.explainers.texts.base import schema_of
from xaigeo.explainers.texts.catalogue import TEXT_EXPLAINERS
from xaigeo.explainers.texts.removal.anchor_search import AnchorLimits, AnchorSearch
from xaigeo.explainers.texts.removal.background_words import BackgroundWords, single_words
from xaigeo.explainers.texts.removal.perturbed_text import Perturbation, PerturbedText
from xaigeo.explainers.texts.removal.token_removal import (
    TokenRemoval,
    check_removal,
    check_removal_option,
)
from xaigeo.explainers.texts.removal.unit_explainer import UnitExplainer
from xaigeo.explainers.texts.removal.word_coverage import WordCoverage
from xaigeo.explainers.texts.removal.word_race import WordPuller
from xaigeo.options import check_count
from xaigeo.text.schema import ABSENT, TextSchema


@TEXT_EXPLAINERS.register("anchors")
@dataclass(frozen=True, kw_only=True)
class TextAnchorExplainer(UnitExplainer):
    """Find, for every seed and text, a smallest set of tokens that is enough for its answer.

    The *precision* of a set is the share of perturbed texts to which the model gives the class that
    it gives the whole text; in a perturbed text the tokens of the set stay, and each other one is
    perturbed with a probability. Its *coverage* is the share of background texts that hold its
    words, wherever, each as often as the set does. Of the sets whose precision is at least
    `threshold` with confidence 1 - `delta` the search takes one of fewest tokens, and of those the
    one of largest coverage. All seeds see the same perturbed texts. A background must be given:
    with the same one a text gets the same words whichever texts stand beside it.

    `chosen` holds the set. The attribution is 1 for its tokens and 0 for others, for every output
    alike: a set speaks of the seed's own answer, which is not the same output for all seeds.

    Parameters
    ----------
    threshold : float
        Wanted precision, tau.
    delta : float
        The reported `precision_low` exceeds the true precision with at most this probability.
    perturbation : {"remove", "unknown", "replace"}
        Tokens are taken out, or give way to the tokenizer's mask token where it has one, else its
        unknown token, or to a word drawn from all the words of the background texts, common ones
        more often; with ``units="words"`` from those that are one token.
    perturbed_share : float
        Probability that a token outside the set is perturbed.
    n_samples : int
        Fresh texts on which a set is measured; on the same the other seeds' models are asked
        (`cross_precision`).
    n_search : int
        Perturbed texts in the pool on which sets are compared first.
    n_checks : int
        How many measurements a text may have: a set that fails gives way to the next best.
    beam : int
        Sets of each size that grow.
    max_words : int, optional
        Most tokens of a set. None allows all, with which the answer is always kept.
    epsilon : float
        How much worse than the best a set kept in the beam may be.
    batch_size : int
        Texts drawn for a set at a time; where many sets with a word in addition to the same ones
        are drawn, as many on average, which these share.
    units
        See `UnitExplainer`. With "words" a set is one of words, and background texts hold these.

    Notes
    -----
    After Ribeiro, Singh and Guestrin (2018), doi:10.1609/aaai.v32i1.11491: their perturbation of
    texts by unknown words, beam search and KL-LUCB races, with one search for all seeds. A text
    drawn under some words is a draw for every set that adds one which happens to stay in it, so
    the many sets of a long text are compared on few texts. Search and measurement are kept apart:
    what is reported is measured on texts that the search has not seen, with Clopper and Pearson's
    bound at the level `delta / n_checks`. A set that never reaches the threshold is an answer too:
    the one of highest bound is returned with `met` False.

    No maintained package finds anchors of texts, so there is no other engine.
    """

    name: ClassVar[str] = "anchors"
    engines: ClassVar[tuple[Engine, ...]] = ("batched",)
    packages: ClassVar[tuple[str, ...]] = ("scipy", "numba")
    randomised: ClassVar[bool] = True
    needs_background: ClassVar[bool] = True
    tasks: ClassVar[tuple[str, ...]] = ("classification",)

    threshold: float = 0.95
    delta: float = 0.1
    perturbation: Perturbation = "remove"
    perturbed_share: float = 0.5
    n_samples: int = 1000
    n_search: int = 5000
    n_checks: int = 10
    beam: int = 4
    max_words: int | None = None
    epsilon: float = 0.15
    batch_size: int = 100

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("threshold", "delta", "perturbed_share", "epsilon"):
            check_share(name, getattr(self, name))
        for name in ("n_samples", "n_search", "n_checks", "beam", "batch_size"):
            check_count(name, getattr(self, name))
        if self.max_words is not None:
            check_count("max_words", self.max_words)
        check_removal_option("perturbation", self.perturbation, Perturbation)
        needed = math.ceil(math.log(self.limits.level) / math.log(self.threshold))
        if self.n_samples < needed:
            raise InputError(
                expected=f"n_samples of at least {needed}, so that words that never lose the "
                f"answer can show a precision of {self.threshold:g}",
                arrived=str(self.n_samples),
                do="Raise n_samples, or lower threshold, n_checks or the confidence 1 - delta.",
            )

    @property
    def limits(self) -> AnchorLimits:
        """What an anchor must reach, and how much may be spent on it."""
        return AnchorLimits(
            threshold=self.threshold,
            delta=self.delta,
            epsilon=self.epsilon,
            beam=self.beam,
            n_samples=self.n_samples,
            n_checks=self.n_checks,
            max_words=self.max_words,
        )

    @property
    def background_use(self) -> str:
        """Coverage is a share of them, and words that replace others are theirs."""
        return "of which coverage is a share"

    def check(self, ensemble: SeedEnsemble) -> None:
        """Raise when the tokenizer has no token to put in the place of others."""
        schema = cast(TextSchema, ensemble.schema)
        check_removal("perturbation", self.perturbation, schema, out="remove")

    def explain_batched(self, block: Block) -> Arrays:
        """Search and measure the anchors of one text after another, for all seeds in step."""
        mask = self.mask(block)
        n_seeds, shape = block.ensemble.n_seeds, (block.ensemble.n_seeds, len(block.rows))
        arrays: Arrays = {
            "chosen": np.zeros((*shape, mask.shape[1]), dtype=bool),
            "precision": np.empty(shape),
            "precision_low": np.empty(shape),
            "coverage": np.empty(shape),
            "n_samples": np.full(shape, self.n_samples),
            "met": np.empty(shape, dtype=bool),
            "cross_precision": np.empty((n_seeds, *shape)),
            "mask": mask,
        }
        for i in range(len(block.rows)):
            perturbed = self._perturbed(block, i)
            text = perturbed.text
            coverage = self._coverage(text, block)
            puller = WordPuller(perturbed, self.n_search, self.batch_size)
            for seed, beam in enumerate(AnchorSearch(puller, self.limits, coverage.counted).find()):
                arrays["chosen"][seed, i, text.places] = beam.anchor
                arrays["precision_low"][seed, i] = beam.low
                arrays["met"][seed, i] = beam.low >= self.threshold
                arrays["coverage"][seed, i] = coverage.share(beam.anchor)
                arrays["cross_precision"][seed, :, i] = beam.hits / self.n_samples
                arrays["precision"][seed, i] = arrays["cross_precision"][seed, seed, i]
        arrays["attribution"] = _for_every_output(arrays["chosen"], block.ensemble.n_outputs)
        return arrays

    def _coverage(self, text: TokenRemoval, block: Block) -> WordCoverage:
        if not self._joins(schema_of(block)):
            return WordCoverage.of(text, block.background.rows)
        known = BackgroundWords.of(block)
        return WordCoverage.of_numbers(known.numbers(text.words), known.rows)

    def _words(self, block: Block) -> np.ndarray | None:
        """Return the words that replace others, each as often as it may be drawn."""
        if self.perturbation != "replace":
            return None
        rows, schema = block.background.rows, schema_of(block)
        if self._joins(schema):
            return single_words(block)
        return np.asarray(rows[(rows != ABSENT) & ~schema.special(rows)])

    def _perturbed(self, block: Block, place: int) -> PerturbedText:
        return PerturbedText(
            self.text(
                block,
                place,
                removal="unknown" if self.perturbation == "unknown" else "delete",
                scale=block.ensemble.default_scale,
            ),
            self.perturbed_share,
            self._words(block),
            block.seeds[place],
        )


def _for_every_output(chosen: np.ndarray, n_outputs: int) -> np.ndarray:
    """Return chosen tokens as attributions, shape (n_seeds, n_instances, n_tokens, n_outputs)."""
    return np.repeat(chosen[..., None].astype(np.float64), n_outputs, axis=3)
