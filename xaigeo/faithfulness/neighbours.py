"""What attributions say that the models answer around a row, beside what they do answer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd

from xaigeo.errors import InputError
from xaigeo.explainers.blocks.block import Block
from xaigeo.explainers.blocks.streams import instance_seed, shared_seed
from xaigeo.explainers.lime import LimeExplainer
from xaigeo.explainers.shapley.links import linked
from xaigeo.explainers.shapley.reference_rows import ReferenceRows, sampled_places
from xaigeo.explainers.shapley.worths import worths
from xaigeo.explainers.surrogates.local_moments import Locality
from xaigeo.explainers.surrogates.neighbourhood import NeighbourhoodSampler, random_stream
from xaigeo.faithfulness.subject import Subject

Neighbourhood = Literal["surrogate", "removal", "slope"]

# Ends the spawn key of what is drawn here, so that it is never what an explainer drew.
FRESH = 2**32 - 1


@dataclass(frozen=True, eq=False)
class Answers:
    """Answers at drawn neighbours of one instance.

    Attributes
    ----------
    said : ndarray, shape (n_seeds, n_neighbours)
        What the attributions say.
    given : ndarray, shape (n_seeds, n_neighbours)
        What the models answer.
    weights : ndarray, shape (n_neighbours,)
        How much each neighbour counts; their sum is 1.
    """

    said: np.ndarray
    given: np.ndarray
    weights: np.ndarray

    @property
    def mean_square(self) -> np.ndarray:
        """Weighted mean of the squared differences, shape (n_seeds,)."""
        return np.asarray(np.square(self.given - self.said) @ self.weights)

    @property
    def variance(self) -> np.ndarray:
        """Weighted variance of the models' answers, shape (n_seeds,)."""
        mean = self.given @ self.weights
        return np.asarray(np.square(self.given - mean[:, None]) @ self.weights)


@dataclass(frozen=True, eq=False)
class Neighbours(ABC):
    """Neighbours of every instance, as one kind of attribution understands them."""

    subject: Subject
    n_samples: int
    n_background: int
    radius: float
    random_state: int
    max_memory: int

    name: ClassVar[Neighbourhood]

    @abstractmethod
    def answers(self, place: int) -> Answers:
        """Return the answers around the instance at a place."""

    def generator(self, place: int) -> np.random.Generator:
        """Return the random numbers of one instance."""
        return np.random.default_rng(self.seed(place))

    def seed(self, place: int) -> np.random.SeedSequence:
        """Return the seed of one instance, which no explainer has."""
        own = instance_seed(self.random_state, self.subject.identities[place])
        return np.random.SeedSequence(own.entropy, spawn_key=(*own.spawn_key, FRESH))

    def equally(self, said: np.ndarray, given: np.ndarray) -> Answers:
        """Return answers that count alike."""
        return Answers(said, given, np.full(self.n_samples, 1.0 / self.n_samples))

    @cached_property
    def full(self) -> np.ndarray:
        """Outputs at the instances, shape (n_seeds, n_instances)."""
        subject = self.subject
        return subject.of_output(subject.telling.outputs_encoded(subject.rows, scale=subject.scale))

    def outputs(self, rows: np.ndarray, place: int) -> np.ndarray:
        """Return the instance's checked output at other rows, shape (n_seeds, n_rows)."""
        subject = self.subject
        answers = subject.telling.outputs_encoded(rows, scale=subject.scale)
        return np.asarray(answers[..., subject.places[place]])


class SurrogateNeighbours(Neighbours):
    """Rows drawn as LIME draws them, but anew, weighted by its kernel; `said` is its surrogate."""

    name = "surrogate"

    def answers(self, place: int) -> Answers:
        """Draw rows around an instance and evaluate the surrogates there."""
        subject, sampler = self.subject, self._sampler
        row, output = subject.rows[place], subject.places[place]
        around = row if self._lime.sample_around_instance else None
        stream = random_stream(self.seed(place))
        drawn = sampler.draw(self.n_samples + 1, stream, around=around)
        own = sampler.places(row[None])[0]
        origin = sampler.coordinates(own)
        away = sampler.differences(drawn.places, own)
        explanation = subject.explanation
        intercept = explanation.array("intercept")[:, place, output]
        # As reported, with numbers so small that they count as zero elsewhere.
        coefficients = explanation.array("attribution")[:, place, :, output]
        said = intercept[:, None] + coefficients @ (away + origin[:, None])
        near = Locality(sampler, self._lime.distance_metric, self._lime.width(subject.ensemble))
        weights = near.weights(away, origin)
        return Answers(said, self.outputs(drawn.rows, place), weights / weights.sum())

    @cached_property
    def _lime(self) -> LimeExplainer:
        parameters = self.subject.explanation.provenance["parameters"]
        if parameters.get("labels") is not None:
            raise InputError(
                expected="LIME's own bins, to draw rows as it did",
                arrived="bins made from labels, which an explanation does not keep",
                do="Explain with discretiser='quartile', or let LIME take the predicted labels.",
            )
        return LimeExplainer(**parameters)

    @cached_property
    def _sampler(self) -> NeighbourhoodSampler:
        subject = self.subject
        shared = shared_seed(self.random_state)
        return self._lime.sampler(
            Block(subject.ensemble, subject.rows, subject.background, [], shared, self.max_memory)
        )


