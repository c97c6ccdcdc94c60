"""How far seeds (and methods) agree: scores with ranges, chance levels and intervals."""

from xaigeo.agreement.additive_steps import AdditiveSteps, additive_steps
from xaigeo.agreement.calibration import (
    calibration_error,
    class_calibration_error,
    class_reliability,
    pooled_reliability,
    reliability,
)
from xaigeo.agreement.change_patterns import change_patterns
from xaigeo.agreement.compared import compare
from xaigeo.agreement.completeness import completeness_gap
from xaigeo.agreement.confusion import confusion_table
from xaigeo.agreement.crossed import CrossedAttributions
from xaigeo.agreement.crossed_explanations import cross_explanations
from xaigeo.agreement.difference_correlations import difference_correlations
from xaigeo.agreement.disagreement_sources import SourcesOfDisagreement, disagreement_sources
from xaigeo.agreement.discrimination import threshold_curves
from xaigeo.agreement.feature_use import change_use, rule_use
from xaigeo.agreement.identical_answers import different_models, identical_answers
from xaigeo.agreement.importance import importance, importance_ranks
from xaigeo.agreement.intervals import seed_intervals
from xaigeo.agreement.method_matrix import MethodMatrix, method_matrix
from xaigeo.agreement.methods import between_methods
from xaigeo.agreement.model_difference import ModelDifference, model_difference
from xaigeo.agreement.noise import ExplainerNoise, explainer_noise
from xaigeo.agreement.pairwise import PairwiseScores, pairwise_in_turn, pairwise_scores
from xaigeo.agreement.partial_order import PartialOrder, partial_order
from xaigeo.agreement.per_instance import per_instance
from xaigeo.agreement.prediction_deviation import PredictionDeviation, prediction_deviation
from xaigeo.agreement.prediction_difference import prediction_difference
from xaigeo.agreement.prediction_spread import prediction_spread
from xaigeo.agreement.rashomon_capacity import RashomonCapacity, rashomon_capacity
from xaigeo.agreement.residuals import residual_table
from xaigeo.agreement.score import SCORES, Score
from xaigeo.agreement.score_bins import score_bins
from xaigeo.agreement.score_rows import ScoreRows, score_rows
from xaigeo.agreement.seed_matrix import SeedMatrix, seed_matrix
from xaigeo.agreement.seeds_needed import SeedsNeeded, seeds_needed
from xaigeo.agreement.selective import Selective, selective
from xaigeo.agreement.summary import summary
from xaigeo.agreement.trimming import alpha_hat, trimmed_distance
from xaigeo.agreement.unstable import same_answer_different_reason, unstable
from xaigeo.agreement.variance_shares import variance_shares
from xaigeo.agreement.word_importance import WordImportance, word_importance

__all__ = [
    "SCORES",
    "AdditiveSteps",
    "CrossedAttributions",
    "ExplainerNoise",
    "MethodMatrix",
    "ModelDifference",
    "PairwiseScores",
    "PartialOrder",
    "PredictionDeviation",
    "RashomonCapacity",
    "Score",
    "ScoreRows",
    "SeedMatrix",
    "SeedsNeeded",
    "Selective",
    "SourcesOfDisagreement",
    "WordImportance",
    "additive_steps",
    "alpha_hat",
    "between_methods",
    "calibration_error",
    "change_patterns",
    "change_use",
    "class_calibration_error",
    "class_reliability",
    "compare",
    "completeness_gap",
    "confusion_table",
    "cross_explanations",
    "difference_correlations",
    "different_models",
    "disagreement_sources",
    "explainer_noise",
    "identical_answers",
    "importance",
    "importance_ranks",
    "method_matrix",
    "model_difference",
    "pairwise_in_turn",
    "pairwise_scores",
    "partial_order",
    "per_instance",
    "pooled_reliability",
    "prediction_deviation",
    "prediction_difference",
    "prediction_spread",
    "rashomon_capacity",
    "reliability",
    "residual_table",
    "rule_use",
    "same_answer_different_reason",
    "score_bins",
    "score_rows",
    "seed_intervals",
    "seed_matrix",
    "seeds_needed",
    "selective",
    "summary",
    "threshold_curves",
    "trimmed_distance",
    "unstable",
    "variance_shares",
    "word_importance",
]
