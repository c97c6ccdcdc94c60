"""What an explainer found, for every seed and instance, as labelled arrays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

import numpy as np
import pandas as pd
import xarray as xr

from xaigeo import dims
from xaigeo.ensemble.record import select_record
from xaigeo.errors import InputError
from xaigeo.explanations.row_label import known_label
from xaigeo.schema import FeatureSchema

if TYPE_CHECKING:
    from pathlib import Path


Self = TypeVar("Self", bound="Explanation")
Shapes = dict[str, tuple[str, ...]]

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
    axis: ClassVar[str] = dims.FEATURE
    common: ClassVar[Shapes] = COMMON
    required: ClassVar[Shapes] = {}
    optional: ClassVar[Shapes] = {}

    def __post_init__(self) -> None:
        self._check_arrays()
        # Values on disk were checked when they were written, and are again part by part.
        if not self.is_lazy:
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

    @property
    def is_lazy(self) -> bool:
        """Whether arrays lie on disk and are read when asked for (``load(..., lazy=True)``)."""
        # xarray has no public way to ask without reading.
        return not all(array.variable._in_memory for array in self.data.data_vars.values())

    def array(self, name: str) -> np.ndarray:
        """Return a variable as a plain array in its documented dimension order."""
        return self.data[name].to_numpy()

    @cached_property
    def predicted(self) -> np.ndarray:
        """Place of the predicted class, shape (n_seeds, n_instances).

        For a regression that of its first target: amounts of several targets do not compare.
        """
        prediction = self.array("prediction")
        if self.task == "regression":
            return np.zeros(prediction.shape[:-1], dtype=np.intp)
        return np.asarray(prediction.argmax(axis=-1))

    def sel(
        self: Self,
        *,
        seed: int | Sequence[int] | None = None,
        instance: Any | Sequence[Any] | None = None,
    ) -> Self:
        """Return the same result for some seeds or instances, by label.

        One label or several, in the order wanted, dates as text or as the frame's index has
        them. A label that several instances carry (a repeated index) selects all of them.
        With seeds the ensemble's record in the provenance is cut too, so that the result belongs
        to ``ensemble.select(seeds)``.

        Raises
        ------
        InputError
            If a label is not there or is named twice.
        """
        data, provenance = self.data, self.provenance
        for dim, wanted in ((dims.SEED, seed), (dims.INSTANCE, instance)):
            if wanted is None:
                continue
            known = data[dim].to_numpy().tolist()
            # A label of several levels is a tuple.
            level = isinstance(wanted, str) or (isinstance(wanted, tuple) and wanted in known)
            single = level or np.ndim(cast("Any", wanted)) == 0
            labels = [wanted] if single else [*cast("Sequence[Any]", wanted)]
            if dim == dims.INSTANCE:
                labels = [known_label(label, known) for label in labels]
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
            if dim == dims.SEED:
                provenance = _for_seeds(provenance, places, len(known))
                if dims.OTHER_SEED in data.dims:
                    data = data.isel({dims.OTHER_SEED: places})
        return replace(self, data=data, provenance=provenance)

    def at(self: Self, places: slice | Sequence[int] | np.ndarray) -> Self:
        """Return the same result for the instances at some places, in memory."""
        return replace(self, data=self.data.isel({dims.INSTANCE: places}).load())

    def batches(self: Self, n_instances: int) -> Iterator[Self]:
        """Yield the same result for every `n_instances` instances in turn, in memory."""
        for start in range(0, self.data.sizes[dims.INSTANCE], n_instances):
            yield self.at(slice(start, start + n_instances))

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
            for dim in (dims.SEED, dims.INSTANCE, self.axis, dims.OUTPUT)
        )
        return f"{type(self).__name__}(method={self.method!r}, {sizes})"

    def _check_arrays(self) -> None:
        wanted = self.common | self.required
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
        if self.data[self.axis].to_numpy().tolist() != self.schema.names:
            raise InputError(
                expected=f"{self.axis}s {self.schema.names}",
                arrived=str(self.data[self.axis].to_numpy().tolist()),
                do=f"Build the dataset with the {self.axis} names of its schema.",
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


def _for_seeds(provenance: dict[str, Any], places: list[int], n_seeds: int) -> dict[str, Any]:
    """Return a copy of a provenance that tells of the seeds at these places alone."""
    ensemble = dict(provenance.get("ensemble") or {})
    if not ensemble:
        return provenance
    if len((ensemble.get("record") or {}).get("seeds") or ()) == n_seeds:
        ensemble["record"] = select_record(ensemble["record"], places)
    if len(seeds := ensemble.get("seeds") or ()) == n_seeds:
        ensemble["seeds"] = [seeds[place] for place in places]
    return {**provenance, "ensemble": ensemble}
