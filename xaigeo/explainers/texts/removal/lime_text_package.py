"""The lime package's own surrogates of texts, called model by model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from xaigeo.explainers.base import Block
from xaigeo.explainers.surrogates.lime_package import FitRecorder
from xaigeo.explainers.surrogates.repeated_fits import Fits
from xaigeo.explainers.texts.removal.hidden_words import WordGroups
from xaigeo.explainers.texts.removal.token_removal import TokenRemoval

if TYPE_CHECKING:
    from xaigeo.explainers.texts.lime import TextLimeExplainer

# What lime writes in place of a word by place.
HIDDEN = "#"


def fits_of_lime_text(explainer: TextLimeExplainer, block: Block, repeat: int) -> Fits:
    """Call `LimeTextExplainer` for every model and text of a block.

    lime is given the numbers of words as text, and its texts are read back as tokens.

    Parameters
    ----------
    explainer : TextLimeExplainer
    block : Block
    repeat : int
        Which of the independent draws.
    """
    from lime.lime_text import LimeTextExplainer
    from sklearn.linear_model import Ridge

    fits = Fits.empty(block.ensemble, len(block.rows))
    for i, text in explainer.texts(block):
        groups = explainer.words(text)
        for seed in range(block.ensemble.n_seeds):
            theirs = LimeTextExplainer(
                kernel_width=explainer.kernel_width,
                class_names=block.ensemble.output_names,
                feature_selection=explainer.feature_selection,
                split_expression=str.split,
                bow=explainer.bow,
                mask_string=HIDDEN,
                random_state=explainer.stream(block, i, repeat),
            )
            theirs.base = recorder = FitRecorder(theirs.base)
            theirs.explain_instance(
                " ".join(map(str, groups.owner)),
                _Predict(text, groups, seed),
                labels=range(block.ensemble.n_outputs),
                num_features=explainer.n_selected(groups.n_words),
                num_samples=explainer.n_samples,
                model_regressor=Ridge(alpha=explainer.alpha, fit_intercept=True),
            )
            for output, (intercept, pairs, r2, value) in enumerate(recorder.take()):
                for word, coefficient in pairs:
                    places = text.places[groups.owner == word]
                    fits.attribution[seed, i, places, output] = coefficient / len(places)
                    fits.selected[seed, i, places, output] = True
                fits.intercept[seed, i, output] = intercept
                fits.local_r2[seed, i, output] = r2
                fits.explained_value[seed, i, output] = value
    return fits


@dataclass(frozen=True, eq=False)
class _Predict:
    """One model as the function of lime's texts."""

    text: TokenRemoval
    groups: WordGroups
    seed: int

    def __call__(self, texts: list[str]) -> np.ndarray:
        kept = np.zeros((len(texts), self.groups.n_words), dtype=bool)
        for place, words in enumerate(texts):
            kept[place, [int(word) for word in words.split() if word != HIDDEN]] = True
        rows = self.text.rows(self.groups.of_tokens(kept))
        return self.text.ensemble.member_outputs_encoded(self.seed, rows, scale=self.text.scale)
