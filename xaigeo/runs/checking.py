"""What a run asks its models again, to see whether the explanations describe them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from xaigeo import faithfulness
from xaigeo.checks import Check
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import StoreError
from xaigeo.explanations import Attributions, Explanation
from xaigeo.runs.config import FaithfulnessSection
from xaigeo.runs.folder import RunFolder
from xaigeo.store import digest, load_check

Log = Callable[[str], None]
Refit = Callable[[np.ndarray], SeedEnsemble]


@dataclass(frozen=True, kw_only=True)
class Checking:
    """Everything that the checks of a run need.

    Attributes
    ----------
    ensemble : SeedEnsemble
    rows : DataFrame
        The test rows.
    background : DataFrame
        The training rows.
    labels : Series
        Of the training rows.
    refit : callable
        From shuffled training labels to an ensemble trained on them, for models without layers.
    random_state : int
    n_jobs : int, optional
    """

    ensemble: SeedEnsemble
    rows: pd.DataFrame
    background: pd.DataFrame
    labels: pd.Series
    refit: Refit
    random_state: int
    n_jobs: int | None = None


def check_all(
    section: FaithfulnessSection,
    explained: Mapping[str, Explanation],
    leading: str | None,
    checking: Checking,
    folder: RunFolder,
    log: Log,
) -> list[str]:
    """Make every check that is asked for and return their names.

    A check that the folder holds already, of the same explanation, is kept: it was made before the
    run was stopped.

    Parameters
    ----------
    section : FaithfulnessSection
    explained : mapping of str to Explanation
        One result a method.
    leading : str or None
        The method whose sensitivity and randomisation are measured.
    checking : Checking
    folder : RunFolder
    log : callable
    """
    planned = _planned(section, explained, leading, checking)
    for name, (explanation, make) in planned.items():
        started = time.perf_counter()
        if not _is_there(folder, name, explanation):
            folder.save_check(make(), name)
            log(f"  {name}: {time.perf_counter() - started:.1f} s")
    return list(planned)


def _planned(
    section: FaithfulnessSection,
    explained: Mapping[str, Explanation],
    leading: str | None,
    checking: Checking,
) -> dict[str, tuple[Attributions | None, Callable[[], Check]]]:
    ensemble, state = checking.ensemble, checking.random_state
    attributed = {n: e for n, e in explained.items() if isinstance(e, Attributions)}
    planned: dict[str, tuple[Attributions | None, Callable[[], Check]]] = {}
    for wanted, measure in (
        (section.deletion, faithfulness.deletion),
        (section.insertion, faithfulness.insertion),
    ):
        for name, explanation in attributed.items() if wanted else ():
            ask = partial(measure, explanation, ensemble, random_state=state)
            planned[f"{measure.__name__}.{name}"] = explanation, ask
    if leading is not None:
        n = section.n_instances
        first = attributed[leading] if n is None else attributed[leading].at(slice(n))
        if section.sensitivity:
            ask = partial(_sensitivity, first, checking)
            planned[f"sensitivity.{leading}"] = first, ask
        if section.randomisation:
            ask = partial(_randomised, first, checking)
            planned[f"randomisation.{leading}"] = first, ask
    if section.off_support:
        planned["off_support"] = None, partial(_off_support, checking)
    return planned


def _sensitivity(explanation: Attributions, checking: Checking) -> Check:
    return faithfulness.sensitivity(
        explanation,
        checking.ensemble,
        random_state=checking.random_state,
        n_jobs=checking.n_jobs,
    )


def _randomised(explanation: Attributions, checking: Checking) -> Check:
    """Randomise weights layer by layer, or, of models without layers, the labels."""
    has_layers = checking.ensemble.members.kind == "torch"
    return faithfulness.randomisation(
        explanation,
        checking.ensemble,
        mode="cascading" if has_layers else "labels",
        y=None if has_layers else checking.labels.to_numpy(),
        refit=None if has_layers else checking.refit,
        random_state=checking.random_state,
        n_jobs=checking.n_jobs,
    )


def _off_support(checking: Checking) -> Check:
    return faithfulness.off_support(
        checking.ensemble, checking.rows, checking.background, random_state=checking.random_state
    )


def _is_there(folder: RunFolder, name: str, explanation: Attributions | None) -> bool:
    try:
        check = load_check(folder.check_path(name))
    except StoreError:
        return False
    return explanation is None or (
        check.provenance.get("explanation_sha256") == digest(explanation)
    )
