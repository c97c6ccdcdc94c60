"""What an explainer found, for every seed and instance, as labelled arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

import numpy as np
import pandas as pd
import xarray as xr

from xaigeo import dims
from xaigeo.errors import InputError
from xaigeo.schema import FeatureSchema

if TYPE_CHECKING:
    from pathlib import Path

    import shap

Self = TypeVar("Self", bound="Explanation")
Shapes = dict[str, tuple[str, ...]]

COUNTERFACTUAL_COLUMNS = frozenset(
    ("seed", "instance", "candidate", "target", "valid", "distance", "n_changed", "changed")
)
COMMON: Shapes = {
    "input": (dims.INSTANCE, dims.FEATURE),
    "prediction": (dims.SEED, dims.INSTANCE, dims.OUTPUT),
    "background": (dims.BACKGROUND_ROW, dims.FEATURE),
    "background_prediction": (dims.SEED, dims.BACKGROUND_ROW, dims.OUTPUT),
}


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Explanation:
    """Base of the three results: arrays aligned by label, and where they come from.

    Attributes
    ----------
    data : xr.Dataset
        Arrays with coordinates `seed`, `instance`, `feature`, `output`. Rows are encoded:
        a categorical value is the code of its category in `schema`. Always there:
        `input` (instance, feature), `prediction` (seed, instance, output), and the rows the
        explanation was made against, `background` (background_row, feature) with
        `background_prediction` (seed, background_row, output).
    schema : FeatureSchema
    method : str
        Registered name of the method.
    provenance : dict
        JSON-able: parameters, random_state, engine, versions, and the ensemble's record.

    Raises
    ------
    InputError
        On construction, when an array is missing, misshapen or holds values it cannot hold.
    """

    data: xr.Dataset
    schema: FeatureSchema
    method: str
    provenance: dict[str, Any]

    kind: ClassVar[str] = "explanation"
    required: ClassVar[Shapes] = {}
    optional: ClassVar[Shapes] = {}

    def __post_init__(self) -> None:
        self._check_arrays()
        self._check_values()

    @property
    def seeds(self) -> np.ndarray:
        """Model seeds, shape (n_seeds,)."""
        return self.data[dims.SEED].to_numpy()

    @property
    def instances(self) -> np.ndarray:
        """Labels of the explained rows, shape (n_instances,)."""
        return self.data[dims.INSTANCE].to_numpy()

    @property
    def outputs(self) -> list[str]:
        """Names of the outputs: class labels, or the target of a regression."""
        return [str(name) for name in self.data[dims.OUTPUT].to_numpy()]

    @property
    def features(self) -> list[str]:
        """Column names."""
        return self.schema.names

    @property
    def task(self) -> str:
        """The kind of task: "classification" or "regression"."""
        return str(self.provenance["ensemble"]["task"])

    def array(self, name: str) -> np.ndarray:
        """Return a variable as a plain array in its documented dimension order."""
        return self.data[name].to_numpy()

    @cached_property
    def predicted(self) -> np.ndarray:
        """Place of the predicted class, shape (n_seeds, n_instances)."""
        return np.asarray(self.array("prediction").argmax(axis=-1))

    def sel(
        self: Self,
        *,
        seed: int | Sequence[int] | None = None,
        instance: Any | Sequence[Any] | None = None,
    ) -> Self:
        """Return the same result for some seeds or instances, by label.

        One label or several, in the order wanted. A label that several instances carry (a
        repeated index) selects all of them.

        Raises
        ------
        InputError
            If a label is not there or is named twice.
        """
        data = self.data
        for dim, wanted in ((dims.SEED, seed), (dims.INSTANCE, instance)):
            if wanted is None:
                continue
            single = isinstance(wanted, str) or np.ndim(wanted) == 0
            labels = [wanted] if single else [*cast("Sequence[Any]", wanted)]
            known = data[dim].to_numpy().tolist()
            unknown = [label for label in labels if label not in known]
            if unknown or not labels or len(set(labels)) != len(labels):
                raise InputError(
                    expected=f"{dim} labels among {known[:8]}{' ...' if len(known) > 8 else ''}, "
                    "each once",
                    arrived=str(unknown or labels),
                    do=f"Look at .{dim}s for the labels that exist.",
                )
            places = [place for label in labels for place, k in enumerate(known) if k == label]
            data = data.isel({dim: places})
            if dim == dims.SEED and dims.OTHER_SEED in data.dims:
                data = data.isel({dims.OTHER_SEED: places})
        return replace(self, data=data)

    def input_frame(self) -> pd.DataFrame:
        """Return the explained rows with original values, indexed by instance label."""
        return self.schema.decode(self.array("input")).set_axis(self.instances, axis=0)

    def background_frame(self) -> pd.DataFrame:
        """Return the background rows with original values."""
        return self.schema.decode(self.array("background"))

    def save(self, path: str | Path) -> Path:
        """Write arrays (zarr) and a manifest into the folder `path`; `xaigeo.load` reads it."""
        from xaigeo.store import save_explanation

        return save_explanation(self, path)

    def to_frame(self) -> pd.DataFrame:
        """Return a tidy data frame."""
        raise TypeError(f"{type(self).__name__} has no tidy form.")

    def _repr_html_(self) -> str:
        from xaigeo.summary import explanation_html

        return explanation_html(self)

    def __repr__(self) -> str:
        sizes = ", ".join(
            f"{len(self.data[dim])} {dim}s"
            for dim in (dims.SEED, dims.INSTANCE, dims.FEATURE, dims.OUTPUT)
        )
        return f"{type(self).__name__}(method={self.method!r}, {sizes})"

    def _check_arrays(self) -> None:
        wanted = COMMON | self.required
        missing = [name for name in wanted if name not in self.data]
        if missing:
            raise InputError(
                expected=f"{type(self).__name__} with the arrays {', '.join(wanted)}",
                arrived=f"a dataset without {', '.join(missing)}",
                do="Add the missing arrays, or make the result with xaigeo.explain.",
            )
        for name, shape in (wanted | self.optional).items():
            if name in self.data and self.data[name].dims != shape:
                raise InputError(
                    expected=f"{name} with dimensions {shape}",
                    arrived=str(self.data[name].dims),
                    do="Transpose the array to the documented order.",
                )
        if self.data[dims.FEATURE].to_numpy().tolist() != self.schema.names:
            raise InputError(
                expected=f"features {self.schema.names}",
                arrived=str(self.data[dims.FEATURE].to_numpy().tolist()),
                do="Build the dataset with the feature names of its schema.",
            )

    def _check_values(self) -> None:
        pass

    def _refuse(self, bad: np.ndarray, name: str, rule: str) -> None:
        if np.any(bad):
            raise InputError(
                expected=f"{name} {rule}",
                arrived=f"{int(np.sum(bad))} values that are not",
                do="Check the explainer that made this result.",
            )


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Attributions(Explanation):
    """How much each feature counts for each output: LIME, SHAP, gradients.

    Arrays besides the common ones: `attribution` (seed, instance, feature, output) in output
    units; `base_value` (seed, instance, output), the value the attributions start from; and,
    where the method has them, `std_error` (as attribution), `slope` (as attribution, output
    units per original unit of a numeric feature, NaN for categories), `intercept` and
    `local_r2` (seed, instance, output), `kernel_radius` (instance), the standardised
    distance at which a local kernel falls to half, `feature_location` and `feature_scale`
    (feature), the mean and standard deviation that standardise a column,
    `convergence_delta` (seed, instance, output), `selected` (as attribution), whether a
    surrogate was given the feature, and `condition_lower` and `condition_upper`
    (instance, feature), the bin in which a discretised column's attribution applies (the value
    lies above the first and at most at the second; infinite where open, NaN where not binned).

    `provenance["parameters"]["scale"]` says whether outputs are probabilities or logits;
    `provenance["additive"]` whether base value plus attributions should equal the prediction
    on that scale, whose values are then in `explained_value` (seed, instance, output).
    """

    kind: ClassVar[str] = "attributions"
    required: ClassVar[Shapes] = {
        "attribution": (dims.SEED, dims.INSTANCE, dims.FEATURE, dims.OUTPUT),
    }
    optional: ClassVar[Shapes] = {
        "base_value": (dims.SEED, dims.INSTANCE, dims.OUTPUT),
        "explained_value": (dims.SEED, dims.INSTANCE, dims.OUTPUT),
        "std_error": (dims.SEED, dims.INSTANCE, dims.FEATURE, dims.OUTPUT),
        "slope": (dims.SEED, dims.INSTANCE, dims.FEATURE, dims.OUTPUT),
        "intercept": (dims.SEED, dims.INSTANCE, dims.OUTPUT),
        "local_r2": (dims.SEED, dims.INSTANCE, dims.OUTPUT),
        "convergence_delta": (dims.SEED, dims.INSTANCE, dims.OUTPUT),
        "kernel_radius": (dims.INSTANCE,),
        "feature_location": (dims.FEATURE,),
        "feature_scale": (dims.FEATURE,),
        "selected": (dims.SEED, dims.INSTANCE, dims.FEATURE, dims.OUTPUT),
        "condition_lower": (dims.INSTANCE, dims.FEATURE),
        "condition_upper": (dims.INSTANCE, dims.FEATURE),
    }

    @property
    def scale(self) -> str:
        """Scale of the explained outputs: "probability", "logit" or "value"."""
        return str(self.provenance["parameters"]["scale"])

    @property
    def additive(self) -> bool:
        """Whether base value plus attributions should give the explained value."""
        return bool(self.provenance.get("additive", False))

    def to_frame(self) -> pd.DataFrame:
        """Return one row per seed, instance, feature and output.

        Columns: seed, instance, feature, value (original units), output, attribution,
        prediction, and base_value and std_error where the method has them.
        """
        names = ["attribution", "std_error"]
        frame = self.data[[n for n in names if n in self.data]].to_dataframe().reset_index()
        n_seeds, n_outputs = len(self.seeds), len(self.outputs)
        values = self.input_frame().to_numpy(dtype=object).reshape(-1)
        frame.insert(3, "value", np.tile(np.repeat(values, n_outputs), n_seeds))
        for name in ("prediction", "base_value"):
            if name in self.data:
                wide = np.repeat(self.array(name)[:, :, None, :], len(self.features), axis=2)
                frame[name] = wide.reshape(-1)
        return frame

    def to_shap(self, seed: int) -> shap.Explanation:
        """Return one seed's attributions as a `shap.Explanation` for shap's own plots."""
        import shap

        one = self.sel(seed=[seed])
        # shap's plots expect no output dimension where there is one output only.
        only = (..., 0) if len(self.outputs) == 1 else ...
        has_base = "base_value" in one.data
        return shap.Explanation(
            values=one.array("attribution")[0][only],
            base_values=one.array("base_value")[0][only] if has_base else None,
            data=one.input_frame().to_numpy(),
            feature_names=self.features,
            output_names=self.outputs,
        )

    def _check_values(self) -> None:
        self._refuse(~np.isfinite(self.array("attribution")), "attribution", "to be finite")


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Anchors(Explanation):
    """Rules under which a model's answer stays the same.

    Arrays besides the common ones, for each seed and instance: `lower`, `upper`
    (seed, instance, feature) with -inf and inf for open sides (a row obeys when
    lower <= value <= upper); `allowed` (seed, instance, feature, category), the categories a
    categorical or ordinal feature may take, all True when free and for numeric features;
    `precision`, `precision_low` (its lower confidence bound), `coverage`, `n_samples`,
    `met` (whether the bound reached the wanted precision);
    `cross_precision` (seed, other_seed, instance), the share of the rule's samples on which the
    *other* seed's model gives the class that this seed's model predicts at the instance.

    Where the method has them: `data_precision` (seed, instance), the precision on background
    rows that obey, NaN where none does; `answer_lower`, `answer_upper` (seed, instance), the
    interval of values that counts as the same answer of a regression; and the search's trace,
    padded with NaN (and False) after its last step: `trace_lower`, `trace_upper`
    (seed, instance, step, feature), `trace_allowed` (seed, instance, step, feature, category),
    `trace_precision`, `trace_precision_low`, `trace_coverage` (seed, instance, step).
    """

    kind: ClassVar[str] = "anchors"
    required: ClassVar[Shapes] = {
        "lower": (dims.SEED, dims.INSTANCE, dims.FEATURE),
        "upper": (dims.SEED, dims.INSTANCE, dims.FEATURE),
        "allowed": (dims.SEED, dims.INSTANCE, dims.FEATURE, dims.CATEGORY),
        "precision": (dims.SEED, dims.INSTANCE),
        "precision_low": (dims.SEED, dims.INSTANCE),
        "coverage": (dims.SEED, dims.INSTANCE),
        "n_samples": (dims.SEED, dims.INSTANCE),
        "met": (dims.SEED, dims.INSTANCE),
    }
    optional: ClassVar[Shapes] = {
        "cross_precision": (dims.SEED, dims.OTHER_SEED, dims.INSTANCE),
        "data_precision": (dims.SEED, dims.INSTANCE),
        "answer_lower": (dims.SEED, dims.INSTANCE),
        "answer_upper": (dims.SEED, dims.INSTANCE),
        "trace_lower": (dims.SEED, dims.INSTANCE, dims.STEP, dims.FEATURE),
        "trace_upper": (dims.SEED, dims.INSTANCE, dims.STEP, dims.FEATURE),
        "trace_allowed": (dims.SEED, dims.INSTANCE, dims.STEP, dims.FEATURE, dims.CATEGORY),
        "trace_precision": (dims.SEED, dims.INSTANCE, dims.STEP),
        "trace_precision_low": (dims.SEED, dims.INSTANCE, dims.STEP),
        "trace_coverage": (dims.SEED, dims.INSTANCE, dims.STEP),
    }

    def members(self, rows: np.ndarray) -> np.ndarray:
        """Return which encoded rows obey each rule, shape (n_seeds, n_instances, n_rows)."""
        lower, upper = self.array("lower"), self.array("upper")
        inside = np.ones((*lower.shape[:2], len(rows)), dtype=bool)
        for j, feature in enumerate(self.schema.features):
            if feature.is_discrete:
                codes = rows[:, j].astype(np.intp)
                inside &= self.array("allowed")[:, :, j, :][..., codes]
            else:
                inside &= (rows[:, j] >= lower[..., j, None]) & (rows[:, j] <= upper[..., j, None])
        return inside

    def rule(self, seed: int, instance: Any) -> str:
        """Return one rule in words: ``flipper_length_mm > 206 and sex = male``."""
        return str(self.sel(seed=[seed], instance=[instance]).rules()[0, 0])

    def rules(self) -> np.ndarray:
        """Return every rule in words, an object array of shape (n_seeds, n_instances)."""
        lower, upper, allowed = (self.array(name) for name in ("lower", "upper", "allowed"))
        texts = np.empty(lower.shape[:2], dtype=object)
        for place in np.ndindex(texts.shape):
            texts[place] = rule_text(self.schema, lower[place], upper[place], allowed[place])
        return texts

    def to_frame(self) -> pd.DataFrame:
        """Return one row per seed and instance: rule, predicted class, precision, coverage, met."""
        seeds, rules = self.seeds, self.rules()
        rows = [
            {
                dims.SEED: seed,
                dims.INSTANCE: instance,
                "rule": rules[s, i],
                "predicted": self.outputs[self.predicted[s, i]],
            }
            | {
                name: self.array(name)[s, i].item()
                for name in ("precision", "precision_low", "coverage", "n_samples", "met")
            }
            for s, seed in enumerate(seeds.tolist())
            for i, instance in enumerate(self.instances.tolist())
        ]
        return pd.DataFrame(rows)

    def _check_values(self) -> None:
        inputs = self.array("input")
        places = np.arange(len(self.instances))
        own = self.members(inputs)[:, places, places]
        self._refuse(~own, "every rule", "to hold for the instance it explains")
        precision = self.array("precision")
        self._refuse((precision < 0) | (precision > 1), "precision", "to lie between 0 and 1")


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Counterfactuals(Explanation):
    """The nearest rows at which a model would answer otherwise.

    Arrays besides the common ones: `point` (seed, instance, candidate, feature), encoded;
    `valid` (whether the seed's own model gives the wanted class there), `distance` (L1, each
    numeric feature in units of its median absolute deviation, a changed category counts 1),
    `n_changed`, all (seed, instance, candidate); `changed` (seed, instance, candidate, feature);
    `target` (seed, instance), place of the wanted class; `flip_fraction` (seed, instance,
    candidate), how far along the way from instance to point the class flips, NaN if it does not;
    `cross_validity` (seed, other_seed, instance, candidate), whether the other seed's model
    also gives the wanted class there.

    Where the method has them: `target_lower`, `target_upper` (seed, instance), the interval of
    values wanted of a regression (`target` is then the place of the explained output);
    `neighbour_distance` (seed, instance, candidate), the mean distance to the nearest background
    rows with the wanted answer; `plausibility` (seed, instance, candidate), the share of such
    background rows that lie as far or farther from theirs; `distinct` (seed, instance,
    candidate), False where a candidate repeats another for want of more; `price` (seed,
    instance, candidate), the distance of a point that is valid for all seeds less that of the
    seed's own nearest point.
    """

    kind: ClassVar[str] = "counterfactuals"
    required: ClassVar[Shapes] = {
        "point": (dims.SEED, dims.INSTANCE, dims.CANDIDATE, dims.FEATURE),
        "valid": (dims.SEED, dims.INSTANCE, dims.CANDIDATE),
        "distance": (dims.SEED, dims.INSTANCE, dims.CANDIDATE),
        "n_changed": (dims.SEED, dims.INSTANCE, dims.CANDIDATE),
        "changed": (dims.SEED, dims.INSTANCE, dims.CANDIDATE, dims.FEATURE),
        "target": (dims.SEED, dims.INSTANCE),
    }
    optional: ClassVar[Shapes] = {
        "flip_fraction": (dims.SEED, dims.INSTANCE, dims.CANDIDATE),
        "cross_validity": (dims.SEED, dims.OTHER_SEED, dims.INSTANCE, dims.CANDIDATE),
        "feature_mad": (dims.FEATURE,),
        "target_lower": (dims.SEED, dims.INSTANCE),
        "target_upper": (dims.SEED, dims.INSTANCE),
        "neighbour_distance": (dims.SEED, dims.INSTANCE, dims.CANDIDATE),
        "plausibility": (dims.SEED, dims.INSTANCE, dims.CANDIDATE),
        "distinct": (dims.SEED, dims.INSTANCE, dims.CANDIDATE),
        "price": (dims.SEED, dims.INSTANCE, dims.CANDIDATE),
    }

    def to_frame(self) -> pd.DataFrame:
        """Return one row per seed, instance and candidate, with a column per feature.

        A feature named like another column (`seed`, `instance`, `candidate`, `target`, `valid`,
        `distance`, `n_changed`, `changed`) is written as ``feature_<name>``.
        """
        point = self.array("point")
        frame = self.schema.decode(point.reshape(-1, point.shape[-1]))
        frame = frame.rename(
            columns={n: f"feature_{n}" for n in frame.columns if n in COUNTERFACTUAL_COLUMNS}
        )
        grid = np.indices(point.shape[:3]).reshape(3, -1)
        frame.insert(0, dims.SEED, self.seeds[grid[0]])
        frame.insert(1, dims.INSTANCE, self.instances[grid[1]])
        frame.insert(2, dims.CANDIDATE, grid[2])
        target = self.array("target")[grid[0], grid[1]]
        frame.insert(3, "target", np.array(self.outputs, dtype=object)[target])
        for name in ("valid", "distance", "n_changed"):
            frame[name] = self.array(name).reshape(-1)
        changed = self.array("changed").reshape(-1, len(self.features))
        frame["changed"] = [", ".join(np.array(self.features)[mask]) for mask in changed]
        return frame

    def _check_values(self) -> None:
        self._refuse(~np.isfinite(self.array("point")), "point", "to be finite")


def rule_text(
    schema: FeatureSchema, lower: np.ndarray, upper: np.ndarray, allowed: np.ndarray
) -> str:
    """Return a box as a rule in words.

    Parameters
    ----------
    schema : FeatureSchema
    lower, upper : ndarray, shape (n_features,)
        Bounds, infinite where a side is open.
    allowed : ndarray of bool, shape (n_features, n_categories)
    """
    parts = [
        _predicate(feature, lower[j], upper[j], allowed[j])
        for j, feature in enumerate(schema.features)
    ]
    return " and ".join(part for part in parts if part) or "any row (empty rule)"


def _predicate(feature: Any, lower: float, upper: float, allowed: np.ndarray) -> str:
    if feature.is_discrete:
        permitted = [str(c) for c, ok in zip(feature.categories, allowed, strict=False) if ok]
        if len(permitted) == len(feature.categories):
            return ""
        if len(permitted) == 1:
            return f"{feature.name} = {permitted[0]}"
        return f"{feature.name} in {{{', '.join(permitted)}}}"
    if np.isinf(lower) and np.isinf(upper):
        return ""
    if feature.integer:  # the tightest whole numbers say the same
        lower, upper = np.ceil(lower), np.floor(upper)
    if np.isinf(upper):
        return f"{feature.name} >= {feature.text(lower)}"
    if np.isinf(lower):
        return f"{feature.name} <= {feature.text(upper)}"
    return f"{feature.text(lower)} <= {feature.name} <= {feature.text(upper)}"


def check_one_ensemble(explanations: Sequence[Explanation]) -> None:
    """Raise unless all explanations are of the same models.

    Besides their labels (`check_same_labels`), the hashes in the ensemble's record must be the
    same where they are known, and so must the predictions at rows that explanations share.

    Raises
    ------
    InputError
    """
    check_same_labels(explanations)
    first = explanations[0]
    for other in explanations[1:]:
        for what, own, theirs in _hashes(first, other):
            _check_same(what, own, theirs, first, other)
        _check_predictions(first, other)


def check_same_labels(explanations: Sequence[Explanation]) -> None:
    """Raise unless all explanations have the same features, outputs, task and seeds.

    Raises
    ------
    InputError
    """
    first = explanations[0]
    for other in explanations[1:]:
        for what in ("features", "outputs", "task", "seeds"):
            own, theirs = (np.asarray(getattr(e, what)).tolist() for e in (first, other))
            _check_same(what, own, theirs, first, other)


def _check_same(what: str, own: Any, theirs: Any, first: Explanation, other: Explanation) -> None:
    if own != theirs:
        raise InputError(
            expected=f"explanations of one ensemble, with the same {what}",
            arrived=f"{own} in {first.method} and {theirs} in {other.method}",
            do="Pass explanations of the same models together, others apart.",
        )


def _hashes(first: Explanation, other: Explanation) -> list[tuple[str, Any, Any]]:
    records = [e.provenance.get("ensemble", {}).get("record") or {} for e in (first, other)]
    return [
        (name, own, theirs)
        for name in ("data_sha256", "config_sha256")
        if (own := records[0].get(name)) and (theirs := records[1].get(name))
    ]


def _check_predictions(first: Explanation, other: Explanation) -> None:
    """Compare what the models say at shared rows; float32 leaves differences near 1e-6."""
    rows, theirs = first.array("input"), other.array("input")
    if first is other or first.instances.tolist() != other.instances.tolist():
        return
    if rows.shape != theirs.shape or not np.array_equal(rows, theirs):
        return
    one, two = first.array("prediction"), other.array("prediction")
    gap = float(np.abs(one - two).max())
    if gap > 1e-4 * max(1.0, float(np.abs(one).max())):
        raise InputError(
            expected="explanations of the same models",
            arrived=f"{first.method} and {other.method}, whose models' predictions at the same "
            f"rows differ by up to {gap:.3g}",
            do="Pass explanations of the same models together, others apart.",
        )
