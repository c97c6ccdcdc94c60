"""LIME: a local linear surrogate for every model of the ensemble."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar

import numpy as np

from xaigeo.ensemble.members import Scale
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.explainers.background import Background
from xaigeo.explainers.base import Arrays, Block, Explainer, resolved_scale
from xaigeo.explainers.catalogue import EXPLAINERS
from xaigeo.explainers.least_squares import is_constant, weighted_ridge
from xaigeo.explainers.neighbourhood import NeighbourhoodSampler
from xaigeo.explanations import Attributions, Explanation
from xaigeo.options import check_count, check_option, check_positive


@EXPLAINERS.register("lime")
@dataclass(frozen=True, kw_only=True)
class LimeExplainer(Explainer):
    """Local interpretable model-agnostic explanations with continuous numeric features.

    Around each instance rows are drawn once and shared by all seeds. On them every output is
    fitted by a weighted ridge regression that is linear in z:

        ``g(x) = intercept + sum_j attribution_j * z_j``

    For a numeric feature ``z_j = (x_j - feature_location_j) / feature_scale_j``, so its
    attribution is the change of the output per standard deviation and `slope` the change per
    original unit. For a categorical or ordinal feature ``z_j`` is 1 when the category is the
    instance's own and 0 otherwise; its slope is NaN.

    Parameters
    ----------
    n_samples : int
        Rows drawn per instance, the instance itself being the first.
    kernel_width : float, optional
        Width of the kernel ``exp(-d**2 / (2 kernel_width**2))`` over the Euclidean distance d
        in z; ``0.75 * sqrt(n_features)`` unless given.
    alpha : float
        Ridge penalty.
    sample_around_instance : bool
        Centre the normal draws of numeric features on the instance, not on the mean.
    scale : {"probability", "logit", "value"}, optional
        The outputs that are explained; the ensemble's default unless given.

    Notes
    -----
    Ribeiro, Singh and Guestrin (2016), arXiv:1602.04938. Draws, kernel and fit are those of
    ``lime.lime_tabular.LimeTabularExplainer`` (0.2.0.1) with ``discretize_continuous=False``
    and no feature selection, which ``engine="upstream"`` calls model by model. A column that is
    constant in the background has scale 1 there and here.

    `local_r2` is weighted by the kernel, and 1 for an output that does not vary at all.
    """

    name: ClassVar[str] = "lime"
    result: ClassVar[type[Explanation]] = Attributions
    packages: ClassVar[tuple[str, ...]] = ("lime", "scikit-learn")

    n_samples: int = 5000
    kernel_width: float | None = None
    alpha: float = 1.0
    sample_around_instance: bool = False
    scale: Scale | None = None

    def __post_init__(self) -> None:
        if self.scale is not None:
            check_option("scale", self.scale, Scale)
        check_count("n_samples", self.n_samples, at_least=2)
        check_positive("alpha", self.alpha)
        if self.kernel_width is not None:
            check_positive("kernel_width", self.kernel_width)

    def check(self, ensemble: SeedEnsemble) -> None:
        """Raise when there are fewer rows than the surrogate has coefficients."""
        least = ensemble.schema.n_features + 2
        if self.n_samples < least:
            raise InputError(
                expected=f"n_samples of at least {least} for {least - 2} features",
                arrived=str(self.n_samples),
                do="Draw more rows, for example n_samples=5000.",
            )

    def resolved(self, ensemble: SeedEnsemble, background: Background) -> dict[str, Any]:
        """Return the kernel width used and what the surrogate is linear in."""
        return {
            "kernel_width": self._width(ensemble),
            "surrogate": "intercept + sum of attribution * z; numeric z = (value - "
            "feature_location) / feature_scale; categorical z = 1 for the instance's own "
            "category, else 0",
        }

    def explain_batched(self, block: Block) -> Arrays:
        """Draw each neighbourhood once, ask all models together, solve all fits together."""
        ensemble = block.ensemble
        scale = resolved_scale(self.scale, ensemble)
        sampler = NeighbourhoodSampler.from_background(block.background)
        width = self._width(ensemble)
        found = _Surrogates.empty(ensemble, len(block.rows))
        for i, instance in enumerate(block.rows):
            near = sampler.draw(
                instance,
                self.n_samples,
                block.stream(i),
                around_instance=self.sample_around_instance,
            )
            outputs = ensemble.outputs_encoded(near.rows, scale=scale)
            weights = np.exp(-near.squared_distance / (2 * width**2))
            fit = weighted_ridge(near.coordinates, weights, outputs, self.alpha)
            found.attribution[:, i] = fit.coefficients
            found.intercept[:, i] = fit.intercept
            found.local_r2[:, i] = fit.r2
            found.explained_value[:, i] = outputs[:, 0]
        return self._arrays(found, sampler, width)

    def explain_upstream(self, block: Block) -> Arrays:
        """Call lime's own explainer for every model and instance."""
        from lime.lime_tabular import LimeTabularExplainer
        from sklearn.linear_model import Ridge

        ensemble = block.ensemble
        scale = resolved_scale(self.scale, ensemble)
        width = self._width(ensemble)
        theirs = LimeTabularExplainer(
            block.background.rows,
            mode=ensemble.task,
            feature_names=ensemble.schema.names,
            categorical_features=np.flatnonzero(ensemble.schema.discrete).tolist(),
            kernel_width=width,
            class_names=ensemble.output_names,
            feature_selection="none",
            discretize_continuous=False,
            sample_around_instance=self.sample_around_instance,
        )
        theirs.base = fits = _FitRecorder(theirs.base)
        found = _Surrogates.empty(ensemble, len(block.rows))
        for place in range(ensemble.n_seeds):
            predict = partial(_predict, ensemble, place, scale)
            for i, instance in enumerate(block.rows):
                theirs.random_state = block.stream(i)
                with _logits_allowed(scale):
                    theirs.explain_instance(
                        instance,
                        predict,
                        labels=range(ensemble.n_outputs),
                        num_features=len(instance),
                        num_samples=self.n_samples,
                        model_regressor=Ridge(alpha=self.alpha, fit_intercept=True),
                    )
                for output, (intercept, pairs, r2, value) in enumerate(fits.take()):
                    columns, coefficients = zip(*pairs, strict=True)
                    found.attribution[place, i, list(columns), output] = coefficients
                    found.intercept[place, i, output] = intercept
                    found.local_r2[place, i, output] = r2
                    found.explained_value[place, i, output] = value
        sampler = NeighbourhoodSampler.from_background(block.background)
        return self._arrays(found, sampler, width)

    def _width(self, ensemble: SeedEnsemble) -> float:
        if self.kernel_width is not None:
            return float(self.kernel_width)
        return 0.75 * float(np.sqrt(ensemble.schema.n_features))

    def _arrays(self, found: _Surrogates, sampler: NeighbourhoodSampler, width: float) -> Arrays:
        slope = found.attribution / sampler.scale[:, None]
        slope[:, :, list(sampler.categories)] = np.nan
        return {
            "attribution": found.attribution,
            "slope": slope,
            "intercept": found.intercept,
            "local_r2": found.local_r2,
            "explained_value": found.explained_value,
            # The kernel is 1/2 at this distance.
            "kernel_radius": np.full(found.attribution.shape[1], width * np.sqrt(2 * np.log(2))),
            "feature_location": sampler.location,
            "feature_scale": sampler.scale,
        }


