"""What every explainer does the same way: check, cut into blocks, run, label."""

from __future__ import annotations

import math
import platform
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any, ClassVar, Literal

import numpy as np
import xarray as xr

from xaigeo import dims
from xaigeo.ensemble.members import Scale
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.explainers.background import Background
from xaigeo.explanations import Explanation
from xaigeo.options import check_option
from xaigeo.schema import FeatureSchema, Frame, Matrix

Engine = Literal["batched", "upstream"]
Arrays = dict[str, np.ndarray]

# Bytes that the work in one process may hold at once unless the caller says otherwise.
MAX_MEMORY = 2 * 2**30


@dataclass(frozen=True)
class Block:
    """One piece of work: some instances, all seeds.

    `rows` are encoded instances, shape (n_instances, n_features); `seeds` holds one numpy
    `SeedSequence` an instance, so the answer does not depend on how work was cut.
    `shared_seed` is the same for all blocks of a call. `max_memory` is the number of bytes that
    the work on the block may hold at once: a method cuts rows, and where that is not enough
    seeds, to stay below it.
    """

    ensemble: SeedEnsemble
    rows: Matrix
    background: Background
    seeds: Sequence[np.random.SeedSequence]
    shared_seed: np.random.SeedSequence
    max_memory: int = MAX_MEMORY

    def stream(self, place: int) -> np.random.RandomState:
        """Return the legacy stream, which lime and shap read, for the instance at a place."""
        return np.random.RandomState(self.seeds[place].generate_state(4))


