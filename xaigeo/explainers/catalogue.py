"""The methods known by name; a method's module loads when its name is first asked for."""

from __future__ import annotations

from xaigeo.explainers.base import Explainer
from xaigeo.registry import Registry

EXPLAINERS: Registry[type[Explainer]] = Registry(
    "method",
    builtin={
        "lime": "xaigeo.explainers.lime",
        "kernel_shap": "xaigeo.explainers.kernel_shap",
        "permutation_shap": "xaigeo.explainers.permutation_shap",
        "exact_shap": "xaigeo.explainers.exact_shap",
        "sampling_shap": "xaigeo.explainers.sampling_shap",
        "tree_shap": "xaigeo.explainers.tree_shap",
        "linear_shap": "xaigeo.explainers.linear_shap",
        "saliency": "xaigeo.explainers.saliency",
        "input_x_gradient": "xaigeo.explainers.input_x_gradient",
        "integrated_gradients": "xaigeo.explainers.integrated_gradients",
        "smooth_grad": "xaigeo.explainers.smooth_grad",
        "gradient_shap": "xaigeo.explainers.gradient_shap",
        "expected_gradients": "xaigeo.explainers.expected_gradients",
        "deep_lift": "xaigeo.explainers.deep_lift",
        "deep_shap": "xaigeo.explainers.deep_shap",
        "occlusion": "xaigeo.explainers.occlusion",
        "feature_ablation": "xaigeo.explainers.feature_ablation",
        "anchors": "xaigeo.explainers.anchors",
        "consensus_anchors": "xaigeo.explainers.consensus_anchors",
        "counterfactuals": "xaigeo.explainers.counterfactuals",
        "robust_counterfactuals": "xaigeo.explainers.robust_counterfactuals",
    },
    group="xaigeo.explainers",
)
