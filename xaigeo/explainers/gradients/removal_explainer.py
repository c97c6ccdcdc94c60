"""What methods that remove columns share."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from xaigeo.ensemble.members import Scale
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.explainers.background import Background
from xaigeo.explainers.base import Arrays, Block, Explainer, resolved_scale
from xaigeo.explainers.gradients.baselines import (
    Baseline,
    check_baseline,
    check_baseline_row,
    describe_baseline,
    plain_baseline,
)
from xaigeo.explainers.gradients.column_removal import (
    ColumnRemoval,
    InputRemoval,
    check_removal,
    column_removal,
    has_inputs,
    torch_inputs,
)
from xaigeo.explainers.gradients.input_space import NetworkInputs
from xaigeo.explanations import Attributions, Explanation
from xaigeo.options import check_option

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True)
class RemovalExplainer(Explainer):
    """Base of the methods that compare an output with the output without some columns."""

    scale: Scale | None = None
    baseline: Baseline = "median"

    result: ClassVar[type[Explanation]] = Attributions
    packages: ClassVar[tuple[str, ...]] = ("captum",)
    block_rows: ClassVar[int] = 50

    def __post_init__(self) -> None:
        if self.scale is not None:
            check_option("scale", self.scale, Scale)
        check_baseline(self.baseline)

    def check(self, ensemble: SeedEnsemble) -> None:
        """Raise when the baseline is no row that the models can be asked about."""
        check_baseline_row(self.baseline, ensemble.schema)
        check_removal(ensemble, self.baseline)

    def parameters(self) -> dict[str, Any]:
        """Return the parameters as a JSON-able dict."""
        return super().parameters() | {"baseline": plain_baseline(self.baseline)}

    def resolved(self, ensemble: SeedEnsemble, background: Background) -> dict[str, Any]:
        """Return the baseline by column, in original units."""
        space = NetworkInputs(torch_inputs(ensemble)) if has_inputs(ensemble) else None
        return {"baseline": describe_baseline(self.baseline, background, space)}

    def removal(self, block: Block) -> ColumnRemoval:
        """Return the way to remove columns of a block."""
        return column_removal(block, resolved_scale(self.scale, block.ensemble), self.baseline)

    def explain_upstream(self, block: Block) -> Arrays:
        """Call captum for every model and output."""
        torch_inputs(block.ensemble)
        removal = self.removal(block)
        assert isinstance(removal, InputRemoval)  # they have inputs of each column
        members = removal.members
        answers = [
            [
                np.asarray(self.captum(removal, members.output_module(place, removal.scale), c))
                for c in range(members.n_outputs)
            ]
            for place in range(members.n_members)
        ]
        # Not the rounding of an output less itself.
        moved = self.moved(removal)[..., None]
        found = np.moveaxis(np.array(answers, dtype=np.float64), 1, -1)
        return {
            "attribution": np.where(moved, found, 0.0),
            "explained_value": removal.explained_value,
        }

    def moved(self, removal: ColumnRemoval) -> np.ndarray:
        """Return which attributions removal has a part in, shape (n_instances, n_features)."""
        return removal.removes(self.masks(removal.block.ensemble))

    @abstractmethod
    def masks(self, ensemble: SeedEnsemble) -> np.ndarray:
        """Return the columns that are removed together, shape (n_masks, n_features)."""

    @abstractmethod
    def captum(self, removal: InputRemoval, module: nn.Module, output: int) -> Any:
        """Return captum's attributions of one model and output, (n_instances, n_features)."""
