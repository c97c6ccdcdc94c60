"""What was measured of explanations by asking the models again: kept, so that it can be audited."""

from xaigeo.checks.attention_permutation_bins import permutation_bins
from xaigeo.checks.beats_random import beats_random, random_order_p_values
from xaigeo.checks.check import KINDS, Check
from xaigeo.checks.off_support_rates import off_support_rates, share_interval
from xaigeo.checks.randomised_correlation import RandomisedCorrelation, randomised_correlation

__all__ = [
    "KINDS",
    "Check",
    "RandomisedCorrelation",
    "beats_random",
    "off_support_rates",
    "permutation_bins",
    "random_order_p_values",
    "randomised_correlation",
    "share_interval",
]
