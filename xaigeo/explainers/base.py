"""What every explainer does the same way: check, cut into blocks, run, label."""

from __future__ import annotations

import sys
import warnings
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, fields
from os import PathLike
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from xaigeo import dims
from xaigeo.ensemble.members import Scale
from xaigeo.ensemble.row_labels import instance_labels
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import DuplicateLabelsWarning, InputError
from xaigeo.explainers.background import Background
from xaigeo.explainers.blocks.block import MAX_MEMORY, Arrays, Block, Engine
from xaigeo.explainers.blocks.cut import Cut
from xaigeo.explainers.blocks.job import Job, run_block
from xaigeo.explainers.blocks.joining import joined
from xaigeo.explainers.blocks.labelling import Labeller
from xaigeo.explainers.blocks.running import run_tasks
from xaigeo.explainers.blocks.stored import StoredRun
from xaigeo.explainers.blocks.threads import one_thread
from xaigeo.explanations import Explanation
from xaigeo.options import check_count, check_flag, check_option, check_workers
from xaigeo.schema import FeatureSchema, Frame, Matrix
from xaigeo.text.schema import Texts

__all__ = [
    "MAX_MEMORY",
    "Arrays",
    "Block",
    "Engine",
    "Explainer",
    "resolved_scale",
    "run_block",
]

# Below this a method has no room for a single block of rows.
LEAST_MEMORY = 2**20


