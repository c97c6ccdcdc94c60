"""Mean outputs over rows that mix an instance and a background, by compiled loops.

Every member is asked by itself, so its answer does not depend on the members beside it, nor a
mask's answer on the masks beside it. The loops run on one thread.
"""

from __future__ import annotations

from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from xaigeo.ensemble.mask_words import MaskWords
from xaigeo.ensemble.mean_head import MeanHead
from xaigeo.ensemble.members import Scale
from xaigeo.ensemble.mixed_rows import MixedRows
from xaigeo.ensemble.stacked import StackedNetwork

if TYPE_CHECKING:
    from xaigeo.ensemble.mixture_layers import AnyLayers, FirstLayer, OneHiddenLayer
    from xaigeo.ensemble.torch_members import TorchMembers


def compiled_means(
    members: TorchMembers, own: Tensor, other: Tensor, masks: np.ndarray, scale: Scale
) -> np.ndarray | None:
    """Return mean outputs of mixed rows, or None where there is no compiled way.

    There is none without numba, for networks that are not stacked or do not start with a
    linear layer, and for weights that are not finite.

    Parameters
    ----------
    members : TorchMembers
        With a `Preprocessor`.
    own : Tensor, shape (1, n_inputs)
        The instance's inputs.
    other : Tensor, shape (n_background, n_inputs)
    masks : ndarray of bool, shape (n_masks, n_features)
    scale : {"logit", "probability", "value"}

    Returns
    -------
    ndarray, shape (n_members, n_masks, n_outputs), or None
        Means are taken in float64, all before them in the networks' own type.
    """
    kernels, network = load_kernels(), members.network
    if kernels is None or not isinstance(network, StackedNetwork) or not _is_plain(network):
        return None
    from xaigeo.ensemble.mixture_layers import AnyLayers, FirstLayer, OneHiddenLayer

    rows = MixedRows.of(own[0].numpy(), other.numpy(), members.preprocessor.blocks)
    first = FirstLayer.of(kernels, network, rows)
    if first is None:
        return None
    head = MeanHead.of(members, scale)
    way = OneHiddenLayer.of(first, head) or AnyLayers(first, head)
    words = _words(masks, first)
    sums = _sums(way, words)
    means = [s[w.row] / len(other) for s, w in zip(sums, words, strict=True)]
    return head.outputs(np.stack(means))


@cache
def load_kernels() -> ModuleType | None:
    """Return the module of compiled loops, or None without numba or with its compiler off."""
    try:
        import numba
    except ImportError:
        return None
    if getattr(numba.config, "DISABLE_JIT", False):
        return None
    from xaigeo.ensemble import mixing_kernels

    return mixing_kernels


def _is_plain(network: StackedNetwork) -> bool:
    weights = [value for value in network.state.values() if value.is_floating_point()]
    types = {value.dtype for value in weights}
    return types in ({torch.float32}, {torch.float64}) and all(
        bool(value.isfinite().all()) for value in weights
    )


def _words(masks: np.ndarray, first: FirstLayer) -> list[MaskWords]:
    pivots = [first.pivot(place) for place in range(first.network.n_members)]
    words = {pivot: MaskWords.of(masks, first.rows.groups, pivot) for pivot in set(pivots)}
    return [words[pivot] for pivot in pivots]


def _sums(way: OneHiddenLayer | AnyLayers, words: list[MaskWords]) -> list[np.ndarray]:
    sums = [np.zeros((w.n_rows, way.head.n_sums)) for w in words]
    for tiles in way.first.rows.tiles():
        for place, own in enumerate(words):
            way.add(tiles, place, own, sums[place])
    return sums
