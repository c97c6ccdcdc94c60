"""What outputs lose when columns are occluded."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.explainers.base import Arrays, Block
from xaigeo.explainers.catalogue import EXPLAINERS
from xaigeo.explainers.gradients.column_removal import ColumnRemoval, InputRemoval
from xaigeo.explainers.gradients.removal_explainer import RemovalExplainer
from xaigeo.options import check_count

if TYPE_CHECKING:
    from torch import Tensor, nn


@EXPLAINERS.register("occlusion")
@dataclass(frozen=True, kw_only=True)
class OcclusionExplainer(RemovalExplainer):
    """The output less the output with a column set to a baseline.

    A categorical column is occluded as a whole, whatever inputs it has. With a `window` of
    several columns, neighbours in the schema are occluded together, and a column's attribution
    is the mean over the windows that cover it; this has a meaning where the order of columns
    has one, as in a spectrum or a series. Attributions do not add up to the output; they are
    exactly 0 where occlusion leaves the row as it is. Any models can be explained: only outputs
    are needed.

    Parameters
    ----------
    window : int
        Columns occluded together.
    stride : int
        Columns from one window to the next, at most `window`.
    baseline : {"median", "mean", "zero"} or mapping
        The background's "median", with the commonest category; its "mean", with categories in
        their shares (networks only, or no categories); "zero" in every input (networks only); or
        a row as a mapping from each column to its value. In original units it is recorded as
        ``provenance["resolved"]["baseline"]``.
    scale : {"probability", "logit", "value"}, optional
        The outputs that are explained; the ensemble's default unless given.

    Notes
    -----
    Zeiler and Fergus (2014), arXiv:1311.2901, as in captum's ``Occlusion``.
    """

    window: int = 1
    stride: int = 1

    name: ClassVar[str] = "occlusion"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_count("window", self.window)
        check_count("stride", self.stride)
        if self.stride > self.window:
            raise InputError(
                expected=f"stride to be at most the window of {self.window}, so that every "
                "column is covered",
                arrived=repr(self.stride),
                do="Widen the window or shorten the stride.",
            )

    def check(self, ensemble: SeedEnsemble) -> None:
        """Raise when there are fewer columns than the window has, or no such baseline."""
        super().check(ensemble)
        if self.window > ensemble.schema.n_features:
            raise InputError(
                expected=f"window to be at most the number of columns, "
                f"{ensemble.schema.n_features}",
                arrived=repr(self.window),
                do="Choose a narrower window.",
            )

    def masks(self, ensemble: SeedEnsemble) -> np.ndarray:
        """Return the columns of each window, shape (n_windows, n_features)."""
        n = ensemble.schema.n_features
        starts = self.stride * np.arange(math.ceil((n - self.window) / self.stride) + 1)[:, None]
        places = np.arange(n)
        return np.asarray((starts <= places) & (places < starts + self.window))

    def moved(self, removal: ColumnRemoval) -> np.ndarray:
        """Return which columns lie in a window whose occlusion changes the row."""
        masks = self.masks(removal.block.ensemble)
        return np.asarray(super().moved(removal) @ masks)

    def explain_batched(self, block: Block) -> Arrays:
        """Ask all seeds about all windows at once."""
        removal = self.removal(block)
        masks = self.masks(block.ensemble)
        changes = removal.changes(masks)
        if self.window > 1:
            covered = masks / masks.sum(axis=0)
            changes = np.einsum("mf,knmc->knfc", covered, changes)
        return {"attribution": changes, "explained_value": removal.explained_value}

    def captum(self, removal: InputRemoval, module: nn.Module, output: int) -> Any:
        """Return captum's answer over columns that are there (1) or not (0)."""
        import torch
        from captum.attr import Occlusion

        owners = torch.as_tensor(removal.owners)
        there = torch.ones((len(removal.inputs), int(owners.max()) + 1), dtype=torch.float64)

        def forward(there: Tensor, inputs: Tensor) -> Any:
            return module(torch.where(there[:, owners] > 0, inputs, removal.baseline))

        return Occlusion(forward).attribute(
            there,
            sliding_window_shapes=(self.window,),
            strides=(self.stride,),
            baselines=0.0,
            target=output,
            additional_forward_args=(removal.inputs,),
        )
