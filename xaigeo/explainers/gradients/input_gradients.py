"""Derivatives of every member's outputs by its points, by hand or by autograd."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from xaigeo.ensemble.members import Scale
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError

if TYPE_CHECKING:
    from torch import Tensor, nn

    from xaigeo.ensemble.input_backpropagation import InputBackpropagation
    from xaigeo.ensemble.output_head import OutputHead
    from xaigeo.ensemble.torch_members import TorchMembers

# Bytes that the activations of one pass of autograd may take.
MEMORY_LIMIT = 64 * 2**20


def torch_members(ensemble: SeedEnsemble, method: str) -> TorchMembers:
    """Return the ensemble's torch members, whose inputs belong to single columns.

    Raises
    ------
    InputError
        If the members are no torch networks, or their preprocessing mixes columns.
    """
    from xaigeo.ensemble.torch_members import TorchMembers

    members = ensemble.members
    if not isinstance(members, TorchMembers):
        raise InputError(
            expected=f"an ensemble of torch networks for {method}, which needs their gradients",
            arrived=f"{members.kind} models",
            do="Choose a method that needs outputs only, such as 'kernel_shap' or 'lime'.",
        )
    preprocessor = members.preprocessor
    if preprocessor.blocks is None or preprocessor.scale is None:
        raise InputError(
            expected=f"preprocessing for {method} that gives each column inputs of its own, "
            "standardised or one-hot",
            arrived=f"{type(preprocessor).__name__}, which does not say so",
            do="Choose a method that needs outputs only, such as 'kernel_shap' or 'lime'.",
        )
    return members


class GradientPasses(Protocol):
    """Derivatives of all members; points have shape (n_rows, d) or (n_seeds, n_rows, d).

    Answers are float64 of shape (n_seeds, n_rows, d, n_outputs).
    """

    def outputs(self, points: Tensor) -> np.ndarray:
        """Return the outputs, shape (n_seeds, n_rows, n_outputs)."""
        ...

    def gradients(self, points: Tensor) -> np.ndarray:
        """Return d output / d point."""
        ...

    def path_gradients(self, points: Tensor, baseline: Tensor, n_steps: int) -> np.ndarray:
        """Return gradients averaged on the straight way from a baseline to each point.

        The mean is Gauss and Legendre's rule with `n_steps` nodes; `baseline` has one row.
        """
        ...

    def multipliers(
        self, points: Tensor, references: Tensor, *, smallest: float, at_reference: bool
    ) -> np.ndarray:
        """Return DeepLIFT's multipliers of pairs, shape (n_seeds, n_rows * b, d, n_outputs).

        See `InputBackpropagation.multipliers`.
        """
        ...


@dataclass(frozen=True, eq=False)
class DirectPasses:
    """Hand-written derivatives of stacked networks."""

    members: TorchMembers
    network: InputBackpropagation
    head: OutputHead
    scale: Scale

    @classmethod
    def of(cls, members: TorchMembers, scale: Scale) -> DirectPasses | None:
        """Return None where a layer's derivative is not known."""
        from xaigeo.ensemble.input_backpropagation import InputBackpropagation
        from xaigeo.ensemble.output_head import OutputHead

        network = InputBackpropagation.from_network(members.network)
        if network is None:
            return None
        return cls(members, network, OutputHead.from_members(members, scale), scale)

    def outputs(self, points: Tensor) -> np.ndarray:
        """Return the outputs, shape (n_seeds, n_rows, n_outputs)."""
        import torch

        with torch.no_grad():
            return _float64(self.members.forward_inputs(points, self.scale))

    def gradients(self, points: Tensor) -> np.ndarray:
        """Return d output / d point."""
        return _outputs_last(self.network.gradients(points, self.head))

    def path_gradients(self, points: Tensor, baseline: Tensor, n_steps: int) -> np.ndarray:
        """Return gradients averaged on the straight way from a baseline to each point."""
        nodes, weights = unit_nodes(n_steps)
        means = self.network.path_means(
            points, baseline, self.head, nodes.tolist(), weights.tolist()
        )
        return _outputs_last(means)

    def multipliers(
        self, points: Tensor, references: Tensor, *, smallest: float, at_reference: bool
    ) -> np.ndarray:
        """Return DeepLIFT's multipliers of pairs."""
        found = self.network.multipliers(
            points, references, self.head, smallest=smallest, at_reference=at_reference
        )
        return _outputs_last(found)


