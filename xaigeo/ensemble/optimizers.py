"""Optimisers over one flat array that holds the weights of every seed.

Each follows the update of its namesake in ``torch.optim`` with that class's defaults. All
updates are elementwise, so seeds cannot influence one another.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

# Weights of all seeds from which one pass of torch's own kernel is three times quicker than a pass
# for each operation: arrays of 4 MB leave the cache in between. It rounds a little differently.
LARGE = 2**20
# torch has the kernel for processors since 2.4.
FUSED = tuple(int(part) for part in torch.__version__.split(".")[:2]) >= (2, 4)


class Optimizer:
    """State and update of one method.

    Parameters
    ----------
    weights : Tensor, shape (n_seeds, n_weights)
        Updated in place.
    """

    def __init__(
        self, weights: Tensor, *, learning_rate: float, weight_decay: float, momentum: float
    ) -> None:
        self.weights = weights
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.momentum = momentum
        self.n_steps = 0
        self.state = [torch.zeros_like(weights) for _ in range(self.n_state)]

    n_state = 0

    def step(self, gradient: Tensor) -> None:
        """Move the weights along one gradient, shape (n_seeds, n_weights)."""
        self.n_steps += 1
        if self.weight_decay:
            gradient = self._decay(gradient)
        self._update(gradient)

    def keep(self, weights: Tensor, places: Sequence[int]) -> None:
        """Go on with `weights`, those of the seeds at these places."""
        self.weights = weights
        self.state = [values[list(places)] for values in self.state]

    def _decay(self, gradient: Tensor) -> Tensor:
        return gradient.add(self.weights, alpha=self.weight_decay)

    def _update(self, gradient: Tensor) -> None:
        raise NotImplementedError


class SGD(Optimizer):
    """Stochastic gradient descent with momentum."""

    n_state = 1

    def _update(self, gradient: Tensor) -> None:
        if self.momentum:
            # The first buffer is the gradient itself; zeros times momentum give the same.
            gradient = self.state[0].mul_(self.momentum).add_(gradient)
        self.weights.add_(gradient, alpha=-self.learning_rate)


class Adam(Optimizer):
    """Adam (Kingma and Ba 2015, arXiv:1412.6980); decay is added to the gradient."""

    n_state = 2
    beta1, beta2, eps = 0.9, 0.999, 1e-8

    def _update(self, gradient: Tensor) -> None:
        mean, square = self.state
        if FUSED and self.weights.numel() >= LARGE:
            self._update_fused(gradient, mean, square)
            return
        mean.lerp_(gradient, 1 - self.beta1)
        square.mul_(self.beta2).addcmul_(gradient, gradient, value=1 - self.beta2)
        root = square.sqrt().div_((1 - self.beta2**self.n_steps) ** 0.5).add_(self.eps)
        rate = self.learning_rate / (1 - self.beta1**self.n_steps)
        self.weights.addcdiv_(mean, root, value=-rate)

    def _update_fused(self, gradient: Tensor, mean: Tensor, square: Tensor) -> None:
        from torch.optim.adam import adam

        adam(
            [self.weights],
            [gradient],
            [mean],
            [square],
            [],
            [torch.tensor(float(self.n_steps - 1))],  # the kernel counts this step itself
            fused=True,
            amsgrad=False,
            beta1=self.beta1,
            beta2=self.beta2,
            lr=self.learning_rate,
            weight_decay=0.0,  # was added to the gradient, or taken from the weights
            eps=self.eps,
            maximize=False,
        )


class AdamW(Adam):
    """Adam with decoupled decay (Loshchilov and Hutter 2019, arXiv:1711.05101)."""

    def _decay(self, gradient: Tensor) -> Tensor:
        self.weights.mul_(1 - self.learning_rate * self.weight_decay)
        return gradient


class RMSprop(Optimizer):
    """RMSprop with momentum."""

    n_state = 2
    alpha, eps = 0.99, 1e-8

    def _update(self, gradient: Tensor) -> None:
        square, buffer = self.state
        square.mul_(self.alpha).addcmul_(gradient, gradient, value=1 - self.alpha)
        root = square.sqrt().add_(self.eps)
        if self.momentum:
            buffer.mul_(self.momentum).addcdiv_(gradient, root)
            self.weights.add_(buffer, alpha=-self.learning_rate)
        else:
            self.weights.addcdiv_(gradient, root, value=-self.learning_rate)


OPTIMIZERS: dict[str, type[Optimizer]] = {
    "adam": Adam,
    "adamw": AdamW,
    "sgd": SGD,
    "rmsprop": RMSprop,
}
