"""Adapters to explanation methods: one file each, all seeds at once."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.explainers.base import MAX_MEMORY, Engine, Explainer
from xaigeo.explainers.catalogue import EXPLAINERS
from xaigeo.explainers.method_table import describe_methods
from xaigeo.explanations import Explanation
from xaigeo.options import check_keywords
from xaigeo.schema import Frame

__all__ = ["EXPLAINERS", "Engine", "Explainer", "describe_methods", "explain"]


def explain(
    ensemble: SeedEnsemble,
    X: Frame,
    method: str = "kernel_shap",
    *,
    background: Frame | None = None,
    random_state: int | None = None,
    engine: Engine = "batched",
    n_jobs: int | None = None,
    progress: bool = False,
    max_memory: int = MAX_MEMORY,
    store: str | Path | None = None,
    overwrite: bool = False,
    **parameters: Any,
) -> Explanation:
    """Explain every model of a seed ensemble at the rows of `X` with one method.

    `parameters` are the fields of the method's class (``EXPLAINERS.get(method)``); unknown
    ones raise. The other arguments are those of `Explainer.explain`.
    """
    kind = EXPLAINERS.get(method)
    check_keywords(f"method {method!r}", parameters, [f.name for f in fields(kind)])
    return kind(**parameters).explain(
        ensemble,
        X,
        background=background,
        random_state=random_state,
        engine=engine,
        n_jobs=n_jobs,
        progress=progress,
        max_memory=max_memory,
        store=store,
        overwrite=overwrite,
    )
