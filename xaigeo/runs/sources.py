"""A crossed experiment: train, explain and tell the sources of disagreement apart."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from xaigeo.agreement.crossed import BACKGROUND, EXPLAINER, CrossedScale
from xaigeo.agreement.crossed_explanations import cross_explanations
from xaigeo.agreement.disagreement_sources import SourcesOfDisagreement, disagreement_sources
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.explainers import EXPLAINERS, Explainer
from xaigeo.explanations import Attributions, Explanation
from xaigeo.options import check_count, check_keywords, check_option
from xaigeo.schema import Frame

Methods = Sequence[str] | Mapping[str, Mapping[str, Any]]

# What this function sets itself when it trains.
MANAGED = {"cls", "self", "make_model", "estimator", "X", "y", "seeds", "init_seeds", "order_seeds"}
MANAGED |= {"n_jobs", "progress"}
# Seeds are drawn below this, which is short to read and to type.
LARGEST_SEED = 10**6


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
    design = _Design(model, methods, n_init, n_order, n_models, n_explainer, n_background)
    check_option("scale", scale, CrossedScale)
    check_count("background_rows", background_rows, at_least=2)
    check_count("random_state", random_state, at_least=0)
    check_count("max_runs", max_runs)
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
    seeds = _seeds(streams[3], n_explainer)
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


@dataclass(frozen=True)
class _Design:
    """What is varied, checked."""

    model: Any
    methods: Methods
    n_init: int | None
    n_order: int | None
    n_models: int | None
    n_explainer: int
    n_background: int

    def __post_init__(self) -> None:
        counts = {"n_init": self.n_init, "n_order": self.n_order, "n_models": self.n_models}
        own, others = {
            "network": (("n_init", "n_order"), "a factory of networks"),
            "estimator": (("n_models",), "an estimator, of which initial weights and batch order "
                                         "cannot be told apart"),
            "ensemble": ((), "an ensemble that is trained already"),
        }[self.kind]  # fmt: skip
        for name, n in counts.items():
            if n is not None and name not in own:
                raise InputError(
                    expected=f"{' and '.join(own) or 'no numbers of models'} for {others}",
                    arrived=f"{name}={n!r}",
                    do=f"Leave {name} out.",
                )
            if n is not None:
                _check_levels(name, n)
        _check_levels("n_explainer", self.n_explainer)
        _check_levels("n_background", self.n_background)
        if self.kind == "ensemble" and self.model.n_seeds < 2:
            _check_levels("the number of seeds of the ensemble", self.model.n_seeds)
        for explainer in self.explainers.values():
            self._check_method(explainer)

    @property
    def kind(self) -> str:
        """Whether models are trained, fitted, or there."""
        if isinstance(self.model, SeedEnsemble):
            return "ensemble"
        if hasattr(self.model, "fit") and hasattr(self.model, "get_params"):
            return "estimator"
        if callable(self.model):
            return "network"
        raise InputError(
            expected="a factory of torch modules, a scikit-learn estimator or a SeedEnsemble",
            arrived=type(self.model).__name__,
            do="Pass for example make_model, as for SeedEnsemble.train.",
        )

    @property
    def explainers(self) -> dict[str, Explainer]:
        """The methods, configured."""
        if isinstance(self.methods, str) or not len(self.methods):
            raise InputError(
                expected="a list of methods, or a dict from methods to their parameters",
                arrived=repr(self.methods),
                do='Pass for example methods=["kernel_shap", "lime"].',
            )
        given = self.methods
        named = given if isinstance(given, Mapping) else {name: {} for name in given}
        explainers = {}
        for name, parameters in named.items():
            kind = EXPLAINERS.get(name)
            check_keywords(f"method {name!r}", parameters, [f.name for f in fields(kind)])
            explainers[name] = kind(**parameters)
        return explainers

    @property
    def without(self) -> dict[str, set[str]]:
        """The sources that a method does not have."""
        missing = {
            name: ({EXPLAINER} if not e.randomised else set())
            | ({BACKGROUND} if not e.needs_background else set())
            for name, e in self.explainers.items()
        }
        return {name: factors for name, factors in missing.items() if factors}

    @property
    def counts(self) -> tuple[int, int]:
        """How many initial weights (or models), and how many batch orders."""
        if self.kind == "network":
            return self.n_init or 5, self.n_order or 5
        return (self.n_models or 10, 1) if self.kind == "estimator" else (self.model.n_seeds, 1)

    @property
    def n_runs(self) -> int:
        """How many explanations of one model are made."""
        per_model = sum(
            (1 if EXPLAINER in self.without.get(name, ()) else self.n_explainer)
            * (1 if BACKGROUND in self.without.get(name, ()) else self.n_background)
            for name in self.explainers
        )
        return int(np.prod(self.counts)) * per_model

    def check_cost(self, max_runs: int) -> None:
        """Raise where more explanations would be made than are allowed."""
        if self.n_runs > max_runs:
            n = int(np.prod(self.counts))
            raise InputError(
                expected=f"at most max_runs={max_runs} explanations of one model",
                arrived=f"{self.n_runs}: {n} models, {self.n_runs // n} explanations each",
                do="Take fewer levels or methods, or raise max_runs.",
            )

    def ensemble(
        self,
        X: Frame,
        y: Any,
        streams: Sequence[np.random.SeedSequence],
        training: Mapping[str, Any],
        n_jobs: int | None,
        progress: bool,
    ) -> SeedEnsemble:
        """Return the models, trained together."""
        trainers: dict[str, Callable[..., Any]]
        trainers = {"network": SeedEnsemble.train, "estimator": SeedEnsemble.fit}
        how = trainers.get(self.kind)
        known = [] if how is None else sorted(set(inspect.signature(how).parameters) - MANAGED)
        check_keywords("training", training, known)
        if how is None:
            assert isinstance(self.model, SeedEnsemble)  # its kind says so
            return self.model
        if self.kind == "estimator":
            seeds = _seeds(streams[0], self.counts[0])
            return SeedEnsemble.fit(
                self.model, X, y, seeds=seeds, n_jobs=n_jobs, progress=progress, **training
            )
        n_init, n_order = self.counts
        pairs = list(product(_seeds(streams[0], n_init), _seeds(streams[1], n_order)))
        return SeedEnsemble.train(
            self.model,
            X,
            y,
            seeds=range(len(pairs)),
            init_seeds=[init for init, _ in pairs],
            order_seeds=[order for _, order in pairs],
            progress=progress,
            **training,
        )

    def explained(
        self,
        ensemble: SeedEnsemble,
        rows: Frame,
        backgrounds: Sequence[Frame],
        seeds: Sequence[int],
        n_jobs: int | None,
        progress: bool,
    ) -> list[Explanation]:
        """Return an explanation at every combination of what a method has."""
        return [
            explainer.explain(
                ensemble,
                rows,
                background=background,
                random_state=seed,
                n_jobs=n_jobs,
                progress=progress,
            )
            for name, explainer in self.explainers.items()
            for background in backgrounds[: self._levels(name, BACKGROUND, len(backgrounds))]
            for seed in seeds[: self._levels(name, EXPLAINER, len(seeds))]
        ]

    def _levels(self, method: str, factor: str, n: int) -> int:
        return 1 if factor in self.without.get(method, ()) else n

    def _check_method(self, explainer: Explainer) -> None:
        problem = ""
        if not issubclass(explainer.result, Attributions):
            problem = "gives no attributions"
        if explainer.needs_gradients and self.kind == "estimator":
            problem = "needs gradients, which estimators do not have"
        if explainer.models != "any" and self.kind == "network":
            problem = f"explains {explainer.models} only"
        if problem:
            raise InputError(
                expected="methods that give attributions of these models",
                arrived=f"{explainer.name!r}, which {problem}",
                do="Take it out of methods; `xaigeo methods` lists what there is.",
            )


def _check_levels(name: str, n: object) -> None:
    check_count(name, n)
    if n == 1:
        raise InputError(
            expected=f"{name} of at least 2, to see what varying it changes",
            arrived="1",
            do="Take 3 or more, so that intervals can say how far other draws would differ.",
        )


def _seeds(stream: np.random.SeedSequence, n: int) -> list[int]:
    drawn = np.random.default_rng(stream).choice(LARGEST_SEED, n, replace=False)
    return [int(seed) for seed in drawn]


def _rows_at(X: Frame, places: np.ndarray) -> Frame:
    return X.iloc[places] if isinstance(X, pd.DataFrame) else np.asarray(X)[places]
