"""LinearSHAP: Shapley values of linear models in closed form, for every model of the ensemble."""

from __future__ import annotations

from contextlib import redirect_stderr
from dataclasses import dataclass
from io import StringIO
from typing import Any, ClassVar, Literal
from weakref import WeakKeyDictionary

import numpy as np

from xaigeo.ensemble.members import Members, Scale
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.explainers.background import Background
from xaigeo.explainers.base import Arrays, Block, Explainer
from xaigeo.explainers.blocks.streams import global_stream, legacy_stream
from xaigeo.explainers.catalogue import EXPLAINERS
from xaigeo.explainers.readers.linear_model import LinearModel, is_linear, linear_models
from xaigeo.explainers.shapley.conditional_means import ConditionalMeans
from xaigeo.explainers.shapley.reference_rows import sampled_places
from xaigeo.explanations import Attributions, Explanation
from xaigeo.options import check_count, check_option
from xaigeo.schema import FeatureSchema, Matrix

Perturbation = Literal["interventional", "correlation_dependent"]

# How far from a straight line a column's part of the output may be to have a slope, relative to
# its largest value: torch networks read float32.
BENT = 1e-5


@EXPLAINERS.register("linear_shap")
@dataclass(frozen=True, kw_only=True)
class LinearShapExplainer(Explainer):
    """LinearSHAP: coefficients times the way from the background's mean, in closed form.

    For linear and logistic models of scikit-learn and torch networks of one ``nn.Linear``, bare
    or behind preprocessing that makes each input from one column: scaling, one-hot and ordinal
    encoding, splines, bins. What is explained is the value, or each class's margin ("logit"):
    (-m, m) where a classifier of two classes has one margin m. `base_value` plus the attributions
    is the explained output.

    Parameters
    ----------
    perturbation : {"interventional", "correlation_dependent"}
        "interventional": a column's attribution is the sum over its inputs of ``coefficient *
        (input - mean of the background)``, the exact Shapley value whatever the preprocessing,
        since the output is a sum of functions of one column each. "correlation_dependent": the
        worth of a coalition is the output at the mean of all inputs given the coalition's, where
        inputs are taken as normal with the background's covariance; attributions of a column's
        inputs are summed.
    n_orders : int
        Orders of the inputs that "correlation_dependent" averages over, the same for all seeds.
    n_background : int, optional
        Background rows used, drawn without replacement when there are more; the same for all
        instances and seeds. None uses all rows.
    scale : {"logit", "value"}, optional
        The outputs that are explained: "logit" for classification, "value" for regression.

    Notes
    -----
    Lundberg and Lee (2017), arXiv:1705.07874; Aas, Jullum and Loland (2021),
    doi:10.1016/j.artint.2021.103502. ``engine="upstream"`` calls ``shap.LinearExplainer`` (0.51)
    with every model's coefficients and the same orders.

    `slope` is the change of the output per original unit of a numeric column whose part of the
    output is a straight line, NaN for others.
    """

    name: ClassVar[str] = "linear_shap"
    result: ClassVar[type[Explanation]] = Attributions
    packages: ClassVar[tuple[str, ...]] = ("shap",)
    models: ClassVar[str] = "linear models"
    additive: ClassVar[bool] = True
    randomised: ClassVar[bool] = True
    block_rows: ClassVar[int] = 1000

    perturbation: Perturbation = "interventional"
    n_orders: int = 1000
    n_background: int | None = None
    scale: Scale | None = None

    def __post_init__(self) -> None:
        check_option("perturbation", self.perturbation, Perturbation)
        check_count("n_orders", self.n_orders)
        if self.n_background is not None:
            check_count("n_background", self.n_background, at_least=2)
        if self.scale is not None:
            check_option("scale", self.scale, Scale)

    def check(self, ensemble: SeedEnsemble) -> None:
        """Raise when a member has no coefficients, or another scale is asked for."""
        self.scale_of(ensemble)
        if not is_linear(ensemble):
            members: Any = ensemble.members
            raise InputError(
                expected="linear models for linear_shap: scikit-learn models with coef_ and "
                "intercept_, or networks of one nn.Linear",
                arrived=f"{members.kind} models of another kind",
                do="Explain other models with method='kernel_shap'.",
            )

    def scale_of(self, ensemble: SeedEnsemble) -> Scale:
        """Return the scale that is explained.

        Raises
        ------
        InputError
            For another one than that in which the models are linear.
        """
        linear: Scale = "value" if ensemble.task == "regression" else "logit"
        if self.scale not in (None, linear):
            raise InputError(
                expected=f"scale={linear!r}, in which these models are linear",
                arrived=repr(self.scale),
                do="Leave scale out, or explain other scales with method='kernel_shap'.",
            )
        return linear

    def resolved(self, ensemble: SeedEnsemble, background: Background) -> dict[str, Any]:
        """Return the background rows used, and whether values are exact."""
        n_rows = len(background.rows)
        return {
            "n_background": min(n_rows, self.n_background or n_rows),
            "exact": self.perturbation == "interventional"
            and (self.n_background or n_rows) >= n_rows,
        }

    def explain_batched(self, block: Block) -> Arrays:
        """Multiply, with one transform of the inputs for all models that share them."""
        return self._explain(block, upstream=False)

    def explain_upstream(self, block: Block) -> Arrays:
        """Call shap's own explainer for every model and output."""
        return self._explain(block, upstream=True)

    def _explain(self, block: Block, *, upstream: bool) -> Arrays:
        ensemble, used = block.ensemble, self._rows_used(block)
        shape = (ensemble.n_seeds, *block.rows.shape, ensemble.n_outputs)
        attribution, slope = np.empty(shape), np.empty(shape)
        base, value = np.empty((shape[0], 1, shape[3])), np.empty((*shape[:2], shape[3]))
        transforms = _Transforms(self, block)
        for place, model in enumerate(_models(ensemble, block.background.rows, self.name)):
            inputs, references = model.matrix(block.rows), model.matrix(used)
            if upstream:
                found = _shap_values(self, model, inputs, references, block)
            elif self.perturbation == "interventional":
                away = inputs - references.mean(axis=0)
                found = away[:, :, None] * model.coefficients.T
            else:
                found = transforms.of(references).shares(model.coefficients, inputs)
            attribution[place] = model.sums(found, ensemble.schema)
            value[place] = inputs @ model.coefficients.T + model.intercept
            base[place, 0] = model.coefficients @ references.mean(axis=0) + model.intercept
            slope[place] = _slopes(model, ensemble.schema, used)
        varies = np.ptp(used, axis=0) > 0
        return {
            "attribution": attribution,
            "slope": slope,
            "base_value": np.repeat(base, shape[1], axis=1),
            "explained_value": value,
            "feature_location": used.mean(axis=0),
            "feature_scale": np.where(varies, used.std(axis=0), 1.0),
        }

    def background_places(
        self, ensemble: SeedEnsemble, background: Background, seed: np.random.SeedSequence
    ) -> list[int] | None:
        """Return the places of the background rows used, None where all are."""
        n_rows = len(background.rows)
        if self.n_background is None or self.n_background >= n_rows:
            return None
        places: list[int] = sampled_places(n_rows, self.n_background, seed).tolist()
        return places

    def _rows_used(self, block: Block) -> Matrix:
        rows = block.background.rows
        if self.n_background is None or self.n_background >= len(rows):
            return rows
        return rows[sampled_places(len(rows), self.n_background, block.shared_seed)]


