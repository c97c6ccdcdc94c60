"""Running averages of the weights of all seeds at once, one rule a class."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

Share = float | Tensor


class WeightAverage:
    """An average of weights that are added one after another.

    Parameters
    ----------
    values : Tensor, shape (n_seeds, n_weights)
        Initial weights; copied. They have no part in the average unless `n_initial` is 1.
    n_initial : {0, 1}
        How often the initial weights count.

    Attributes
    ----------
    values : Tensor, shape (n_seeds, n_weights)
        The average so far; the initial weights until something was added.
    n_averaged : Tensor of int64, shape (n_seeds,)
        How many weights have been averaged, without the initial ones.
    """

    def __init__(self, values: Tensor, *, n_initial: int = 0) -> None:
        self.values = values.clone()
        self.n_initial = n_initial
        self.n_averaged = torch.zeros(len(values), dtype=torch.int64)
        self.n_added = 0

    def add(self, values: Tensor) -> Share:
        """Take in weights, shape (n_seeds, n_weights), and return the share they were given.

        Returns
        -------
        float or Tensor, shape (n_seeds,)
            Old values have moved towards the new ones by this share of the way.
        """
        self.n_added += 1
        self.n_averaged += 1
        share = self._share()
        self.values.lerp_(values, share)
        return share

    def keep(self, places: Sequence[int]) -> None:
        """Go on with the seeds at these places only."""
        index = list(places)
        self.values = self.values[index]
        self.n_averaged = self.n_averaged[index]

    def _share(self) -> float:
        raise NotImplementedError


class PlainMean(WeightAverage):
    """The mean of all weights added: SWA and ASWA.

    Examples
    --------
    >>> mean = PlainMean(torch.tensor([[8.0]]))
    >>> for weights in (1.0, 2.0, 6.0):
    ...     _ = mean.add(torch.tensor([[weights]]))
    >>> mean.values
    tensor([[3.]])
    """

    def _share(self) -> float:
        return 1.0 / (self.n_added + self.n_initial)


class ExponentialMean(WeightAverage):
    """The mean in which every step weighs `decay` times as much as the next: EMA.

    Parameters
    ----------
    values : Tensor, shape (n_seeds, n_weights)
    decay : float
    bias_correction : bool
        Whether the shares of all steps are divided by their sum, as Adam does. Otherwise the first
        weights added are where the average starts, as in
        ``torch.optim.swa_utils.AveragedModel``.
    """

    def __init__(self, values: Tensor, *, decay: float, bias_correction: bool) -> None:
        super().__init__(values)
        self.decay = decay
        self.bias_correction = bias_correction

    def _share(self) -> float:
        if self.bias_correction:
            return float((1.0 - self.decay) / (1.0 - self.decay**self.n_added))
        return 1.0 if self.n_added == 1 else 1.0 - self.decay


class NormFilteredMean(WeightAverage):
    """The mean of those weights that lie further from the average than others lately: NASWA.

    Parameters
    ----------
    values : Tensor, shape (n_seeds, n_weights)
    by_accepted : bool
        Whether weights are divided by the number accepted so far or by that of all added.
    n_initial : {0, 1}
        How often the initial weights count.

    Notes
    -----
    Weights are accepted when their L1 distance to the average exceeds the mean of the distances
    of the weights before them, from the last accepted ones on. Each seed has distances of its own:
    a running sum and a count.
    """

    def __init__(self, values: Tensor, *, by_accepted: bool = True, n_initial: int = 0) -> None:
        super().__init__(values, n_initial=n_initial)
        self.by_accepted = by_accepted
        self.distance_sum = values.new_zeros(len(values))
        self.n_distances = torch.zeros(len(values), dtype=torch.int64)
        self._scratch = torch.empty_like(values)

    def add(self, values: Tensor) -> Share:
        """Take in the weights of the seeds that accept theirs, and return each seed's share."""
        self.n_added += 1
        # Five times as fast as torch.linalg.vector_norm (2.13, ord=1).
        distance = torch.sub(values, self.values, out=self._scratch).abs_().sum(dim=1)
        # The mean of no distances is 0 / 0; the first weights are accepted.
        accepted = (self.n_distances == 0) | (distance > self.distance_sum / self.n_distances)
        self.distance_sum = torch.where(accepted, distance, self.distance_sum + distance)
        self.n_distances = torch.where(accepted, 1, self.n_distances + 1)
        self.n_averaged += accepted
        divisor = self.n_averaged if self.by_accepted else self.n_added
        share: Tensor = accepted.to(values.dtype) / (divisor + self.n_initial)
        if accepted.any():
            self.values.lerp_(values, share[:, None])
        return share

    def keep(self, places: Sequence[int]) -> None:
        """Go on with the seeds at these places only."""
        super().keep(places)
        index = list(places)
        self.distance_sum = self.distance_sum[index]
        self.n_distances = self.n_distances[index]
        self._scratch = torch.empty_like(self.values)
