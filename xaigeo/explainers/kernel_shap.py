"""KernelSHAP: Shapley values by weighted regression for every model of the ensemble."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from xaigeo.ensemble.members import MixingMembers, Scale
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.explainers.background import Background
from xaigeo.explainers.base import Arrays, Block, Explainer, resolved_scale
from xaigeo.explainers.catalogue import EXPLAINERS
from xaigeo.explainers.coalitions import (
    Coalitions,
    count_coalitions,
    draw_coalitions,
    n_proper,
)
from xaigeo.explainers.least_squares import sum_constrained
from xaigeo.explanations import Attributions, Explanation
from xaigeo.options import check_count, check_option
from xaigeo.schema import Matrix

# Rows asked of the models at once; torch members cut them further, to what stays in cache.
ROWS_AT_ONCE = 2**14


@EXPLAINERS.register("kernel_shap")
@dataclass(frozen=True, kw_only=True)
class KernelShapExplainer(Explainer):
    """Kernel SHAP: each feature's share of the way from the mean output to the prediction.

    A coalition's worth is the mean output over background rows in which the coalition's
    features hold the instance's values. Coalitions are drawn once per instance and shared by
    all seeds. With up to 11 features and the default budget every coalition is
    evaluated and the Shapley values are exact for the background rows used.

    `base_value` plus the attributions is the explained output, exactly. A categorical
    column is one player. A column in which all background rows equal the instance gets 0.

    Parameters
    ----------
    n_samples : int or "auto"
        Coalitions per instance; "auto" is ``2 * n_features + 2048``, counting the features in
        which the instance differs from the background. Never more than there are.
    n_background : int, optional
        Background rows to average over, drawn without replacement when there are more; the
        same for all instances and seeds. None uses all rows.
    scale : {"probability", "logit", "value"}, optional
        The outputs that are explained; the ensemble's default unless given.

    Notes
    -----
    Lundberg and Lee (2017), arXiv:1705.07874. Coalitions, weights and fit are those of
    ``shap.KernelExplainer`` (0.51) without its feature selection (``l1_reg``), which sets small
    attributions to zero; ``engine="upstream"`` calls it model by model. shap finds columns that
    do not vary with ``np.allclose``, an answer that depends on units; here they are equal or not.

    `feature_location` and `feature_scale` are those of the background rows used, so that for a
    linear model ``attribution / (x - feature_location)`` is the slope.
    """

    name: ClassVar[str] = "kernel_shap"
    result: ClassVar[type[Explanation]] = Attributions
    packages: ClassVar[tuple[str, ...]] = ("shap",)
    additive: ClassVar[bool] = True

    n_samples: int | str = "auto"
    n_background: int | None = 100
    scale: Scale | None = None

    def __post_init__(self) -> None:
        if self.scale is not None:
            check_option("scale", self.scale, Scale)
        if self.n_samples != "auto":
            check_count("n_samples", self.n_samples, at_least=2)
        if self.n_background is not None:
            check_count("n_background", self.n_background)

    def check(self, ensemble: SeedEnsemble) -> None:
        """Raise when the budget cannot hold each feature alone and its complement."""
        n_features = ensemble.schema.n_features
        least = min(2 * n_features, n_proper(n_features))
        if self._budget is not None and self._budget < least:
            raise InputError(
                expected=f"n_samples of at least {least} for {n_features} features",
                arrived=str(self.n_samples),
                do="Draw more coalitions, or leave n_samples='auto'.",
            )

    def resolved(self, ensemble: SeedEnsemble, background: Background) -> dict[str, Any]:
        """Return the most coalitions per instance and the background rows averaged over."""
        n_features = ensemble.schema.n_features
        n_rows = len(background.rows)
        return {
            "n_coalitions": count_coalitions(n_features, self._budget),
            "n_background": min(n_rows, self.n_background or n_rows),
            "exact": count_coalitions(n_features, self._budget) == n_proper(n_features),
        }

    def explain_batched(self, block: Block) -> Arrays:
        """Ask all models about the same coalitions and solve all regressions together."""
        ensemble = block.ensemble
        scale = resolved_scale(self.scale, ensemble)
        used = self._rows_used(block)
        base = ensemble.outputs_encoded(used, scale=scale).mean(axis=1)
        # Row by row: products of other shapes round otherwise, and cuts would show.
        value = np.concatenate(
            [ensemble.outputs_encoded(row[None], scale=scale) for row in block.rows], axis=1
        )
        shape = (ensemble.n_seeds, *block.rows.shape, ensemble.n_outputs)
        attribution = np.zeros(shape)
        for i, instance in enumerate(block.rows):
            varying = np.flatnonzero((used != instance).any(axis=0))
            total = value[:, i] - base
            if len(varying) == 1:
                attribution[:, i, varying[0]] = total
            if len(varying) < 2:
                continue
            coalitions = self._coalitions(len(varying), block.stream(i))
            masks = np.zeros((len(coalitions.masks), len(instance)), dtype=bool)
            masks[:, varying] = coalitions.masks
            worth = _worth(ensemble, scale, instance, used, masks) - base[:, None]
            attribution[:, i, varying] = _shares(coalitions, worth, total)
        return self._arrays(attribution, base, value, used)

    def explain_upstream(self, block: Block) -> Arrays:
        """Call shap's own explainer for every model and instance."""
        from shap import KernelExplainer

        ensemble = block.ensemble
        scale = resolved_scale(self.scale, ensemble)
        used = self._rows_used(block)
        codes = _Codes.of(np.vstack([used, block.rows]))
        shape = (ensemble.n_seeds, *block.rows.shape, ensemble.n_outputs)
        attribution = np.empty(shape)
        base, value = np.empty((shape[0], shape[-1])), np.empty((*shape[:2], shape[-1]))
        for i, instance in enumerate(block.rows):
            # shap would warn and go on where the coalitions do not determine the answer.
            n_varying = int((used != instance).any(axis=0).sum())
            if n_varying > 1:
                self._coalitions(n_varying, block.stream(i))
        for place in range(ensemble.n_seeds):

            def predict(rows: np.ndarray, place: int = place) -> np.ndarray:
                return ensemble.member_outputs_encoded(place, codes.decode(rows), scale=scale)

            theirs = KernelExplainer(predict, codes.encode(used))
            base[place] = theirs.expected_value
            for i, instance in enumerate(block.rows):
                with _global_stream(block.seeds[i]):
                    attribution[place, i] = theirs.shap_values(
                        codes.encode(instance[None]),
                        nsamples=self.n_samples,
                        l1_reg=False,
                        silent=True,
                    )[0]
                value[place, i] = theirs.fx
        return self._arrays(attribution, base, value, used)

    @property
    def _budget(self) -> int | None:
        return None if isinstance(self.n_samples, str) else int(self.n_samples)

    def _coalitions(self, n_players: int, random_state: np.random.RandomState) -> Coalitions:
        coalitions = draw_coalitions(n_players, self._budget, random_state)
        if not coalitions.determining:
            raise InputError(
                expected=f"coalitions that tell {n_players} features apart",
                arrived=f"{len(coalitions.masks)} that do not",
                do="Raise n_samples, or leave n_samples='auto'.",
            )
        return coalitions

    def _rows_used(self, block: Block) -> Matrix:
        rows = block.background.rows
        if self.n_background is None or self.n_background >= len(rows):
            return rows
        random = np.random.default_rng(block.shared_seed)
        return rows[np.sort(random.choice(len(rows), self.n_background, replace=False))]

    def _arrays(
        self, attribution: np.ndarray, base: np.ndarray, value: np.ndarray, used: Matrix
    ) -> Arrays:
        varies = np.ptp(used, axis=0) > 0
        return {
            "attribution": attribution,
            "base_value": np.repeat(base[:, None], attribution.shape[1], axis=1),
            "explained_value": value,
            "feature_location": used.mean(axis=0),
            "feature_scale": np.where(varies, used.std(axis=0), 1.0),
        }