class RemovalNeighbours(Neighbours):
    """Features taken away, sizes drawn by the Shapley kernel; `said` takes their amounts off."""

    name = "removal"

    def answers(self, place: int) -> Answers:
        """Take random sets of features away from an instance."""
        subject = self.subject
        kept = drawn_coalitions(self.generator(place), self.n_samples, subject.rows.shape[1])
        worth = worths(
            subject.telling,
            subject.scale,
            subject.rows[place],
            self._reference,
            kept,
            self.max_memory,
        )
        link = subject.explanation.provenance["parameters"].get("link", "identity")
        given = linked(worth[..., subject.places[place]], link)
        full = linked(self.full[:, place], link)
        said = full[:, None] - subject.contributions[:, place] @ (~kept).T
        return self.equally(said, given)

    @cached_property
    def _reference(self) -> ReferenceRows:
        subject = self.subject
        rows = subject.background.rows
        if not subject.own_background:
            resolved = subject.explanation.provenance.get("resolved", {})
            baseline = _row_of(resolved.get("baseline"))
            if baseline is not None:
                return ReferenceRows(subject.ensemble.schema.encode(baseline, what="baseline"))
            if "background_places" in resolved:
                return ReferenceRows(rows[np.asarray(resolved["background_places"])])
        if len(rows) <= self.n_background:
            return ReferenceRows(rows)
        seed = shared_seed(self.random_state)
        return ReferenceRows(rows[sampled_places(len(rows), self.n_background, seed)])


class SlopeNeighbours(Neighbours):
    """Numeric columns moved a little; `said` goes along the slopes."""

    name = "slope"

    def answers(self, place: int) -> Answers:
        """Move an instance at random and predict the change from the slopes."""
        subject = self.subject
        steps = self.generator(place).normal(size=(self.n_samples, subject.rows.shape[1]))
        steps *= self.radius * np.where(subject.explanation.schema.discrete, 0.0, self._spread)
        slope = subject.explanation.array("slope")[:, place, :, subject.places[place]]
        said = self.full[:, place, None] + np.nan_to_num(slope) @ steps.T
        return self.equally(said, self.outputs(subject.rows[place] + steps, place))

    @property
    def _spread(self) -> np.ndarray:
        return self.subject.background.spread


KINDS: dict[Neighbourhood, type[Neighbours]] = {
    kind.name: kind for kind in (SurrogateNeighbours, RemovalNeighbours, SlopeNeighbours)
}


def neighbourhoods_of(subject: Subject) -> list[Neighbourhood]:
    """Return the neighbourhoods that a method's numbers speak of, the most fitting one first."""
    found: list[Neighbourhood] = []
    if subject.explanation.local and "intercept" in subject.explanation.data:
        found.append("surrogate")
    if subject.meaning.says == "contribution" and subject.meaning.signed:
        found.append("removal")
    if "slope" in subject.explanation.data:
        found.append("slope")
    if not found:
        raise InputError(
            expected="attributions that say what the models answer nearby: amounts with a sign, "
            "slopes, or a surrogate",
            arrived=f"those of {subject.explanation.method!r}, sizes alone",
            do="Explain with a method such as 'kernel_shap', 'integrated_gradients' or 'lime'.",
        )
    return found


def drawn_coalitions(random: np.random.Generator, n: int, n_features: int) -> np.ndarray:
    """Return sets of features by the Shapley kernel, as masks of shape (n, n_features).

    The size s has the probability that is proportional to 1 / (s (n_features − s)), and sets of
    one size are equally likely: on these sets Shapley values are the best amounts that add up
    (Lundberg and Lee 2017, arXiv:1705.07874). The kernel has no size for a single feature, of
    which the only change is to take it away: it is in none of the sets.
    """
    if n_features == 1:
        return np.zeros((n, 1), dtype=bool)
    sizes = np.arange(1, n_features)
    mass = 1.0 / (sizes * (n_features - sizes))
    size = random.choice(sizes, n, p=mass / mass.sum())
    turn = random.permuted(np.tile(np.arange(n_features), (n, 1)), axis=1)
    return np.asarray(turn < size[:, None])


def _row_of(baseline: Any) -> pd.DataFrame | None:
    """Return a recorded baseline as a row; None for none, and for shares of categories."""
    if not isinstance(baseline, dict):
        return None
    if any(value is None or isinstance(value, dict) for value in baseline.values()):
        return None
    return pd.DataFrame([baseline])
