"""What outputs lose when columns are set to a baseline, for any models."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import numpy as np

from xaigeo.ensemble.members import Scale
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.explainers.base import Block
from xaigeo.explainers.gradients.baselines import Baseline, baseline_point, baseline_row
from xaigeo.explainers.gradients.input_space import NetworkInputs

if TYPE_CHECKING:
    from torch import Tensor

    from xaigeo.ensemble.torch_members import TorchMembers

# Rows asked for in one call; the members cut them further as they need.
ROWS = 65_536


class ColumnRemoval(ABC):
    """Rows of a block with some columns set to a baseline.

    Attributes
    ----------
    block : Block
    scale : {"probability", "logit", "value"}
    explained_value : ndarray, shape (n_seeds, n_instances, n_outputs)
    """

    def __init__(self, block: Block, scale: Scale) -> None:
        self.block = block
        self.scale = scale
        self.explained_value = block.ensemble.outputs_encoded(block.rows, scale=scale)

    @abstractmethod
    def removes(self, masks: np.ndarray) -> np.ndarray:
        """Return whether setting columns to the baseline changes the rows at all.

        `masks` as in `outputs`; the answer has the shape (n_instances, n_masks).
        """

    @abstractmethod
    def outputs(self, masks: np.ndarray, rows: slice) -> np.ndarray:
        """Return outputs, shape (n_seeds, n, n_masks, n_outputs), for the instances at `rows`.

        `masks` are the columns set to the baseline, shape (n_masks, n_features).
        """

    def changes(self, masks: np.ndarray) -> np.ndarray:
        """Return outputs less those with columns removed, as `outputs`, for all instances.

        Exactly 0 where removal leaves a row as it is.
        """
        n_rows = len(self.block.rows)
        parts = [
            self.explained_value[:, start : start + self._rows_at_once(masks), None]
            - self.outputs(masks, slice(start, min(start + self._rows_at_once(masks), n_rows)))
            for start in range(0, n_rows, self._rows_at_once(masks))
        ]
        return np.where(self.removes(masks)[..., None], np.concatenate(parts, axis=1), 0.0)

    def _rows_at_once(self, masks: np.ndarray) -> int:
        ensemble = self.block.ensemble
        answers = 4 * len(ensemble.seeds) * len(ensemble.output_names)
        size = 8 * len(masks) * (answers + 2 * masks.shape[1])
        return int(max(1, min(self.block.max_memory // size, ROWS // len(masks) + 1)))


class RowRemoval(ColumnRemoval):
    """Columns set to those of a baseline row, in original units: for any models."""

    def __init__(self, block: Block, scale: Scale, baseline: Baseline) -> None:
        super().__init__(block, scale)
        self.baseline = removal_row(baseline, block)

    def removes(self, masks: np.ndarray) -> np.ndarray:
        """Compare values with those of the baseline."""
        return _met(self.block.rows != self.baseline, masks)

    def outputs(self, masks: np.ndarray, rows: slice) -> np.ndarray:
        """Ask only for rows that removal changes."""
        own = self.block.rows[rows]
        changed = self.removes(masks)[rows]
        whole = self.explained_value[:, rows, None]
        answer = np.repeat(whole, len(masks), axis=2)
        if changed.any():
            mixed = np.where(masks, self.baseline, own[:, None])[changed]
            answer[:, changed] = self.block.ensemble.outputs_encoded(mixed, scale=self.scale)
        return answer


class InputRemoval(ColumnRemoval):
    """Inputs of columns set to those of a baseline: for torch networks."""

    def __init__(self, block: Block, scale: Scale, baseline: Baseline) -> None:
        from xaigeo.ensemble.input_backpropagation import InputBackpropagation

        super().__init__(block, scale)
        self.members: TorchMembers = torch_inputs(block.ensemble)
        space = NetworkInputs(self.members)
        self.inputs: Tensor = space.points(block.rows)
        self.baseline: Tensor = baseline_point(baseline, space, block.background)
        self.owners = np.repeat(np.arange(len(space.blocks)), _widths(space))
        self.direct = InputBackpropagation.from_network(self.members.network)

    def removes(self, masks: np.ndarray) -> np.ndarray:
        """Compare inputs with those of the baseline."""
        differs = (self.inputs != self.baseline).numpy()
        return _met(differs, masks[:, self.owners])

    def outputs(self, masks: np.ndarray, rows: slice) -> np.ndarray:
        """Add what the removed inputs change in the first layer's sums, where that is known."""
        import torch

        chosen = torch.as_tensor(masks[:, self.owners])
        own = self.inputs[rows]
        with torch.no_grad():
            if self.direct is not None:
                raw = self.direct.replaced(own, self.baseline, chosen)
                outputs = self.members.outputs_of_raw(raw, self.scale)
                return np.asarray(outputs.numpy())
            mixed = torch.where(chosen, self.baseline, own[:, None])
            flat = np.asarray(self._ask(mixed.flatten(0, 1)))
        answer: np.ndarray = flat.reshape(len(flat), len(own), len(masks), -1)
        return answer

    def _ask(self, inputs: Tensor) -> np.ndarray:
        import torch

        width = max(self.members.network.width, inputs.shape[1])
        size = 4 * self.members.n_members * width * inputs.element_size()
        parts = torch.split(inputs, max(1, self.block.max_memory // size))
        each = [self.members.forward_inputs(part, self.scale) for part in parts]
        return torch.cat(each, dim=1).to(torch.float64).numpy()


def column_removal(block: Block, scale: Scale, baseline: Baseline) -> ColumnRemoval:
    """Return the way to remove columns that suits an ensemble."""
    if has_inputs(block.ensemble):
        return InputRemoval(block, scale, baseline)
    return RowRemoval(block, scale, baseline)


def removal_row(baseline: Baseline, block: Block) -> np.ndarray:
    """Return a baseline's encoded row, shape (n_features,)."""
    if baseline == "mean":
        return block.background.location
    return np.asarray(baseline_row(baseline, block.background)[0])


def has_inputs(ensemble: SeedEnsemble) -> bool:
    """Whether the models are torch networks whose inputs belong to single columns."""
    preprocessor = getattr(ensemble.members, "preprocessor", None)
    return preprocessor is not None and preprocessor.blocks is not None


def check_removal(ensemble: SeedEnsemble, baseline: Baseline) -> None:
    """Raise when the baseline is no row that the models can be asked about.

    Raises
    ------
    InputError
    """
    if has_inputs(ensemble):
        return
    if baseline == "zero":
        raise InputError(
            expected="a baseline in original units for models that are no torch networks with "
            "inputs of each column",
            arrived="'zero', which is zero in every input of a network",
            do="Use baseline='median', or a row as dict(X.iloc[0]).",
        )
    if baseline == "mean" and ensemble.schema.discrete.any():
        names = [f.name for f in ensemble.schema.features if f.is_discrete]
        raise InputError(
            expected="a baseline that is a row, for models that cannot read shares of categories",
            arrived=f"'mean', with categories in {', '.join(names)}",
            do="Use baseline='median', which has the commonest category, or a row.",
        )


def torch_inputs(ensemble: SeedEnsemble) -> TorchMembers:
    """Return torch members whose inputs belong to single columns.

    Raises
    ------
    InputError
        For any others, which captum cannot ask.
    """
    from xaigeo.ensemble.torch_members import TorchMembers

    members = ensemble.members
    if not isinstance(members, TorchMembers) or members.preprocessor.blocks is None:
        raise InputError(
            expected="torch networks with inputs of each column for engine='upstream', since "
            "captum asks networks",
            arrived=f"{members.kind} models",
            do="Use engine='batched', which asks any model.",
        )
    return members


def _met(differs: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """Return which rows differ in a column of which mask, shape (n_rows, n_masks)."""
    # A product of numbers: that of rows, masks and columns would fill the memory.
    return np.asarray(differs.astype(np.float32) @ masks.T.astype(np.float32) > 0)


def _widths(space: NetworkInputs) -> list[int]:
    return [block.stop - block.start for block in space.blocks]
