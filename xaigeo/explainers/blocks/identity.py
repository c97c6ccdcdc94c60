"""What makes a run the same run, so that it may be taken up where it stopped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.ensemble.texts.plain_text_members import PlainTextMembers
from xaigeo.explainers.blocks.cut import Cut
from xaigeo.explainers.blocks.job import Job
from xaigeo.explainers.blocks.labelling import versions
from xaigeo.schema import Matrix
from xaigeo.text.schema import ABSENT

# Background rows at which models are asked whether they are the same. Weights are hashed where
# there are some; estimators and callables are known by their answers alone. Those of texts are
# asked about as many single words too: the texts may be few, and all be answered with certainty.
N_PROBES = 50


def identity(job: Job, rows: Matrix, labels: np.ndarray, cut: Cut) -> dict[str, Any]:
    """Return what a run is, as JSON holds it: each entry a setting or a hash.

    `probe` holds the models' answers to a few background rows. Runs without `differences`
    write the same numbers and labels: what is kept beside the rows, such as the words of texts,
    is hashed too, since equal rows may be of different texts.
    """
    ensemble, explainer = job.ensemble, job.explainer
    record = ensemble.record
    hashed = ("data_sha256", "config_sha256", "architecture_sha256")
    return {
        "method": explainer.name,
        "parameters": json.loads(json.dumps(explainer.parameters(), default=repr)),
        "engine": job.engine,
        "random_state": job.entropy,
        "max_memory": job.max_memory,
        "rows": _digest(rows),
        "instances": _digest_of_labels(labels),
        "background": _digest(job.background.rows),
        "schema": ensemble.schema.digest,
        "seeds": [int(seed) for seed in ensemble.seeds],
        "classes": ensemble.output_names,
        "ensemble": {
            "task": ensemble.task,
            "kind": ensemble.members.kind,
            "weights_sha256": weights_digest(ensemble),
        }
        | {name: record.get(name) for name in hashed},
        "blocks": [cut.n_rows, cut.block_rows, cut.blocks_a_task],
        "versions": versions(job),
        "probe": ensemble.outputs_encoded(_probes(job)).tolist(),
    } | {name: _digest_of_labels(kept) for name, kept in job.beside.items()}


def differences(expected: dict[str, Any], arrived: dict[str, Any]) -> list[str]:
    """Return in what two runs differ, by name.

    Answers of models are compared but for rounding.
    """
    every = [name for name in dict.fromkeys([*expected, *arrived]) if name != "probe"]
    names = [name for name in every if expected.get(name) != arrived.get(name)]
    own, theirs = (np.asarray(one["probe"]) for one in (expected, arrived))
    same = own.shape == theirs.shape and np.allclose(own, theirs, rtol=1e-6, atol=1e-9)
    return names if same else [*names, "the models' predictions"]


def weights_digest(ensemble: SeedEnsemble) -> str | None:
    """Return the SHA-256 of the weights of modules, None for other kinds of models."""
    members: Any = ensemble.members
    if members.kind not in ("torch", "text") or isinstance(members, PlainTextMembers):
        return None
    total = hashlib.sha256()
    if members.kind == "torch":
        total.update(f"{members.target_location!r} {members.target_scale!r}".encode())
    for name, tensor in _tensors(members):
        # numpy has no bfloat16; as float32 the same numbers.
        plain = tensor.float() if str(tensor.dtype) == "torch.bfloat16" else tensor
        array = np.ascontiguousarray(plain.detach().cpu().numpy())
        total.update(f"{name}{array.dtype.str}{array.shape}".encode())
        total.update(array.tobytes())
    return total.hexdigest()


def _probes(job: Job) -> Matrix:
    rows = job.background.rows[:N_PROBES]
    if not isinstance(job.ensemble.members, PlainTextMembers):
        return rows
    tokens = np.unique(rows[rows != ABSENT])[:N_PROBES]
    words = np.full((len(tokens), rows.shape[1]), ABSENT)
    words[:, 0] = tokens
    return np.vstack([rows, words])


def _tensors(members: Any) -> Iterator[tuple[str, Any]]:
    state = getattr(getattr(members, "network", None), "state", None)
    if isinstance(state, dict):
        yield from sorted(state.items())
    else:
        for place, module in enumerate(members.modules):
            for name, tensor in sorted(module.state_dict().items()):
                yield f"{place}.{name}", tensor
    if members.kind == "torch":
        yield from sorted(members.preprocessor.state_dict().items())


def _digest(rows: Matrix) -> str:
    array = np.ascontiguousarray(rows)
    return hashlib.sha256(f"{array.dtype.str}{array.shape}".encode() + array.tobytes()).hexdigest()


def _digest_of_labels(labels: np.ndarray) -> str:
    return hashlib.sha256(repr(labels.tolist()).encode()).hexdigest()
