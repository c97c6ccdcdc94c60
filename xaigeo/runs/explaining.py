"""What a run explains: every method, its repeats, other backgrounds, and models trained again."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.explainers.base import Explainer
from xaigeo.explanations import Explanation
from xaigeo.explanations.amounts import gives_amounts
from xaigeo.runs.config import RunConfig
from xaigeo.runs.folder import RunFolder
from xaigeo.runs.study import Study

Log = Callable[[str], None]


@dataclass(frozen=True)
class Explaining:
    """Everything that explaining needs, and what was found so far, by name of its store."""

    explainers: Mapping[str, Explainer]
    study: Study
    config: RunConfig
    folder: RunFolder
    log: Log
    progress: bool
    n_jobs: int | None
    found: dict[str, Explanation] = field(default_factory=dict)

    def explain_all(self, ensemble: SeedEnsemble) -> dict[str, Explanation]:
        """Explain with every method, then again what shows noise, background and training."""
        section = self.config.explain
        self.log(
            f"Explaining {len(self.study.rows())} {self.study.noun} for {ensemble.n_seeds} models"
        )
        for name in self.explainers:
            self._add(name, name, ensemble, section.random_state)
        for method in [name for name, one in self.found.items() if gives_amounts(one)]:
            for repeat in range(1, self._n_repeats(method) + 1):
                state = section.random_state + repeat
                self._add(f"{method}.noise-{repeat}", method, ensemble, state)
        if (leading := leading_method(self.found)) is not None:
            self._explain_leading(leading, ensemble)
        return self.found

    def _n_repeats(self, method: str) -> int:
        return self.config.explain.noise_repeats if self.explainers[method].randomised else 0

    def _explain_leading(self, leading: str, ensemble: SeedEnsemble) -> None:
        """Explain with other backgrounds, where one is looked at, and after a second training."""
        state = self.config.explain.random_state
        for repeat in range(1, self.config.faithfulness.backgrounds + 1):
            # Drawn with replacement: another sample of as many from where these came from.
            drawn = state + repeat
            if self.study.background(self.explainers[leading], random_state=drawn) is not None:
                self._add(f"{leading}.background-{repeat}", leading, ensemble, state, drawn)
        if self.config.explain.rerun:
            self.log("Training again, to see whether the run repeats itself")
            self._add(f"{leading}.rerun", leading, self.study.train(), state)

    def _add(
        self,
        name: str,
        method: str,
        models: SeedEnsemble,
        random_state: int,
        background_state: int | None = None,
    ) -> None:
        started = time.perf_counter()
        explainer = self.explainers[method]
        self.found[name] = explainer.explain(
            models,
            self.study.rows(),
            background=self.study.background(explainer, random_state=background_state),
            random_state=random_state,
            n_jobs=self.n_jobs,
            progress=self.progress,
            store=self.folder.explanation_path(name),
            # A store of other models than were trained now is of no use to this run.
            overwrite=True,
        )
        self.log(f"  {name}: {time.perf_counter() - started:.1f} s")


def leading_method(found: Mapping[str, Explanation]) -> str | None:
    """Return the method of attributions that the audit judges first, None where there is none."""
    attributed = [name for name, one in found.items() if gives_amounts(one)]
    if not attributed:
        return None
    return "kernel_shap" if "kernel_shap" in attributed else attributed[0]
