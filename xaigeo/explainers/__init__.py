"""Adapters to explanation methods: one file each, all seeds at once."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.explainers.base import MAX_MEMORY, Engine, Explainer
from xaigeo.explainers.catalogue import EXPLAINERS
from xaigeo.explainers.method_table import describe_methods
from xaigeo.explainers.named_method import named_method
from xaigeo.explainers.texts.catalogue import TEXT_EXPLAINERS
from xaigeo.explanations import Explanation
from xaigeo.options import check_keywords
from xaigeo.schema import Frame
from xaigeo.text.schema import Texts

__all__ = ["EXPLAINERS", "TEXT_EXPLAINERS", "Engine", "Explainer", "describe_methods", "explain"]


def explain(
    ensemble: SeedEnsemble,
    X: Frame | Texts,
    method: str = "kernel_shap",
    *,
    background: Frame | Texts | None = None,
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

    Parameters
    ----------
    ensemble : SeedEnsemble
        The models, which differ in their random seed alone.
    X : DataFrame or ndarray, shape (n_instances, n_features)
        Rows to explain, in original units. A frame's index labels the instances, dates as text.
        For a `TextEnsemble` texts: a Series, an array or a list of str, or one str.
    method : str
        For a table one of

        - LIME: "lime";
        - Shapley values of any model: "kernel_shap", "permutation_shap", "sampling_shap",
          "exact_shap"; of trees: "tree_shap"; of linear models: "linear_shap";
        - gradients of torch networks: "saliency", "input_x_gradient",
          "integrated_gradients", "smooth_grad", "gradient_shap", "expected_gradients",
          "deep_lift", "deep_shap";
        - removal: "occlusion", "feature_ablation";
        - rules: "anchors", "consensus_anchors";
        - counterfactuals: "counterfactuals", "robust_counterfactuals";

        and for texts one of

        - "attention";
        - gradients of word vectors: "saliency", "input_x_gradient", "integrated_gradients",
          "smooth_grad";
        - removal of words: "occlusion", "lime", "kernel_shap", "permutation_shap",
          "sampling_shap", "exact_shap";
        - words that are enough: "anchors"; words to replace or remove: "counterfactuals";

        or one that another package has registered. `describe_methods` and
        ``xaigeo methods`` tell what each takes and needs, ``xaigeo methods NAME`` all about one;
        for texts ``describe_methods("texts")`` and ``xaigeo methods NAME --texts``.
    background : DataFrame or ndarray
        Rows that stand for the data: perturbations are drawn from or against them. For texts
        other texts, which only anchors and counterfactuals look at and must be given; for other
        methods by default those explained.
    random_state : int, optional
        The explainer's own seed, not the models'. None draws one and records it. The draws
        for a row follow from it and from the row alone, so equal rows get equal draws.
    engine : {"batched", "upstream"}
        "batched" explains all models at once; "upstream" calls the original library model
        by model.
    n_jobs : int, optional
        Workers for joblib; None follows ``joblib.parallel_config``.
    progress : bool
        Show a progress bar.
    max_memory : int
        Bytes that the work in one process may hold at once.
    store : str or Path, optional
        Folder to keep the results in; a call that was stopped goes on from there.
    overwrite : bool
        Whether a store of another call may be replaced.
    **parameters
        The method's own, which are the fields of its class: ``help(EXPLAINERS.get(method))``
        or ``xaigeo methods NAME``; for texts ``help(TEXT_EXPLAINERS.get(method))`` or
        ``xaigeo methods NAME --texts``. Unknown ones raise.

    Returns
    -------
    Attributions, Anchors or Counterfactuals; of texts TokenAttributions

    Raises
    ------
    InputError
        For arguments that do not fit the method or each other, and for a method that is known for
        tables alone where texts are explained, or for texts alone.
    StoreError
        If `store` holds something else, and `overwrite` is not set.

    See Also
    --------
    Explainer.explain : The same for a configured explainer, told at length.
    """
    kind = named_method(method, "texts" if _explains_texts(ensemble) else "tables")
    check_keywords(f"method {method!r}", parameters, [f.name for f in fields(kind)])
    explainer: Explainer = kind(**parameters)
    return explainer.explain(
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


def _explains_texts(ensemble: object) -> bool:
    return isinstance(ensemble, SeedEnsemble) and ensemble.members.kind == "text"