@dataclass(frozen=True, kw_only=True)
class Explainer(ABC):
    """Base of the adapters: a frozen dataclass whose fields are the method's parameters.

    A subclass names its `result` container and gives `explain_batched` (all seeds at once)
    and `explain_upstream` (the real library, model by model); each takes a `Block` and
    returns arrays named and ordered as the container documents, without coordinates. A block
    holds up to `block_rows` instances: more where a search shares its steps between them.
    """

    name: ClassVar[str]
    result: ClassVar[type[Explanation]]
    engines: ClassVar[tuple[Engine, ...]] = ("batched", "upstream")
    packages: ClassVar[tuple[str, ...]] = ()
    additive: ClassVar[bool] = False
    needs_background: ClassVar[bool] = True
    needs_gradients: ClassVar[bool] = False
    block_rows: ClassVar[int] = 5
    tasks: ClassVar[tuple[str, ...]] = ("classification", "regression")

    @abstractmethod
    def explain_batched(self, block: Block) -> Arrays:
        """Explain all seeds at once with shared perturbations."""

    def explain_upstream(self, block: Block) -> Arrays:
        """Explain model by model with the upstream library."""
        raise InputError(
            expected=f"an engine of {self.name} ({', '.join(self.engines)})",
            arrived="'upstream'",
            do="Use engine='batched'.",
        )

    def check(self, ensemble: SeedEnsemble) -> None:  # noqa: B027 (most methods need no more)
        """Raise when this ensemble cannot be explained by this method."""

    def resolved(self, ensemble: SeedEnsemble, background: Background) -> dict[str, Any]:
        """Return what the parameters leave open, as used: sample counts, rows drawn.

        It is recorded as ``provenance["resolved"]``.
        """
        return {}

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
        X: Frame,
        *,
        background: Frame | None = None,
        random_state: int | None = None,
        engine: Engine = "batched",
        n_jobs: int | None = None,
        progress: bool = False,
    ) -> Explanation:
        """Explain every model of the ensemble at the rows of `X`.

        Parameters
        ----------
        ensemble : SeedEnsemble
        X : DataFrame or ndarray, shape (n_instances, n_features)
            Rows to explain, in original units. A frame's index labels the instances.
        background : DataFrame or ndarray
            Rows that stand for the data: perturbations are drawn from or against them.
        random_state : int, optional
            The explainer's own seed, not the models'. None draws one and records it.
        engine : {"batched", "upstream"}
        n_jobs : int, optional
            Worker processes for joblib; None follows `joblib.parallel_config`.
        progress : bool
            Show a progress bar on the terminal.

        Returns
        -------
        Attributions, Anchors or Counterfactuals
        """
        check_option("engine", engine, Engine)
        self._check_ensemble(ensemble, engine)
        rows = ensemble.schema.encode(X)
        reference = Background.from_frame(ensemble.schema, self._background(background, ensemble))
        entropy = _entropy(random_state)
        root = np.random.SeedSequence(entropy)
        shared, *own = root.spawn(len(rows) + 1)
        blocks = [
            Block(ensemble, rows[part], reference, [own[i] for i in part], shared)
            for part in np.array_split(np.arange(len(rows)), self._n_blocks(len(rows)))
        ]
        pieces = _run_blocks(self, blocks, engine, n_jobs, progress)
        return self._label(ensemble, X, rows, reference, pieces, engine, entropy)

    def merge(self, pieces: Sequence[Arrays]) -> Arrays:
        """Join the arrays of all blocks along the instance dimension."""
        shapes = self.result.required | self.result.optional
        return {
            name: np.concatenate(
                [piece[name] for piece in pieces], axis=shapes[name].index(dims.INSTANCE)
            )
            if dims.INSTANCE in shapes[name]
            else pieces[0][name]
            for name in pieces[0]
        }

    def parameters(self) -> dict[str, Any]:
        """Return the parameters as a JSON-able dict."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def _check_ensemble(self, ensemble: SeedEnsemble, engine: Engine) -> None:
        if not isinstance(ensemble, SeedEnsemble):
            raise InputError(
                expected="a SeedEnsemble",
                arrived=type(ensemble).__name__,
                do="Wrap trained models with SeedEnsemble.wrap(models, seeds=..., schema=X).",
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

    def _n_blocks(self, n_rows: int) -> int:
        # The same cut for any number of workers, with a progress bar or without: a model's
        # answer to a row depends, in the last bit, on the rows that are asked with it.
        return math.ceil(n_rows / self.block_rows)

    def _background(self, background: Frame | None, ensemble: SeedEnsemble) -> Matrix:
        if background is None:
            raise InputError(
                expected=f"a background for {self.name}",
                arrived="none",
                do="Pass background=X_train, the rows that stand for the data.",
            )
        return ensemble.schema.encode(background, what="background")

    def _label(
        self,
        ensemble: SeedEnsemble,
        X: Frame,
        rows: Matrix,
        background: Background,
        pieces: Sequence[Arrays],
        engine: Engine,
        entropy: int,
    ) -> Explanation:
        schema, inputs, references = self.shown(ensemble.schema, rows, background.rows)
        merged = self.merge(pieces) | {
            "input": inputs,
            "prediction": ensemble.outputs_encoded(rows),
            "background": references,
            "background_prediction": ensemble.outputs_encoded(background.rows),
        }
        from xaigeo.explanations import COMMON

        shapes = COMMON | self.result.required | self.result.optional
        labels = getattr(X, "index", np.arange(len(rows)))
        coordinates = {
            dims.SEED: list(ensemble.seeds),
            dims.INSTANCE: np.asarray(labels),
            dims.FEATURE: schema.names,
            dims.OUTPUT: ensemble.output_names,
        }
        if any(dims.OTHER_SEED in shapes[name] for name in merged):
            coordinates[dims.OTHER_SEED] = list(ensemble.seeds)
        data = xr.Dataset(
            {name: (shapes[name], array) for name, array in merged.items()}, coords=coordinates
        )
        return self.result(
            data=data,
            schema=schema,
            method=self.name,
            provenance=self._provenance(ensemble, background, engine, entropy),
        )

    def _provenance(
        self, ensemble: SeedEnsemble, background: Background, engine: Engine, entropy: int
    ) -> dict[str, Any]:
        parameters = self.parameters()
        if parameters.get("scale", 0) is None:
            parameters["scale"] = ensemble.default_scale
        return {
            "method": self.name,
            "parameters": parameters,
            "resolved": self.resolved(ensemble, background),
            "additive": self.additive,
            "random_state": entropy,
            "engine": engine,
            # To the microsecond: it is also what tells a second run from the same result.
            "created_at": datetime.now(UTC).isoformat(timespec="microseconds"),
            "background_sha256": background.digest,
            "versions": {"python": platform.python_version()}
            | {name: _version(name) for name in ("xaigeo", "numpy", *self.packages)},
            "ensemble": {
                "task": ensemble.task,
                "seeds": [int(seed) for seed in ensemble.seeds],
                "classes": ensemble.output_names,
                "kind": ensemble.members.kind,
                "record": ensemble.record,
            },
        }


def run_block(explainer: Explainer, block: Block, engine: Engine) -> Arrays:
    """Explain one block; a pure function, so that any worker may run it."""
    return (
        explainer.explain_batched(block)
        if engine == "batched"
        else explainer.explain_upstream(block)
    )


def resolved_scale(explainer_scale: Scale | None, ensemble: SeedEnsemble) -> Scale:
    """Return the scale that is explained: the one asked for, or the ensemble's default."""
    return explainer_scale or ensemble.default_scale


def _run_blocks(
    explainer: Explainer,
    blocks: Sequence[Block],
    engine: Engine,
    n_jobs: int | None,
    progress: bool,
) -> list[Arrays]:
    from joblib import Parallel, delayed
    from joblib.parallel import get_active_backend
    from tqdm.auto import tqdm

    bar = tqdm(total=sum(len(b.rows) for b in blocks), desc=explainer.name, disable=not progress)
    pieces: list[Arrays] = []
    with bar:
        if len(blocks) == 1:
            pieces.append(run_block(explainer, blocks[0], engine))
            bar.update(len(blocks[0].rows))
            return pieces
        # joblib's multiprocessing backend can only return everything at once (joblib 1.6).
        backend, _ = get_active_backend()
        streams = backend is None or getattr(backend, "supports_return_generator", False)
        work = Parallel(n_jobs=n_jobs, return_as="generator" if streams else "list")(
            delayed(run_block)(explainer, block, engine) for block in blocks
        )
        for block, piece in zip(blocks, work, strict=True):
            pieces.append(piece)
            bar.update(len(block.rows))
    return pieces


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


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
