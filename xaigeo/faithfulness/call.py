"""The call that made an explanation, made again: at other rows, for other models."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version
from typing import Any

import numpy as np

from xaigeo.agreement.compared_output import answer_of_most
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.explainers.background import Background
from xaigeo.explainers.base import Explainer
from xaigeo.explainers.catalogue import EXPLAINERS
from xaigeo.explanations import Attributions
from xaigeo.schema import Matrix
from xaigeo.store import digest

# float32 and other sizes of batches leave differences near 1e-6.
TOLERANCE = 1e-4


@dataclass(frozen=True, eq=False)
class Call:
    """How an explanation was made, so that the same can be asked of other rows or models.

    Method, parameters, background and the explainer's seed are those of the explanation.

    Attributes
    ----------
    explanation : Attributions
    ensemble : SeedEnsemble
        The models that were explained.
    explainer : Explainer
    n_jobs : int, optional
        Workers of each call.
    max_memory : int
        Bytes that the work in one process may hold at once.
    """

    explanation: Attributions
    ensemble: SeedEnsemble
    explainer: Explainer
    n_jobs: int | None
    max_memory: int

    @classmethod
    def of(cls, explanation: Any, ensemble: Any, *, n_jobs: int | None, max_memory: int) -> Call:
        """Read the call from what the explanation says of itself.

        Raises
        ------
        InputError
            For anything but attributions, for joined columns, and for other models than those
            that were explained.
        """
        _check_kinds(explanation, ensemble)
        _check_columns(explanation, ensemble)
        _check_models(explanation, ensemble)
        explainer = EXPLAINERS.get(explanation.method)(**explanation.provenance["parameters"])
        return cls(explanation, ensemble, explainer, n_jobs, max_memory)

    @cached_property
    def rows(self) -> Matrix:
        """The explained rows, encoded, shape (n_instances, n_features)."""
        return self.explanation.array("input")

    @cached_property
    def background(self) -> Background:
        """The rows that stand for the data."""
        return Background.from_frame(self.ensemble.schema, self.explanation.array("background"))

    @cached_property
    def places(self) -> np.ndarray:
        """The output looked at, that of the answer of most seeds, shape (n_instances,)."""
        return answer_of_most(self.explanation)

    @cached_property
    def values(self) -> np.ndarray:
        """The explanation's attributions of these outputs, (n_seeds, n_instances, n_features)."""
        return _at(self.explanation, self.places)

    @property
    def random_state(self) -> int:
        """The explainer's own seed."""
        return int(self.explanation.provenance["random_state"])

    def again(
        self,
        rows: Matrix | None = None,
        *,
        places: np.ndarray | None = None,
        ensemble: SeedEnsemble | None = None,
        random_state: int | None = None,
    ) -> np.ndarray:
        """Explain once more, with something else in place of what the explanation had.

        Parameters
        ----------
        rows : ndarray, shape (n_rows, n_features), optional
            Encoded.
        places : ndarray of int, shape (n_rows,), optional
            Of the outputs looked at; needed with `rows`.
        ensemble : SeedEnsemble, optional
            Other models over the same columns and outputs.
        random_state : int, optional

        Returns
        -------
        ndarray, shape (n_seeds, n_rows, n_features)
        """
        schema = self.ensemble.schema
        made = self.explainer.explain(
            ensemble or self.ensemble,
            schema.to_model_input(self.rows if rows is None else rows),
            background=schema.to_model_input(self.background.rows),
            random_state=self.random_state if random_state is None else random_state,
            engine=self.explanation.provenance["engine"],
            n_jobs=self.n_jobs,
            max_memory=self.max_memory,
        )
        return _at(made, self.places if places is None else places)

    def provenance(self, parameters: dict[str, Any], random_state: int) -> dict[str, Any]:
        """Return the provenance of a check of this explanation."""
        return {
            "parameters": parameters,
            "random_state": random_state,
            "ensemble": self.explanation.provenance["ensemble"],
            "versions": {"python": platform.python_version()}
            | {name: version(name) for name in ("xaigeo", "numpy")},
            "created_at": datetime.now(UTC).isoformat(timespec="microseconds"),
            "explanation_sha256": digest(self.explanation),
        }


def _at(explanation: Any, places: np.ndarray) -> np.ndarray:
    attribution = explanation.array("attribution")
    rows = np.arange(len(places))
    return np.ascontiguousarray(attribution[:, rows, :, places].swapaxes(0, 1))


def _check_kinds(explanation: Any, ensemble: Any) -> None:
    if not isinstance(explanation, Attributions):
        raise InputError(
            expected="Attributions, such as kernel_shap, lime or saliency give",
            arrived=type(explanation).__name__,
            do="Explain with a method that gives attributions.",
        )
    if not isinstance(ensemble, SeedEnsemble):
        raise InputError(
            expected="the SeedEnsemble that was explained",
            arrived=type(ensemble).__name__,
            do="Pass the ensemble that was given to xaigeo.explain.",
        )


def _check_columns(explanation: Attributions, ensemble: SeedEnsemble) -> None:
    if explanation.provenance["parameters"].get("groups"):
        raise InputError(
            expected="an explanation of single columns",
            arrived=f"one by {explanation.method} of groups of columns",
            do="Explain without groups=... to have it checked.",
        )
    if explanation.schema.digest != ensemble.schema.digest:
        raise InputError(
            expected=f"models over the explained columns ({', '.join(explanation.features)})",
            arrived=f"models over {', '.join(ensemble.schema.names)}, or with other ranges, "
            "categories or units",
            do="Pass the ensemble that was given to xaigeo.explain.",
        )


def _check_models(explanation: Attributions, ensemble: SeedEnsemble) -> None:
    seeds, theirs = explanation.seeds.tolist(), list(ensemble.seeds)
    if seeds != theirs or explanation.outputs != ensemble.output_names:
        raise InputError(
            expected=f"models of the seeds {seeds} with the outputs "
            f"{', '.join(explanation.outputs)}",
            arrived=f"seeds {theirs} with {', '.join(ensemble.output_names)}",
            do="Pass the ensemble that was explained; select() gives some of its seeds.",
        )
    told = explanation.array("prediction")
    gap = np.abs(ensemble.outputs_encoded(explanation.array("input")) - told).max()
    if not gap <= TOLERANCE * max(1.0, float(np.abs(told).max())):
        raise InputError(
            expected="the models that were explained",
            arrived=f"models whose predictions at the explained rows differ by up to {gap:.3g}",
            do="Pass the ensemble that was given to xaigeo.explain.",
        )