@dataclass(frozen=True, eq=False)
class GraphPasses:
    """Derivatives of any modules by torch's autograd.

    Attributes
    ----------
    members : TorchMembers
    scale : {"probability", "logit", "value"}
    raw_module : callable
        Gives the member at a place, from points to raw outputs.
    forward : callable, optional
        Outputs of all members for points (n_seeds, n_rows, d); the members' own stacked forward
        where points are their inputs.
    max_memory : int
        Bytes.
    """

    members: TorchMembers
    scale: Scale
    raw_module: Callable[[int], nn.Module]
    forward: Callable[[Tensor, Scale], Tensor] | None
    max_memory: int

    def outputs(self, points: Tensor) -> np.ndarray:
        """Return the outputs, shape (n_seeds, n_rows, n_outputs)."""
        import torch

        with torch.no_grad():
            return _float64(self._forward(self._of_each(points)))

    def gradients(self, points: Tensor) -> np.ndarray:
        """Return d output / d point: one stacked pass back an output.

        Each member gets points of its own; the sum over members and rows then has their
        gradients side by side, since no row or member looks at another.
        """
        import torch

        n_rows, d = points.shape[-2:]
        members = self.members
        gradients = np.empty((members.n_members, n_rows, d, members.n_outputs))
        step = self._rows_at_once(d)
        for start in range(0, n_rows, step):
            part = slice(start, start + step)
            leaf = self._of_each(points[..., part, :]).clone().requires_grad_()
            outputs = self._forward(leaf)
            for c in range(members.n_outputs):
                (gradient,) = torch.autograd.grad(outputs[..., c].sum(), leaf, retain_graph=True)
                gradients[:, part, :, c] = gradient.numpy()
        return gradients

    def path_gradients(self, points: Tensor, baseline: Tensor, n_steps: int) -> np.ndarray:
        """Return gradients averaged on the straight way from a baseline to each point."""
        nodes, weights = unit_nodes(n_steps)
        n_rows, d = points.shape[-2:]
        total = np.zeros((self.members.n_members, n_rows, d, self.members.n_outputs))
        for node, weight in zip(nodes, weights, strict=True):
            total += weight * self.gradients(baseline + float(node) * (points - baseline))
        return total

    def multipliers(
        self, points: Tensor, references: Tensor, *, smallest: float, at_reference: bool
    ) -> np.ndarray:
        """Return DeepLIFT's multipliers of pairs, member by member."""
        import torch

        from xaigeo.ensemble.output_head import OutputHead
        from xaigeo.explainers.gradients.rescale import rescale_multipliers

        head = OutputHead.from_members(self.members, self.scale)
        found = []
        for place in range(self.members.n_members):
            own = points if points.ndim == 2 else points[place]
            other = references if references.ndim == 2 else references[place]
            pairs = own.repeat_interleave(len(other), dim=0), other.repeat(len(own), 1)
            raw = rescale_multipliers(
                self.raw_module(place), *pairs, smallest=smallest, at_reference=at_reference
            )
            found.append(head_multipliers(head, raw, smallest=smallest, at_reference=at_reference))
        return _outputs_last(torch.cat(found))

    def _forward(self, points: Tensor) -> Tensor:
        if self.forward is not None:
            return self.forward(points, self.scale)
        return self.members.forward_inputs(points, self.scale)

    def _of_each(self, points: Tensor) -> Tensor:
        return points if points.ndim == 3 else points.expand(self.members.n_members, -1, -1)

    def _rows_at_once(self, d: int) -> int:
        width = max(self.members.network.width, d)
        # A backward pass keeps about four numbers for each one that goes forward.
        row = 4 * self.members.n_members * width * self.members.dtype.itemsize
        return max(1, min(MEMORY_LIMIT, self.max_memory) // row)


@dataclass(frozen=True, eq=False)
class RawMultipliers:
    """One member's multipliers of raw outputs: (n_raw, n_pairs, d), with the raw outputs."""

    multipliers: Tensor
    raw: Tensor
    other_raw: Tensor


def head_multipliers(
    head: OutputHead, found: RawMultipliers, *, smallest: float, at_reference: bool
) -> Tensor:
    """Return multipliers of the outputs, shape (1, n_outputs, n_pairs, d), of the raw ones."""
    import torch

    seeds = head.seeds_between(found.raw[None], found.other_raw[None], smallest, at_reference)
    passes = found.multipliers
    if seeds is not None:
        passes = torch.einsum("prk,krd->prd", seeds[0], passes)
    return head.expand(passes[None])


def unit_nodes(n_steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Return nodes and weights of Gauss and Legendre's rule on [0, 1]."""
    nodes, weights = np.polynomial.legendre.leggauss(n_steps)
    return (1 + nodes) / 2, weights / 2


def _outputs_last(gradients: Tensor) -> np.ndarray:
    return np.moveaxis(_float64(gradients), 1, -1)


def _float64(values: Tensor) -> np.ndarray:
    return np.asarray(values.detach().numpy(), dtype=np.float64)
