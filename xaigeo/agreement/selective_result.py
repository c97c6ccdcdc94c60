"""What was shown of an explanation, and what was not, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from xaigeo import dims
from xaigeo.agreement.multiple_tests import Correction
from xaigeo.agreement.result_html import result_html
from xaigeo.errors import InputError

By = Literal["sign", "top_k", "both"]
Over = Literal["instance", "all"]
CORRECTIONS: dict[str, str] = {
    "none": "",
    "holm": ", after Holm's correction",
    "benjamini_hochberg": ", after Benjamini and Hochberg's correction",
}


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Selective:
    """An explanation that abstains: each cell is shown or not, and why.

    Of texts the cells are tokens, (n_instances, n_tokens) in place of features, and `tested` says
    where there is one; elsewhere nothing is shown, and intervals and p-values are NaN.

    Attributes
    ----------
    shown : ndarray of bool, shape (n_instances, n_features)
    median : ndarray, shape (n_instances, n_features)
        Over all seeds, whether shown or not; see `consensus`.
    sign : ndarray of int, shape (n_instances, n_features)
        The direction that was counted, 1 or -1; 0 where neither has more seeds, and where
        directions are not counted (``by="top_k"``).
    count : ndarray of int, shape (n_instances, n_features)
        Seeds that agree.
    low, high : ndarray, shape (n_instances, n_features)
        Interval of the share of all seeds that would, at confidence 1 − level.
    p_value, p_adjusted : ndarray, shape (n_instances, n_features)
    instances : ndarray, shape (n_instances,)
    outputs : list of str
        The output that is explained at each instance.
    features : list of str
    n_seeds : int
    k : int or None
        Number of top features, where they are counted.
    level, share : float
    by, correction, over : str
    fewest : int or None
        Least number of seeds with which anything can be shown at this level; None where nothing
        ever can.
    method : str
    tested : ndarray of bool, shape (n_instances, n_tokens), optional
        Of texts.
    words : list of list of str, optional
        Of texts: the tokens as a reader sees them, by place.
    """

    shown: np.ndarray
    median: np.ndarray
    sign: np.ndarray
    count: np.ndarray
    low: np.ndarray
    high: np.ndarray
    p_value: np.ndarray
    p_adjusted: np.ndarray
    instances: np.ndarray
    outputs: list[str]
    features: list[str]
    n_seeds: int
    k: int | None
    level: float
    share: float
    by: By
    correction: Correction
    over: Over
    fewest: int | None
    method: str
    tested: np.ndarray | None = None
    words: list[list[str]] | None = None

    def __repr__(self) -> str:
        told = f"{int(self.shown.sum())} of {int(self.cells.sum())} attributions shown"
        return f"Selective({self.method} by {self.by}: {told}, {self.n_seeds} seeds)"

    def _repr_html_(self) -> str:
        facts: dict[str, object] = {
            "level": f"{self.level:g}{CORRECTIONS[self.correction]}",
            "more than": f"{self.share:.0%} of all seeds",
        }
        if self.reason is not None:
            facts["nothing is shown"] = self.reason
        table = self.by_feature() if self.words is None else self.by_instance()
        return result_html(repr(self), facts, table)

    @property
    def cells(self) -> np.ndarray:
        """Where there is an attribution: everywhere, or where a text has a tested token."""
        return np.ones(self.shown.shape, dtype=bool) if self.tested is None else self.tested

    @property
    def reason(self) -> str | None:
        """Why nothing at all can be shown, a sentence; None if something can."""
        if self.fewest is not None and self.n_seeds >= self.fewest:
            return None
        if self.fewest is None:
            return f"No number of seeds shows that more than {self.share:.0%} of them agree."
        less = " correction='benjamini_hochberg' promises less and needs fewer."
        return (
            f"At level {self.level:g}{CORRECTIONS[self.correction]}, nothing can be shown with "
            f"{self.n_seeds} seeds, even where all agree; {self.fewest} are the fewest."
            f"{less if self.correction == 'holm' else ''}"
        )

    @property
    def share_abstained(self) -> float:
        """Share of all cells that are not shown."""
        return float((~self.shown)[self.cells].mean())

    @property
    def nothing_shown(self) -> np.ndarray:
        """Labels of the instances at which no feature is shown."""
        return np.asarray(self.instances[~self.shown.any(axis=1)])

    def consensus(self) -> pd.DataFrame:
        """Return the median over seeds where shown, NaN elsewhere: a row an instance."""
        return pd.DataFrame(
            np.where(self.shown, self.median, np.nan),
            index=pd.Index(self.instances, name=dims.INSTANCE, tupleize_cols=False),
            columns=self.features,
        )

    def by_instance(self) -> pd.DataFrame:
        """Return `instance`, `output`, `n_shown` and `share_abstained`, a row an instance.

        `share_abstained` is NaN for a text of which nothing is tested.
        """
        n_cells = self.cells.sum(axis=1)
        n_hidden = (self.cells & ~self.shown).sum(axis=1)
        return pd.DataFrame(
            {
                dims.INSTANCE: self.instances,
                dims.OUTPUT: self.outputs,
                "n_shown": self.shown.sum(axis=1),
                "share_abstained": np.where(n_cells, n_hidden / np.maximum(n_cells, 1), np.nan),
            }
        )

    def by_feature(self) -> pd.DataFrame:
        """Return on how many instances each feature is shown, a row a feature.

        `feature`, `n_shown`, of these `n_positive` and `n_negative` (shown with a direction), and
        `share_abstained`.

        Raises
        ------
        InputError
            For texts, whose places are no features.
        """
        if self.words is not None:
            raise InputError(
                expected="features that are the same in every row",
                arrived=f"the tokens of texts ({self.method}), whose places are no columns",
                do="Use by_instance() or to_frame().",
            )
        return pd.DataFrame(
            {
                dims.FEATURE: self.features,
                "n_shown": self.shown.sum(axis=0),
                "n_positive": (self.shown & (self.sign > 0)).sum(axis=0),
                "n_negative": (self.shown & (self.sign < 0)).sum(axis=0),
                "share_abstained": (~self.shown).mean(axis=0),
            }
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row per instance and feature, or tested token.

        Columns: `instance`, `output`, `feature`, `attribution` (the median where shown, else NaN),
        `median`, `sign`, `shown`, `count`, `n_seeds`, `share` (count over seeds), `low`, `high`,
        `p_value`, `p_adjusted`. Of texts `token` (its place from 0) and `word` in place of
        `feature`.
        """
        n_instances, n_features = self.shown.shape
        cells: dict[str, Any] = {
            dims.INSTANCE: np.repeat(self.instances, n_features),
            dims.OUTPUT: np.repeat(np.array(self.outputs, dtype=object), n_features),
            dims.FEATURE: np.tile(np.array(self.features, dtype=object), n_instances),
            "attribution": np.where(self.shown, self.median, np.nan).ravel(),
        }
        for name in ("median", "sign", "shown", "count"):
            cells[name] = getattr(self, name).ravel()
        cells["n_seeds"] = self.n_seeds
        cells["share"] = self.count.ravel() / self.n_seeds
        for name in ("low", "high", "p_value", "p_adjusted"):
            cells[name] = getattr(self, name).ravel()
        frame = pd.DataFrame(cells)
        return frame if self.words is None else self._of_tokens(frame, self.words)

    def _of_tokens(self, frame: pd.DataFrame, words: list[list[str]]) -> pd.DataFrame:
        """Return the rows of tested tokens, with the words."""
        text, token = np.nonzero(self.cells)
        kept = frame[self.cells.ravel()].reset_index(drop=True)
        kept[dims.FEATURE] = token
        kept = kept.rename(columns={dims.FEATURE: dims.TOKEN})
        written = [words[i][t] for i, t in zip(text, token, strict=True)]
        kept.insert(list(kept.columns).index(dims.TOKEN) + 1, "word", written)
        return kept