def _worth(
    ensemble: SeedEnsemble, scale: Scale, instance: np.ndarray, used: Matrix, masks: np.ndarray
) -> np.ndarray:
    """Return the mean output of each coalition, shape (n_seeds, n_coalitions, n_outputs)."""
    if isinstance(ensemble.members, MixingMembers):
        quick = ensemble.members.mixture_means(instance, used, masks, scale)
        if quick is not None:
            return quick
    n_rows, n_features = used.shape
    worth = np.empty((ensemble.n_seeds, len(masks), ensemble.n_outputs))
    step = max(1, ROWS_AT_ONCE // n_rows)
    for start in range(0, len(masks), step):
        part = masks[start : start + step]
        rows = np.where(part[:, None, :], instance, used)
        outputs = ensemble.outputs_encoded(rows.reshape(-1, n_features), scale=scale)
        worth[:, start : start + step] = _means(outputs, n_rows)
    return worth


def _means(outputs: np.ndarray, n_rows: int) -> np.ndarray:
    """Return means over consecutive groups of rows, shape (n_seeds, n_groups, n_outputs)."""
    n_seeds, _, n_outputs = outputs.shape
    if n_outputs > 8:
        return np.asarray(outputs.reshape(n_seeds, -1, n_rows, n_outputs).mean(axis=2))
    # numpy sums a middle axis slowly when the last one is short; a matrix product does not.
    picker = np.tile(np.eye(n_outputs), (n_rows, 1)) / n_rows
    means = outputs.reshape(-1, n_rows * n_outputs) @ picker
    return np.asarray(means.reshape(n_seeds, -1, n_outputs))


def _shares(coalitions: Coalitions, worth: np.ndarray, total: np.ndarray) -> np.ndarray:
    phi = sum_constrained(coalitions.masks, coalitions.weights, worth, total)
    # A feature that no model output depends on gets 0, not a sign made of rounding.
    largest = np.maximum(np.abs(worth).max(axis=1), np.abs(total))
    return np.where(np.abs(phi) <= 1e-12 * largest[:, None], 0.0, phi)


@dataclass(frozen=True, eq=False)
class _Codes:
    """Columns as places in their sorted values, which shap's test of equality cannot confuse."""

    values: list[np.ndarray]

    @classmethod
    def of(cls, rows: Matrix) -> _Codes:
        return cls([np.unique(column) for column in rows.T])

    def encode(self, rows: Matrix) -> np.ndarray:
        columns = [np.searchsorted(v, rows[:, j]) for j, v in enumerate(self.values)]
        return np.column_stack(columns).astype(np.float64)

    def decode(self, codes: np.ndarray) -> Matrix:
        places = codes.astype(np.intp)
        return np.column_stack([v[places[:, j]] for j, v in enumerate(self.values)])


@contextmanager
def _global_stream(seed: np.random.SeedSequence) -> Iterator[None]:
    """Seed numpy's global stream, the only one that shap reads, and put it back after."""
    state = np.random.get_state()  # noqa: NPY002
    try:
        np.random.seed(seed.generate_state(4))  # noqa: NPY002
        yield
    finally:
        np.random.set_state(state)  # noqa: NPY002
