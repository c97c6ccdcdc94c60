"""A call's arrays with their labels, and what the result says of where it comes from."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, cached_property
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
import xarray as xr

from xaigeo import dims
from xaigeo.explainers.blocks.block import Arrays
from xaigeo.explainers.blocks.job import Job
from xaigeo.explainers.blocks.streams import shared_seed
from xaigeo.explanations import Explanation, Shapes
from xaigeo.schema import FeatureSchema, Matrix
from xaigeo.store.manifest import describe

# Rows of which predictions are asked at a time: the same for results in memory and on disk,
# since a model's answer to a row depends, in the last bit, on the rows asked with it.
PREDICTED_ROWS = 2**14


@dataclass(frozen=True, eq=False)
class Labeller:
    """What turns the arrays of some instances of a call into an explanation.

    Attributes
    ----------
    job : Job
    rows : ndarray, shape (n_instances, n_features)
    labels : ndarray, shape (n_instances,)
        Of the instances.
    """

    job: Job
    rows: Matrix
    labels: np.ndarray

    @cached_property
    def shapes(self) -> Shapes:
        """Dimensions of every array that the result may hold."""
        result = self.job.explainer.result
        return result.common | result.required | result.optional

    @property
    def schema(self) -> FeatureSchema:
        """Columns as the result shows them."""
        return self._shown[0]

    def coordinates(self, names: Iterable[str], part: slice = slice(None)) -> dict[str, Any]:
        """Return the labels of a result that holds the arrays named, for a part of the call."""
        ensemble = self.job.ensemble
        coordinates = {
            dims.SEED: np.asarray(ensemble.seeds),
            dims.INSTANCE: self.labels[part],
            self.job.explainer.result.axis: np.asarray(self.schema.names, dtype=object),
            dims.OUTPUT: np.asarray(ensemble.output_names, dtype=object),
        }
        for name, labels in self.job.beside.items():
            coordinates[name] = labels[part]
        if any(dims.OTHER_SEED in self.shapes[name] for name in names):
            coordinates[dims.OTHER_SEED] = coordinates[dims.SEED]
        return coordinates

    def explanation(self, arrays: Arrays, part: slice = slice(None)) -> Explanation:
        """Return the explanation of the instances of a part of the call, checked."""
        schema, inputs, background = self._shown
        whole = arrays | {
            "input": inputs[part],
            "prediction": self._predictions(part),
            "background": background,
            "background_prediction": self._background_prediction,
        }
        data = xr.Dataset(
            {name: (self.shapes[name], array) for name, array in whole.items()},
            coords={
                name: (dims.INSTANCE, labels) if name in self.job.beside else labels
                for name, labels in self.coordinates(whole, part).items()
            },
        )
        return self.job.explainer.result(
            data=data,
            schema=schema,
            method=self.job.explainer.name,
            provenance=self.provenance,
        )

    def described(self, names: Iterable[str]) -> dict[str, Any]:
        """Return all of the result but its arrays, as its store tells it.

        Raises
        ------
        InputError
            For labels, categories or provenance that JSON cannot hold.
        """
        return describe(
            kind=self.job.explainer.result.kind,
            method=self.job.explainer.name,
            labels=self.coordinates(names),
            schema=self.schema,
            provenance=self.provenance,
        )

    @cached_property
    def provenance(self) -> dict[str, Any]:
        """Where the result comes from, as JSON holds it."""
        job = self.job
        explainer, ensemble = job.explainer, job.ensemble
        parameters = explainer.parameters()
        if parameters.get("scale", 0) is None:
            parameters["scale"] = explainer.scale_of(ensemble)
        return {
            "method": explainer.name,
            "parameters": parameters,
            "resolved": explainer.resolved(ensemble, job.background) | self._places(),
            "additive": explainer.additive,
            "random_state": job.entropy,
            "engine": job.engine,
            "max_memory": job.max_memory,
            # To the microsecond: it is also what tells a second run from the same result.
            "created_at": datetime.now(UTC).isoformat(timespec="microseconds"),
            "background_sha256": job.background.digest,
            "versions": versions(job),
            "ensemble": {
                "task": ensemble.task,
                "seeds": [int(seed) for seed in ensemble.seeds],
                "classes": ensemble.output_names,
                "kind": ensemble.members.kind,
                "record": ensemble.record,
            },
        }

    def _places(self) -> dict[str, Any]:
        job = self.job
        seed = shared_seed(job.entropy)
        places = job.explainer.background_places(job.ensemble, job.background, seed)
        return {} if places is None else {"background_places": places}

    @cached_property
    def _shown(self) -> tuple[FeatureSchema, Matrix, Matrix]:
        job = self.job
        return job.explainer.shown(job.ensemble.schema, self.rows, job.background.rows)

    @cached_property
    def _background_prediction(self) -> np.ndarray:
        return self.job.ensemble.outputs_encoded(self.job.background.rows)

    def _predictions(self, part: slice) -> np.ndarray:
        start, stop, _ = part.indices(len(self.rows))
        first, last = start // PREDICTED_ROWS, max(start, stop - 1) // PREDICTED_ROWS
        batches = [self._batch(place) for place in range(first, last + 1)]
        whole = batches[0] if len(batches) == 1 else np.concatenate(batches, axis=1)
        return whole[:, start - first * PREDICTED_ROWS : stop - first * PREDICTED_ROWS]

    def _batch(self, place: int) -> np.ndarray:
        kept = self._kept
        if kept.get("place") != place:
            rows = self.rows[place * PREDICTED_ROWS : (place + 1) * PREDICTED_ROWS]
            kept.update(place=place, prediction=self.job.ensemble.outputs_encoded(rows))
        return np.asarray(kept["prediction"])

    @cached_property
    def _kept(self) -> dict[str, Any]:
        """The last batch of predictions: parts come in order, and are smaller than batches."""
        return {}


def versions(job: Job) -> dict[str, str]:
    """Return the versions of python, xaigeo, numpy and the packages that an engine uses."""
    explainer = job.explainer
    further = explainer.upstream_packages if job.engine == "upstream" else ()
    packages = (*explainer.packages, *further)
    return {"python": platform.python_version()} | {
        name: _version(name) for name in ("xaigeo", "numpy", *packages)
    }


@cache  # reading a package's metadata takes as long as some explanations
def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
