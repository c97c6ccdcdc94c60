"""Batch-normalisation statistics that fit weights nobody trained with."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from xaigeo.ensemble.architecture import describe
from xaigeo.ensemble.dropout import DropoutNoise
from xaigeo.ensemble.flat_weights import TrainableNetwork
from xaigeo.ensemble.functional import FunctionalNetwork
from xaigeo.ensemble.stacked import StackedNetwork, State

STATISTICS = ("running_mean", "running_var")
COUNTER = "num_batches_tracked"


def batch_norms(module: nn.Module) -> list[str]:
    """Return what the names of each batch normalisation's buffers begin with."""
    return [
        f"{name}." if name else ""
        for name, part in module.named_modules()
        if isinstance(part, _BatchNorm) and part.running_mean is not None
    ]


def recomputed_statistics(
    network: TrainableNetwork, state: State, batches: Iterable[Tensor], noise: DropoutNoise
) -> State:
    """Return the running statistics of batch normalisation under the weights of `state`.

    Parameters
    ----------
    network : StackedNetwork or FunctionalNetwork
    state : dict of str to Tensor
        Weights and buffers of all seeds; left alone.
    batches : iterable of Tensor, shape (n_seeds, n_rows, ...)
        One pass over the training rows. Used only where the network has batch normalisation.
    noise : DropoutNoise
        For dropout, which is on as in training.

    Returns
    -------
    dict of str to Tensor
        Means and variances over the batches of the batches' own means and (unbiased) variances,
        and the number of batches. A layer that keeps out of it, since its module holds it in
        evaluation mode, is left out.

    Notes
    -----
    The numbers of ``torch.optim.swa_utils.update_bn`` on the same batches.
    """
    names = batch_norms(network.template)
    if not names:
        return {}
    latest, found = _with_latest_statistics(network), dict[str, Tensor]()
    scratch = {name: value.clone() for name, value in state.items()}
    for prefix in names:
        scratch[prefix + COUNTER].zero_()
    with torch.no_grad():
        for place, x in enumerate(batches):
            latest.run(scratch, x, noise)
            for name in (prefix + statistic for prefix in names for statistic in STATISTICS):
                found.setdefault(name, torch.zeros_like(scratch[name]))
                found[name].add_(scratch[name] - found[name], alpha=1.0 / (place + 1))
    for prefix in names:
        if scratch[prefix + COUNTER].any():
            found[prefix + COUNTER] = scratch[prefix + COUNTER]
            continue
        for statistic in STATISTICS:
            del found[prefix + statistic]
    return found


def _with_latest_statistics(network: TrainableNetwork) -> TrainableNetwork:
    """Return the network with running statistics that are those of the latest batch alone."""
    template = copy.deepcopy(network.template)
    for part in template.modules():
        if isinstance(part, _BatchNorm):
            part.momentum = 1.0
    if isinstance(network, StackedNetwork):
        description = describe(template)
        assert description is not None  # as it was before
        return replace(network, template=template, description=description)
    return FunctionalNetwork(template, network.state, network.width)
