"""From raw outputs of networks to the few numbers whose means give the mean outputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
from torch import Tensor

from xaigeo.ensemble.members import Scale

if TYPE_CHECKING:
    from xaigeo.ensemble.torch_members import TorchMembers


@dataclass(frozen=True, eq=False)
class MeanHead:
    """What is averaged over rows, and what its mean says.

    Logits and values are averaged as they are, `identity`. Of two probabilities one is enough,
    `sigmoid` of the lone logit or of the difference of two.

    Attributes
    ----------
    members : TorchMembers
    kind : {"identity", "sigmoid", "softmax"}
    n_raw : int
        Numbers that a network gives of a row.
    n_sums : int
        Numbers that are averaged.
    """

    members: TorchMembers
    kind: Literal["identity", "sigmoid", "softmax"]
    n_raw: int
    n_sums: int

    @classmethod
    def of(cls, members: TorchMembers, scale: Scale) -> MeanHead:
        """Return the head of an ensemble on a scale."""
        n_raw = 1 if members.single_logit else members.n_outputs
        if scale != "probability" or members.task == "regression":
            return cls(members, "identity", n_raw, n_raw)
        if n_raw <= 2:
            return cls(members, "sigmoid", n_raw, 1)
        return cls(members, "softmax", n_raw, n_raw)

    @property
    def takes_difference(self) -> bool:
        """Whether two raw outputs become one."""
        return self.n_raw > self.n_sums

    def numbers(self, raw: Tensor) -> Tensor:
        """Return what is averaged, in float64, (n_sums, n_rows), of raw outputs (n_raw, n_rows)."""
        raw = raw.to(torch.float64)
        if self.takes_difference:
            raw = raw[1:] - raw[:1]
        if self.kind == "sigmoid":
            return torch.sigmoid(raw)
        return torch.softmax(raw, dim=0) if self.kind == "softmax" else raw

    def outputs(self, means: np.ndarray) -> np.ndarray:
        """Return mean outputs as the members give outputs, (..., n_outputs), of (..., n_sums)."""
        if self.kind == "sigmoid":
            return np.concatenate([1.0 - means, means], axis=-1)
        if self.kind == "softmax":  # sums of float32 shares are not quite one
            return np.asarray(means / means.sum(axis=-1, keepdims=True))
        if self.members.task == "regression":
            factor, shift = self.members.target_scale, self.members.target_location
            return np.asarray(means * np.asarray(factor) + np.asarray(shift))
        return np.concatenate([-means, means], axis=-1) if self.members.single_logit else means
