"""What outputs lose when columns, or groups of columns, are ablated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.explainers.base import Arrays, Block
from xaigeo.explainers.catalogue import EXPLAINERS
from xaigeo.explainers.gradients.column_removal import InputRemoval
from xaigeo.explainers.gradients.removal_explainer import RemovalExplainer
from xaigeo.explainers.shapley.players import Groups, Players, check_groups
from xaigeo.schema import FeatureSchema, Matrix

if TYPE_CHECKING:
    from torch import nn


@EXPLAINERS.register("feature_ablation")
@dataclass(frozen=True, kw_only=True)
class FeatureAblationExplainer(RemovalExplainer):
    """The output less the output with a column, or a group of columns, set to a baseline.

    The columns of a group are ablated together and shown as one, with the group's name.
    Attributions do not add up to the output; they are exactly 0 where ablation leaves the row as
    it is. Any models can be explained: only outputs are needed.

    Parameters
    ----------
    groups : mapping of str to sequence of str, optional
        Columns by name of the group that they form, such as a one-hot block made elsewhere. A
        column that no group names stands for itself.
    baseline : {"median", "mean", "zero"} or mapping
        The background's "median", with the commonest category; its "mean", with categories in
        their shares (networks only, or no categories); "zero" in every input (networks only); or
        a row as a mapping from each column to its value. In original units it is recorded as
        ``provenance["resolved"]["baseline"]``.
    scale : {"probability", "logit", "value"}, optional
        The outputs that are explained; the ensemble's default unless given.

    Notes
    -----
    As captum's ``FeatureAblation`` with a `feature_mask` of the groups.
    """

    groups: Groups | None = None

    name: ClassVar[str] = "feature_ablation"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_groups(self.groups)

    def check(self, ensemble: SeedEnsemble) -> None:
        """Raise for groups of unknown columns, or a baseline that is no row."""
        super().check(ensemble)
        Players.of(ensemble.schema, self.groups)

    def parameters(self) -> dict[str, Any]:
        """Return the parameters as a JSON-able dict."""
        groups = self.groups and {name: list(columns) for name, columns in self.groups.items()}
        return super().parameters() | {"groups": groups}

    def shown(
        self, schema: FeatureSchema, rows: Matrix, background: Matrix
    ) -> tuple[FeatureSchema, Matrix, Matrix]:
        """Return schema and rows with one column a group."""
        return Players.of(schema, self.groups).shown(rows, background)

    def masks(self, ensemble: SeedEnsemble) -> np.ndarray:
        """Return the columns of each group, shape (n_groups, n_features)."""
        players = Players.of(ensemble.schema, self.groups)
        return np.asarray(players.owners == np.arange(len(players))[:, None])

    def explain_batched(self, block: Block) -> Arrays:
        """Ask all seeds about all groups at once."""
        removal = self.removal(block)
        return {
            "attribution": removal.changes(self.masks(block.ensemble)),
            "explained_value": removal.explained_value,
        }

    def captum(self, removal: InputRemoval, module: nn.Module, output: int) -> Any:
        """Return captum's answer for the first input of each group; all of one are alike."""
        import torch
        from captum.attr import FeatureAblation

        players = Players.of(removal.block.ensemble.schema, self.groups)
        owners = players.owners[removal.owners]
        answer = FeatureAblation(module).attribute(
            removal.inputs,
            baselines=removal.baseline,
            target=output,
            feature_mask=torch.as_tensor(owners)[None],
        )
        return answer[:, [int(np.argmax(owners == place)) for place in range(len(players))]]
