"""DeepLIFT averaged over background rows."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from xaigeo.explainers.base import Arrays
from xaigeo.explainers.catalogue import EXPLAINERS
from xaigeo.explainers.deep_lift import check_activations
from xaigeo.explainers.gradients.gradient_explainer import (
    GradientExplainer,
    GradientWork,
    as_float64,
    of_member,
)
from xaigeo.explainers.shapley.averaging import AveragingExplainer
from xaigeo.explainers.shapley.reference_rows import (
    ReferenceRows,
)

if TYPE_CHECKING:
    from torch import Tensor, nn

    from xaigeo.ensemble.output_head import OutputHead

# Smallest difference of an activation's inputs whose ratio is taken: shap's.
SMALLEST = 1e-6


@EXPLAINERS.register("deep_shap")
@dataclass(frozen=True, kw_only=True)
class DeepShapExplainer(AveragingExplainer, GradientExplainer):
    """The mean over background rows of DeepLIFT's attributions from each of them.

    Attributions add up to the output less the mean output over those rows (`base_value`);
    `convergence_delta` states by how much they miss, as for `deep_lift`. `slope` is the mean
    multiplier per original unit.

    Parameters
    ----------
    n_background : int, optional
        Background rows that are averaged over; all where None or where there are fewer. Time
        grows with their number.
    background_summary : {"sample", "stratified", "kmeans"}
        How they are chosen where there are more; see `reference_rows`.
    scale : {"probability", "logit", "value"}, optional
        The outputs that are explained; the ensemble's default unless given.
    layer : str, optional
        Dotted name of a layer, such as the embeddings of categories, from whose outputs on
        differences are propagated; all columns that do not pass through it start at the
        networks' inputs.

    Notes
    -----
    Lundberg and Lee (2017), arXiv:1705.07874, as in ``shap.DeepExplainer``, which is asked for
    the networks' own outputs, or the sigmoid of a single logit. Softmax is treated as by
    `deep_lift`; ``engine="upstream"`` then has to ask for each background row alone.
    """

    name: ClassVar[str] = "deep_shap"
    packages: ClassVar[tuple[str, ...]] = ("torch", "shap")
    additive: ClassVar[bool] = True
    randomised: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_choice()

    def _explain(self, work: GradientWork) -> Arrays:
        references = self.references(work.block)
        attribution, multipliers = _batched(work, references)
        if work.upstream:
            attribution = work.columns.sums(_upstream(work, references))
        outputs = work.block.ensemble.outputs_encoded(references.rows, scale=work.scale)
        mean = np.einsum("b,kbc->kc", references.shares, outputs)[:, None]
        base_value = np.repeat(mean, len(work.block.rows), axis=1)
        return {
            "attribution": attribution,
            "slope": work.columns.slopes(multipliers),
            "base_value": base_value,
            "explained_value": work.explained_value,
            "convergence_delta": attribution.sum(axis=2) - (work.explained_value - base_value),
        }


def _batched(work: GradientWork, references: ReferenceRows) -> tuple[np.ndarray, np.ndarray]:
    """Return attributions by column and mean multipliers by number of a point."""
    other = work.space.points(references.rows)
    n_rows, d = work.points.shape[-2:]
    shape = work.n_members, n_rows, d, work.n_outputs
    product, mean = np.zeros(shape), np.zeros(shape)
    at_once = _pairs_at_once(work)
    n_references = min(len(references.rows), at_once)
    step = max(1, at_once // n_references)
    for start in range(0, n_rows, step):
        rows = slice(start, start + step)
        points = work.points[..., rows, :]
        for begin in range(0, len(references.rows), n_references):
            part = slice(begin, begin + n_references)
            some = other[..., part, :]
            found = work.passes.multipliers(points, some, smallest=SMALLEST, at_reference=True)
            pairs = found.reshape(shape[0], points.shape[-2], some.shape[-2], d, shape[3])
            ways = as_float64(points[..., :, None, :] - some[..., None, :, :])
            ways = np.broadcast_to(ways, pairs.shape[:-1])  # shared ways are each seed's
            share = references.shares[part]
            mean[:, rows] += np.einsum("b,knbdc->kndc", share, pairs)
            product[:, rows] += np.einsum("b,knbdc,knbd->kndc", share, pairs, ways)
    return work.columns.sums(product), mean


def _pairs_at_once(work: GradientWork) -> int:
    # The multipliers of a pair, in float64 and in the networks' type, and the way back to them.
    members = work.space.members
    answer = 3 * 8 * work.n_members * work.points.shape[-1] * work.n_outputs
    return int(max(1, work.block.max_memory // (answer + 8 * 16 * members.network.width)))


def _upstream(work: GradientWork, references: ReferenceRows) -> np.ndarray:
    """Return shap's attributions, (n_seeds, n_instances, d, n_outputs)."""
    import torch
    from shap.explainers._deep.deep_pytorch import op_handler
    from torch import nn

    from xaigeo.ensemble.output_head import OutputHead

    head = OutputHead.from_members(work.space.members, work.scale)
    other = work.space.points(references.repeated)
    found = []
    for place in range(work.n_members):
        module = work.space.raw_module(place)
        check_activations(module, set(op_handler), "shap")
        own, base = of_member(work.points, place), of_member(other, place)
        if head.kind == "softmax":
            passes = _through_softmax(module, own, base, head)
        else:
            sigmoid = nn.Sequential(module, nn.Sigmoid())
            passes = _ask(sigmoid if head.kind == "sigmoid" else module, own, base)
        found.append(head.expand(passes.movedim(-1, 0)[None]))
    return np.moveaxis(as_float64(torch.cat(found)), 1, -1)


def _through_softmax(module: nn.Module, own: Tensor, base: Tensor, head: OutputHead) -> Tensor:
    import torch

    total = own.new_zeros((*own.shape, head.n_passes))
    with torch.no_grad():
        raw, other = module(own), module(base)
    for row in range(len(base)):
        products = _ask(module, own, base[row : row + 1])
        seeds = head.seeds_between(raw[None], other[row].expand_as(raw)[None], SMALLEST, True)
        assert seeds is not None  # softmax has them
        total += torch.einsum("prk,rdk->rdp", seeds[0].to(products.dtype), products)
    return total / len(base)


def _ask(module: nn.Module, own: Tensor, base: Tensor) -> Tensor:
    import shap
    import torch

    with warnings.catch_warnings(), _out_of_place(module):
        # shap passes derivatives of other modules back, and says so at every call; it hooks
        # embeddings too, whose codes have no gradient.
        warnings.filterwarnings("ignore", "unrecognized nn.Module")
        warnings.filterwarnings("ignore", "Full backward hook is firing")
        asked = shap.DeepExplainer(module, base)
        answer = asked.shap_values(own, check_additivity=False)
    return torch.as_tensor(np.asarray(answer)).to(own.dtype)


@contextmanager
def _out_of_place(module: nn.Module) -> Iterator[None]:
    """Keep activations from working in place, where torch refuses the hooks that shap sets."""
    from xaigeo.explainers.gradients.rescale import activations_of

    changed = [part for part in activations_of(module) if getattr(part, "inplace", False)]
    try:
        for part in changed:
            part.__dict__["inplace"] = False
        yield
    finally:
        for part in changed:
            part.__dict__["inplace"] = True