# Models read from the members of an ensemble, and the background they were tried on.
_KEPT: WeakKeyDictionary[Members, tuple[Matrix, list[LinearModel]]] = WeakKeyDictionary()


def _models(ensemble: SeedEnsemble, background: Matrix, method: str) -> list[LinearModel]:
    kept = _KEPT.get(ensemble.members)
    if kept is None or kept[0] is not background:
        models = linear_models(ensemble, background, method)
        kept = _KEPT[ensemble.members] = (background, models)
    return kept[1]


class _Transforms:
    """Conditional means of inputs, made once for models that share their inputs."""

    def __init__(self, explainer: LinearShapExplainer, block: Block) -> None:
        self.explainer = explainer
        self.block = block
        self.last: tuple[np.ndarray, ConditionalMeans] | None = None

    def of(self, references: np.ndarray) -> ConditionalMeans:
        if self.last is None or not np.array_equal(self.last[0], references):
            found = ConditionalMeans.of(
                references,
                n_orders=self.explainer.n_orders,
                random_state=legacy_stream(self.block.shared_seed),
            )
            self.last = (references, found)
        return self.last[1]


def _slopes(model: LinearModel, schema: FeatureSchema, used: Matrix) -> np.ndarray:
    """Return output units per original unit, (n_features, n_outputs), NaN where not straight."""
    slopes = np.full((schema.n_features, len(model.coefficients)), np.nan)
    for column in np.flatnonzero(~schema.discrete):
        values = np.unique(used[:, column])
        if len(values) < 2:
            values = np.array([values[0], values[0] + 1.0])
        rows = np.repeat(used[:1], len(values), axis=0)
        rows[:, column] = values
        own = model.owners == column
        part = model.matrix(rows)[:, own] @ model.coefficients[:, own].T
        rise = (part[-1] - part[0]) / (values[-1] - values[0])
        line = part[0] + rise * (values - values[0])[:, None]
        straight = np.abs(part - line).max(axis=0) <= BENT * np.maximum(np.abs(part).max(), 1.0)
        slopes[column] = np.where(straight, rise, np.nan)
    return slopes


def _shap_values(
    explainer: LinearShapExplainer,
    model: LinearModel,
    inputs: np.ndarray,
    references: np.ndarray,
    block: Block,
) -> np.ndarray:
    """Return what ``shap.LinearExplainer`` gives each input, (n_rows, n_inputs, n_outputs)."""
    from shap import LinearExplainer
    from shap.maskers import Impute, Independent

    answers = []
    for coefficients, intercept in zip(model.coefficients, model.intercept, strict=True):
        if explainer.perturbation == "interventional":
            # Without its own limit shap keeps 100 rows of the background and says nothing.
            masker = Independent(references, max_samples=len(references))
            theirs = LinearExplainer((coefficients, float(intercept)), masker)
        else:
            with global_stream(block.shared_seed), redirect_stderr(StringIO()):  # its progress bar
                theirs = LinearExplainer(
                    (coefficients, float(intercept)),
                    Impute(references),
                    nsamples=explainer.n_orders,
                )
        answers.append(np.asarray(theirs.shap_values(inputs), dtype=np.float64))
    return np.stack(answers, axis=-1)
