"""What an explainer found, for every seed and instance, as labelled arrays."""

from __future__ import annotations

from xaigeo.explanations.anchors import Anchors
from xaigeo.explanations.attributions import Attributions
from xaigeo.explanations.base import COMMON, Explanation, Shapes
from xaigeo.explanations.counterfactuals import Counterfactuals
from xaigeo.explanations.rule import rule_text
from xaigeo.explanations.sameness import check_one_ensemble, check_same_labels
from xaigeo.explanations.token_attributions import TokenAttributions

__all__ = [
    "COMMON",
    "Anchors",
    "Attributions",
    "Counterfactuals",
    "Explanation",
    "Shapes",
    "TokenAttributions",
    "check_one_ensemble",
    "check_same_labels",
    "rule_text",
]
