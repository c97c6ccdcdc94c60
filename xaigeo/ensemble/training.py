"""From a data frame and a model factory to a trained seed ensemble."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from xaigeo.ensemble.architecture import architecture_digest, widest_output
from xaigeo.ensemble.dropout import DropoutNoise
from xaigeo.ensemble.factory import Factory, build_modules
from xaigeo.ensemble.flat_weights import TrainableNetwork
from xaigeo.ensemble.functional import FunctionalNetwork
from xaigeo.ensemble.identical import note_identical
from xaigeo.ensemble.lone_average import note_lone_average
from xaigeo.ensemble.loss_targets import LossTargets
from xaigeo.ensemble.members import Task
from xaigeo.ensemble.module_trial import check_module, probe_inputs
from xaigeo.ensemble.preprocessing import Preprocessor, rows_tensor
from xaigeo.ensemble.problem import Problem, read_problem
from xaigeo.ensemble.record import make_record
from xaigeo.ensemble.seeds import check_seeds, paired_seeds
from xaigeo.ensemble.settings import TrainingEngine, TrainingSettings
from xaigeo.ensemble.split import split_rows
from xaigeo.ensemble.stacked import StackedNetwork
from xaigeo.ensemble.torch_members import TorchMembers
from xaigeo.ensemble.trainer import Outcome, Trainer
from xaigeo.ensemble.validation import validation_scores
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
    note_lone_average(settings, record, stacklevel=3)
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
        classes=problem.classes,
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
    targets = LossTargets(problem, split, settings, n_outputs)
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
            **told(outcome),
            "validation": validation_scores(members, problem, split, seeds),
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


def told(outcome: Outcome) -> dict[str, Any]:
    """Return what a record says of a training run's outcome."""
    losses, n_averaged = outcome.validation_loss, outcome.n_averaged
    told = {
        "epochs_run": outcome.epochs_run.tolist(),
        "epoch_kept": outcome.epoch_kept.tolist(),
        "validation_loss": None if losses is None else losses.tolist(),
    }
    return told if n_averaged is None else told | {"n_averaged": n_averaged.tolist()}
