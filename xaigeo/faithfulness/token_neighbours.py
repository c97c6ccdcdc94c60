"""What attributions say of a text without some of its tokens, beside what the models answer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import numpy as np

from xaigeo.errors import InputError
from xaigeo.explainers.blocks.block import Block
from xaigeo.explainers.blocks.streams import legacy_stream, shared_seed
from xaigeo.explainers.shapley.links import linked
from xaigeo.explainers.texts.lime import TextLimeExplainer
from xaigeo.explainers.texts.removal.hidden_words import WordGroups, draw_neighbourhood
from xaigeo.explainers.texts.removal.token_removal import (
    Removal,
    TokenRemoval,
    check_removal,
    check_removal_option,
)
from xaigeo.faithfulness.neighbours import Answers, Neighbourhood, Neighbours, drawn_coalitions
from xaigeo.faithfulness.subject import Subject
from xaigeo.text.schema import TextSchema

# Methods whose numbers are made of gradients by word vectors alone.
GRADIENTS = ("saliency", "smooth_grad")


@dataclass(frozen=True, eq=False)
class TokenNeighbours(Neighbours):
    """The same text without some of its tokens; those that the tokenizer added stay."""

    removal: Removal = "delete"

    def text(self, place: int) -> TokenRemoval:
        """Return the text at a place, whose tokens may be removed."""
        return TokenRemoval.at(self._block, place, removal=self.removal, scale=self.subject.scale)

    def given(self, place: int, text: TokenRemoval, kept: np.ndarray) -> np.ndarray:
        """Return what the models answer, (n_seeds, n_texts), where the attributions add up.

        Parameters
        ----------
        place : int
        text : TokenRemoval
        kept : ndarray of bool, shape (n_texts, n_tokens)
        """
        return linked(text.outputs(kept)[..., self.subject.places[place]], self._link)

    def without_amounts(self, place: int, text: TokenRemoval, kept: np.ndarray) -> np.ndarray:
        """Return the answer to the whole text less the amounts of removed tokens.

        Parameters as of `given`. The amount of a token whose removal leaves the text as it is, one
        that is what would be put in its place, is not taken off.
        """
        full = linked(text.value[:, self.subject.places[place]], self._link)
        gone = (~kept & text.varying).astype(np.float64)
        return np.asarray(full[:, None] - self.subject.values[:, place, text.places] @ gone.T)

    @property
    def _link(self) -> Any:
        return self._parameters.get("link", "identity")

    @property
    def _parameters(self) -> dict[str, Any]:
        return dict(self.subject.explanation.provenance["parameters"])

    @cached_property
    def _block(self) -> Block:
        subject = self.subject
        shared = shared_seed(self.random_state)
        return Block(subject.telling, subject.rows, subject.background, [], shared, self.max_memory)


class TokenRemovalNeighbours(TokenNeighbours):
    """Tokens removed, numbers drawn by the Shapley kernel; `said` takes their amounts off."""

    name = "removal"

    def answers(self, place: int) -> Answers:
        """Take random sets of tokens out of a text."""
        text = self.text(place)
        kept = drawn_coalitions(self.generator(place), self.n_samples, text.n_tokens)
        return self.equally(self.without_amounts(place, text, kept), self.given(place, text, kept))


class TokenSurrogateNeighbours(TokenNeighbours):
    """Tokens removed as LIME removes them, but anew, weighted by its kernel.

    `said` is the surrogate where the explanation is one, and takes amounts off where it is not.
    """

    name = "surrogate"

    def answers(self, place: int) -> Answers:
        """Hide random words of a text; the whole text is none of the answers."""
        text = self.text(place)
        groups = WordGroups.of(text, by_word=self.lime.bow)
        stream = legacy_stream(self.seed(place))
        drawn = draw_neighbourhood(groups.n_words, self.n_samples + 1, stream)
        weights = drawn.weights(self.lime.kernel_width)[1:]
        kept = groups.of_tokens(drawn.kept[1:])
        if "intercept" in self.subject.explanation.data:
            said = self._surrogate(place, text, kept)
        else:
            said = self.without_amounts(place, text, kept)
        return Answers(said, self.given(place, text, kept), weights / weights.sum())

    def _surrogate(self, place: int, text: TokenRemoval, kept: np.ndarray) -> np.ndarray:
        explanation, output = self.subject.explanation, self.subject.places[place]
        intercept = explanation.array("intercept")[:, place, output]
        # As reported, with numbers so small that they count as zero elsewhere.
        coefficients = explanation.array("attribution")[:, place, text.places, output]
        return np.asarray(intercept[:, None] + coefficients @ kept.T)

    @cached_property
    def lime(self) -> TextLimeExplainer:
        """LIME as it was called, or with its defaults for other methods."""
        is_lime = self.subject.explanation.method == "lime"
        return TextLimeExplainer(**self._parameters) if is_lime else TextLimeExplainer()


TOKEN_KINDS: dict[Neighbourhood, type[TokenNeighbours]] = {
    kind.name: kind for kind in (TokenSurrogateNeighbours, TokenRemovalNeighbours)
}


def token_neighbourhoods_of(subject: Subject) -> list[Neighbourhood]:
    """Return the neighbourhoods that attributions to tokens speak of, the most fitting one first.

    Raises
    ------
    InputError
        For numbers that are no amounts of the output: sizes without a sign, such as attention, and
        gradients by word vectors, which speak of no word that is removed.
    """
    explanation = subject.explanation
    arrived = ""
    if not explanation.signed:
        arrived = "sizes alone"
    elif explanation.method in GRADIENTS or _reduction(explanation.provenance) == "mean":
        arrived = "gradients by word vectors, which are no amounts of the output"
    if arrived:
        raise InputError(
            expected="attributions that say what the models answer without some tokens: amounts "
            "with a sign, or a surrogate",
            arrived=f"those of {explanation.method!r}, {arrived}",
            do="Explain with a method such as 'occlusion', 'kernel_shap' or 'lime'.",
        )
    return ["surrogate", "removal"]


def check_token_settings(
    subject: Subject, removal: Removal | None, table_only: dict[str, bool]
) -> Removal:
    """Return how tokens are removed, after checking what was set.

    Parameters
    ----------
    subject : Subject
    removal : {"delete", "unknown"}, optional
        That of the explanation unless given, and "delete" where it removes nothing.
    table_only : dict
        Whether settings that are for the columns of a table were given, by name.

    Raises
    ------
    InputError
    """
    given = [name for name, was in table_only.items() if was]
    if given:
        raise InputError(
            expected="texts, whose tokens are removed and have nothing of a background in their "
            "place",
            arrived=f"{', '.join(given)} given",
            do="Leave it out; it is for the columns of a table.",
        )
    own = subject.explanation.provenance["parameters"].get("removal", "delete")
    chosen = own if removal is None else removal
    check_removal_option("removal", chosen, Removal)
    schema = cast(TextSchema, subject.ensemble.schema)
    check_removal("removal", chosen, schema, out="delete")
    return cast(Removal, chosen)


def _reduction(provenance: dict[str, Any]) -> Any:
    return provenance["parameters"].get("reduction")
