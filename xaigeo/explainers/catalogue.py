"""The methods known by name; a method's module loads when its name is first asked for."""

from __future__ import annotations

from dataclasses import fields

import pandas as pd

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
        "saliency": "xaigeo.explainers.gradients",
        "input_x_gradient": "xaigeo.explainers.gradients",
        "integrated_gradients": "xaigeo.explainers.gradients",
        "anchors": "xaigeo.explainers.anchors",
        "counterfactuals": "xaigeo.explainers.counterfactuals",
        "robust_counterfactuals": "xaigeo.explainers.robust_counterfactuals",
    },
    group="xaigeo.explainers",
)


def describe_methods() -> pd.DataFrame:
    """Return one row per method: what it is, its parameters with defaults, its engines."""
    rows = []
    for name in EXPLAINERS:
        kind = EXPLAINERS.get(name)
        rows.append(
            {
                "method": name,
                "summary": (kind.__doc__ or "").strip().splitlines()[0],
                "result": kind.result.kind,
                "tasks": ", ".join(kind.tasks),
                "engines": ", ".join(kind.engines),
                "needs_background": kind.needs_background,
                "parameters": ", ".join(f"{f.name}={f.default!r}" for f in fields(kind)),
            }
        )
    return pd.DataFrame(rows)
