"""Explanations of the same texts by several methods, on the tokens that all of them explain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from xaigeo.explanations import Attributions, TokenAttributions


def on_common_tokens(explanations: Sequence[Attributions]) -> list[Attributions]:
    """Return explanations of the same texts without the tokens that not all of them explain.

    Attention and gradients may speak of the tokens that a tokenizer adds, which other methods never
    remove.
    Explanations of tables are returned as they are.

    Parameters
    ----------
    explanations : sequence of Attributions
        Of the same rows.
    """
    texts = [one for one in explanations if isinstance(one, TokenAttributions)]
    if not texts or len(texts) < len(explanations):
        return list(explanations)
    common = np.logical_and.reduce([one.mask for one in texts])
    return [_cut(one, common) for one in texts]


def _cut(explanation: TokenAttributions, mask: np.ndarray) -> TokenAttributions:
    if np.array_equal(explanation.mask, mask):
        return explanation
    data = explanation.data
    kept = data["mask"].copy(data=mask)
    attribution = data["attribution"].where(kept, 0.0)
    ordered = attribution.transpose(*data["attribution"].dims)
    return replace(explanation, data=data.assign(mask=kept, attribution=ordered))
