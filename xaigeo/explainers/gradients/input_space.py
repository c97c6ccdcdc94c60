"""Where gradients are taken: the inputs of the networks, or the outputs of a layer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from xaigeo.ensemble.members import Scale
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.explainers.gradients.input_gradients import GradientPasses, torch_members
from xaigeo.schema import Matrix

if TYPE_CHECKING:
    from torch import Tensor, nn

    from xaigeo.ensemble.torch_members import TorchMembers

# Rows whose points are made at once where only their mean is wanted.
ROWS = 2048


class InputSpace(ABC):
    """Points through which every path from columns to outputs is smooth.

    A point is a row as the networks see it at one place: at their inputs, where points are
    shared by the seeds, shape (n_rows, d), or at the outputs of a layer, where every seed has
    its own, shape (n_seeds, n_rows, d).

    Attributes
    ----------
    members : TorchMembers
    blocks : tuple of slice
        Numbers of each column in a point.
    numeric : ndarray of bool, shape (n_features,)
        Columns whose one number in a point is ``(value - location) / scale``.
    """

    def __init__(self, members: TorchMembers, blocks: Sequence[slice], numeric: np.ndarray) -> None:
        self.members = members
        self.blocks = tuple(blocks)
        self.numeric = numeric

    @abstractmethod
    def points(self, rows: Matrix) -> Tensor:
        """Return the points of encoded rows."""

    @abstractmethod
    def raw_module(self, place: int) -> nn.Module:
        """Return one member from its points (n_rows, d) to its raw outputs."""

    @abstractmethod
    def module(self, place: int, scale: Scale) -> nn.Module:
        """Return one member from its points (n_rows, d) to outputs (n_rows, n_outputs)."""

    @abstractmethod
    def passes(self, scale: Scale, max_memory: int) -> GradientPasses:
        """Return the way to the derivatives of all members at once."""

    def mean_point(self, rows: Matrix) -> Tensor:
        """Return the mean of the points of rows, shape (1, d) or (n_seeds, 1, d), float64.

        Exactly their number where all points have one.
        """
        return _mean(self.points(rows[start : start + ROWS]) for start in _starts(rows))

    def spread(self, rows: Matrix) -> Tensor:
        """Return the population standard deviation of the points, shaped as the mean.

        Exactly 0 where all points have one number.
        """
        import torch

        mean, first = self.mean_point(rows), self.points(rows[:1])
        varies = torch.zeros_like(mean, dtype=torch.bool)
        squares = torch.zeros_like(mean)
        for start in _starts(rows):
            points = self.points(rows[start : start + ROWS])
            varies |= (points != first).any(dim=-2, keepdim=True)
            squares += (points.to(torch.float64) - mean).square().sum(dim=-2, keepdim=True)
        return torch.where(varies, (squares / len(rows)).sqrt(), 0.0)


class NetworkInputs(InputSpace):
    """The networks' own inputs: standardised numbers, one-hot categories."""

    def __init__(self, members: TorchMembers) -> None:
        preprocessor = members.preprocessor
        numeric = np.array([b.stop - b.start == 1 for b in preprocessor.blocks])
        super().__init__(members, preprocessor.blocks, numeric)

    def points(self, rows: Matrix) -> Tensor:
        """Return the inputs of encoded rows, shape (n_rows, n_inputs)."""
        return self.members.inputs(rows)

    def raw_module(self, place: int) -> nn.Module:
        """Return one member."""
        return self.members.modules[place]

    def module(self, place: int, scale: Scale) -> nn.Module:
        """Return one member with the outputs that are explained."""
        return self.members.output_module(place, scale)

    def passes(self, scale: Scale, max_memory: int) -> GradientPasses:
        """Return the hand-written derivatives where all layers have them, or autograd's."""
        from xaigeo.explainers.gradients.input_gradients import DirectPasses, GraphPasses

        direct = DirectPasses.of(self.members, scale)
        return direct or GraphPasses(self.members, scale, self.raw_module, None, max_memory)


def _starts(rows: Matrix) -> range:
    return range(0, len(rows), ROWS)


def _mean(parts: Iterable[Tensor]) -> Tensor:
    import torch

    sums, ends, n_rows = [], [], 0
    for points in parts:
        exact = points.to(torch.float64)
        sums.append(exact.sum(dim=-2, keepdim=True))
        ends += [exact.amin(dim=-2, keepdim=True), exact.amax(dim=-2, keepdim=True)]
        n_rows += points.shape[-2]
    low, high = torch.stack(ends).amin(dim=0), torch.stack(ends).amax(dim=0)
    return torch.where(low == high, low, torch.stack(sums).sum(dim=0) / n_rows)


def input_space(ensemble: SeedEnsemble, method: str, layer: str | None) -> InputSpace:
    """Return where a method takes the gradients of an ensemble.

    Raises
    ------
    InputError
        If the members are no torch networks, their preprocessing mixes columns, categories
        pass through embeddings and no layer is named, or the layer does not fit the columns.
    """
    members = torch_members(ensemble, method)
    if layer is not None:
        from xaigeo.explainers.gradients.layer_space import LayerOutputs

        return LayerOutputs(members, ensemble.schema, layer)
    embeddings = _embeddings(members)
    if embeddings:
        raise InputError(
            expected=f"layer=..., the layer at which {method} takes gradients, for networks "
            "that look categories up in embeddings and have no gradient by their codes",
            arrived=f"none, with embeddings at {', '.join(map(repr, embeddings))}",
            do=f"Pass layer={embeddings[0].rpartition('.')[0] or embeddings[0]!r}, or the module "
            "that holds all embeddings.",
        )
    return NetworkInputs(members)


def _embeddings(members: TorchMembers) -> list[str]:
    from torch import nn

    kinds = (nn.Embedding, nn.EmbeddingBag)
    return [name for name, part in members.modules[0].named_modules() if isinstance(part, kinds)]
