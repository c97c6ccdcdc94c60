"""A crossed experiment: train, explain and tell the sources of disagreement apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from xaigeo.agreement.crossed import CrossedScale
from xaigeo.agreement.crossed_explanations import cross_explanations
from xaigeo.agreement.disagreement_sources import (
    SourcesOfDisagreement,
    check_some_left,
    disagreement_sources,
)
from xaigeo.errors import InputError
from xaigeo.options import check_count, check_flag, check_option, check_workers
from xaigeo.runs.crossed_design import CrossedDesign, Methods, drawn_seeds
from xaigeo.schema import Frame, refuse_texts


def sources_of_disagreement(
    model: Callable[..., Any] | Any,
    X: Frame,
    y: Any,
    rows: Frame,
    *,
    methods: Methods = ("kernel_shap", "lime"),
    n_init: int | None = None,
    n_order: int | None = None,
    n_models: int | None = None,
    n_explainer: int = 3,
    n_background: int = 3,
    background_rows: int = 50,
    training: Mapping[str, Any] | None = None,
    k: int | None = None,
    scale: CrossedScale = "unit_norm",
    output: str | int | None = None,
    random_state: int = 0,
    n_bootstrap: int = 1000,
    n_jobs: int | None = None,
    progress: bool = False,
    max_runs: int = 2000,
) -> SourcesOfDisagreement:
    """Run a crossed experiment and return how much of the disagreement each source makes.

    Parameters
    ----------
    model : callable, estimator or SeedEnsemble
        A factory of torch modules as `SeedEnsemble.train` takes it: initial weights and batch
        order are crossed. A scikit-learn estimator, of which the two cannot be told apart: one
        factor, the model's seed. Or an ensemble that is trained already.
    X : DataFrame or ndarray, shape (n_rows, n_features)
        The models are trained on it, and samples of the background are drawn from it.
    y : array-like, shape (n_rows,) or (n_rows, n_targets)
        None for a trained ensemble.
    rows : DataFrame or ndarray, shape (n_instances, n_features)
        Rows to explain; better some that the models have not seen.
    methods : sequence of str, or mapping of str to dict
        Names of methods that give attributions, or those with their parameters.
    n_init, n_order : int, optional
        Seeds of the initial weights and of batch order (and dropout); 5 each by default. Only for
        a factory.
    n_models : int, optional
        Seeds of the model, 10 by default. Only for an estimator.
    n_explainer : int
        Seeds of each method's own draws. A method that does not draw is run once.
    n_background : int
        Samples of background rows, drawn from `X`.
    background_rows : int
        Rows in each sample. A method that draws from these again (``n_background`` of SHAP, 100 by
        default) does so by the explainer's seed; up to that many rows, all are used.
    training : dict, optional
        Further arguments of `SeedEnsemble.train` or `SeedEnsemble.fit`, such as
        ``{"epochs": 200, "batch_size": 16}``.
    k, scale, n_bootstrap
        As in `xaigeo.agreement.disagreement_sources`.
    output : str or int, optional
        Output that is compared; by default, at each row, the class that most models predict.
    random_state : int
        All seeds and samples follow from it, so that equal calls give equal numbers.
    n_jobs : int, optional
        Workers for joblib; None follows ``joblib.parallel_config``.
    progress : bool
        Show progress bars.
    max_runs : int
        Most explanations of one model that may be made, checked before anything is trained.

    Returns
    -------
    SourcesOfDisagreement
        Draw it with `xaigeo.viz.disagreement_sources`.

    Raises
    ------
    InputError
        For fewer than two levels of a factor, a method that gives no attributions or does not
        explain such models, a background as large as `X`, arguments that do not fit the model, or
        an experiment that is larger than `max_runs`.

    Notes
    -----
    Every initial weights meets every batch order, every explainer seed, background sample and
    method: with F factors one gets all main effects and interactions, where varying one at a time
    would show each source at a single setting of the others. Intervals over levels need at least
    three of each. Background samples are drawn without replacement each, but may overlap.

    To analyse explanations that exist already, pass them to
    `xaigeo.agreement.disagreement_sources`.
    """
    for table, what in ((X, "X"), (rows, "rows")):
        refuse_texts(
            table,
            f"{what} as a table, since sources of disagreement are told apart for models of tables",
            "For texts measure with xaigeo.agreement.summary how far seeds agree.",
        )
    design = CrossedDesign(model, methods, n_init, n_order, n_models, n_explainer, n_background)
    check_option("scale", scale, CrossedScale)
    check_count("background_rows", background_rows, at_least=2)
    check_count("random_state", random_state, at_least=0)
    check_count("max_runs", max_runs)
    check_count("n_bootstrap", n_bootstrap, at_least=0)
    check_workers(n_jobs)
    check_flag("progress", progress)
    if k is not None:
        check_count("k", k)
        check_some_left(k, np.shape(rows)[-1])
    design.check_cost(max_runs)
    if background_rows >= len(X):
        raise InputError(
            expected=f"background_rows below {len(X)}, the number of rows of X, so that samples "
            "differ",
            arrived=str(background_rows),
            do="Draw fewer rows, at most half of them.",
        )
    streams = np.random.SeedSequence(random_state).spawn(4)
    ensemble = design.ensemble(X, y, streams[:2], training or {}, n_jobs, progress)
    places = [
        np.sort(np.random.default_rng(stream).choice(len(X), background_rows, replace=False))
        for stream in streams[2].spawn(n_background)
    ]
    seeds = drawn_seeds(streams[3], n_explainer)
    given = design.explained(
        ensemble, rows, [_rows_at(X, at) for at in places], seeds, n_jobs, progress
    )
    crossed = cross_explanations(given, without=design.without, output=output, k=k)
    found = disagreement_sources(
        crossed, scale=scale, random_state=random_state, n_bootstrap=n_bootstrap
    )
    run = {
        "random_state": random_state,
        "training": dict(training or {}),
        "explainer_seeds": seeds,
        "background_places": [at.tolist() for at in places],
        "explanations_of_a_model": design.n_runs,
    }
    return replace(found, provenance=dict(found.provenance) | {"run": run})


def _rows_at(X: Frame, places: np.ndarray) -> Frame:
    return X.iloc[places] if isinstance(X, pd.DataFrame) else np.asarray(X)[places]
