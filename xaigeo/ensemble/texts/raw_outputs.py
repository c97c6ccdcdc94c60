"""From the raw numbers of text networks to the outputs that are explained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from xaigeo.ensemble.members import Scale, Task


@dataclass(frozen=True, eq=False, kw_only=True)
class RawOutputs:
    """How raw outputs are read.

    Attributes
    ----------
    task : {"classification", "regression"}
    single_logit : bool
        Whether a classifier gives one logit z, read as the two logits (-z, z).
    location, scale : float or ndarray, shape (n_targets,)
        Shift and scale that turn raw outputs into regression values.
    """

    task: Task
    single_logit: bool = False
    location: float | np.ndarray = 0.0
    scale: float | np.ndarray = 1.0

    def finished(self, raw: Tensor, scale: Scale) -> Tensor:
        """Return float64 outputs, (..., n_outputs), of raw ones, with gradients."""
        raw = raw.to(torch.float64)
        if self.task == "regression":
            return raw * torch.as_tensor(self.scale) + torch.as_tensor(self.location)
        logits = torch.cat([-raw, raw], dim=-1) if self.single_logit else raw
        if scale != "probability":
            return logits
        # A single logit z is reported as (-z, z), whose softmax would be sigmoid(2z).
        return torch.sigmoid(logits) if self.single_logit else torch.softmax(logits, dim=-1)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-able description."""
        return {
            "single_logit": self.single_logit,
            "target_location": np.asarray(self.location).tolist(),
            "target_scale": np.asarray(self.scale).tolist(),
        }

    @classmethod
    def from_dict(cls, description: dict[str, Any], task: Task) -> RawOutputs:
        """Build what `to_dict` described."""
        location, scale = description["target_location"], description["target_scale"]
        return cls(
            task=task,
            single_logit=bool(description["single_logit"]),
            location=np.array(location) if isinstance(location, list) else location,
            scale=np.array(scale) if isinstance(scale, list) else scale,
        )
