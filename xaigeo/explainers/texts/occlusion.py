"""What outputs lose when tokens are removed, one or a few neighbours at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xaigeo.explainers.base import Arrays, Block
from xaigeo.explainers.texts.catalogue import TEXT_EXPLAINERS
from xaigeo.explainers.texts.removal.removal_explainer import TokenRemovalExplainer
from xaigeo.explainers.texts.removal.token_removal import TokenRemoval
from xaigeo.options import check_count


@TEXT_EXPLAINERS.register("occlusion")
@dataclass(frozen=True, kw_only=True)
class TextOcclusionExplainer(TokenRemovalExplainer):
    """The output for the text less the output for the text without a token.

    With a `window` of several tokens, neighbours are removed together, and a token's attribution
    is the mean over the windows that cover it; a text shorter than the window is removed as a
    whole. Attributions do not add up to the output; they are exactly 0 where removal leaves the
    text as it is.

    Parameters
    ----------
    window : int
        Tokens removed together.
    removal, scale, units
        See `TokenRemovalExplainer`.

    Notes
    -----
    Zeiler and Fergus (2014), arXiv:1311.2901; for words, where it is called leave-one-out or
    erasure, Li, Monroe and Jurafsky (2016), arXiv:1612.08220.
    """

    window: int = 1

    name: ClassVar[str] = "occlusion"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_count("window", self.window)

    def reads(self, n_tokens: int) -> int:
        """Return the number of windows, and the whole text."""
        return max(1, n_tokens - self.window + 1) + 1

    def explain_batched(self, block: Block) -> Arrays:
        """Ask all seeds about all windows of a text at once."""
        ensemble, mask = block.ensemble, self.mask(block)
        lead, n_outputs = (ensemble.n_seeds, len(block.rows)), ensemble.n_outputs
        attribution = np.zeros((*lead, mask.shape[1], n_outputs))
        value = np.empty((*lead, n_outputs))
        for i, text in self.texts(block):
            value[:, i] = text.value
            attribution[:, i, text.places] = self._losses(text)
        return {"attribution": attribution, "explained_value": value, "mask": mask}

    def _losses(self, text: TokenRemoval) -> np.ndarray:
        """Return the mean loss over windows by token, shape (n_seeds, n_tokens, n_outputs)."""
        windows = token_windows(text.n_tokens, self.window)
        losses = text.value[:, None] - text.outputs(~windows)
        losses[:, ~(windows & text.varying).any(axis=1)] = 0.0
        return np.asarray(np.einsum("wt,kwo->kto", windows / windows.sum(axis=0), losses))


def token_windows(n_tokens: int, window: int) -> np.ndarray:
    """Return all runs of neighbouring tokens of a length, shape (n_windows, n_tokens).

    A text that is shorter has one window, the whole.
    """
    length = min(window, n_tokens)
    starts, places = np.arange(n_tokens - length + 1)[:, None], np.arange(n_tokens)
    return np.asarray((starts <= places) & (places < starts + length))
