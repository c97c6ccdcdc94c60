"""K modules of any architecture, asked one after another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn


@dataclass(frozen=True, eq=False)
class LoopedNetwork:
    """Modules that share no architecture the stacked forward knows."""

    members: tuple[nn.Module, ...]
    width: int
    engine: str = field(default="looped", init=False)

    @property
    def n_members(self) -> int:
        """Number of modules."""
        return len(self.members)

    def forward(self, inputs: Tensor) -> Tensor:
        """Return outputs (K, n_rows, n_outputs) of inputs (n_rows, d) or (K, n_rows, d)."""
        each = inputs if inputs.ndim == 3 else [inputs] * self.n_members
        return torch.stack([module(x) for module, x in zip(self.members, each, strict=True)])

    def subset(self, places: Sequence[int]) -> LoopedNetwork:
        """Return the modules at these places."""
        return LoopedNetwork(tuple(self.members[place] for place in places), self.width)

    def modules(self) -> list[nn.Module]:
        """Return the modules."""
        return list(self.members)