@dataclass(frozen=True, kw_only=True)
class Explainer(ABC):
    """Base of the adapters: a frozen dataclass whose fields are the method's parameters.

    A subclass names its `result` container and gives `explain_batched` (all seeds at once) and
    `explain_upstream` (the real library, model by model); each takes a `Block` and returns arrays
    named and ordered as the container documents, without coordinates. A block holds up to
    `block_rows` instances: more where a search shares its steps between them. `packages` are the
    distributions that it uses (`upstream_packages` further ones of that engine), `models` the
    models that it explains, in words; `describe_methods` shows them. `randomised` says whether
    `random_state` matters: the noise of such a method is measured by repeating it. `needs_spread`
    says that the method measures in the background's standard deviations or draws from its
    spread.
    """

    name: ClassVar[str]
    result: ClassVar[type[Explanation]]
    engines: ClassVar[tuple[Engine, ...]] = ("batched", "upstream")
    packages: ClassVar[tuple[str, ...]] = ()
    upstream_packages: ClassVar[tuple[str, ...]] = ()
    models: ClassVar[str] = "any"
    additive: ClassVar[bool] = False
    randomised: ClassVar[bool] = False
    needs_background: ClassVar[bool] = True
    needs_gradients: ClassVar[bool] = False
    needs_spread: ClassVar[bool] = False
    block_rows: ClassVar[int] = 5
    tasks: ClassVar[tuple[str, ...]] = ("classification", "regression")

    @abstractmethod
    def explain_batched(self, block: Block) -> Arrays:
        """Explain all seeds at once with shared perturbations."""

    def misfit(self, task: str) -> str:
        """Return what about such a task this method cannot explain, or an empty string."""
        return "" if task in self.tasks else f"a {task}"

    def explain_upstream(self, block: Block) -> Arrays:
        """Explain model by model with the upstream library."""
        raise InputError(
            expected=f"an engine of {self.name} ({', '.join(self.engines)})",
            arrived="'upstream'",
            do="Use engine='batched'.",
        )

    def check(self, ensemble: SeedEnsemble) -> None:  # noqa: B027 (most methods need no more)
        """Raise when this ensemble cannot be explained by this method."""

    def cost(self, ensemble: SeedEnsemble, rows: Matrix) -> str:
        """Return what explaining these rows may cost, in a sentence; empty where nothing is told.

        It is written above the progress bar, before the work.
        """
        return ""

    def scale_of(self, ensemble: SeedEnsemble) -> Scale:
        """Return the scale that is explained: the one asked for, or the ensemble's default."""
        return resolved_scale(getattr(self, "scale", None), ensemble)

    def resolved(self, ensemble: SeedEnsemble, background: Background) -> dict[str, Any]:
        """Return what the parameters leave open, as used: sample counts, rows drawn.

        It is recorded as ``provenance["resolved"]``, with `background_places`.
        """
        return {}

    def background_places(
        self, ensemble: SeedEnsemble, background: Background, seed: np.random.SeedSequence
    ) -> list[int] | None:
        """Return the places of the background rows that stand for all, drawn by the shared seed.

        None where all rows are used, and where what is used are rows of no place, such as the
        centres of clusters.
        """
        return None

    def shown(
        self, schema: FeatureSchema, rows: Matrix, background: Matrix
    ) -> tuple[FeatureSchema, Matrix, Matrix]:
        """Return schema, instances and background as the result shows them.

        The ensemble's own, unless the method joins several columns into one.
        """
        return schema, rows, background

    def explain(
        self,
        ensemble: SeedEnsemble,
        X: Frame | Texts,
        *,
        background: Frame | Texts | None = None,
        random_state: int | None = None,
        engine: Engine = "batched",
        n_jobs: int | None = None,
        progress: bool = False,
        max_memory: int = MAX_MEMORY,
        store: str | Path | None = None,
        overwrite: bool = False,
    ) -> Explanation:
        """Explain every model of the ensemble at the rows of `X`.

        Parameters
        ----------
        ensemble : SeedEnsemble
        X : DataFrame or ndarray, shape (n_instances, n_features)
            Rows to explain, in original units. A frame's index labels the instances, dates
            as text.
        background : DataFrame or ndarray
            Rows that stand for the data: perturbations are drawn from or against them.
        random_state : int, optional
            The explainer's own seed, not the models'. None draws one and records it; with a
            `store` that was begun, None takes the one that it was begun with.
        engine : {"batched", "upstream"}
        n_jobs : int, optional
            Workers for joblib; None follows ``joblib.parallel_config``, under which work
            goes to other backends too, such as a dask cluster.
        progress : bool
            Show a progress bar with the time left on the terminal, and what the work may cost
            where a method for texts can tell (`cost`).
        max_memory : int
            Bytes that the work in one process may hold at once, beside the models, the rows
            and the results.
        store : str or Path, optional
            Folder to keep the results in. Finished work is kept as it comes, and a call with
            the same arguments goes on where an earlier one was stopped; when all is done it
            opens the store and does nothing else. The answer is opened lazily.
        overwrite : bool
            Whether a store of another call may be replaced; it stays until this one is done.

        Returns
        -------
        Attributions, Anchors or Counterfactuals

        Raises
        ------
        InputError
            For arguments that do not fit the method or each other.
        StoreError
            If `store` holds something else, and `overwrite` is not set.

        Notes
        -----
        The numbers are the same to the bit for any number of workers and wherever they run,
        on machines of one kind. For that all arithmetic runs on one thread in each process.

        What is drawn for an instance follows from `random_state` and its own encoded row, so that
        it is the same whichever instances stand beside it and in whatever order; equal rows get
        equal draws. Only the last bits of what a model answers may depend on the rows asked with
        a row, as matrix products of other sizes round otherwise. The same row in other units, or
        with columns in another order, is another row, and gets other draws.
        """
        check_option("engine", engine, Engine)
        check_count("max_memory", max_memory, at_least=LEAST_MEMORY)
        check_workers(n_jobs)
        check_flag("progress", progress)
        check_flag("overwrite", overwrite)
        self._check_flags()
        _check_store(store, overwrite)
        self._check_ensemble(ensemble, engine)
        rows, labels, beside = self._read(ensemble, X)
        given = self._default_background(X) if background is None else background
        reference = Background.from_frame(ensemble.schema, self._background(given, ensemble))
        _note_duplicates(labels)
        job = Job(
            self, ensemble, reference, engine, _entropy(random_state), int(max_memory), beside
        )
        cut = Cut(len(rows), self.block_rows)
        if progress:
            _tell(self.cost(ensemble, rows))
        with one_thread():
            if store is not None:
                run = StoredRun(
                    target=Path(store),
                    job=job,
                    any_seed=random_state is None,
                    rows=rows,
                    labels=labels,
                    cut=cut,
                    overwrite=overwrite,
                )
                stored = run.carry_out(n_jobs=n_jobs, progress=progress)
                self.note(stored)
                return stored
            found = dict(run_tasks(job, cut, rows, n_jobs=n_jobs, progress=progress))
            pieces = [found[task] for task in range(cut.n_tasks)]
            made = Labeller(job, rows, labels).explanation(self.merge(pieces))
            self.note(made)
            return made

    def note(self, explanation: Explanation) -> None:  # noqa: B027 (most methods need no more)
        """Warn of what a finished explanation does not keep, such as sums that do not add up."""

    def merge(self, pieces: Sequence[Arrays]) -> Arrays:
        """Join the arrays of consecutive blocks along the instances.

        Blocks are joined in groups, and the groups' arrays then again.
        """
        return joined(pieces, self.result.required | self.result.optional)

    def parameters(self) -> dict[str, Any]:
        """Return the parameters as a JSON-able dict."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def _read(
        self, ensemble: SeedEnsemble, X: Any
    ) -> tuple[Matrix, np.ndarray, dict[str, np.ndarray]]:
        """Return encoded rows, what they are called, and what else is kept of each."""
        return ensemble.schema.encode(X), instance_labels(X), {}

    def _check_flags(self) -> None:
        for parameter in fields(self):
            if isinstance(parameter.default, bool):
                check_flag(parameter.name, getattr(self, parameter.name))

    def _check_ensemble(self, ensemble: SeedEnsemble, engine: Engine) -> None:
        if not isinstance(ensemble, SeedEnsemble):
            raise InputError(
                expected="a SeedEnsemble",
                arrived=type(ensemble).__name__,
                do="Wrap trained models with SeedEnsemble.wrap(models, seeds=..., schema=X).",
            )
        if ensemble.members.kind == "text" and self.result.axis != dims.TOKEN:
            raise InputError(
                expected=f"an ensemble of models of a table for {self.name} as it is made here",
                arrived="one of text models",
                do="Call xaigeo.explain(ensemble, texts, method=...), which takes the method for "
                "texts of that name.",
            )
        if engine not in self.engines:
            raise InputError(
                expected=f"an engine of {self.name} ({', '.join(self.engines)})",
                arrived=repr(engine),
                do=f"Use engine={self.engines[0]!r}.",
            )
        if ensemble.task not in self.tasks:
            raise InputError(
                expected=f"a {' or '.join(self.tasks)} ensemble for {self.name}",
                arrived=f"a {ensemble.task} ensemble",
                do="Choose a method that explains such models, for example 'kernel_shap'.",
            )
        self.check(ensemble)

    def _default_background(self, X: Any) -> Any:
        """Return what stands for the data where nothing was named."""
        return None

    def _background(self, background: Any, ensemble: SeedEnsemble) -> Matrix:
        if background is None:
            raise InputError(
                expected=f"a background for {self.name}",
                arrived="none",
                do="Pass background=X_train, the rows that stand for the data.",
            )
        rows = ensemble.schema.encode(background, what="background")
        if self.needs_spread and (rows == rows[:1]).all():
            raise InputError(
                expected=f"a background of at least two different rows for {self.name}, which "
                "measures by how they vary",
                arrived="one row" if len(rows) == 1 else f"{len(rows)} rows that are all equal",
                do="Pass background=X_train, the rows that stand for the data.",
            )
        return rows


def resolved_scale(explainer_scale: Scale | None, ensemble: SeedEnsemble) -> Scale:
    """Return the scale that is explained: the one asked for, or the ensemble's default."""
    return explainer_scale or ensemble.default_scale


