"""Dropout with a random stream of its own for every seed."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


class DropoutNoise:
    """Masks drawn from one generator a seed, in the order of the forward pass.

    A plain loop that calls ``torch.manual_seed(seed)`` once and then trains an ordinary module
    draws the same masks, so a seed's dropout does not depend on the seeds beside it.
    """

    def __init__(self, seeds: Sequence[int]) -> None:
        self.generators = [torch.Generator().manual_seed(int(seed)) for seed in seeds]

    def apply(self, x: Tensor, p: float) -> Tensor:
        """Return x, shape (n_seeds, n_rows, ...), with a share p of entries dropped."""
        return x * self.mask(x.shape[1:], p, x.dtype)

    def mask(self, shape: Sequence[int], p: float, dtype: torch.dtype) -> Tensor:
        """Return factors 0 or 1 / (1 - p), shape (n_seeds, *shape)."""
        mask = torch.empty((len(self.generators), *shape), dtype=dtype)
        if p >= 1.0:
            return mask.zero_()
        for row, generator in zip(mask, self.generators, strict=True):
            row.bernoulli_(1.0 - p, generator=generator)
        return mask.div_(1.0 - p)

    def keep(self, places: Sequence[int]) -> None:
        """Go on with the seeds at these places only."""
        self.generators = [self.generators[place] for place in places]
