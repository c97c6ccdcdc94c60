"""Charts of explanations, scores and audits, and the report that binds them."""

from xaigeo.viz.agreement_scores import agreement_scores
from xaigeo.viz.attribution_strip import attribution_strip
from xaigeo.viz.checklist import Checklist, checklist
from xaigeo.viz.explanation_map import explanation_map
from xaigeo.viz.notebook import enable_notebook
from xaigeo.viz.page import report
from xaigeo.viz.seed_accuracies import seed_accuracies
from xaigeo.viz.seed_agreement_heatmap import seed_agreement_heatmap
from xaigeo.viz.themed import themed

__all__ = [
    "Checklist",
    "agreement_scores",
    "attribution_strip",
    "checklist",
    "enable_notebook",
    "explanation_map",
    "report",
    "seed_accuracies",
    "seed_agreement_heatmap",
    "themed",
]