def _tell(sentence: str) -> None:
    from tqdm import tqdm

    if sentence:
        tqdm.write(sentence, file=sys.stderr)


def _note_duplicates(labels: np.ndarray) -> None:
    index = pd.Index(labels)
    if not index.is_unique:
        doubled = index[index.duplicated()].unique()
        warnings.warn(
            f"Labels that stand for several rows: {len(doubled)}, such as {doubled[0]}. Scenes "
            "and reports need labels that differ. Give each row one of its own, for example "
            "with X.reset_index(drop=True).",
            DuplicateLabelsWarning,
            stacklevel=3,
        )


def _check_store(store: str | Path | None, overwrite: bool) -> None:
    if store is not None and not isinstance(store, str | PathLike):
        raise InputError(
            expected="store to be the path of a folder, or None",
            arrived=repr(store),
            do="Pass a path such as store='explanations/lime'.",
        )
    if overwrite and store is None:
        raise InputError(
            expected="a store to replace for overwrite=True",
            arrived="store=None",
            do="Pass store=PATH, or leave overwrite out.",
        )


def _entropy(random_state: int | None) -> int:
    if random_state is None:
        drawn = np.random.SeedSequence().entropy
        assert isinstance(drawn, int)  # a fresh SeedSequence holds one integer
        return drawn
    if (
        isinstance(random_state, bool)
        or not isinstance(random_state, int | np.integer)
        or random_state < 0
    ):
        raise InputError(
            expected="random_state to be a non-negative integer or None",
            arrived=repr(random_state),
            do="Pass an integer such as random_state=0.",
        )
    return int(random_state)
