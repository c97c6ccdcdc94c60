"""Explanatory modes: groups of seeds that explain alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from xaigeo.errors import InputError
from xaigeo.explanations import Explanation
from xaigeo.geometry.mode_test import FEWEST, ModeTest, mode_test, principal_scores
from xaigeo.geometry.seed_vectors import seed_vectors
from xaigeo.geometry.table import Columns, table
from xaigeo.options import check_count, is_number

_COLUMNS: Columns = {
    "seed": "int64",
    "mode": "int64",
    "mass": "float64",
    "medoid": "bool",
    "x": "float64",
    "y": "float64",
}


@dataclass(frozen=True, eq=False, kw_only=True)
class Modes:
    """Groups of seeds whose explanations are alike.

    Attributes
    ----------
    method : str
        Of the explanation that the seeds are grouped by.
    seeds : ndarray, shape (n_seeds,)
    labels : ndarray of int, shape (n_seeds,)
        Mode of each seed; 0 is the largest.
    masses : ndarray, shape (n_modes,)
        Share of the seeds in each mode.
    medoids : ndarray, shape (n_modes,)
        Label of the seed with the smallest sum of distances to the others of its mode.
    p_value : float
        Of one mode against several; 1 where nothing was tested or the seeds explain the same.
    tested : bool
        False where the seeds are too few to tell, and one mode is no finding.
    distances : ndarray, shape (n_seeds, n_seeds)
        Between the seeds' explanations (see `explanatory_modes`).
    places : ndarray, shape (n_seeds, 2)
        Coordinates of the seeds along the two directions in which they differ most.
    explained : ndarray, shape (2,)
        Share of all variance on each of these axes; 0 where seeds explain the same.
    """

    method: str
    seeds: np.ndarray
    labels: np.ndarray
    masses: np.ndarray
    medoids: np.ndarray
    p_value: float
    tested: bool
    distances: np.ndarray
    places: np.ndarray
    explained: np.ndarray

    @property
    def n_modes(self) -> int:
        """Number of modes."""
        return len(self.masses)

    @property
    def second_mass(self) -> float:
        """Share of the seeds in the second largest mode; 0 for one mode."""
        return float(self.masses[1]) if self.n_modes > 1 else 0.0

    def to_frame(self) -> pd.DataFrame:
        """Return one row a seed: seed, mode, mass (of its mode), medoid (whether), x, y."""
        return table(
            _COLUMNS,
            {
                "seed": self.seeds,
                "mode": self.labels,
                "mass": self.masses[self.labels],
                "medoid": self.seeds == self.medoids[self.labels],
                "x": self.places[:, 0],
                "y": self.places[:, 1],
            },
        )

    def __repr__(self) -> str:
        masses = ", ".join(f"{mass:.0%}" for mass in self.masses)
        tested = f"p = {self.p_value:.3g}" if self.tested else "not tested"
        return f"Modes({self.n_modes} of {len(self.seeds)} seeds: {masses}; {tested})"


def explanatory_modes(
    explanation: Explanation,
    *,
    instances: Any | Sequence[Any] | None = None,
    output: str | None = None,
    level: float = 0.05,
    max_modes: int = 4,
    random_state: int = 0,
) -> Modes:
    """Group seeds by what they explain with, if they do not all explain alike.

    Parameters
    ----------
    explanation : Attributions, Anchors or Counterfactuals
    instances : label or sequence of labels, optional
        Group by the explanations of these; all together unless named.
    output : str, optional
        Output that attributions speak of; the class that most seeds predict unless named.
    level : float
        Chance of finding several modes where there is one.
    max_modes : int
        Look for no more.
    random_state : int
        Of the draws from laws with one mode.

    Returns
    -------
    Modes

    Raises
    ------
    InputError
        For several explanations, unknown labels, a level outside 0 to 1, or counterfactuals that
        some seed lacks at every instance.

    Notes
    -----
    Seeds are points in the space of their explanations (`seed_vectors`), and `mode_test` splits
    them at their widest gap if seeds of one mode hardly ever have one as wide. Each part is
    tested again at ``level·(n_part - 1)/(n_seeds - 1)``, which keeps the chance of any false
    split below `level` (Kimes et al. 2017, doi:10.1111/biom.12647). Fewer than 6 seeds cannot
    decide: they are one mode, with ``tested=False``.

    Simulated sets (`scripts/calibrate_modes.py`) of 6, 8, 10, 20, 50 and 100 seeds with normal,
    uniform, exponential, Laplace or t3 noise, also elliptic, in 2 to 60 dimensions, isotropic or
    not, were split at level 0.05 in 1.2 % of all cases and in 5.8 % of the worst of 576 settings
    (1000 sets each, so 0.7 % uncertain). Of laws that the test does not know (t2, gamma,
    log-normal, triangular, beta, chi-square of one degree) the last, whose density is infinite
    at its mode, was split most often, in up to 7.2 %.

    Two groups 5, 6 and 8 standard deviations apart along one of 10 dimensions were found in
    46, 78 and 99 % of the sets of 10 and 10 seeds, in 36, 69 and 97 % of those of 16 and 4, and
    in 88, 100 and 100 % of those of 25 and 25. A test that also holds for noise as flat as a
    uniform law cannot do much better with 20 seeds: the dip test finds 62 % at 5. A mode of
    less than an eighth of the seeds, or of one or two, is not found.

    Explanations of few different values (rules over coarse bins) are no continuous noise: seeds
    with the very same rule are as close as can be, and two such groups are two modes.
    """
    if not isinstance(explanation, Explanation):
        raise InputError(
            expected="one explanation, whose seeds are grouped",
            arrived=type(explanation).__name__,
            do="Pass one result of xaigeo.explain; of several methods call this for each.",
        )
    _check(level, max_modes)
    check_count("random_state", random_state, at_least=0)
    chosen = explanation if instances is None else explanation.sel(instance=instances)
    # In one order, so that no other order of the seeds changes a bit of the answer.
    order = np.argsort(chosen.seeds, kind="stable")
    back = np.argsort(order, kind="stable")
    seeds = chosen.seeds[order]
    vectors = seed_vectors(chosen.sel(seed=seeds.tolist()), output)
    found = _grouped(vectors, level, max_modes, random_state)
    apart = _distances(vectors)
    labels, medoids = _ranked(found.labels, apart)
    scores, lengths = principal_scores(vectors)
    total = ((vectors - vectors.mean(axis=0)) ** 2).sum()
    return Modes(
        method=explanation.method,
        seeds=seeds[back],
        labels=labels[back],
        masses=np.bincount(labels) / len(labels),
        medoids=seeds[medoids],
        p_value=found.whole.p_value,
        tested=found.whole.tested,
        distances=apart[np.ix_(back, back)],
        places=scores[back],
        explained=lengths**2 / total if lengths[0] > 0 else np.zeros(2),
    )


@dataclass(frozen=True, eq=False)
class _Grouping:
    labels: np.ndarray
    whole: ModeTest


def _grouped(vectors: np.ndarray, level: float, max_modes: int, random_state: int) -> _Grouping:
    """Split seeds, the clearest gap first, until no part splits or there are enough."""
    n = len(vectors)
    labels = np.zeros(n, dtype=np.intp)
    whole = mode_test(vectors, random_state=random_state)
    tests = [whole]
    while len(tests) < max_modes:
        sizes = np.bincount(labels, minlength=len(tests))
        levels = level * (sizes - 1) / max(n - 1, 1)
        excess = [t.p_value / max(a, 1e-300) for t, a in zip(tests, levels, strict=True)]
        part = int(np.argmin(excess))
        if excess[part] > 1.0:
            break
        members = np.flatnonzero(labels == part)
        labels[members[tests[part].above]] = len(tests)
        tests.append(tests[part])
        for one in (part, len(tests) - 1):
            tests[one] = mode_test(vectors[labels == one], random_state=random_state)
    return _Grouping(labels, whole)


def _distances(vectors: np.ndarray) -> np.ndarray:
    return np.array([np.linalg.norm(vectors - one, axis=1) for one in vectors])


def _ranked(labels: np.ndarray, apart: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return labels by falling size (ties: the mode of the first seed) and places of medoids."""
    parts = [np.flatnonzero(labels == label) for label in range(labels.max() + 1)]
    parts.sort(key=lambda part: (-len(part), part[0]))
    ranked = np.empty_like(labels)
    for label, part in enumerate(parts):
        ranked[part] = label
    # Equal sums differ by round-off: the first seed of those that are equal is the medoid.
    sums = [apart[np.ix_(part, part)].sum(axis=1) for part in parts]
    least = [int(np.flatnonzero(s <= s.min() * (1 + 1e-9))[0]) for s in sums]
    return ranked, np.array([part[place] for part, place in zip(parts, least, strict=True)])


def _check(level: object, max_modes: object) -> None:
    if not is_number(level) or not 0.0 < float(level) < 1.0:
        raise InputError(
            expected="level to be a chance between 0 and 1",
            arrived=repr(level),
            do=f"Pass a number such as level=0.05. Fewer than {FEWEST} seeds are never split.",
        )
    check_count("max_modes", max_modes)
