"""The lime package's own surrogates, called model by model."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from xaigeo.ensemble.members import Scale
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.explainers.base import Block, resolved_scale
from xaigeo.explainers.shapley.least_squares import is_constant
from xaigeo.explainers.surrogates.neighbourhood import NeighbourhoodSampler
from xaigeo.explainers.surrogates.repeated_fits import Fits

if TYPE_CHECKING:
    from xaigeo.explainers.lime import LimeExplainer


def fits_of_lime(
    explainer: LimeExplainer,
    block: Block,
    sampler: NeighbourhoodSampler,
    stream: Callable[[int], np.random.RandomState],
) -> Fits:
    """Call `LimeTabularExplainer` for every model and instance of a block.

    Parameters
    ----------
    explainer : LimeExplainer
    block : Block
    sampler : NeighbourhoodSampler
        Of the same background; it says which columns stay still, and repairs the values of bins
        that hold one value.
    stream : callable
        From an instance's place to its random stream.
    """
    from sklearn.linear_model import Ridge

    ensemble = block.ensemble
    scale = resolved_scale(explainer.scale, ensemble)
    theirs = _their_explainer(explainer, block)
    theirs.base = recorder = FitRecorder(theirs.base)
    if theirs.discretizer is not None:
        _give_values_of_narrow_bins(theirs.discretizer, sampler)
    fits = Fits.empty(ensemble, len(block.rows))
    # A regression in lime has one output; it is called once for each.
    calls = range(ensemble.n_outputs) if ensemble.task == "regression" else [None]
    for place in range(ensemble.n_seeds):
        for i, instance in enumerate(block.rows):
            shown, still = _shown(instance, theirs, sampler), _Still(instance, sampler, explainer)
            for only in calls:
                _seed(theirs, stream(i), sampler)
                with _logits_allowed(scale):
                    theirs.explain_instance(
                        shown,
                        partial(_predict, ensemble, place, scale, only, still),
                        labels=range(ensemble.n_outputs),
                        num_features=explainer.n_selected(ensemble),
                        num_samples=explainer.n_samples,
                        distance_metric=explainer.distance_metric,
                        model_regressor=Ridge(alpha=explainer.alpha, fit_intercept=True),
                    )
            for output, (intercept, pairs, r2, value) in enumerate(recorder.take()):
                for column, coefficient in pairs:
                    fits.attribution[place, i, column, output] = coefficient
                    fits.selected[place, i, column, output] = True
                fits.intercept[place, i, output] = intercept
                fits.local_r2[place, i, output] = r2
                fits.explained_value[place, i, output] = value
    return fits


def _their_explainer(explainer: LimeExplainer, block: Block) -> Any:
    from lime.lime_tabular import LimeTabularExplainer

    ensemble = block.ensemble
    return LimeTabularExplainer(
        block.background.rows,
        mode=ensemble.task,
        training_labels=explainer.used_labels(block),
        feature_names=ensemble.schema.names,
        categorical_features=np.flatnonzero(ensemble.schema.discrete).tolist(),
        kernel_width=explainer.width(ensemble),
        class_names=ensemble.output_names,
        feature_selection=explainer.feature_selection,
        discretize_continuous=explainer.discretiser is not None,
        discretizer=explainer.discretiser or "quartile",
        sample_around_instance=explainer.sample_around_instance,
        random_state=0,  # replaced before each call
    )


def _seed(theirs: Any, stream: np.random.RandomState, sampler: NeighbourhoodSampler) -> None:
    theirs.random_state = _StillStream(stream, sampler.still) if sampler.still.any() else stream
    if theirs.discretizer is not None:  # it draws the values in the bins
        theirs.discretizer.random_state = stream


def _shown(instance: np.ndarray, theirs: Any, sampler: NeighbourhoodSampler) -> np.ndarray:
    """Return the instance as lime is to see it: at z = 0 in columns that stay still."""
    if not sampler.still.any():
        return instance
    return np.where(sampler.still, theirs.scaler.mean_, instance)


@dataclass(frozen=True, eq=False)
class _StillStream:
    """Lets lime draw nothing in columns that are constant in the background.

    lime 0.2.0.1 gives them scale 1, draws them with standard deviation 1 and credits them with
    what the models make of values that no row has.
    """

    stream: np.random.RandomState
    still: np.ndarray

    def normal(self, loc: float, scale: float, size: int) -> np.ndarray:
        drawn = self.stream.normal(loc, scale, size).reshape(-1, len(self.still))
        drawn[:, self.still] = 0.0
        return drawn.ravel()

    def choice(self, *args: Any, **kwargs: Any) -> Any:
        return self.stream.choice(*args, **kwargs)


class _Still:
    """Puts the true values of columns that stay still into the rows that models are asked about."""

    def __init__(
        self, instance: np.ndarray, sampler: NeighbourhoodSampler, explainer: LimeExplainer
    ) -> None:
        self.still = sampler.still
        self.own = instance[self.still]
        self.drawn = self.own if explainer.sample_around_instance else sampler.location[self.still]

    def restored(self, rows: np.ndarray) -> np.ndarray:
        if not self.still.any():
            return rows
        rows = rows.copy()
        rows[:, self.still] = self.drawn
        rows[0, self.still] = self.own
        return rows


def _give_values_of_narrow_bins(theirs: Any, sampler: NeighbourhoodSampler) -> None:
    """Let lime draw the value of a bin that holds one value only.

    lime 0.2.0.1 (discretize.py, `get_undiscretize_values`) gives the standardised value, 0.
    """
    draw = theirs.get_undiscretize_values

    def corrected(feature: int, places: np.ndarray) -> np.ndarray:
        bins = sampler.bins[feature]
        narrow = (bins.low == bins.high)[places]
        return np.asarray(np.where(narrow, bins.low[places], draw(feature, places)))

    theirs.get_undiscretize_values = corrected


@dataclass(eq=False)
class FitRecorder:
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
        """Return what lime's regression returns, and keep the fit."""
        answer = self.base.explain_instance_with_data(
            data, outputs, distances, label, *args, **kwargs
        )
        intercept, pairs, score, _ = answer
        # An output without variation scores rounding noise over rounding noise.
        r2 = 1.0 if is_constant(outputs[:, [label]])[0] else float(score)
        self.fits.append((float(intercept), pairs, r2, float(outputs[0, label])))
        return answer

    def take(self) -> list[tuple[float, Any, float, float]]:
        """Return the fits since the last call: intercept, pairs, R2 and the output."""
        taken, self.fits = self.fits, []
        return taken


def _predict(
    ensemble: SeedEnsemble,
    place: int,
    scale: Scale,
    only: int | None,
    still: _Still,
    rows: np.ndarray,
) -> np.ndarray:
    outputs = ensemble.member_outputs_encoded(place, still.restored(rows), scale=scale)
    return outputs if only is None else outputs[:, only]


@contextmanager
def _logits_allowed(scale: Scale) -> Iterator[None]:
    with warnings.catch_warnings():
        if scale == "logit":  # lime warns of class outputs that do not sum to 1
            warnings.filterwarnings("ignore", message="\\s*Prediction probabilties do not sum")
        yield
