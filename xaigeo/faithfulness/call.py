"""The call that made an explanation, made again: at other rows, for other models."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from xaigeo.agreement.compared_output import NUMERICAL_ZERO
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import CompletenessWarning, LongTextWarning
from xaigeo.explainers.base import Explainer
from xaigeo.explainers.catalogue import EXPLAINERS
from xaigeo.explainers.texts.catalogue import TEXT_EXPLAINERS
from xaigeo.explanations import Attributions, TokenAttributions
from xaigeo.faithfulness.coded_texts import coded_texts, reading_codes
from xaigeo.faithfulness.subject import Subject
from xaigeo.registry import Registry
from xaigeo.schema import Matrix


@dataclass(frozen=True, eq=False)
class Call:
    """How an explanation was made, so that the same can be asked of other rows or models.

    Method, parameters, background and the explainer's seed are those of the explanation.

    Attributes
    ----------
    subject : Subject
        The explanation, its models and the output that is looked at.
    explainer : Explainer
    n_jobs : int, optional
        Workers of each call.
    max_memory : int
        Bytes that the work in one process may hold at once.
    """

    subject: Subject
    explainer: Explainer
    n_jobs: int | None
    max_memory: int

    @classmethod
    def of(cls, subject: Subject, *, n_jobs: int | None, max_memory: int) -> Call:
        """Read the call from what the explanation says of itself."""
        parameters = subject.explanation.provenance["parameters"]
        explanation = subject.explanation
        known: Registry[Any] = EXPLAINERS
        if isinstance(explanation, TokenAttributions):
            known = TEXT_EXPLAINERS
        explainer = known.get(explanation.method)(**parameters)
        return cls(subject, explainer, n_jobs, max_memory)

    @cached_property
    def values(self) -> np.ndarray:
        """The explanation's own attributions, shape (n_seeds, n_instances, n_features)."""
        return _of_outputs(self.subject.explanation, self.subject.places)

    @property
    def random_state(self) -> int:
        """The explainer's own seed."""
        return int(self.subject.explanation.provenance["random_state"])

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
            Attributions of one output a row.
        """
        subject = self.subject
        explained, background = self._inputs(subject.rows if rows is None else rows)
        models = ensemble or subject.ensemble
        if isinstance(subject.explanation, TokenAttributions):
            models = reading_codes(models)
        with warnings.catch_warnings():
            # What there is to say was said of the explanation that is checked.
            warnings.simplefilter("ignore", CompletenessWarning)
            warnings.simplefilter("ignore", LongTextWarning)
            made = self.explainer.explain(
                models,
                explained,
                background=background,
                random_state=self.random_state if random_state is None else random_state,
                engine=subject.explanation.provenance["engine"],
                n_jobs=self.n_jobs,
                max_memory=self.max_memory,
            )
        assert isinstance(made, Attributions)  # as the method gave before
        return _of_outputs(made, subject.places if places is None else places)

    def _inputs(self, rows: Matrix) -> tuple[Any, Any]:
        """Return what is explained and the background, as a user would pass them."""
        subject = self.subject
        background = subject.background.rows
        if isinstance(subject.explanation, TokenAttributions):
            return coded_texts(rows), coded_texts(background)
        schema = subject.ensemble.schema
        return schema.to_model_input(rows), schema.to_model_input(background)


def _of_outputs(explanation: Attributions, places: np.ndarray) -> np.ndarray:
    """Return attributions of one output a row, 0 where they are rounding beside the largest."""
    attribution = explanation.array("attribution")
    values = attribution[:, np.arange(len(places)), :, places].swapaxes(0, 1)
    # By seed, unlike where seeds are compared: one seed's numbers say nothing of another's.
    largest = np.abs(values).max(axis=-1, keepdims=True)
    return np.where(np.abs(values) <= NUMERICAL_ZERO * largest, 0.0, values)


def explanation_bar(total: int, what: str, progress: bool) -> Any:
    """Return a progress bar of explanations, silent unless `progress`."""
    from tqdm import tqdm

    return tqdm(total=total, desc=what, unit="explanation", disable=not progress)
