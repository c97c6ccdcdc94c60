"""Losses of all seeds at once, with their gradients in closed form."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional


class Loss(Protocol):
    """A mean over rows, by seed; weights of rows are normalised by their sum in the batch.

    `raw` has shape (n_seeds, n_rows, n_outputs), `target` and `weight` (n_seeds, n_rows) or
    a shape that broadcasts to it; several targets have a dimension more.
    """

    def value(self, raw: Tensor, target: Tensor, weight: Tensor | None) -> Tensor:
        """Return the loss of each seed, shape (n_seeds,)."""
        ...

    def gradient(self, raw: Tensor, target: Tensor, weight: Tensor | None) -> Tensor:
        """Return the derivative of each seed's loss by `raw`, of its shape."""
        ...


class CrossEntropy:
    """Softmax cross-entropy; `target` holds class places."""

    def value(self, raw: Tensor, target: Tensor, weight: Tensor | None) -> Tensor:
        """Return the loss of each seed, shape (n_seeds,)."""
        target = target.expand(raw.shape[:-1])
        logs = functional.log_softmax(raw, dim=-1)
        return _mean(-logs.gather(-1, target[..., None])[..., 0], weight)

    def gradient(self, raw: Tensor, target: Tensor, weight: Tensor | None) -> Tensor:
        """Return the derivative of each seed's loss by `raw`, of its shape."""
        excess = torch.softmax(raw, dim=-1)
        excess.scatter_add_(-1, target[..., None], raw.new_full((), -1.0).expand(*target.shape, 1))
        return _share(excess, weight)


class BinaryCrossEntropy:
    """Logistic loss of one logit; `target` is 0 or 1."""

    def value(self, raw: Tensor, target: Tensor, weight: Tensor | None) -> Tensor:
        """Return the loss of each seed, shape (n_seeds,)."""
        z = raw[..., 0]
        return _mean(functional.softplus(z) - z * target, weight)

    def gradient(self, raw: Tensor, target: Tensor, weight: Tensor | None) -> Tensor:
        """Return the derivative of each seed's loss by `raw`, of its shape."""
        return _share(torch.sigmoid(raw).sub_(target[..., None]), weight)


class SquaredError:
    """Squared error of one output."""

    def value(self, raw: Tensor, target: Tensor, weight: Tensor | None) -> Tensor:
        """Return the loss of each seed, shape (n_seeds,)."""
        return _mean((raw[..., 0] - target).square(), weight)

    def gradient(self, raw: Tensor, target: Tensor, weight: Tensor | None) -> Tensor:
        """Return the derivative of each seed's loss by `raw`, of its shape."""
        return _share((raw - target[..., None]).mul_(2.0), weight)


class SquaredErrors:
    """Squared error of several outputs, a mean over them; `target` is (..., n_rows, n_outputs)."""

    def value(self, raw: Tensor, target: Tensor, weight: Tensor | None) -> Tensor:
        """Return the loss of each seed, shape (n_seeds,)."""
        return _mean((raw - target).square().mean(dim=-1), weight)

    def gradient(self, raw: Tensor, target: Tensor, weight: Tensor | None) -> Tensor:
        """Return the derivative of each seed's loss by `raw`, of its shape."""
        return _share((raw - target).mul_(2.0 / raw.shape[-1]), weight)


def _mean(losses: Tensor, weight: Tensor | None) -> Tensor:
    if weight is None:
        return losses.mean(dim=-1)
    weight = weight.expand(losses.shape)
    return (losses * weight).sum(dim=-1) / weight.sum(dim=-1)


def _share(excess: Tensor, weight: Tensor | None) -> Tensor:
    if weight is None:
        return excess.div_(excess.shape[1])
    return excess.mul_((weight / weight.sum(dim=-1, keepdim=True))[..., None])
