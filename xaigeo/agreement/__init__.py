"""How far seeds (and methods) agree: scores with ranges, chance levels and intervals."""

from xaigeo.agreement.calibration import calibration_error, reliability
from xaigeo.agreement.compared import compare
from xaigeo.agreement.intervals import seed_intervals
from xaigeo.agreement.methods import between_methods
from xaigeo.agreement.noise import ExplainerNoise, explainer_noise
from xaigeo.agreement.per_instance import per_instance
from xaigeo.agreement.score import SCORES, Score
from xaigeo.agreement.summary import summary
from xaigeo.agreement.unstable import same_answer_different_reason, unstable

__all__ = [
    "SCORES",
    "ExplainerNoise",
    "Score",
    "between_methods",
    "calibration_error",
    "compare",
    "explainer_noise",
    "per_instance",
    "reliability",
    "same_answer_different_reason",
    "seed_intervals",
    "summary",
    "unstable",
]
