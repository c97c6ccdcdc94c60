"""How a score of agreement is told: its name on an axis, its numbers, and a finding."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xaigeo.agreement.score import Score

# Of two seeds (or methods), with the number and, where it counts them, the number of features.
SENTENCES = {
    "feature_agreement": "{two} share {value} of their top {k} features on average",
    "rank_agreement": "{two} give {value} of their first {k} places to the same feature on average",
    "sign_agreement": "{two} share {value} of their top {k} features, sign included, on average",
    "signed_rank_agreement": "{two} give {value} of their first {k} places to the same feature "
    "with the same sign on average",
    "spearman": "The rank correlation of {two_low} is {value} on average",
    "pairwise_rank_agreement": "{two} order {value} of the pairs of features alike on average",
    "mean_cosine": "The cosine between the attributions of {two_low} is {value} on average",
    "mass_iou": "Of the rows that the rules of {two_low} cover, {value} lie in both on average",
    "volume_iou": "Of the space that the rules of {two_low} fill, {value} lies in both on average",
    "cross_precision": "A seed's rule holds for {value} of its rows under another seed's model "
    "on average",
    "cross_validity": "{value} of a seed's counterfactuals carry over to another seed's model on "
    "average",
    "delta_cosine": "The cosine between the changes of {two_low} is {value} on average",
    "shared_words": "Of the words that {two_low} name, {value} are named by both on average",
    "words_carry_over": "A seed's words do the same under another seed's model {value} of the time "
    "on average",
    "shared_changes": "Of the features that {two_low} change, {value} are changed by both on "
    "average",
}
LEGENDS = {
    "feature_agreement": "Shared top features",
    "rank_agreement": "Same places",
    "sign_agreement": "Shared, with sign",
    "signed_rank_agreement": "Same places and signs",
    "spearman": "Rank correlation",
    "pairwise_rank_agreement": "Pairs ordered alike",
    "mean_cosine": "Cosine",
    "mass_iou": "Rows in both",
    "volume_iou": "Space in both",
    "cross_precision": "Rule holds",
    "cross_validity": "Carries over",
    "delta_cosine": "Cosine of changes",
    "shared_changes": "Features in both",
    "shared_words": "Words in both",
    "words_carry_over": "Words carry over",
}
# Correlations and cosines are no shares, nor are coefficients corrected for chance.
COEFFICIENTS = (
    "spearman",
    "mean_cosine",
    "delta_cosine",
    "stability",
    "kendall_w",
    "icc_agreement",
    "icc_consistency",
    "resultant_length",
)


@dataclass(frozen=True)
class ScoreWords:
    """The words around one score."""

    score: Score
    k: int | None

    @property
    def legend(self) -> str:
        """Name of the score in few words."""
        return LEGENDS.get(self.score.name, self.score.label)

    @property
    def is_share(self) -> bool:
        """Whether its numbers are shares, which are told in per cent."""
        within = self.score.low >= 0.0 and self.score.high <= 1.0
        return within and self.score.name not in COEFFICIENTS

    @property
    def number(self) -> str:
        """The d3 format of its numbers."""
        return ".0%" if self.is_share else ".2f"

    def text(self, value: float) -> str:
        """Return one number as a sentence has it."""
        if not np.isfinite(value):
            return "undefined"
        return f"{value:.0%}" if self.is_share else f"{value:.2f}"

    def of_two(self, value: float, two: str = "Two seeds") -> str:
        """Return the finding that two of a sort agree so far, without full stop."""
        if not np.isfinite(value):
            return f"{two} cannot be compared here: {self.legend.lower()} is undefined"
        sentence = SENTENCES.get(self.score.name, f"{self.score.label}: {{value}} on average")
        two_low = two[0].lower() + two[1:]
        return sentence.format(two=two, two_low=two_low, value=self.text(value), k=self.k)

    def chance(self, null: float) -> str:
        """Return what unrelated explanations would score, a sentence, or an empty string."""
        if not np.isfinite(null):
            return ""
        return f"Unrelated explanations would score {self.text(null)}."
