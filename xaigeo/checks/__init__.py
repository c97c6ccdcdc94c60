"""What was measured of explanations by asking the models again: kept, so that it can be audited."""

from xaigeo.checks.check import KINDS, Check

__all__ = ["KINDS", "Check"]
