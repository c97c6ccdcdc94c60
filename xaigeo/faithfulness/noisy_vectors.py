"""Text models that read the words of some texts from slightly other vectors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from xaigeo.ensemble.members import Scale
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.ensemble.texts.text_members import AttentionMaps, TextMembers
from xaigeo.errors import InputError
from xaigeo.explainers.blocks.streams import instance_seed
from xaigeo.explainers.texts.gradients.vector_baselines import background_vectors, vectors_of
from xaigeo.faithfulness.near_words import PERTURBED
from xaigeo.faithfulness.subject import Subject
from xaigeo.schema import Matrix
from xaigeo.text.schema import ABSENT, TextSchema

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, eq=False)
class NoisyVectors:
    """`TextMembers` whose word vectors of known texts are moved; all else is the models' own.

    Attributes
    ----------
    own : TextMembers
    reach : ndarray, shape (n_members, 1, d)
        The largest move of each number of a vector.
    moves : mapping of bytes to ndarray, shape (n_tokens, d)
        Of each known text, by its row, in reaches and the same for all models.
    """

    own: TextMembers
    reach: np.ndarray
    moves: Mapping[bytes, np.ndarray]

    kind = "text"

    @property
    def n_members(self) -> int:
        """Number of models."""
        return self.own.n_members

    @property
    def has_logits(self) -> bool:
        """Whether the models tell logits."""
        return self.own.has_logits

    @property
    def schema(self) -> TextSchema:
        """What a text is to the models."""
        return self.own.schema

    @property
    def modules(self) -> list[Any]:
        """The plain modules."""
        return self.own.modules

    def embed(self, rows: Matrix) -> Tensor:
        """Return word vectors, those of known texts moved, shape (n_members, n_texts, T, d)."""
        import torch

        vectors = self.own.embed(rows).clone()
        for place, row in enumerate(rows):
            move = self.moves.get(row.tobytes())
            if move is not None:
                moved = torch.as_tensor(move[None] * self.reach)
                vectors[:, place, : len(move)] += moved.to(vectors.dtype)
        return vectors

    def subset(self, places: Sequence[int]) -> NoisyVectors:
        """Return the members at these places."""
        return NoisyVectors(self.own.subset(places), self.reach[list(places)], self.moves)

    def values(self, rows: Matrix, scale: Scale) -> np.ndarray:
        """Return the models' own outputs."""
        return self.own.values(rows, scale)

    def member_values(self, place: int, rows: Matrix, scale: Scale) -> np.ndarray:
        """Return one model's own outputs."""
        return self.own.member_values(place, rows, scale)

    def outputs_of_embedded(self, embedded: Tensor, rows: Matrix, scale: Scale) -> Tensor:
        """Return outputs for given word vectors."""
        return self.own.outputs_of_embedded(embedded, rows, scale)

    def attention(self, rows: Matrix) -> AttentionMaps:
        """Return the models' own attention."""
        return self.own.attention(rows)

    def outputs_with_attention(self, rows: Matrix, weights: np.ndarray, scale: Scale) -> np.ndarray:
        """Return outputs under other attention."""
        return self.own.outputs_with_attention(rows, weights, scale)


def noisy_ensembles(
    subject: Subject, radius: float, n_samples: int, random_state: int
) -> Iterator[SeedEnsemble]:
    """Yield the models with other moves of the explained texts' word vectors.

    Each number of each token's vector moves by a uniform draw from ±`radius` standard deviations of
    that number over the background's tokens, model by model; the draws are those of all seeds and
    follow from the text alone. Lengths of a seed's vectors so do not matter.

    Raises
    ------
    InputError
        For a background of a single word, whose vectors do not vary.
    """
    members = cast(TextMembers, subject.ensemble.members)
    spread = background_vectors(members, subject.background.rows)[1]
    reach = radius * np.asarray(spread.numpy(), dtype=np.float64)[:, 0]
    if not reach.any():
        raise InputError(
            expected="background texts with at least two different words, whose vectors vary",
            arrived="a single word",
            do="Explain with background=train_texts, the texts that stand for the data.",
        )
    width = vectors_of(members, subject.rows[0, :1]).shape[-1]
    generators = []
    for identity in subject.identities:
        key = instance_seed(random_state, identity).spawn_key
        seed = np.random.SeedSequence(random_state, spawn_key=(*key, PERTURBED))
        generators.append(np.random.default_rng(seed))
    for _ in range(n_samples):
        moves = {
            row.tobytes(): random.uniform(-1, 1, (int((row != ABSENT).sum()), width))
            for row, random in zip(subject.rows, generators, strict=True)
        }
        yield replace(subject.ensemble, members=cast("Any", NoisyVectors(members, reach, moves)))
