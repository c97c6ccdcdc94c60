"""The methods for text models known by name; a method's module loads when first asked for."""

from __future__ import annotations

from xaigeo.explainers.texts.base import TextExplainer
from xaigeo.registry import Registry

TEXT_EXPLAINERS: Registry[type[TextExplainer]] = Registry(
    "method for texts",
    builtin={
        "attention": "xaigeo.explainers.texts.attention",
        "saliency": "xaigeo.explainers.texts.saliency",
        "input_x_gradient": "xaigeo.explainers.texts.input_x_gradient",
        "integrated_gradients": "xaigeo.explainers.texts.integrated_gradients",
        "smooth_grad": "xaigeo.explainers.texts.smooth_grad",
        "occlusion": "xaigeo.explainers.texts.occlusion",
        "lime": "xaigeo.explainers.texts.lime",
        "kernel_shap": "xaigeo.explainers.texts.kernel_shap",
        "permutation_shap": "xaigeo.explainers.texts.permutation_shap",
        "sampling_shap": "xaigeo.explainers.texts.sampling_shap",
        "exact_shap": "xaigeo.explainers.texts.exact_shap",
        "anchors": "xaigeo.explainers.texts.anchors",
        "counterfactuals": "xaigeo.explainers.texts.counterfactuals",
    },
    group="xaigeo.text_explainers",
    plural="methods for texts",
)
