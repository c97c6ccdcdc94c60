"""From texts and labels to a trained ensemble of text networks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from xaigeo.ensemble.architecture import architecture_digest
from xaigeo.ensemble.factory import build_modules
from xaigeo.ensemble.identical import note_identical
from xaigeo.ensemble.lone_average import note_lone_average
from xaigeo.ensemble.loss_targets import LossTargets
from xaigeo.ensemble.members import Task
from xaigeo.ensemble.problem import Problem
from xaigeo.ensemble.record import make_record
from xaigeo.ensemble.seeds import check_seeds, paired_seeds
from xaigeo.ensemble.settings import TrainingSettings
from xaigeo.ensemble.side_by_side import train_side_by_side
from xaigeo.ensemble.split import Split
from xaigeo.ensemble.texts.raw_outputs import RawOutputs
from xaigeo.ensemble.texts.stacked_text_members import StackedTextMembers
from xaigeo.ensemble.texts.text_architecture import Encoder, PoolingAttention, TextArchitecture
from xaigeo.ensemble.texts.text_module import TextModule
from xaigeo.ensemble.texts.text_network import TextNetwork
from xaigeo.ensemble.texts.text_problem import check_room, read_text_problem
from xaigeo.ensemble.torch_members import keep_freed_memory
from xaigeo.ensemble.trainer import Trainer
from xaigeo.ensemble.training import told
from xaigeo.ensemble.validation import validation_scores
from xaigeo.errors import InputError
from xaigeo.options import check_flag
from xaigeo.text.schema import Texts, TextSchema, reached
from xaigeo.text.word_vectors import WordVectors

EMBEDDING_SIZE = 64
# A weight that is trained: itself, its gradient and the two moments of Adam.
COPIES = 4


@dataclass(frozen=True, kw_only=True)
class TextChoices:
    """What a user chose about words and the network; `TextEnsemble.train` documents each."""

    encoder: Encoder
    attention: PoolingAttention | None
    embedding_size: int | None
    hidden_size: int | None
    kernel_sizes: Sequence[int] | None
    n_layers: int | None
    n_heads: int | None
    dropout: float
    vectors: str | Path | Mapping[str, Any] | None
    train_vectors: bool
    tokenizer: Any
    min_count: int | None
    max_words: int | None
    max_tokens: int | None


def train_text_ensemble(
    texts: Texts,
    y: Any,
    choices: TextChoices,
    settings: TrainingSettings,
    *,
    seeds: Iterable[int],
    init_seeds: Iterable[int] | int | None,
    order_seeds: Iterable[int] | int | None,
    task: Task | None,
    progress: bool,
) -> dict[str, Any]:
    """Read and check all that `TextEnsemble.train` was given, and return its fields."""
    names = check_seeds(seeds)
    problem, split = read_text_problem(
        texts,
        y,
        task=task,
        validation_share=settings.validation_share,
        random_state=settings.split_random_state,
        tokenizer=choices.tokenizer,
        min_count=choices.min_count,
        max_words=choices.max_words,
        max_tokens=choices.max_tokens,
    )
    members, record = train_text_members(
        choices,
        problem,
        split,
        settings,
        seeds=names,
        init_seeds=paired_seeds("init_seeds", init_seeds, names),
        order_seeds=paired_seeds("order_seeds", order_seeds, names),
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


def train_text_members(
    choices: TextChoices,
    problem: Problem,
    split: Split,
    settings: TrainingSettings,
    *,
    seeds: Sequence[int],
    init_seeds: Sequence[int],
    order_seeds: Sequence[int],
    progress: bool,
) -> tuple[StackedTextMembers, dict[str, Any]]:
    """Train one network a seed and return the members with their record."""
    schema = problem.schema
    assert isinstance(schema, TextSchema)  # read_text_problem made it
    check_flag("train_vectors", choices.train_vectors)
    single = problem.task == "classification" and len(problem.classes) == 2
    n_raw = 1 if single else len(problem.classes)
    vectors = (
        None if choices.vectors is None else WordVectors.read(choices.vectors, schema.tokenizer)
    )
    architecture = _architecture(choices, schema, n_raw, vectors)
    rows = reached(problem.rows)
    if architecture.encoder == "transformer":
        each = (
            COPIES
            * len(seeds)
            * architecture.embedding_size
            * getattr(torch, settings.dtype).itemsize
        )
        check_room(
            schema.max_tokens, rows.shape[1], each, "vectors of places, as they are trained,"
        )
    modules = _modules(architecture, vectors, settings, seeds=seeds, init_seeds=init_seeds)
    network = TextNetwork.from_modules(modules, architecture)
    trainable = [name for name in network.state if choices.train_vectors or not _is_vectors(name)]
    targets = LossTargets(problem, split, settings, n_raw)
    inputs = torch.from_numpy(rows.astype(np.int64))

    def trainer_of(places: Sequence[int]) -> Trainer:
        return Trainer(
            network.subset(places),
            trainable,
            targets.loss,
            settings,
            seeds=[seeds[place] for place in places],
            order_seeds=[order_seeds[place] for place in places],
        )

    keep_freed_memory()
    outcome = train_side_by_side(
        trainer_of,
        len(seeds),
        targets.select(inputs, split.train),
        targets.select(inputs, split.validation) if len(split.validation) else None,
        progress=progress,
    )
    outputs = RawOutputs(
        task=problem.task, single_logit=single, location=targets.location, scale=targets.scale
    )
    assert isinstance(outcome.network, TextNetwork)  # the trainer gives back what it was given
    members = StackedTextMembers(outcome.network, schema, outputs)
    record = make_record(
        source="train",
        seeds=seeds,
        architectures=[architecture_digest(module) for module in modules],
        data=(problem.rows, problem.labels),
        config=settings.to_dict()
        | architecture.to_dict()
        | {
            "task": problem.task,
            "schema_sha256": schema.digest,
            "train_vectors": bool(choices.train_vectors),
            "vectors_sha256": None if vectors is None else vectors.digest,
        },
        packages=("torch",),
        more={
            "init_seeds": list(init_seeds),
            "order_seeds": list(order_seeds),
            "engine": network.engine,
            "n_train": len(split.train),
            "n_validation": len(split.validation),
            "n_known_vectors": None if vectors is None else vectors.n_known,
            **told(outcome),
            "validation": validation_scores(members, problem, split, seeds),
        },
    )
    return members, record


def _architecture(
    choices: TextChoices, schema: TextSchema, n_raw: int, vectors: WordVectors | None
) -> TextArchitecture:
    size = choices.embedding_size
    if vectors is not None:
        if size is not None and size != vectors.size:
            raise InputError(
                expected=f"embedding_size to be that of the word vectors, {vectors.size}",
                arrived=repr(size),
                do="Leave embedding_size out where vectors are given.",
            )
        size = vectors.size
    return TextArchitecture.of(
        n_tokens=schema.tokenizer.n_tokens,
        n_raw=n_raw,
        max_tokens=schema.max_tokens,
        encoder=choices.encoder,
        embedding_size=EMBEDDING_SIZE if size is None else size,
        hidden_size=choices.hidden_size,
        attention=choices.attention,
        kernel_sizes=choices.kernel_sizes,
        n_layers=choices.n_layers,
        n_heads=choices.n_heads,
        dropout=choices.dropout,
    )


def _modules(
    architecture: TextArchitecture,
    vectors: WordVectors | None,
    settings: TrainingSettings,
    *,
    seeds: Sequence[int],
    init_seeds: Sequence[int],
) -> list[TextModule]:
    built = build_modules(
        architecture.build,
        init_seeds,
        n_inputs=architecture.max_tokens,
        n_outputs=architecture.n_raw,
        dtype=settings.dtype,
        seeds=seeds,
    )
    modules = [module for module in built if isinstance(module, TextModule)]
    if vectors is not None:
        known = torch.from_numpy(vectors.known)
        with torch.no_grad():
            for module in modules:
                weight = module.embedding.weight
                weight[known] = torch.from_numpy(vectors.matrix).to(weight.dtype)[known]
    return modules


def _is_vectors(name: str) -> bool:
    return name == "embedding.weight"
