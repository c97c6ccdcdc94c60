"""What every seed predicts all over a plane of the data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from xaigeo.explanations.majority import majority
from xaigeo.geometry.data_plane import cell_centres, plane_of
from xaigeo.geometry.ensemble_check import check_ensemble
from xaigeo.geometry.held_row import held_row
from xaigeo.geometry.round_off import without_round_off
from xaigeo.geometry.standard_frame import StandardFrame
from xaigeo.geometry.view import FeaturePair, Projection
from xaigeo.options import check_count
from xaigeo.schema import Frame, Matrix

if TYPE_CHECKING:
    from xaigeo.ensemble import SeedEnsemble

# Outputs of all seeds that are held at a time.
BATCH_BYTES: Final = 16 * 2**20
BATCH_ROWS: Final = 4096


@dataclass(frozen=True, eq=False)
class DecisionRegions:
    """Predictions of every seed on the cells of a grid over a view.

    Attributes
    ----------
    view : FeaturePair or Projection
    x, y : ndarray, shape (n,)
        Centres of the columns and rows of cells, evenly spaced, in units of the view.
    seeds : tuple of int
    outputs : tuple of str
    task : {"classification", "regression"}
    predicted : ndarray, shape (n_seeds, n, n)
        Place of the predicted class; of a regression the value of its first target. Rows of
        cells lie along the second axis (y), columns along the third (x).
    mean : ndarray, shape (n, n, n_outputs)
        Mean over seeds of class probabilities or values.
    sd : ndarray, shape (n, n, n_outputs)
        Standard deviation over seeds (K − 1 degrees of freedom; NaN for one seed); 0 where the
        seeds differ by round-off alone.
    agreement : ndarray, shape (n, n)
        Share of seeds that predict the class most seeds predict; NaN for a regression.
    majority : ndarray of int, shape (n, n)
        That class (of equal votes the one with the larger mean); 0 for a regression.
    held : str
        What the columns that do not move are held at.
    held_row : ndarray, shape (n_features,)
        The same, encoded.
    points : ndarray, shape (n_rows, 2)
        Rows of the data in the view.
    point_class : ndarray of int, shape (n_rows,)
        True class of each, where labels were given; otherwise the class that most seeds predict
        for the whole row, which may be another one than that of the cell it lies on.
    labelled : bool
        Whether `point_class` holds true classes.
    """

    view: FeaturePair | Projection
    x: np.ndarray
    y: np.ndarray
    seeds: tuple[int, ...]
    outputs: tuple[str, ...]
    task: str
    predicted: np.ndarray
    mean: np.ndarray
    sd: np.ndarray
    agreement: np.ndarray
    majority: np.ndarray
    held: str
    held_row: np.ndarray
    points: np.ndarray
    point_class: np.ndarray
    labelled: bool


def decision_regions(
    ensemble: SeedEnsemble,
    X: Frame,
    view: Sequence[str] | FeaturePair | Projection,
    *,
    y: Any = None,
    at: Any = None,
    resolution: int = 60,
) -> DecisionRegions:
    """Predict with all seeds on a grid over a plane of the data.

    Parameters
    ----------
    ensemble : SeedEnsemble
    X : DataFrame or ndarray, shape (n_rows, n_features)
        Data that the grid spans, widened by 5 %.
    view : pair of str, FeaturePair, Projection or "pca"
        Two numeric columns, or a plane such as `pca_view(...)` or `explanation_plane(...)`.
        "pca" is the plane of the first two principal components of `X`.
    y : array-like, shape (n_rows,), optional
        True classes of `X`, to be shown with the data. Not read for a regression.
    at : label, optional
        Row of `X` at which the other columns are held; unless given, their medians and
        commonest categories.
    resolution : int
        Number of cells along each side, 2 at least.

    Returns
    -------
    DecisionRegions

    Raises
    ------
    InputError
        For a view that the columns do not have, or a label that `X` does not have.

    Notes
    -----
    Of two columns the others stay as they are in the held row. A projection ``Pᵀz`` is a plane
    of the space standardised by `X`: a cell at y stands for ``z = z₀ + P(y − Pᵀz₀)``, with z₀
    the row `at`, or the mean unless one is named; all numeric columns move, and categories stay
    at the held row's. To stay in the plane of some explanations, pass their background as `X`.
    """
    check_ensemble(ensemble)
    check_count("resolution", resolution, at_least=2)
    rows = ensemble.schema.encode(X)
    frame = StandardFrame.from_rows(ensemble.schema, rows)
    chosen = plane_of(view, ensemble.schema, frame, rows)
    row, held = held_row(ensemble.schema, X, rows, at)
    if isinstance(chosen, Projection) and at is None:
        row = np.where(frame.discrete, row, frame.location)
        held = "means and commonest categories"
    points = chosen.points(frame.points(rows))
    x, up = cell_centres(points, chosen, resolution)
    cells = np.stack(np.meshgrid(x, up), axis=-1).reshape(-1, 2)
    summary = _summarised(ensemble, _rows_at(cells, chosen, frame, row))
    size = np.abs(summary["mean"]).max(axis=0) if ensemble.task == "regression" else 1.0
    summary["sd"] = without_round_off(summary["sd"], size)
    n = resolution
    square = {
        name: values.reshape(-1, n, n)
        if name == "predicted"
        else values.reshape(n, n, *values.shape[1:])
        for name, values in summary.items()
    }
    point_class, labelled = _point_class(ensemble, rows, y)
    return DecisionRegions(
        view=chosen,
        x=x,
        y=up,
        seeds=tuple(ensemble.seeds),
        outputs=tuple(ensemble.output_names),
        task=ensemble.task,
        held=held,
        held_row=row,
        points=points,
        point_class=point_class,
        labelled=labelled,
        **square,
    )


def _rows_at(
    cells: np.ndarray, view: FeaturePair | Projection, frame: StandardFrame, row: Matrix
) -> Iterator[Matrix]:
    """Yield the encoded rows that some cells at a time stand for."""
    for start in range(0, len(cells), BATCH_ROWS):
        part = cells[start : start + BATCH_ROWS]
        rows = np.repeat(row[None], len(part), axis=0)
        if isinstance(view, FeaturePair):
            rows[:, list(view.places)] = part
        else:
            step = (part - view.points(frame.points(row))) @ view.projection.T
            rows = rows + np.where(frame.discrete, 0.0, step * frame.scale)
        yield rows


def _summarised(ensemble: SeedEnsemble, batches: Iterator[Matrix]) -> dict[str, np.ndarray]:
    """Return what is kept of the outputs of all seeds, by cell."""
    size = max(1, BATCH_BYTES // (8 * ensemble.n_seeds * ensemble.n_outputs))
    parts = [
        _kept(ensemble.outputs_encoded(rows[start : start + size]), ensemble.task)
        for rows in batches
        for start in range(0, len(rows), size)
    ]
    return {
        name: np.concatenate([part[name] for part in parts], axis=int(name == "predicted"))
        for name in parts[0]
    }


def _kept(outputs: np.ndarray, task: str) -> dict[str, np.ndarray]:
    n_seeds, n_cells, n_outputs = outputs.shape
    mean = outputs.mean(axis=0)
    sd = outputs.std(axis=0, ddof=1) if n_seeds > 1 else np.full(mean.shape, np.nan)
    if task == "regression":
        predicted = outputs[..., 0]
        agreement, most = np.full(n_cells, np.nan), np.zeros(n_cells, dtype=np.int16)
    else:
        predicted = outputs.argmax(axis=-1).astype(np.int16)
        votes = (predicted[..., None] == np.arange(n_outputs)).sum(axis=0)
        most = majority(outputs).astype(np.int16)
        agreement = votes.max(axis=-1) / n_seeds
    return {
        "predicted": predicted,
        "mean": mean,
        "sd": sd,
        "agreement": agreement,
        "majority": most,
    }


def _point_class(ensemble: SeedEnsemble, rows: Matrix, y: Any) -> tuple[np.ndarray, bool]:
    if ensemble.task == "regression":
        return np.zeros(len(rows), dtype=int), False
    if y is None:
        parts = [
            _kept(ensemble.outputs_encoded(rows[start : start + BATCH_ROWS]), ensemble.task)
            for start in range(0, len(rows), BATCH_ROWS)
        ]
        return np.concatenate([part["majority"] for part in parts]).astype(int), False
    from xaigeo.ensemble.targets import encode_labels

    labels = encode_labels(y, ensemble.classes, ensemble.task, n_rows=len(rows))
    return np.asarray(labels).astype(int), True
