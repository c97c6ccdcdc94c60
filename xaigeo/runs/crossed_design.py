"""What a crossed experiment varies: checked, counted, trained and explained."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import product
from typing import Any

import numpy as np

from xaigeo.agreement.crossed import BACKGROUND, EXPLAINER
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.explainers.base import Explainer
from xaigeo.explainers.named_method import named_method
from xaigeo.explanations import Attributions, Explanation
from xaigeo.options import check_count, check_keywords
from xaigeo.schema import Frame

Methods = Sequence[str] | Mapping[str, Mapping[str, Any]]

# What this function sets itself when it trains.
MANAGED = {"cls", "self", "make_model", "estimator", "X", "y", "seeds", "init_seeds", "order_seeds"}
MANAGED |= {"n_jobs", "progress"}
# Seeds are drawn below this, which is short to read and to type.
LARGEST_SEED = 10**6


@dataclass(frozen=True)
class CrossedDesign:
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
            kind = named_method(name, "tables", do="Choose one of the listed methods.")
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
            seeds = drawn_seeds(streams[0], self.counts[0])
            return SeedEnsemble.fit(
                self.model, X, y, seeds=seeds, n_jobs=n_jobs, progress=progress, **training
            )
        n_init, n_order = self.counts
        pairs = list(product(drawn_seeds(streams[0], n_init), drawn_seeds(streams[1], n_order)))
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


def drawn_seeds(stream: np.random.SeedSequence, n: int) -> list[int]:
    """Return different seeds drawn from a stream."""
    drawn = np.random.default_rng(stream).choice(LARGEST_SEED, n, replace=False)
    return [int(seed) for seed in drawn]
