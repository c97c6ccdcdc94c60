"""LIME of texts: a local linear surrogate over words that are there or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.explainers.background import Background
from xaigeo.explainers.base import Arrays, Block, Engine
from xaigeo.explainers.blocks.streams import legacy_stream, repeat_seed
from xaigeo.explainers.shapley.least_squares import is_constant
from xaigeo.explainers.surrogates.feature_selection import FeatureSelection, select_features
from xaigeo.explainers.surrogates.repeated_fits import Fits, RepeatedFits
from xaigeo.explainers.surrogates.surrogate import Moments, Surrogates, WeightedSums, ridge
from xaigeo.explainers.texts.catalogue import TEXT_EXPLAINERS
from xaigeo.explainers.texts.removal.hidden_words import (
    Neighbourhood,
    WordGroups,
    draw_neighbourhood,
)
from xaigeo.explainers.texts.removal.removal_explainer import TokenRemovalExplainer
from xaigeo.explainers.texts.removal.token_removal import TokenRemoval
from xaigeo.options import check_count, check_option, check_positive

# How many words lime's explain_instance selects unless told.
NUM_FEATURES = 10


@TEXT_EXPLAINERS.register("lime")
@dataclass(frozen=True, kw_only=True)
class TextLimeExplainer(TokenRemovalExplainer):
    """Local interpretable model-agnostic explanations of text models.

    Words are hidden at random, first how many, then which, once for a text and for all seeds. On
    these texts every output is fitted by a weighted ridge regression:

        ``g(text) = intercept + sum of the attributions of the tokens that are there``

    Parameters
    ----------
    n_samples : int
        Texts drawn, the whole one being the first.
    bow : bool
        Whether all tokens that are equal are hidden together, as one word; its coefficient is then
        shared out evenly among them. By default each token is a word by its place.
    kernel_width : float
        Width of the kernel over the cosine distance times 100 between the words that are there and
        all of them.
    alpha : float
        Ridge penalty.
    feature_selection : {"none", "auto", "forward_selection", "highest_weights", "lasso_path"}
        Which words each surrogate, one a seed and output, is given; `selected` tells. A token that
        is not selected has the attribution 0.
    num_features : int, optional
        The most words to select; 10 unless given.
    n_repeats : int
        Independent draws. With more than one, attribution, intercept and local R2 are their means
        and `std_error` is the standard deviation between them over the root of their number.
    removal, scale, units
        See `TokenRemovalExplainer`.

    Notes
    -----
    Ribeiro, Singh and Guestrin (2016), arXiv:1602.04938. Draws, kernel, selection and fit are those
    of ``lime.lime_text.LimeTextExplainer`` (0.2.0.1), which ``engine="upstream"`` calls model by
    model with our tokens, with three differences from its defaults: there `bow` is True,
    `feature_selection` "auto", and with ``bow=False`` a word gives way to "UNKWORDZ". Selection
    makes seeds look more different than their models are.

    `local_r2` is weighted by the kernel, and 1 for an output that does not vary at all.
    """

    name: ClassVar[str] = "lime"
    engines: ClassVar[tuple[Engine, ...]] = ("batched", "upstream")
    packages: ClassVar[tuple[str, ...]] = ("lime", "scikit-learn", "numba")
    randomised: ClassVar[bool] = True

    n_samples: int = 5000
    bow: bool = False
    kernel_width: float = 25.0
    alpha: float = 1.0
    feature_selection: FeatureSelection = "none"
    num_features: int | None = None
    n_repeats: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        check_count("n_samples", self.n_samples, at_least=2)
        check_count("n_repeats", self.n_repeats)
        check_positive("kernel_width", self.kernel_width)
        check_positive("alpha", self.alpha)
        check_option("feature_selection", self.feature_selection, FeatureSelection)
        if self.num_features is not None:
            check_count("num_features", self.num_features)
            if not self.selects:
                raise InputError(
                    expected="num_features with a feature selection",
                    arrived="feature_selection='none'",
                    do="Set feature_selection='auto', or leave num_features out.",
                )

    @property
    def selects(self) -> bool:
        """Whether surrogates are given some words alone."""
        return self.feature_selection != "none"

    def reads(self, n_tokens: int) -> int:
        """Return the number of draws, and the whole text."""
        return self.n_samples * self.n_repeats + 1

    def n_selected(self, n_words: int) -> int:
        """Return the most words of a surrogate of a text of so many."""
        return min(self.num_features or NUM_FEATURES, n_words)

    def resolved(self, ensemble: SeedEnsemble, background: Background) -> dict[str, Any]:
        """Return what the surrogate is linear in, and the most words that it may have."""
        what = "all tokens like it are" if self.bow else "it is"
        resolved: dict[str, Any] = {
            "surrogate": f"intercept + sum of attribution of a token where {what} there"
        }
        if self.selects:
            resolved["num_features"] = self.num_features or NUM_FEATURES
        return resolved

    def explain_batched(self, block: Block) -> Arrays:
        """Draw each neighbourhood once, ask all models together, solve all fits together."""
        found = RepeatedFits()
        for repeat in range(self.n_repeats):
            fits = Fits.empty(block.ensemble, len(block.rows))
            for i, text in self.texts(block):
                self._fit(text, self.stream(block, i, repeat), fits, i)
            found.add(fits)
        return self._arrays(found, block)

    def explain_upstream(self, block: Block) -> Arrays:
        """Call lime's own explainer for every model and text."""
        from xaigeo.explainers.texts.removal.lime_text_package import fits_of_lime_text

        found = RepeatedFits()
        for repeat in range(self.n_repeats):
            found.add(fits_of_lime_text(self, block, repeat))
        return self._arrays(found, block)

    def stream(self, block: Block, place: int, repeat: int) -> np.random.RandomState:
        """Return the random stream of a text's draws."""
        return legacy_stream(repeat_seed(block.seeds[place], repeat))

    def words(self, text: TokenRemoval) -> WordGroups:
        """Return the words of a text.

        Raises
        ------
        InputError
            When there are fewer draws than the surrogate has coefficients.
        """
        groups = WordGroups.of(text, by_word=self.bow)
        if self.n_samples < groups.n_words + 2:
            raise InputError(
                expected=f"n_samples of at least {groups.n_words + 2} for a text of "
                f"{groups.n_words} words",
                arrived=str(self.n_samples),
                do="Draw more texts, for example n_samples=5000.",
            )
        return groups

    def _fit(
        self, text: TokenRemoval, stream: np.random.RandomState, fits: Fits, place: int
    ) -> None:
        """Fit the surrogates of one text, one a seed and output."""
        groups = self.words(text)
        drawn = draw_neighbourhood(groups.n_words, self.n_samples, stream)
        moments = self._moments(text, groups, drawn)
        everything = np.ones(groups.n_words)
        selected = select_features(
            self.feature_selection,
            moments,
            everything,
            self.n_selected(groups.n_words),
            self.n_samples,
        )
        fit = ridge(moments, self.alpha, selected)
        _put(fits, place, text, groups, fit, selected)

    def _moments(self, text: TokenRemoval, groups: WordGroups, drawn: Neighbourhood) -> Moments:
        """Ask all models in pieces, and weigh their answers less those to the whole text."""
        n_targets = text.value.size
        sums = WeightedSums(groups.n_words, n_targets)
        weights = drawn.weights(self.kernel_width)
        # Outputs as models and sums want them, their squares, and masks in several forms.
        step = max(1, text.max_memory // (4 * 8 * (4 * n_targets + 4 * len(text.row))))
        extremes = []
        for start in range(0, len(drawn.kept), step):
            kept = drawn.kept[start : start + step]
            outputs = text.outputs(groups.of_tokens(kept))
            targets = (outputs - text.value[:, None]).swapaxes(1, 2).reshape(n_targets, -1)
            extremes += [f(outputs, axis=1).reshape(-1) for f in (np.min, np.max)]
            design = kept.T - 1.0
            sums.add(
                design,
                weights[start : start + step],
                targets,
                np.square(targets),
                np.empty_like(design),
            )
        return sums.centred(constant=is_constant(np.array(extremes)))

    def _arrays(self, found: RepeatedFits, block: Block) -> Arrays:
        return found.arrays(selects=self.selects) | {"mask": self.mask(block)}


def _put(
    fits: Fits,
    place: int,
    text: TokenRemoval,
    groups: WordGroups,
    fit: Surrogates,
    selected: np.ndarray | None,
) -> None:
    """Keep the surrogates of the text at a place."""
    shape = text.value.shape
    shared = fit.coefficients / groups.counts
    by_token = groups.of_tokens(shared).reshape(*shape, -1)
    fits.attribution[:, place, text.places] = by_token.swapaxes(1, 2)
    whole = (fit.at_origin - fit.coefficients.sum(axis=1)).reshape(shape)
    fits.intercept[:, place] = text.value + whole
    fits.explained_value[:, place] = text.value
    fits.local_r2[:, place] = fit.r2.reshape(shape)
    if selected is not None:
        kept = groups.of_tokens(selected).reshape(*shape, -1)
        fits.selected[:, place, text.places] = kept.swapaxes(1, 2)
