"""From raw outputs of networks to the outputs that are explained, and its derivative."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
from torch import Tensor

from xaigeo.ensemble.members import Scale

if TYPE_CHECKING:
    from xaigeo.ensemble.torch_members import TorchMembers

# Nodes of the mean of softmax's derivative between two rows.
SOFTMAX_NODES = 32


@dataclass(frozen=True)
class OutputHead:
    """The last step of every network, where a few passes back may serve all outputs.

    Raw outputs have shape (K, r, n_raw). A pass back starts from `seeds`, shape
    (K, n_passes, r, n_raw), the derivative of some outputs by the raw ones; `expand` makes all
    outputs of the passes. Of a logit z only one pass is needed for (-z, z), and of softmax
    probabilities, which add up to one, one fewer than there are.

    Attributes
    ----------
    kind : {"affine", "pair", "sigmoid", "softmax"}
    n_outputs, n_passes : int
    factor : float or ndarray, shape (n_outputs,)
        Scale of a regression target.
    """

    kind: Literal["affine", "pair", "sigmoid", "softmax"]
    n_outputs: int
    n_passes: int
    factor: float | np.ndarray = 1.0

    @classmethod
    def from_members(cls, members: TorchMembers, scale: Scale) -> OutputHead:
        """Return the head of an ensemble on a scale."""
        n = members.n_outputs
        if members.task == "regression":
            return cls("affine", n, n, members.target_scale)
        if members.single_logit:
            return cls("sigmoid" if scale == "probability" else "pair", n, 1)
        if scale == "probability":
            return cls("softmax", n, n - 1)
        return cls("affine", n, n)

    def seeds(self, raw: Tensor) -> Tensor | None:
        """Return where passes back start, or None where that is the raw outputs themselves."""
        if self.kind == "sigmoid":
            p = torch.sigmoid(raw)
            return (p * (1 - p))[:, None]
        if self.kind == "softmax":
            return self._softmax_slopes(torch.softmax(raw, dim=-1))
        return None

    def seeds_between(
        self, raw: Tensor, other: Tensor, smallest: float, at_reference: bool
    ) -> Tensor | None:
        """Return DeepLIFT's multipliers of outputs by raw outputs, shaped as `seeds`.

        A sigmoid has Rescale's ratio. Softmax mixes raw outputs, so a ratio for each is not
        defined: its multipliers are the mean derivative on the straight way between the two
        raw outputs. It is complete, gives nothing to what moves all raw outputs alike, and is
        Rescale's ratio for two classes.
        """
        if self.kind == "sigmoid":
            p, q, gap = torch.sigmoid(raw), torch.sigmoid(other), raw - other
            place = q if at_reference else p
            near = gap.abs() < smallest
            return torch.where(near, place * (1 - place), (p - q) / gap)[:, None]
        if self.kind == "softmax":
            nodes, weights = np.polynomial.legendre.leggauss(SOFTMAX_NODES)
            total = raw.new_zeros((len(raw), self.n_passes, *raw.shape[1:]))
            for node, weight in zip((1 + nodes) / 2, weights / 2, strict=True):
                p = torch.softmax(other + float(node) * (raw - other), dim=-1)
                total += float(weight) * self._softmax_slopes(p)
            return total
        return None

    def expand(self, passes: Tensor) -> Tensor:
        """Return the derivatives of all outputs, (K, n_outputs, r, d), of those of the passes."""
        if self.kind == "affine":
            if np.all(np.equal(self.factor, 1.0)):
                return passes
            # Several targets have a scale each, along the second axis.
            factor = torch.as_tensor(self.factor, dtype=passes.dtype)
            return passes * factor.reshape(-1, 1, 1)
        if self.kind == "softmax":
            return torch.cat([passes, -passes.sum(dim=1, keepdim=True)], dim=1)
        return torch.cat([-passes, passes], dim=1)

    def _softmax_slopes(self, p: Tensor) -> Tensor:
        # d p_c / d raw_k = p_c (1[c = k] - p_k) for all c but the last.
        own = p[..., : self.n_passes].movedim(-1, 1)[..., None]
        unit = torch.eye(self.n_outputs, dtype=p.dtype)[: self.n_passes, None]
        return own * (unit - p[:, None])
