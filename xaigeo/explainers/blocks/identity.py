"""What makes a run the same run, so that it may be taken up where it stopped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.explainers.blocks.cut import Cut
from xaigeo.explainers.blocks.job import Job
from xaigeo.explainers.blocks.labelling import versions
from xaigeo.schema import Matrix

# Background rows at which models are asked whether they are the same. Weights are hashed where
# there are some; estimators and callables are known by their answers alone.
N_PROBES = 50


def identity(job: Job, rows: Matrix, labels: np.ndarray, cut: Cut) -> dict[str, Any]:
    """Return what a run is, as JSON holds it: each entry a setting or a hash.

    `probe` holds the models' answers to a few background rows. Runs without `differences`
    write the same numbers.
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
        "instances": hashlib.sha256(repr(labels.tolist()).encode()).hexdigest(),
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
        "probe": ensemble.outputs_encoded(job.background.rows[:N_PROBES]).tolist(),
    }


def differences(expected: dict[str, Any], arrived: dict[str, Any]) -> list[str]:
    """Return in what two runs differ, by name.

    Answers of models are compared but for rounding.
    """
    names = [name for name in expected if name != "probe" and expected[name] != arrived[name]]
    own, theirs = (np.asarray(one["probe"]) for one in (expected, arrived))
    same = own.shape == theirs.shape and np.allclose(own, theirs, rtol=1e-6, atol=1e-9)
    return names if same else [*names, "the models' predictions"]


def weights_digest(ensemble: SeedEnsemble) -> str | None:
    """Return the SHA-256 of the weights of torch members, None for other kinds."""
    members: Any = ensemble.members
    if members.kind != "torch":
        return None
    total = hashlib.sha256(f"{members.target_location!r} {members.target_scale!r}".encode())
    for name, tensor in _tensors(members):
        array = np.ascontiguousarray(tensor.detach().cpu().numpy())
        total.update(f"{name}{array.dtype.str}{array.shape}".encode())
        total.update(array.tobytes())
    return total.hexdigest()


def _tensors(members: Any) -> Iterator[tuple[str, Any]]:
    state = getattr(members.network, "state", None)
    if isinstance(state, dict):
        yield from sorted(state.items())
    else:
        for place, module in enumerate(members.modules):
            for name, tensor in sorted(module.state_dict().items()):
                yield f"{place}.{name}", tensor
    yield from sorted(members.preprocessor.state_dict().items())


def _digest(rows: Matrix) -> str:
    array = np.ascontiguousarray(rows)
    return hashlib.sha256(f"{array.dtype.str}{array.shape}".encode() + array.tobytes()).hexdigest()
