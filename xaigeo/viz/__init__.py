"""Charts of explanations, scores and audits, and the report that binds them."""

from xaigeo.viz.agreement_scores import agreement_scores
from xaigeo.viz.anchor_intervals import anchor_intervals
from xaigeo.viz.anchor_search import anchor_search
from xaigeo.viz.attention_permutation import attention_permutation
from xaigeo.viz.attribution_beeswarm import attribution_beeswarm
from xaigeo.viz.attribution_decision import attribution_decision
from xaigeo.viz.attribution_force import attribution_force
from xaigeo.viz.attribution_heatmap import attribution_heatmap
from xaigeo.viz.attribution_importance import attribution_importance
from xaigeo.viz.attribution_scatter import attribution_scatter
from xaigeo.viz.attribution_space_map import attribution_space_map
from xaigeo.viz.attribution_strip import attribution_strip
from xaigeo.viz.attribution_waterfall import attribution_waterfall
from xaigeo.viz.checklist import Checklist, checklist
from xaigeo.viz.class_probability import class_probability
from xaigeo.viz.confusion_matrix import confusion_matrix
from xaigeo.viz.counterfactual_changes import counterfactual_changes
from xaigeo.viz.counterfactual_html import CounterfactualTable, counterfactual_html
from xaigeo.viz.counterfactual_table import counterfactual_table
from xaigeo.viz.decision_regions import decision_regions
from xaigeo.viz.deletion_curves import deletion_curves
from xaigeo.viz.difference_scatter import difference_scatter
from xaigeo.viz.disagreement_sources import disagreement_sources
from xaigeo.viz.divided_rows import divided_rows
from xaigeo.viz.explanation_map import explanation_map
from xaigeo.viz.export import save
from xaigeo.viz.feature_order import feature_order
from xaigeo.viz.method_agreement import method_agreement
from xaigeo.viz.modes_map import modes_map
from xaigeo.viz.notebook import enable_notebook
from xaigeo.viz.page import report
from xaigeo.viz.partial_dependence import partial_dependence
from xaigeo.viz.precision_coverage import precision_coverage
from xaigeo.viz.prediction_deviation import prediction_deviation
from xaigeo.viz.prediction_deviation_comparison import prediction_deviation_comparison
from xaigeo.viz.prediction_spread import prediction_spread
from xaigeo.viz.randomisation_check import randomisation_check
from xaigeo.viz.rank_flow import rank_flow
from xaigeo.viz.reliability_diagram import reliability_diagram
from xaigeo.viz.residuals import residuals
from xaigeo.viz.rule_features import rule_features
from xaigeo.viz.score_bins import score_bins
from xaigeo.viz.score_by_row import score_by_row
from xaigeo.viz.seed_accuracies import seed_accuracies
from xaigeo.viz.seed_agreement_heatmap import seed_agreement_heatmap
from xaigeo.viz.seed_curve import seed_curve
from xaigeo.viz.seed_outliers import seed_outliers
from xaigeo.viz.seed_scores import seed_scores
from xaigeo.viz.selective_attributions import selective_attributions
from xaigeo.viz.selective_features import selective_features
from xaigeo.viz.themed import themed
from xaigeo.viz.threshold_curves import precision_recall_curves, roc_curves
from xaigeo.viz.token_attributions import token_attributions
from xaigeo.viz.tour_map import tour_map
from xaigeo.viz.variance_shares import variance_shares

__all__ = [
    "Checklist",
    "CounterfactualTable",
    "agreement_scores",
    "anchor_intervals",
    "anchor_search",
    "attention_permutation",
    "attribution_beeswarm",
    "attribution_decision",
    "attribution_force",
    "attribution_heatmap",
    "attribution_importance",
    "attribution_scatter",
    "attribution_space_map",
    "attribution_strip",
    "attribution_waterfall",
    "checklist",
    "class_probability",
    "confusion_matrix",
    "counterfactual_changes",
    "counterfactual_html",
    "counterfactual_table",
    "decision_regions",
    "deletion_curves",
    "difference_scatter",
    "disagreement_sources",
    "divided_rows",
    "enable_notebook",
    "explanation_map",
    "feature_order",
    "method_agreement",
    "modes_map",
    "partial_dependence",
    "precision_coverage",
    "precision_recall_curves",
    "prediction_deviation",
    "prediction_deviation_comparison",
    "prediction_spread",
    "randomisation_check",
    "rank_flow",
    "reliability_diagram",
    "report",
    "residuals",
    "roc_curves",
    "rule_features",
    "save",
    "score_bins",
    "score_by_row",
    "seed_accuracies",
    "seed_agreement_heatmap",
    "seed_curve",
    "seed_outliers",
    "seed_scores",
    "selective_attributions",
    "selective_features",
    "themed",
    "token_attributions",
    "tour_map",
    "variance_shares",
]
