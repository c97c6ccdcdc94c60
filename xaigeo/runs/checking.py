"""What a run asks its models again, to see whether the explanations describe them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, cast

import numpy as np
import pandas as pd

from xaigeo import faithfulness
from xaigeo.checks import Check
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.ensemble.texts.text_ensemble import TextEnsemble
from xaigeo.errors import InputError, StoreError
from xaigeo.explanations import Attributions, Explanation
from xaigeo.explanations.amounts import gives_amounts
from xaigeo.runs.config import (
    FaithfulnessSection,
    TableFaithfulnessSection,
    TextFaithfulnessSection,
)
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
    rows : DataFrame, or Series of str
        The test rows, or texts.
    background : DataFrame, or Series of str
        The training rows.
    rows_y, labels : Series
        Of the test rows, and of the training rows.
    pools_by_attention : bool
        Whether the models weigh the words of a text by one attention.
    refit : callable
        From shuffled training labels to an ensemble trained on them, for models without layers.
    random_state : int
    n_jobs : int, optional
    """

    ensemble: SeedEnsemble
    rows: Any
    background: Any
    rows_y: pd.Series
    labels: pd.Series
    refit: Refit
    random_state: int
    n_jobs: int | None = None
    pools_by_attention: bool = False


class Checked(NamedTuple):
    """Names of the checks that were made, and why others were not."""

    made: list[str]
    left_out: dict[str, str]


def check_all(
    section: FaithfulnessSection,
    explained: Mapping[str, Explanation],
    leading: str | None,
    checking: Checking,
    folder: RunFolder,
    log: Log,
) -> Checked:
    """Make every check that is asked for.

    One that these data do not admit, as texts whose words have no near ones, is left out: the
    run would be lost for it, and the audit does not evaluate what was not checked.

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
    left_out: dict[str, str] = {}
    for name, (explanation, make) in planned.items():
        started = time.perf_counter()
        if _is_there(folder, name, explanation):
            continue
        try:
            check = make()
        except InputError as error:
            left_out[name] = f"expected {error.expected}, got {error.arrived}"
            log(f"  {name}: left out, {left_out[name]}")
            continue
        folder.save_check(check, name)
        log(f"  {name}: {time.perf_counter() - started:.1f} s")
    return Checked([name for name in planned if name not in left_out], left_out)


def _planned(
    section: FaithfulnessSection,
    explained: Mapping[str, Explanation],
    leading: str | None,
    checking: Checking,
) -> dict[str, tuple[Attributions | None, Callable[[], Check]]]:
    ensemble, state = checking.ensemble, checking.random_state
    attributed = {n: e for n, e in explained.items() if gives_amounts(e)}
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
    if isinstance(section, TableFaithfulnessSection) and section.off_support:
        planned["off_support"] = None, partial(_off_support, checking)
    if isinstance(section, TextFaithfulnessSection) and section.attention_permutation:
        classes = checking.ensemble.task == "classification"
        if classes and checking.pools_by_attention:
            planned["attention_permutation"] = None, partial(_permuted, checking)
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
    has_layers = checking.ensemble.members.kind in ("torch", "text")
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


def _permuted(checking: Checking) -> Check:
    return faithfulness.attention_permutation(
        cast(TextEnsemble, checking.ensemble),
        checking.rows,
        checking.rows_y,
        random_state=checking.random_state,
    )


def _is_there(folder: RunFolder, name: str, explanation: Attributions | None) -> bool:
    try:
        check = load_check(folder.check_path(name))
    except StoreError:
        return False
    return explanation is None or (
        check.provenance.get("explanation_sha256") == digest(explanation)
    )
