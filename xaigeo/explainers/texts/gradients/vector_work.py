"""A block of texts as word vectors, cut into parts that fit in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from xaigeo.ensemble.members import Scale
from xaigeo.ensemble.texts.text_members import TextMembers
from xaigeo.explainers.blocks.block import Block
from xaigeo.explainers.texts.base import members_of
from xaigeo.schema import Matrix
from xaigeo.text.schema import ABSENT

if TYPE_CHECKING:
    from torch import Tensor

# Bytes of activations that are worked on together while memory allows more: what stays in cache.
TOGETHER = 64 * 2**20
# Bytes of gradients that are kept at once while memory allows more, where many are.
KEPT_TOGETHER = 128 * 2**20


@dataclass(frozen=True, eq=False)
class VectorPart:
    """Some models and some texts of a block.

    Attributes
    ----------
    members : TextMembers
    rows : ndarray, shape (n_texts, max_tokens)
    seeds : slice
    texts : ndarray, shape (n_texts,)
        Where the models and the texts stand in the block.
    scale : {"probability", "logit", "value"}
    n_outputs : int
    copies : int
        Texts that may pass through the models at a time.
    """

    members: TextMembers
    rows: Matrix
    seeds: slice
    texts: np.ndarray
    scale: Scale
    n_outputs: int
    copies: int

    @cached_property
    def points(self) -> Tensor:
        """Word vectors, shape (n_members, n_texts, T, d)."""
        return self.members.embed(self.rows).detach()

    @cached_property
    def there(self) -> np.ndarray:
        """Where there is a token, shape (n_texts, T)."""
        width = self.points.shape[2]
        known = np.zeros((len(self.rows), width), dtype=bool)
        own = (self.rows != ABSENT)[:, :width]
        known[:, : own.shape[1]] = own
        return known

    def outputs(self, points: Tensor) -> np.ndarray:
        """Return outputs for word vectors of the texts, shape (n_members, n_texts, n_outputs)."""
        import torch

        with torch.no_grad():
            found = self.members.outputs_of_embedded(points, self.rows, self.scale)
        return np.asarray(found.numpy(), dtype=np.float64)

    def gradients(self, points: Tensor) -> np.ndarray:
        """Return d output / d word vector: one pass back an output, for all models at once.

        Parameters
        ----------
        points : Tensor, shape (n_members, n_texts, n_draws, T, d)
            Several word vectors for each token of each text.

        Returns
        -------
        ndarray, shape (n_outputs, n_members, n_texts, n_draws, T, d)
            float64; 0 where there is no token.
        """
        n_members, n_texts, n_draws = points.shape[:3]
        flat = points.flatten(1, 2)
        rows = np.repeat(self.rows, n_draws, axis=0)
        found = np.empty((self.n_outputs, *flat.shape), dtype=np.float64)
        for start in range(0, len(rows), self.copies):
            part = slice(start, start + self.copies)
            self._pass_back(flat[:, part], rows[part], found[:, :, part])
        whole = found.reshape(self.n_outputs, n_members, n_texts, n_draws, *flat.shape[2:])
        return np.asarray(np.where(self.there[:, None, :, None], whole, 0.0))

    def _pass_back(self, points: Tensor, rows: Matrix, found: np.ndarray) -> None:
        """Write gradients of copies of texts into `found`, (n_outputs, n_members, r, T, d)."""
        import torch

        leaf = points.clone().requires_grad_()
        outputs = self.members.outputs_of_embedded(leaf, rows, self.scale)
        # Probabilities add up to one, so the last one's gradient is known.
        known = self.scale == "probability" and self.n_outputs > 1
        n_passes = self.n_outputs - known
        for c in range(n_passes):
            # The sum over models and texts has their gradients side by side: none looks at another.
            (gradient,) = torch.autograd.grad(
                outputs[..., c].sum(), leaf, retain_graph=c + 1 < n_passes
            )
            found[c] = gradient.numpy()
        if known:
            found[-1] = -found[:-1].sum(axis=0)


class VectorWork:
    """One block of texts, asked in parts of models and texts that stay below `max_memory`.

    Attributes
    ----------
    block : Block
    scale : {"probability", "logit", "value"}
    explained_value : ndarray, shape (n_seeds, n_instances, n_outputs)
    """

    def __init__(self, block: Block, scale: Scale) -> None:
        self.block = block
        self.scale = scale
        self.members = members_of(block)
        self.explained_value = block.ensemble.outputs_encoded(block.rows, scale=scale)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Numbers of models, texts, places of tokens and outputs."""
        n_outputs = self.explained_value.shape[-1]
        return self.members.n_members, *self.block.rows.shape, n_outputs

    def parts(self, *, n_kept: int = 1) -> Iterator[VectorPart]:
        """Yield the parts: of the models, and of the texts for each, the shortest first.

        Parameters
        ----------
        n_kept : int
            Gradients by each word vector that are kept at once.
        """
        n_members, n_texts, _, n_outputs = self.shape
        allowed = self.block.max_memory // 2
        one = self._sizes
        n_seeds = min(n_members, max(1, n_members * allowed // (one.graph + n_kept * one.vectors)))
        copies = max(1, min(TOGETHER, allowed) * n_members // ((one.graph + one.vectors) * n_seeds))
        kept = min(KEPT_TOGETHER, allowed) * n_members // (n_kept * one.vectors * n_seeds)
        together = max(1, min(copies, kept))
        # Texts of similar length, since all of a part are as long as its longest.
        order = np.argsort((self.block.rows != ABSENT).sum(axis=1), kind="stable")
        for seed in range(0, n_members, n_seeds):
            seeds = slice(seed, min(seed + n_seeds, n_members))
            whole = n_seeds == n_members
            members = self.members if whole else self.members.subset(range(n_members)[seeds])
            for start in range(0, n_texts, together):
                texts = order[start : start + together]
                rows = self.block.rows[texts]
                yield VectorPart(members, rows, seeds, texts, self.scale, n_outputs, copies)

    def empty(self, *, tokens: bool = True) -> np.ndarray:
        """Return zeros, (n_seeds, n_instances, max_tokens, n_outputs), or without the tokens."""
        shape = self.shape if tokens else (*self.shape[:2], self.shape[3])
        return np.zeros(shape)

    def put(self, whole: np.ndarray, part: VectorPart, values: np.ndarray) -> None:
        """Write a part's numbers, (n_outputs, n_members, n_texts, T), to their places."""
        width = min(values.shape[-1], whole.shape[2])
        whole[part.seeds, part.texts, :width] = np.moveaxis(values, 0, -1)[:, :, :width]

    @cached_property
    def _sizes(self) -> TextSizes:
        """Sizes of the longest text of the block."""
        lengths = (self.block.rows != ABSENT).sum(axis=1)
        longest = self.block.rows[[int(lengths.argmax())]]
        one, two = (
            kept_bytes(self.members, np.repeat(longest, n, axis=0), self.scale) for n in (1, 2)
        )
        points = self.members.embed(longest)
        least = points.numel() * points.element_size()
        # Gradients by every output, in float64, and what is made of them.
        return TextSizes(max(two - one, least), 4 * 8 * self.shape[3] * points.numel())


@dataclass(frozen=True)
class TextSizes:
    """Bytes of one text in all models: what a pass keeps, and a gradient by its word vectors."""

    graph: int
    vectors: int


def kept_bytes(members: TextMembers, rows: Matrix, scale: Scale) -> int:
    """Return the bytes that a pass through the models keeps for the pass back."""
    import torch

    kept: dict[int, tuple[int, Tensor]] = {}

    def keep(saved: Tensor) -> Tensor:
        storage = saved.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes(), saved  # held, so that no place is used twice
        return saved

    leaf = members.embed(rows).detach().clone().requires_grad_()
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda saved: saved):
        members.outputs_of_embedded(leaf, rows, scale)
    return sum(size for size, _ in kept.values())
