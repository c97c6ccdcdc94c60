"""From a data frame and a model factory to a trained seed ensemble."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from xaigeo.ensemble.architecture import architecture_digest, widest_output
from xaigeo.ensemble.dropout import DropoutNoise
from xaigeo.ensemble.evaluation import Evaluation
from xaigeo.ensemble.factory import Factory, build_modules
from xaigeo.ensemble.flat_weights import TrainableNetwork
from xaigeo.ensemble.functional import FunctionalNetwork
from xaigeo.ensemble.identical import note_identical
from xaigeo.ensemble.losses import (
    BinaryCrossEntropy,
    CrossEntropy,
    Loss,
    SquaredError,
    SquaredErrors,
)
from xaigeo.ensemble.members import Scale, Task
from xaigeo.ensemble.module_trial import check_module, probe_inputs
from xaigeo.ensemble.preprocessing import DTYPES, Preprocessor, rows_tensor
from xaigeo.ensemble.problem import Problem, read_problem
from xaigeo.ensemble.record import make_record
from xaigeo.ensemble.seeds import check_seeds, paired_seeds
from xaigeo.ensemble.settings import TrainingEngine, TrainingSettings
from xaigeo.ensemble.split import Split, split_rows
from xaigeo.ensemble.stacked import StackedNetwork
from xaigeo.ensemble.torch_members import TorchMembers
from xaigeo.ensemble.trainer import LabelledInputs, Outcome, Trainer
from xaigeo.errors import InputError
from xaigeo.options import check_option
from xaigeo.schema import FeatureSchema, Frame


def train_ensemble(
    make_model: Factory,
    X: Frame,
    y: Any,
    settings: TrainingSettings,
    *,
    seeds: Iterable[int],
    init_seeds: Iterable[int] | int | None,
    order_seeds: Iterable[int] | int | None,
    task: Task | None,
    schema: FeatureSchema | None,
    engine: TrainingEngine,
    progress: bool,
) -> dict[str, Any]:
    """Read and check all that `SeedEnsemble.train` was given, and return its fields."""
    check_option("engine", engine, TrainingEngine)
    names = check_seeds(seeds)
    problem = read_problem(X, y, task=task, schema=schema)
    members, record = train_members(
        make_model,
        problem,
        settings,
        seeds=names,
        init_seeds=paired_seeds("init_seeds", init_seeds, names),
        order_seeds=paired_seeds("order_seeds", order_seeds, names),
        engine=engine,
        progress=progress,
    )
    note_identical(members, problem.rows, problem.task, record, stacklevel=3)
    return {
        "members": members,
        "seeds": names,
        "schema": problem.schema,
        "classes": problem.classes,
        "task": problem.task,
        "record": record,
    }


def train_members(
    make_model: Factory,
    problem: Problem,
    settings: TrainingSettings,
    *,
    seeds: Sequence[int],
    init_seeds: Sequence[int],
    order_seeds: Sequence[int],
    engine: TrainingEngine,
    progress: bool,
) -> tuple[TorchMembers, dict[str, Any]]:
    """Train one module a seed and return the members with their record."""
    split = split_rows(
        problem.labels,
        problem.task,
        validation_share=settings.validation_share,
        random_state=settings.split_random_state,
    )
    preprocessor = Preprocessor.from_rows(
        problem.schema,
        problem.rows[split.train],
        standardise=settings.standardise,
        dtype=settings.dtype,
    )
    n_classes = None if problem.task == "regression" else len(problem.classes)
    modules = build_modules(
        make_model,
        init_seeds,
        n_inputs=preprocessor.n_inputs,
        n_outputs=len(problem.classes),
        dtype=settings.dtype,
        seeds=seeds,
    )
    probe = probe_inputs(problem.schema, preprocessor)
    n_outputs = check_module(
        modules[0],
        probe,
        problem.schema,
        n_classes=n_classes,
        n_targets=len(problem.classes) if n_classes is None else None,
    )
    trainable = _trainable(modules[0])
    network = network_of(modules, probe, engine)
    targets = _Targets(problem, split, settings, n_outputs)
    trainer = Trainer(
        network,
        trainable,
        targets.loss,
        settings,
        seeds=seeds,
        order_seeds=order_seeds,
    )
    with torch.no_grad():
        inputs = preprocessor(rows_tensor(problem.rows))
    _refuse_lone_batch(modules[0], len(split.train), settings.batch_size)
    with torch.random.fork_rng(devices=[]):
        # For random layers other than nn.Dropout; see FunctionalNetwork.
        torch.default_generator.manual_seed(int(order_seeds[0]))
        outcome = trainer.train(
            targets.select(inputs, split.train),
            targets.select(inputs, split.validation) if len(split.validation) else None,
            progress=progress,
        )
    members = TorchMembers(
        outcome.network,
        preprocessor,
        task=problem.task,
        n_outputs=len(problem.classes),
        target_location=targets.location,
        target_scale=targets.scale,
    )
    record = make_record(
        source="train",
        seeds=seeds,
        architectures=[architecture_digest(module) for module in modules],
        data=(problem.rows, problem.labels),
        config=settings.to_dict() | {"task": problem.task, "schema_sha256": problem.schema.digest},
        packages=("torch",),
        more={
            "init_seeds": list(init_seeds),
            "order_seeds": list(order_seeds),
            "engine": network.engine,
            "n_train": len(split.train),
            "n_validation": len(split.validation),
            **_told(outcome),
            "validation": _validation(members, problem, split, seeds),
        },
    )
    return members, record


def network_of(
    modules: Sequence[nn.Module], probe: Tensor, engine: TrainingEngine
) -> TrainableNetwork:
    """Return the modules as one network: stacked where the layers allow, else functional.

    `probe` are inputs to try them on, shape (n_rows, n_inputs).

    Raises
    ------
    InputError
        If `engine` is "stacked" and a layer is not known, if ``torch.func.vmap`` cannot run
        the modules, or if they differ in something that is neither a parameter nor a buffer.
    """
    stacked = None if engine == "functional" else StackedNetwork.from_modules(modules)
    if stacked is not None and any(kind == "Linear" for kind in _kinds(stacked)):
        return stacked
    if engine == "stacked":
        raise InputError(
            expected="a module of Sequential, Linear, activation, Dropout, BatchNorm1d and "
            "LayerNorm layers for engine='stacked'",
            arrived=f"a {type(modules[0]).__name__} with other layers, hooks or shared weights",
            do="Use engine='auto' or engine='functional'.",
        )
    network = FunctionalNetwork.from_modules(modules, width=widest_output(modules[0], probe[:1]))
    _try_together(network, modules, probe)
    return network


class _Targets:
    """Targets as the loss takes them, and row weights."""

    def __init__(
        self, problem: Problem, split: Split, settings: TrainingSettings, n_outputs: int
    ) -> None:
        labels, dtype = problem.labels, DTYPES[settings.dtype]
        self.location: float | np.ndarray = 0.0
        self.scale: float | np.ndarray = 1.0
        self.weights: Tensor | None = None
        self.loss: Loss
        if problem.task == "regression":
            if settings.class_weight is not None:
                raise InputError(
                    expected="class_weight=None for regression",
                    arrived=repr(settings.class_weight),
                    do="Leave class_weight out; it weighs classes.",
                )
            train = labels[split.train]
            if settings.standardise and labels.ndim == 1:
                self.location = float(train.mean())
                self.scale = float(train.std()) or 1.0
            elif settings.standardise:
                self.location, spread = train.mean(axis=0), train.std(axis=0)
                self.scale = np.where(spread > 0, spread, 1.0)
            labels = (labels - self.location) / self.scale
            self.loss = SquaredError() if labels.ndim == 1 else SquaredErrors()
        else:
            self.loss = BinaryCrossEntropy() if n_outputs == 1 else CrossEntropy()
            by_class = _class_weights(problem, split, settings.class_weight)
            if by_class is not None:
                self.weights = torch.as_tensor(by_class[labels], dtype=dtype)
        whole = isinstance(self.loss, CrossEntropy)
        self.targets = torch.as_tensor(labels, dtype=torch.int64 if whole else dtype)

    def select(self, inputs: Tensor, places: np.ndarray) -> LabelledInputs:
        index = torch.as_tensor(places)
        weights = None if self.weights is None else self.weights[index]
        return LabelledInputs(inputs[index], self.targets[index], weights)


def _class_weights(
    problem: Problem, split: Split, given: Mapping[Any, float] | str | None
) -> np.ndarray | None:
    if given is None:
        return None
    if isinstance(given, str):
        counts = np.bincount(problem.labels[split.train], minlength=len(problem.classes))
        return np.asarray(len(split.train) / (len(counts) * np.maximum(counts, 1)))
    if set(given) != set(problem.classes) or not all(weight > 0 for weight in given.values()):
        raise InputError(
            expected=f"class_weight with a positive number for each of "
            f"{', '.join(map(str, problem.classes))}",
            arrived=repr(dict(given)),
            do="Name every class once, or pass class_weight='balanced'.",
        )
    return np.array([float(given[label]) for label in problem.classes])


def _trainable(module: nn.Module) -> list[str]:
    names = [name for name, value in module.named_parameters() if value.requires_grad]
    if not names:
        raise InputError(
            expected="a module with parameters to train",
            arrived=f"a {type(module).__name__} without any",
            do="Return a module with layers that learn, such as nn.Linear.",
        )
    return names


def _kinds(network: StackedNetwork) -> list[str]:
    return [layer["kind"] for _, layer in network.layers]


def _try_together(network: FunctionalNetwork, modules: Sequence[nn.Module], probe: Tensor) -> None:
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        alone = torch.stack([module.eval()(probe) for module in modules])
        try:
            together = network.forward(probe)
            # As in training: every seed has rows of its own, so branches on rows fail here,
            # and modules may do other things (batch statistics, random layers).
            scratch = {name: value.clone() for name, value in network.state.items()}
            rows = probe.expand(network.n_members, *probe.shape)
            network.run(scratch, rows, DropoutNoise([0] * network.n_members))
        except Exception as error:
            # The first sentence: torch goes on to ask for an issue in its own tracker.
            raise InputError(
                expected="a module that engine='functional' (torch.func.vmap) can train for all "
                "seeds at once",
                arrived=f"one on which it fails: {type(error).__name__}: "
                f"{str(error).split('. ')[0].rstrip('.')}",
                do="Replace branches on values, .item() (BatchNorm with momentum=None calls it) "
                "and in-place changes of inputs by tensor operations such as torch.where; build "
                "the module of common layers (Sequential, Linear, activations, Dropout, "
                "normalisation); or train the modules elsewhere and pass them to "
                "SeedEnsemble.wrap.",
            ) from error
    if not torch.allclose(alone, together, rtol=1e-3, atol=1e-4):
        raise InputError(
            expected="modules that differ in parameters and buffers alone",
            arrived="modules of which other attributes differ between seeds",
            do="Register such state with register_buffer in the module.",
        )


def _refuse_lone_batch(module: nn.Module, n_rows: int, batch_size: int) -> None:
    from torch.nn.modules.batchnorm import _BatchNorm

    lone = batch_size == 1 or n_rows % batch_size == 1
    if lone and any(isinstance(part, _BatchNorm) for part in module.modules()):
        raise InputError(
            expected="batches of at least two rows for batch normalisation",
            arrived=f"{n_rows} training rows in batches of {batch_size}, which leaves a batch of 1",
            do="Choose another batch_size or validation_share.",
        )


def _told(outcome: Outcome) -> dict[str, Any]:
    losses = outcome.validation_loss
    return {
        "epochs_run": outcome.epochs_run.tolist(),
        "epoch_kept": outcome.epoch_kept.tolist(),
        "validation_loss": None if losses is None else losses.tolist(),
    }


def _validation(
    members: TorchMembers, problem: Problem, split: Split, seeds: Sequence[int]
) -> dict[str, Any] | None:
    if not len(split.validation):
        return None
    rows = problem.rows[split.validation]
    scale: Scale = "value" if problem.task == "regression" else "probability"
    return Evaluation(
        name="validation",
        seeds=np.array(seeds),
        classes=problem.classes,
        task=problem.task,
        rows=rows,
        labels=problem.labels[split.validation],
        prediction=members.values(rows, scale),
    ).to_dict()
