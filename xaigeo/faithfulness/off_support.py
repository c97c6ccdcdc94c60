"""Whether inputs unlike the data are noticed: some are planted, and looked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, get_args

import numpy as np
import xarray as xr

from xaigeo import dims
from xaigeo.checks import Check
from xaigeo.checks.check import WAY
from xaigeo.ensemble.row_labels import instance_labels
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.faithfulness.subject import provenance
from xaigeo.faithfulness.support import Support
from xaigeo.geometry.ensemble_check import check_ensemble
from xaigeo.options import check_count, check_option
from xaigeo.schema import Frame, Matrix

Way = Literal["beyond", "uniform", "shuffled"]
WAYS: tuple[Way, ...] = get_args(Way)
# Ways whose rows are unlike the data by construction. Those drawn uniformly or shuffled may lie
# where the data are, and one that does and is not flagged is no miss.
JUDGED: tuple[Way, ...] = ("beyond",)

# How far beyond the range a value is put, in interquartile ranges.
LEAST_BEYOND, MOST_BEYOND = 1.0, 3.0


def off_support(
    ensemble: SeedEnsemble,
    X: Frame,
    background: Frame,
    *,
    n: int | None = None,
    ways: Sequence[Way] | None = None,
    alarm: float = 0.05,
    n_neighbours: int = 5,
    random_state: int = 0,
) -> Check:
    """Plant inputs unlike the data and report how many of them `Support` notices.

    Parameters
    ----------
    ensemble : SeedEnsemble
        The models whose inputs are watched; only their columns matter.
    X : DataFrame or ndarray
        Rows of the data that are not in `background`, such as the test rows.
    background : DataFrame or ndarray
        Rows that stand for the data, such as the training rows.
    n : int, optional
        Rows to plant in each way, and rows of `X` to look at, drawn from `X`; all unless given.
    ways : sequence of {"beyond", "uniform", "shuffled"}, optional
        How rows are planted, all that the columns allow unless given:

        - "beyond": a row of `X` with one numeric column, drawn at random, moved 1 to 3
          interquartile ranges (standard deviations where that is 0) beyond the background's
          range, upwards or downwards;
        - "uniform": every column drawn for itself, uniformly over the background's range or
          categories. Where the data fill this box, such rows are like the data;
        - "shuffled": every column of `X` put in another order: each value is usual, and how
          columns go together is lost. Columns that do not depend on each other lose nothing, so
          these rows may be like the data.
    alarm : float
        Share of rows of the data that may be flagged.
    n_neighbours : int
    random_state : int

    Returns
    -------
    Check
        Of the kind "off_support"; `xaigeo.checks.off_support_rates` tells recalls and the rate of
        false alarms with their intervals. ``provenance["parameters"]["judged"]`` names the ways
        by which audits judge the recall: "beyond", whose rows are unlike the data by construction.
        The recall of the others is reported and not judged, since some of their rows may be like
        the data.

    Raises
    ------
    InputError
        For settings that are not allowed, too few rows, a way that the columns do not have, and
        models of texts, of which none is unlike the data by construction: any words in any order
        may be a text, and a distance between texts would be that of one model's vectors.

    Notes
    -----
    `Support` looks for values beyond the range, so that "beyond" is missed only where the data
    themselves have gaps as wide, in long tails. "uniform" is the harder test with few columns,
    whose box the data fill in part, and "shuffled" with many: distances over thirty columns hardly
    tell that a few go together in an unusual way.
    """
    check_ensemble(ensemble)
    if ensemble.members.kind == "text":
        raise InputError(
            expected="models of the columns of a table, whose ranges inputs can be planted beyond",
            arrived="models of texts: words have no range, and how far texts lie apart is told by "
            "each model's own vectors alone",
            do="This check is not for texts; leave it out.",
        )
    support = Support.fit(ensemble, background, n_neighbours=n_neighbours, alarm=alarm)
    check_count("random_state", random_state, at_least=0)
    chosen = _ways(support, ways)
    rows, labels = ensemble.schema.encode(X), instance_labels(X)
    if n is not None:
        check_count("n", n)
        if n > len(rows):
            raise InputError(
                expected=f"n of at most the {len(rows)} rows of X",
                arrived=repr(n),
                do="Pass more rows as X, or leave n out.",
            )
        places = np.sort(_generator(random_state, 0).choice(len(rows), n, replace=False))
        rows, labels = rows[places], labels[places]
    flagged = [
        support.flag_encoded(
            _PLANTED[way](support, rows, _generator(random_state, 1 + WAYS.index(way)))
        )
        for way in chosen
    ]
    arrays = {
        "flagged": ((WAY, dims.ROW), np.stack(flagged)),
        "false_alarm": ((dims.ROW,), support.flag_encoded(rows)),
    }
    told = {
        "alarm": float(alarm),
        "n_neighbours": int(n_neighbours),
        "judged": [way for way in chosen if way in JUDGED],
        "farthest": support.farthest,
        # A number that JSON holds: every category of the background may be there once only.
        "most_excess": support.most_excess if np.isfinite(support.most_excess) else None,
        "n_background": len(support.background.rows),
        "background_sha256": support.background.digest,
    }
    described = {
        "task": ensemble.task,
        "seeds": [int(seed) for seed in ensemble.seeds],
        "classes": ensemble.output_names,
        "kind": ensemble.members.kind,
        "record": ensemble.record,
    }
    return Check(
        kind="off_support",
        method="",
        data=xr.Dataset(arrays, coords={WAY: list(chosen), dims.ROW: labels}),
        seeds=np.asarray(ensemble.seeds),
        provenance=provenance(told, random_state, described),
    )


def _ways(support: Support, ways: Sequence[Way] | None) -> tuple[Way, ...]:
    possible = WAYS if _movable(support).any() else WAYS[1:]
    if ways is None:
        return possible
    for way in ways:
        check_option("ways", way, Way)
    if not ways or len(set(ways)) != len(ways):
        raise InputError(
            expected="at least one way, each once",
            arrived=str(list(ways)),
            do=f"Name some of {', '.join(WAYS)}.",
        )
    if "beyond" in ways and "beyond" not in possible:
        raise InputError(
            expected="a numeric column that varies, for ways=['beyond']",
            arrived="categories and columns of one value",
            do="Plant rows by ways=['uniform', 'shuffled'].",
        )
    return tuple(ways)


def _generator(random_state: int, use: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(random_state, spawn_key=(use,)))


def _movable(support: Support) -> np.ndarray:
    return np.asarray(~support.background.schema.discrete & (support.unit > 0))


def _beyond(support: Support, rows: Matrix, random: np.random.Generator) -> Matrix:
    planted, known = rows.copy(), support.background.rows
    columns = random.choice(np.flatnonzero(_movable(support)), len(rows))
    far = random.uniform(LEAST_BEYOND, MOST_BEYOND, len(rows)) * support.unit[columns]
    upwards = random.random(len(rows)) < 0.5
    values = np.where(upwards, known.max(axis=0)[columns] + far, known.min(axis=0)[columns] - far)
    whole = np.array([feature.integer for feature in support.background.schema.features])[columns]
    outwards = np.where(upwards, np.ceil(values), np.floor(values))
    planted[np.arange(len(rows)), columns] = np.where(whole, outwards, values)
    return planted


def _uniform(support: Support, rows: Matrix, random: np.random.Generator) -> Matrix:
    known = support.background.rows
    planted = random.uniform(known.min(axis=0), known.max(axis=0), rows.shape)
    for j, feature in enumerate(support.background.schema.features):
        if feature.is_discrete:
            planted[:, j] = random.choice(np.unique(known[:, j]), len(rows))
        elif feature.integer:
            low, high = int(known[:, j].min()), int(known[:, j].max())
            planted[:, j] = random.integers(low, high, len(rows), endpoint=True)
    return planted


def _shuffled(support: Support, rows: Matrix, random: np.random.Generator) -> Matrix:
    return random.permuted(rows, axis=0)


_PLANTED: dict[Way, Callable[[Support, Matrix, np.random.Generator], Matrix]] = {
    "beyond": _beyond,
    "uniform": _uniform,
    "shuffled": _shuffled,
}
