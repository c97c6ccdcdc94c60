"""The methods known by name; a method's module loads when its name is first asked for."""

from __future__ import annotations

from xaigeo.explainers.base import Explainer
from xaigeo.registry import Registry

EXPLAINERS: Registry[type[Explainer]] = Registry(
    "method",
    builtin={
        "lime": "xaigeo.explainers.lime",
        "kernel_shap": "xaigeo.explainers.kernel_shap",
        "saliency": "xaigeo.explainers.gradients",
        "input_x_gradient": "xaigeo.explainers.gradients",
        "integrated_gradients": "xaigeo.explainers.gradients",
        "anchors": "xaigeo.explainers.anchors",
        "counterfactuals": "xaigeo.explainers.counterfactuals",
    },
    group="xaigeo.explainers",
)
