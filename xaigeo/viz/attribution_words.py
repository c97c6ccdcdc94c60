"""How attributions are told: headings, axis and colours by what their numbers mean."""

from __future__ import annotations

from dataclasses import dataclass

from xaigeo.explanations import Attributions
from xaigeo.geometry.attribution_meaning import AttributionMeaning, attribution_meaning

PER_SD = ("per standard deviation;", "for a category: having it")


@dataclass(frozen=True)
class AttributionWords:
    """The words around the attributions of one method.

    Attributes
    ----------
    meaning : AttributionMeaning
    regression : bool
    variance : bool
        Whether squared numbers are variances, and not mean squares.
    """

    meaning: AttributionMeaning
    regression: bool
    variance: bool = False

    @property
    def axis(self) -> list[str]:
        """Title of the axis, by line: a narrow chart would cut a long one."""
        if self.meaning.says == "contribution":
            return [f"Contribution ({self.meaning.unit})"]
        if self.meaning.squared:
            return [self.value, self.meaning.unit]
        return [f"{self.value} {PER_SD[0]}", PER_SD[1]]

    @property
    def value(self) -> str:
        """Name of one number."""
        if self.meaning.says == "contribution":
            return "Contribution"
        if self.meaning.squared:
            return f"{self._moment} of the change"
        return "Change" if self.meaning.signed else "Size of the change"

    @property
    def colours(self) -> tuple[str, ...]:
        """What the colour of a dot means, in sentences."""
        target = "prediction" if self.regression else "answer"
        if self.meaning.binned:
            return (
                f"Orange adds to the {target}, blue takes from it, against rows outside the bin "
                "or category.",
            )
        if self.meaning.says == "contribution":
            return (f"Orange adds to the {target}, blue takes from it.",)
        if self.meaning.signed:
            return (
                "Orange: the output rises as the feature grows (a category: with having it); "
                "blue: it falls.",
                "That is a slope, not a share of this row's output.",
            )
        if self.meaning.squared:
            return (f"{self._moment} over noisy copies of this row, in squared units: no sign.",)
        return ("Sizes alone, without a sign: whether the output rises or falls is not told.",)

    @property
    def unit(self) -> str:
        """Unit of one number, for a sentence."""
        if self.meaning.says == "contribution":
            return self.meaning.scale
        per_sd = f"{self.meaning.scale} per standard deviation"
        return f"({per_sd})²" if self.meaning.squared else per_sd

    @property
    def _moment(self) -> str:
        return "Variance" if self.variance else "Mean square"

    def heading(self, output: str) -> str:
        """Return the title of the attributions of one output."""
        target = f"prediction of “{output}”" if self.regression else f"answer “{output}”"
        if self.meaning.binned:
            return f"What each bin or category adds to the {target} in the local model"
        if self.meaning.says == "contribution":
            return f"What each feature adds to the {target}"
        what = "prediction" if self.regression else self.meaning.scale
        target = f"{what} of “{output}”"
        if self.meaning.squared:
            return f"{self._moment} of the change of the {target} with each feature"
        how = "How" if self.meaning.signed else "How strongly"
        where = " in the local model" if self.meaning.local_model else ""
        return f"{how} the {target} changes with each feature{where}"


def attribution_words(explanation: Attributions, output: int = 0) -> AttributionWords:
    """Return the words for the attributions of a method, of a regression for one target."""
    meaning = attribution_meaning(explanation).of_target(explanation, output)
    variance = explanation.provenance["parameters"].get("nt_type") == "vargrad"
    return AttributionWords(meaning, explanation.task == "regression", variance)
