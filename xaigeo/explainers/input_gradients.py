"""Gradients of every member's outputs with respect to the inputs of the networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from xaigeo.ensemble.members import Scale
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError

if TYPE_CHECKING:
    from torch import Tensor

    from xaigeo.ensemble.torch_members import TorchMembers

# Bytes that the activations of one pass may take.
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


def input_gradients(members: TorchMembers, inputs: Tensor, scale: Scale) -> np.ndarray:
    """Return d output / d input, shape (n_seeds, n_rows, n_inputs, n_outputs), float64.

    Each member gets inputs of its own in one stacked pass; the sum over members and rows
    then has their gradients side by side, since no row or member looks at another.
    """
    import torch

    n_rows, n_inputs = inputs.shape
    gradients = np.empty((members.n_members, n_rows, n_inputs, members.n_outputs))
    step = _rows_at_once(members, inputs)
    for start in range(0, n_rows, step):
        part = slice(start, start + step)
        leaf = inputs[part].expand(members.n_members, -1, -1).clone().requires_grad_()
        outputs = members.forward_inputs(leaf, scale)
        for c in range(members.n_outputs):
            (gradient,) = torch.autograd.grad(outputs[..., c].sum(), leaf, retain_graph=True)
            gradients[:, part, :, c] = gradient.numpy()
    return gradients


def path_gradients(
    members: TorchMembers, inputs: Tensor, baseline: Tensor, scale: Scale, n_steps: int
) -> np.ndarray:
    """Return gradients averaged on the straight way from a baseline to each row's inputs.

    The mean is Gauss and Legendre's rule with `n_steps` nodes; shapes as `input_gradients`.
    """
    nodes, weights = np.polynomial.legendre.leggauss(n_steps)
    total = np.zeros((members.n_members, *inputs.shape, members.n_outputs))
    for node, weight in zip((1 + nodes) / 2, weights / 2, strict=True):
        place = baseline + float(node) * (inputs - baseline)
        total += weight * input_gradients(members, place, scale)
    return total


def _rows_at_once(members: TorchMembers, inputs: Tensor) -> int:
    width = max(members.network.width, inputs.shape[1])
    # A backward pass keeps about four numbers for each one that goes forward.
    return max(1, MEMORY_LIMIT // (4 * members.n_members * width * inputs.element_size()))
