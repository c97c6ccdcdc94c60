"""Compare one method with its peer: equal numbers first, then times in alternation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.cases import RANDOM_STATE, TOLERANCE, Case
from benchmarks.harness import Result, paired
from xaigeo import explain

# How many models and instances the loop explains; its time is scaled up to the whole work.
N_PEER_SEEDS, N_PEER_INSTANCES = 2, 3
# On how many instances bare forward passes are timed; scaled up too.
N_FORWARD_INSTANCES = 5

Peer = Callable[[Case, int, int], np.ndarray]


def compare(
    case: Case,
    method: str,
    parameters: dict[str, Any],
    *,
    name: str,
    work: str,
    peer: Peer,
    peer_name: str,
    goal: float,
    rows_an_instance: int | None = None,
    shared_rows: int | None = None,
    repeats: int = 3,
    tolerance: float | None = TOLERANCE,
) -> Result:
    """Time ``explain(method)`` for all seeds and instances against a loop over some of them.

    Parameters
    ----------
    peer : callable
        Of a case, the place of a model and of an instance: the attributions of the upstream
        library, shape (n_features, n_outputs).
    rows_an_instance : int, optional
        Rows that the method asks every model about for one instance.
    shared_rows : int, optional
        Rows asked about once for all instances.
    tolerance : float, optional
        By how much the numbers may differ; None where the peer draws at random otherwise.

    Raises
    ------
    RuntimeError
        If the two ways do not give the same numbers: a time would then mean nothing.
    """

    def ours() -> Any:
        return explain(
            case.ensemble,
            case.instances,
            method=method,
            background=case.background,
            random_state=RANDOM_STATE,
            **parameters,
        )

    def loop() -> np.ndarray:
        pairs = np.ndindex(N_PEER_SEEDS, N_PEER_INSTANCES)
        return np.stack([peer(case, seed, instance) for seed, instance in pairs])

    if tolerance is not None:
        _check_equal(ours(), loop(), f"{name} and {peer_name}", tolerance)
    forwards, share = _forwards(case, rows_an_instance, shared_rows)
    n_instances = len(case.instances)
    return paired(
        ours,
        loop,
        name=f"{name}, {case.name}, {case.n_seeds} seeds",
        work=f"{n_instances} instances, {work}"
        + ("" if tolerance is None else f", equal to {tolerance:g}"),
        peer_name=f"{peer_name}, looped (over {N_PEER_SEEDS} models and {N_PEER_INSTANCES} "
        "instances; its time is scaled up)",
        goal=goal,
        share=N_PEER_SEEDS * N_PEER_INSTANCES / (case.n_seeds * n_instances),
        repeats=repeats,
        warm_up=tolerance is None,
        forwards=forwards,
        forward_share=share,
    )


def _check_equal(found: Any, theirs: np.ndarray, what: str, tolerance: float) -> None:
    mine = found.array("attribution")[:N_PEER_SEEDS, :N_PEER_INSTANCES]
    gap = float(np.abs(mine - theirs.reshape(mine.shape)).max())
    if not gap <= tolerance:
        raise RuntimeError(f"{what} differ by {gap:.2g}")


def _forwards(
    case: Case, rows_an_instance: int | None, shared_rows: int | None
) -> tuple[Callable[[], Any] | None, float]:
    n_instances = len(case.instances)
    if rows_an_instance is not None:
        n_rows, share = rows_an_instance * N_FORWARD_INSTANCES, N_FORWARD_INSTANCES / n_instances
    elif shared_rows is not None:
        n_rows, share = shared_rows, 1.0
    else:
        return None, 1.0
    rows = case.ensemble.schema.encode(case.data)
    # Rows of the data over and over: what a forward pass costs does not depend on the values.
    asked = np.resize(rows, (min(n_rows, 2**17), rows.shape[1]))
    times = n_rows / len(asked)

    def forwards() -> None:
        case.ensemble.outputs_encoded(asked)

    return forwards, share / times
