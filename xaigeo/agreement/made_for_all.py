"""Whether a result was made to be one for all seeds, so that it shows no agreement of its own."""

from __future__ import annotations

from xaigeo.explanations import Explanation

# What a rule, and a point, tell only when one was searched for all seeds together.
JOINT_ARRAYS = ("joint_precision", "price")


def made_for_all(explanation: Explanation) -> bool:
    """Return whether all seeds carry one rule or one point because the method made it so.

    Seeds that "agree" in such a result (consensus anchors, robust counterfactuals) were not
    asked: whether the answer holds for each is the question that it answers.
    """
    return any(name in explanation.data for name in JOINT_ARRAYS)
