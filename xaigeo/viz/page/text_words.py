"""How the page tells attributions to tokens: headings and readings by method and by role."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from xaigeo.explanations import TokenAttributions
from xaigeo.viz.method_words import method_title

Role = Literal["attributions", "anchors", "counterfactuals"]

SIGNED = "Orange words speak for the answer, blue ones against it; the stronger, the more."
UNSIGNED = (
    "The stronger a word is coloured, the more it counts; it is not told for or against what."
)
ROWS = (
    "One line a seed, the same words in each; the thick line is the mean of seeds that give one "
    "answer, and the bars under the words of the line below it tell how far the seeds differ."
)
READINGS: dict[str, str] = {
    "attention": "The stronger a word is coloured, the more attention it gets; attention has no "
    "sign and is the same for every answer.",
    "anchors": "Framed words are enough: with them in the text, that seed keeps its answer on at "
    "least the wanted share of texts in which other words are missing. Dashed frames: that was not "
    "shown. Without a frame no word has to stay. Precision: the share of such texts "
    "that keep the answer; coverage: the share of background texts that hold the framed words.",
    "counterfactuals": "Words struck through, with what takes their place: the smallest change "
    "found that gives that seed another answer. In a dashed frame: no such change was found, and "
    "this one, of those tried, came nearest.",
}
HEADINGS: dict[str, str] = {
    "attention": "How much attention each word gets",
    "anchors": "Which words are enough for each seed’s answer",
    "counterfactuals": "Which change of words changes each seed’s answer",
}


@dataclass(frozen=True)
class TextWords:
    """The words around the attributions of one method to tokens.

    Attributes
    ----------
    name, title : str
        Of the method: as it is called in code, and before a reader.
    role : {"attributions", "anchors", "counterfactuals"}
    signed : bool
        Whether the numbers tell for and against.
    by_output : bool
        Whether they depend on the answer that is explained.
    regression : bool
    """

    name: str
    title: str
    role: Role
    signed: bool
    by_output: bool
    regression: bool

    @property
    def reading(self) -> str:
        """How the colours are read, in sentences."""
        if self.role != "attributions":
            return READINGS[self.role]
        told = READINGS.get(self.name, SIGNED if self.signed else UNSIGNED)
        target = "the prediction" if self.regression else "the answer"
        return f"{told} {ROWS}".replace("the answer", target)

    def heading(self, output: str) -> str:
        """Return the title of the words of one output."""
        known = HEADINGS.get(self.role, HEADINGS.get(self.name))
        if known is not None:
            return known
        target = f"prediction of “{output}”" if self.regression else f"answer “{output}”"
        if self.signed:
            return f"Which words speak for and against the {target}"
        return f"Which words the {target} depends on"


def text_words(explanation: TokenAttributions) -> TextWords:
    """Return the words for attributions to tokens; a method from elsewhere keeps its own name."""
    return TextWords(
        name=explanation.method,
        title=method_title(explanation),
        role=explanation.role,
        signed=explanation.signed,
        by_output=explanation.role == "attributions" and explanation.method != "attention",
        regression=explanation.task == "regression",
    )
