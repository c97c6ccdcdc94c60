"""Whether a result says how much each feature or token counts."""

from __future__ import annotations

from typing import TypeGuard

from xaigeo.explanations.attributions import Attributions
from xaigeo.explanations.token_attributions import TokenAttributions


def gives_amounts(explanation: object) -> TypeGuard[Attributions]:
    """Return whether a result are attributions: an amount for every feature, or token of a text.

    Anchors and counterfactuals of texts have the form of attributions to tokens, but name words
    alone.
    """
    if isinstance(explanation, TokenAttributions):
        return explanation.role == "attributions"
    return isinstance(explanation, Attributions)


def kind_name(explanation: object) -> str:
    """Return what a result is, for messages: its class, or what the words of a text are."""
    if isinstance(explanation, TokenAttributions) and explanation.role != "attributions":
        return f"{explanation.role} of texts"
    return type(explanation).__name__