@dataclass(frozen=True, eq=False)
class _Surrogates:
    """Arrays to fill, shapes (n_seeds, n_instances, ..., n_outputs)."""

    attribution: np.ndarray
    intercept: np.ndarray
    local_r2: np.ndarray
    explained_value: np.ndarray

    @classmethod
    def empty(cls, ensemble: SeedEnsemble, n_instances: int) -> _Surrogates:
        lead, n_outputs = (ensemble.n_seeds, n_instances), ensemble.n_outputs
        shapes = [(*lead, ensemble.schema.n_features, n_outputs)] + [(*lead, n_outputs)] * 3
        return cls(*(np.empty(shape) for shape in shapes))


@dataclass(eq=False)
class _FitRecorder:
    """Stands before lime's regression to keep every output's fit.

    `explain_instance` of lime 0.2.0.1 overwrites the score of one output with the next one's.
    """

    base: Any
    fits: list[tuple[float, Any, float, float]] = field(default_factory=list)

    def explain_instance_with_data(
        self,
        data: np.ndarray,
        outputs: np.ndarray,
        distances: np.ndarray,
        label: int,
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        answer = self.base.explain_instance_with_data(
            data, outputs, distances, label, *args, **kwargs
        )
        intercept, pairs, score, _ = answer
        # An output without variation scores rounding noise over rounding noise.
        r2 = 1.0 if is_constant(outputs[:, [label]])[0] else float(score)
        self.fits.append((float(intercept), pairs, r2, float(outputs[0, label])))
        return answer

    def take(self) -> list[tuple[float, Any, float, float]]:
        taken, self.fits = self.fits, []
        return taken


def _predict(ensemble: SeedEnsemble, place: int, scale: Scale, rows: np.ndarray) -> np.ndarray:
    outputs = ensemble.member_outputs_encoded(place, rows, scale=scale)
    return outputs[:, 0] if ensemble.task == "regression" else outputs


@contextmanager
def _logits_allowed(scale: Scale) -> Iterator[None]:
    with warnings.catch_warnings():
        if scale == "logit":  # lime warns of class outputs that do not sum to 1
            warnings.filterwarnings("ignore", message="\\s*Prediction probabilties do not sum")
        yield
