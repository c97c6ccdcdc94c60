"""LIME: a local linear surrogate for every model of the ensemble."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

import numpy as np

from xaigeo.ensemble.members import Scale
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.explainers.background import Background
from xaigeo.explainers.base import Arrays, Block, Explainer, resolved_scale
from xaigeo.explainers.blocks.streams import repeat_seed
from xaigeo.explainers.catalogue import EXPLAINERS
from xaigeo.explainers.surrogates.discretisers import Discretiser, background_labels
from xaigeo.explainers.surrogates.feature_selection import FeatureSelection, select_features
from xaigeo.explainers.surrogates.local_moments import Locality, Targets, local_moments
from xaigeo.explainers.surrogates.neighbourhood import (
    Drawn,
    Metric,
    NeighbourhoodSampler,
    random_stream,
)
from xaigeo.explainers.surrogates.repeated_fits import Fits, RepeatedFits
from xaigeo.explainers.surrogates.surrogate import WeightedSums, ridge
from xaigeo.explanations import Attributions, Explanation
from xaigeo.options import check_count, check_option, check_positive

# How many features lime's explain_instance selects unless told.
NUM_FEATURES = 10

# Instances that share one draw; the models are asked anew for each such block.
SHARING_ROWS = 256

# Sums of waiting instances, held twice, may take the half of the memory.
SUMS_SHARE = 4

# A background's sampler, for the blocks that one process works off. An entry goes with its call.
_SAMPLERS: WeakKeyDictionary[
    Background, tuple[LimeExplainer, SeedEnsemble, NeighbourhoodSampler]
] = WeakKeyDictionary()


@EXPLAINERS.register("lime")
@dataclass(frozen=True, kw_only=True)
class LimeExplainer(Explainer):
    """Local interpretable model-agnostic explanations of tabular models.

    Around each instance rows are drawn once and shared by all seeds. On them every output is
    fitted by a weighted ridge regression that is linear in z:

        ``g(x) = intercept + sum_j attribution_j * z_j``

    For a numeric feature ``z_j = (x_j - feature_location_j) / feature_scale_j``, so its
    attribution is the change of the output per standard deviation and `slope` the change per
    original unit. For a categorical or ordinal feature ``z_j`` is 1 when the category is the
    instance's own and 0 otherwise; its slope is NaN. With a `discretiser` a numeric feature is
    treated alike: ``z_j`` is 1 in the instance's bin, whose ends are `condition_lower` and
    `condition_upper`.

    Parameters
    ----------
    n_samples : int
        Rows drawn per instance, the instance itself being the first.
    kernel_width : float, optional
        Width of the kernel ``exp(-d**2 / (2 kernel_width**2))`` over the distance d in z;
        ``0.75 * sqrt(n_features)`` unless given.
    distance_metric : str
        "euclidean" or another metric of ``sklearn.metrics.pairwise_distances``.
    alpha : float
        Ridge penalty.
    discretiser : {"quartile", "decile", "entropy"}, optional
        Bin numeric features: at quartiles or deciles of the background, or where a decision tree
        of depth 3 on the feature alone splits `labels`. All seeds share the bins. Rows are drawn
        as a bin by its share in the background, then a value from the bin's normal
        distribution. None bins nothing.
    labels : sequence, optional
        The class of every background row, for "entropy" alone. The class that most seeds
        predict (of equal votes the first) unless given; a regression has no such default.
    feature_selection : {"none", "auto", "forward_selection", "highest_weights", "lasso_path"}
        Which features each surrogate, one a seed and output, is given; `selected` tells. "auto"
        is forward selection for up to 6 features and else the highest weights. A feature that
        is not selected has the attribution 0.
    num_features : int, optional
        The most features to select; 10 unless given.
    sample_around_instance : bool
        Centre the normal draws of numeric features on the instance, not on the mean.
    share_draws : bool
        Draw rows once for all instances (of up to 256; more are cut) instead of once for each, so
        that the models are asked once. Only the weights and the fits are then an instance's
        own. Each explanation is as exact as with draws of its own, but sampling errors
        of different instances become correlated: do not average them away.
    n_repeats : int
        Independent draws. With more than one, attribution, intercept and local R2 are their
        means and `std_error` is the standard deviation between them over the root of their
        number: the sampling error of the mean attribution.
    scale : {"probability", "logit", "value"}, optional
        The outputs that are explained; the ensemble's default unless given.

    Notes
    -----
    Ribeiro, Singh and Guestrin (2016), arXiv:1602.04938. Draws, bins, kernel, selection and fit
    are those of ``lime.lime_tabular.LimeTabularExplainer`` (0.2.0.1), which
    ``engine="upstream"`` calls model by model, with two differences from its defaults: there
    `discretiser` is "quartile" and `feature_selection` is "auto". Selection makes seeds look
    more different than their models are, since a feature just left out counts 0. Two more
    differences are mended in both engines. A column that is constant in the background has
    scale 1 in lime, which so credits it with what the models make of values that no row has;
    here it is not varied, its z is 0 for every row and its attribution and slope are exactly 0
    (`feature_scale` stays 1). Of a bin that holds one value only, lime gives the models 0 in
    place of the value; here they are given the value.

    A feature that a model ignores gets, in expectation, 0; in one draw it gets what its
    sampled correlation with the model's outputs gives it, of the order ``1 / sqrt(n_samples)``.

    `local_r2` is weighted by the kernel, and 1 for an output that does not vary at all.
    """

    name: ClassVar[str] = "lime"
    result: ClassVar[type[Explanation]] = Attributions
    packages: ClassVar[tuple[str, ...]] = ("lime", "scikit-learn")
    randomised: ClassVar[bool] = True
    needs_spread: ClassVar[bool] = True

    n_samples: int = 5000
    kernel_width: float | None = None
    distance_metric: Metric = "euclidean"
    alpha: float = 1.0
    discretiser: Discretiser | None = None
    labels: Sequence[Any] | None = None
    feature_selection: FeatureSelection = "none"
    num_features: int | None = None
    sample_around_instance: bool = False
    share_draws: bool = False
    n_repeats: int = 1
    scale: Scale | None = None

    def __post_init__(self) -> None:
        if self.scale is not None:
            check_option("scale", self.scale, Scale)
        check_count("n_samples", self.n_samples, at_least=2)
        check_count("n_repeats", self.n_repeats)
        check_positive("alpha", self.alpha)
        if self.kernel_width is not None:
            check_positive("kernel_width", self.kernel_width)
        check_option("distance_metric", self.distance_metric, Metric)
        check_option("feature_selection", self.feature_selection, FeatureSelection)
        self._check_discretiser()
        self._check_selection()
        if self.share_draws and self.sample_around_instance:
            raise InputError(
                expected="share_draws=True with draws around the mean",
                arrived="sample_around_instance=True",
                do="Rows around one instance serve no other: turn one of the two off.",
            )

    def check(self, ensemble: SeedEnsemble) -> None:
        """Raise when there are fewer rows than the surrogate has coefficients."""
        least = ensemble.schema.n_features + 2
        if self.n_samples < least:
            raise InputError(
                expected=f"n_samples of at least {least} for {least - 2} features",
                arrived=str(self.n_samples),
                do="Draw more rows, for example n_samples=5000.",
            )

    @property
    def block_rows(self) -> int:  # type: ignore[override]
        """The most instances in a block."""
        return SHARING_ROWS if self.share_draws else 5

    def parameters(self) -> dict[str, Any]:
        """Return the parameters as a JSON-able dict; of labels their number and hash."""
        parameters = super().parameters()
        if self.labels is not None:
            text = json.dumps([str(label) for label in self.labels])
            digest = hashlib.sha256(text.encode()).hexdigest()
            parameters["labels"] = {"n": len(self.labels), "sha256": digest}
        return parameters

    def resolved(self, ensemble: SeedEnsemble, background: Background) -> dict[str, Any]:
        """Return the kernel width used and what the surrogate is linear in."""
        numeric = (
            "numeric z = 1 in the instance's own bin, else 0"
            if self.discretiser
            else "numeric z = (value - feature_location) / feature_scale"
        )
        resolved = {
            "kernel_width": self.width(ensemble),
            "surrogate": f"intercept + sum of attribution * z; {numeric}; categorical z = 1 for "
            "the instance's own category, else 0",
        }
        if self.selects:
            resolved["num_features"] = self.n_selected(ensemble)
        if self.discretiser == "entropy":
            resolved["labels"] = "given" if self.labels else "class that most seeds predict"
        return resolved

    @property
    def selects(self) -> bool:
        """Whether surrogates are given some features alone."""
        return self.feature_selection != "none"

    def n_selected(self, ensemble: SeedEnsemble) -> int:
        """Return the most features of a surrogate."""
        return min(self.num_features or NUM_FEATURES, ensemble.schema.n_features)

    def width(self, ensemble: SeedEnsemble) -> float:
        """Return the kernel's width."""
        if self.kernel_width is not None:
            return float(self.kernel_width)
        return 0.75 * float(np.sqrt(ensemble.schema.n_features))

    def explain_batched(self, block: Block) -> Arrays:
        """Draw each neighbourhood once, ask all models together, solve all fits together."""
        sampler = self.sampler(block)
        near = Locality(sampler, self.distance_metric, self.width(block.ensemble))
        found = RepeatedFits()
        for repeat in range(self.n_repeats):
            fits = Fits.empty(block.ensemble, len(block.rows))
            for rows, drawn in self._draws(block, sampler, repeat):
                self._fit(block, rows, drawn, near, fits)
            found.add(fits)
        return self._arrays(found, block, sampler)

    def explain_upstream(self, block: Block) -> Arrays:
        """Call lime's own explainer for every model and instance."""
        from xaigeo.explainers.surrogates.lime_package import fits_of_lime

        sampler = self.sampler(block)
        found = RepeatedFits()
        for repeat in range(self.n_repeats):
            found.add(fits_of_lime(self, block, sampler, self._streams(block, repeat)))
        return self._arrays(found, block, sampler)

    def sampler(self, block: Block) -> NeighbourhoodSampler:
        """Return the sampler of a block's background."""
        known = _SAMPLERS.get(block.background)
        if known is not None and known[:2] == (self, block.ensemble):
            return known[2]
        sampler = NeighbourhoodSampler.from_background(
            block.background, discretiser=self.discretiser, labels=self.used_labels(block)
        )
        _SAMPLERS[block.background] = (self, block.ensemble, sampler)
        return sampler

    def used_labels(self, block: Block) -> np.ndarray | None:
        """Return the classes of the background rows, where bins need them."""
        if self.discretiser != "entropy":
            return None
        return background_labels(
            self.labels,
            block.ensemble.outputs_encoded(block.background.rows),
            block.ensemble.task,
        )

    def _draws(
        self, block: Block, sampler: NeighbourhoodSampler, repeat: int
    ) -> Iterator[tuple[slice, Drawn]]:
        """Yield drawn rows with the instances that they serve."""
        stream = self._streams(block, repeat)
        if self.share_draws:
            drawn = sampler.draw(self.n_samples, stream(0))
            step = self._instances_at_once(block)
            for start in range(0, len(block.rows), step):
                yield slice(start, start + step), drawn
            return
        for i, instance in enumerate(block.rows):
            around = instance if self.sample_around_instance else None
            yield slice(i, i + 1), sampler.draw(self.n_samples, stream(i), around=around)

    def _instances_at_once(self, block: Block) -> int:
        """Return how many instances may wait for the models' answers to rows that they share."""
        n_targets = block.ensemble.n_seeds * block.ensemble.n_outputs
        size = WeightedSums.nbytes_of(block.ensemble.schema.n_features, n_targets)
        return max(1, block.max_memory // (SUMS_SHARE * size))

    def _streams(self, block: Block, repeat: int) -> Callable[[int], np.random.RandomState]:
        """Return a function from an instance's place to its random stream."""

        def stream(place: int) -> np.random.RandomState:
            seed = block.shared_seed if self.share_draws else block.seeds[place]
            return random_stream(repeat_seed(seed, repeat))

        return stream

    def _fit(self, block: Block, rows: slice, drawn: Drawn, near: Locality, fits: Fits) -> None:
        """Fit the surrogates of the instances that share drawn rows."""
        instances = block.rows[rows]
        targets = Targets(block.ensemble, resolved_scale(self.scale, block.ensemble))
        around = local_moments(targets, instances, drawn, near, block.max_memory)
        n_features = self.n_selected(block.ensemble)
        places = range(*rows.indices(len(block.rows)))
        for i, own, moments, value in zip(
            places, near.sampler.places(instances), around.moments, around.own.T, strict=True
        ):
            origin = near.sampler.coordinates(own)
            selected = select_features(
                self.feature_selection, moments, origin, n_features, self.n_samples
            )
            fit = ridge(moments, self.alpha, selected)
            intercept = fit.at_origin + around.level - fit.coefficients @ origin
            fits.put(i, targets, fit, intercept, value, selected)

    def _arrays(self, found: RepeatedFits, block: Block, sampler: NeighbourhoodSampler) -> Arrays:
        arrays = found.arrays(selects=self.selects)
        n_instances = len(block.rows)
        arrays["slope"] = arrays["attribution"] / sampler.scale[:, None]
        arrays["slope"][:, :, sampler.binary] = np.nan
        if sampler.binned:
            bounds = sampler.bounds(block.rows)
            return arrays | {"condition_lower": bounds[0], "condition_upper": bounds[1]}
        if self.distance_metric in ("euclidean", "l2"):
            # The kernel is 1/2 at this distance.
            radius = self.width(block.ensemble) * np.sqrt(2 * np.log(2))
            arrays["kernel_radius"] = np.full(n_instances, radius)
        return arrays | {"feature_location": sampler.location, "feature_scale": sampler.scale}

    def _check_discretiser(self) -> None:
        if self.discretiser is not None:
            check_option("discretiser", self.discretiser, Discretiser)
            if self.sample_around_instance:
                raise InputError(
                    expected="sample_around_instance=False with a discretiser",
                    arrived="sample_around_instance=True",
                    do="Bins are drawn by their share in the background; leave one of the two out.",
                )
        if self.labels is None:
            return
        if self.discretiser != "entropy":
            raise InputError(
                expected="labels with discretiser='entropy' alone",
                arrived=f"labels with discretiser={self.discretiser!r}",
                do="Leave labels out, or set discretiser='entropy'.",
            )
        # A tuple: the parameters of a frozen explainer stay what they are.
        plain = np.asarray(self.labels)
        if plain.ndim != 1:
            raise InputError(
                expected="labels with one dimension, a class a background row",
                arrived=f"shape {plain.shape}",
                do="Pass a list, a Series or an array of classes.",
            )
        object.__setattr__(self, "labels", tuple(plain.tolist()))

    def _check_selection(self) -> None:
        if self.num_features is None:
            return
        check_count("num_features", self.num_features)
        if not self.selects:
            raise InputError(
                expected="num_features with a feature selection",
                arrived="feature_selection='none'",
                do="Set feature_selection='auto', or leave num_features out.",
            )
