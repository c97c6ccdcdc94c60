"""Explain every model of a seed ensemble, draw the explanations, score whether seeds agree."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOME = {
    "SeedEnsemble": "xaigeo.ensemble",
    "TextEnsemble": "xaigeo.ensemble",
    "Evaluation": "xaigeo.ensemble",
    "FeatureSchema": "xaigeo.schema",
    "Attributions": "xaigeo.explanations",
    "TokenAttributions": "xaigeo.explanations",
    "Anchors": "xaigeo.explanations",
    "Counterfactuals": "xaigeo.explanations",
    "explain": "xaigeo.explainers",
    "load": "xaigeo.store",
    "scene": "xaigeo.geometry",
    "report": "xaigeo.viz",
    "sources_of_disagreement": "xaigeo.runs",
    "InputError": "xaigeo.errors",
}
_MODULES = (
    "agreement",
    "audit",
    "checks",
    "datasets",
    "explainers",
    "faithfulness",
    "geometry",
    "text",
    "viz",
)

__all__ = [*_HOME, *_MODULES, "__version__"]

if TYPE_CHECKING:
    from xaigeo import agreement as agreement
    from xaigeo import checks as checks
    from xaigeo import datasets as datasets
    from xaigeo import explainers as explainers
    from xaigeo import faithfulness as faithfulness
    from xaigeo import geometry as geometry
    from xaigeo import text as text
    from xaigeo import viz as viz

    # The package is callable at run time; a type checker sees the function that it calls.
    from xaigeo.audit.runner import audit as audit
    from xaigeo.ensemble import Evaluation as Evaluation
    from xaigeo.ensemble import SeedEnsemble as SeedEnsemble
    from xaigeo.ensemble import TextEnsemble as TextEnsemble
    from xaigeo.errors import InputError as InputError
    from xaigeo.explainers import explain as explain
    from xaigeo.explanations import Anchors as Anchors
    from xaigeo.explanations import Attributions as Attributions
    from xaigeo.explanations import Counterfactuals as Counterfactuals
    from xaigeo.explanations import TokenAttributions as TokenAttributions
    from xaigeo.geometry.scene import scene as scene
    from xaigeo.runs import sources_of_disagreement as sources_of_disagreement
    from xaigeo.schema import FeatureSchema as FeatureSchema
    from xaigeo.store import load as load
    from xaigeo.viz import report as report


def __getattr__(name: str) -> Any:
    # Names load when first used (PEP 562), which keeps `import xaigeo` light.
    if name in _HOME:
        value = getattr(import_module(_HOME[name]), name)
    elif name in _MODULES:
        value = import_module(f"xaigeo.{name}")
    else:
        raise AttributeError(f"module 'xaigeo' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
