"""How much features of a table, or words of texts, count over all: names and sizes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

import numpy as np

from xaigeo.agreement.compared import default_k_of
from xaigeo.agreement.importance import attribution_values, importance
from xaigeo.agreement.top_k import default_k
from xaigeo.agreement.unstable import LEAST_PLACES
from xaigeo.agreement.word_importance import word_importance
from xaigeo.explanations import Attributions, TokenAttributions
from xaigeo.text.schema import TextSchema

# What attention is measured in.
WEIGHT = "weight"
UNKNOWN = "unknown words"


@dataclass(frozen=True, eq=False)
class Sizes:
    """What a chart of importance draws.

    Attributes
    ----------
    names : list of str
        Of features or words, each once.
    sizes : ndarray, shape (n_seeds, n_names)
        Mean absolute attributions.
    k : int
        How many leading ones are compared.
    told : mapping from str to ndarray, shape (n_names,)
        What else is known of each.
    noun, instance : str
        What the names are of: "feature" and "row", or "word" and "text".
    """

    names: list[str]
    sizes: np.ndarray
    k: int
    told: Mapping[str, np.ndarray] = field(default_factory=dict)
    noun: str = "feature"
    instance: str = "row"

    def quoted(self, place: int) -> str:
        """Return a name as a sentence has it."""
        return self.names[place] if self.noun == "feature" else f"“{self.names[place]}”"


def sizes_of(
    explanation: Attributions, output: str | None = None, least_places: int = LEAST_PLACES
) -> Sizes:
    """Return the sizes for one output, names in an order that no output changes."""
    if not isinstance(explanation, TokenAttributions):
        values = attribution_values(explanation, output)
        return Sizes(explanation.features, importance(values), default_k_of(explanation))
    found = word_importance(explanation, output, least_places=least_places)
    # Each output has an order of its own; that of the vocabulary is one for all.
    order = np.argsort(found.codes)
    told = {"places": found.n_places[order]}
    if explanation.signed and len(found.seeds) > 1:
        told["consensus"] = found.sign_consensus[order]
    tokenizer = cast(TextSchema, explanation.schema).tokenizer
    names = [
        UNKNOWN if found.codes[j] == tokenizer.unknown else found.words[j] for j in order.tolist()
    ]
    return Sizes(
        _numbered(names), found.sizes[:, order], default_k(len(names)), told, "word", "text"
    )


def is_weight(explanation: Attributions) -> bool:
    """Return whether the numbers are weights, of which no output is made up."""
    return explanation.scale == WEIGHT


def _numbered(names: list[str]) -> list[str]:
    """Return names with a number from the second on where different tokens look the same."""
    seen: Counter[str] = Counter()
    numbered = []
    for name in names:
        seen[name] += 1
        numbered.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return numbered
