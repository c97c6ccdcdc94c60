"""Derivatives of stacked networks by their inputs, by hand: no graph, one pass for all seeds.

A network of common layers is brought to affine maps with activations between them; batch
normalisation, which is affine once trained, is taken up by its neighbours. Backward passes run
in parts that stay in cache.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from xaigeo.ensemble.backpropagation import BACKWARD
from xaigeo.ensemble.output_head import OutputHead
from xaigeo.ensemble.stacked import ACTIVATIONS, NARROW, StackedNetwork

# Bytes that one array of a part may take: several of them then fit a core's cache.
PART = 512 * 2**10
# A part has no fewer rows than this while there are seeds to leave to another part.
ROWS = 16

Activation = tuple[str, dict[str, Any]]
Back = Callable[[Tensor], Tensor]


@dataclass(frozen=True, eq=False)
class Stage:
    """An affine map, then activations: weight (K, m, d), bias (K, m)."""

    weight: Tensor
    bias: Tensor
    activations: tuple[Activation, ...] = ()

    def affine(self, x: Tensor) -> Tensor:
        """Return the map of x, shape (r, d) or (K, r, d), as (K, r, m)."""
        if x.ndim == 2:
            wide = torch.mm(x, self.weight.flatten(0, 1).T)
            y = wide.view(len(x), *self.weight.shape[:2]).transpose(0, 1)
            return y + self.bias[:, None]
        if self.weight.shape[1] < NARROW:  # the product the other way round is quicker then
            turned = torch.baddbmm(self.bias[:, :, None], self.weight, x.transpose(1, 2))
            return turned.transpose(1, 2)
        return torch.baddbmm(self.bias[:, None], x, self.weight.transpose(1, 2))


@dataclass(frozen=True, eq=False)
class InputBackpropagation:
    """The chain rule from the outputs of K networks to their inputs.

    Points have shape (r, d), shared by the networks, or (K, r, d). Answers are in the dtype of
    the networks, shape (K, C, r, d) with C the outputs of the head.

    Attributes
    ----------
    stages : tuple of Stage
    """

    stages: tuple[Stage, ...]

    @classmethod
    def from_network(cls, network: object) -> InputBackpropagation | None:
        """Read the stages off a stacked network; None for layers without a known derivative."""
        if not isinstance(network, StackedNetwork):
            return None
        stages = _stages(network)
        return None if stages is None else cls(stages)

    @property
    def n_members(self) -> int:
        """Number of networks."""
        return len(self.stages[0].weight)

    def gradients(self, points: Tensor, head: OutputHead) -> Tensor:
        """Return d output / d input at the points."""

        def at(part: InputBackpropagation, places: slice, x: Tensor) -> Tensor:
            raw, tape = part._forward(part.stages[0].affine(x))
            return head.expand(part._to_inputs(part._backward(tape, head.seeds(raw)), x.shape[-2]))

        return self._in_parts(points, head, at)

    def path_means(
        self,
        points: Tensor,
        baseline: Tensor,
        head: OutputHead,
        nodes: Sequence[float],
        weights: Sequence[float],
    ) -> Tensor:
        """Return the weighted sum of gradients at ``baseline + node * (point - baseline)``.

        `baseline` has shape (1, d) or (K, 1, d). The way is straight before the first
        activation too, so the first weights are used once, not once a node.
        """
        alphas = torch.tensor(nodes, dtype=points.dtype)
        shares = torch.tensor(weights, dtype=points.dtype)

        def at(part: InputBackpropagation, places: slice, x: Tensor) -> Tensor:
            first = part.stages[0]
            start = first.affine(_of(baseline, places))
            # The way is taken before the product: its rounding is relative to its own length.
            way = first.affine(x - _of(baseline, places)) - first.bias[:, None]
            total: Tensor | None = None
            n_rows = x.shape[-2]
            step = max(1, part._rows_at_once(head) // n_rows)
            for begin in range(0, len(alphas), step):
                alpha = alphas[begin : begin + step]
                z = torch.addcmul(start[:, None], way[:, None], alpha[:, None, None])
                raw, tape = part._forward(z.flatten(1, 2))
                gradient = part._backward(tape, head.seeds(raw))
                share = shares[begin : begin + step]
                mean = _weighted(gradient, share, n_rows)
                total = mean if total is None else total.add_(mean)
            assert total is not None
            return head.expand(part._to_inputs(total, n_rows))

        return self._in_parts(points, head, at)

    def multipliers(
        self,
        points: Tensor,
        references: Tensor,
        head: OutputHead,
        *,
        smallest: float,
        at_reference: bool,
    ) -> Tensor:
        """Return DeepLIFT's multipliers of every pair, shape (K, C, r * b, d), by Rescale.

        Pairs are ordered by point, then by reference. Where the inputs of an activation differ
        by less than `smallest`, its derivative stands in for the ratio: at the reference or at
        the point. Memory grows with the number of pairs: pass few points at a time.
        """
        n_references = references.shape[-2]

        def at(part: InputBackpropagation, places: slice, x: Tensor) -> Tensor:
            first = part.stages[0]
            own = first.affine(x)
            other = first.affine(_of(references, places))
            pairs = own[:, :, None].expand(-1, -1, n_references, -1).flatten(1, 2)
            others = other[:, None].expand(-1, own.shape[1], -1, -1).flatten(1, 2)
            raw, other_raw, tape = part._forward_pairs(pairs, others, smallest, at_reference)
            seeds = head.seeds_between(raw, other_raw, smallest, at_reference)
            n_pairs = pairs.shape[1]
            return head.expand(part._to_inputs(part._backward(tape, seeds), n_pairs))

        return self._in_parts(points, head, at, per_row=n_references)

    def replaced(self, points: Tensor, baseline: Tensor, masks: Tensor) -> Tensor:
        """Return raw outputs with masked inputs set to the baseline's, (K, r, n_masks, n_raw).

        Parameters
        ----------
        points : Tensor, shape (r, d)
        baseline : Tensor, shape (1, d)
        masks : Tensor of bool, shape (n_masks, d)
            Only what the masked inputs change in the first sums is computed.
        """
        chosen = masks.to(points.dtype)
        each_alone = bool((masks.sum(dim=1) == 1).all()) and bool((masks.sum(dim=0) == 1).all())
        order = masks.to(torch.uint8).argmax(dim=1)
        n_masks, n_raw = len(masks), self.stages[-1].weight.shape[1]
        answer = points.new_empty((self.n_members, len(points), n_masks, n_raw))
        width = max(s.weight.shape[1] for s in self.stages)
        row = width * n_masks * points.element_size()
        members = max(1, PART // row)
        for first in range(0, self.n_members, members):
            part = self._members(slice(first, first + members))
            start = part.stages[0].affine(points)
            weight = part.stages[0].weight.transpose(1, 2)  # (K, d, m)
            step = max(1, PART // (row * part.n_members))
            for begin in range(0, len(points), step):
                rows = slice(begin, begin + step)
                gap = baseline - points[rows]
                z = start[:, rows, None]
                if each_alone:
                    z = torch.addcmul(z, gap[:, order, None], weight[:, None, order])
                else:
                    z = z + torch.matmul((chosen * gap[:, None]), weight[:, None])
                raw, _ = part._forward(z.flatten(1, 2), tape=False)
                answer[first : first + members, rows] = raw.reshape(*z.shape[:3], n_raw)
        return answer

    def _in_parts(
        self,
        points: Tensor,
        head: OutputHead,
        work: Callable[[InputBackpropagation, slice, Tensor], Tensor],
        per_row: int = 1,
    ) -> Tensor:
        n_rows, d = points.shape[-2:]
        answer = points.new_empty((self.n_members, head.n_outputs, n_rows * per_row, d))
        for places, part in self._members_at_once(head, max(ROWS, per_row)):
            step = max(1, part._rows_at_once(head) // per_row)
            own = _of(points, places)
            for start in range(0, n_rows, step):
                rows = slice(start * per_row, min(start + step, n_rows) * per_row)
                answer[places, :, rows] = work(part, places, own[..., start : start + step, :])
        return answer

    def _members_at_once(
        self, head: OutputHead, n_rows: int
    ) -> Iterator[tuple[slice, InputBackpropagation]]:
        step = max(1, PART // (n_rows * self._row_bytes(head)))
        for start in range(0, self.n_members, step):
            places = slice(start, start + step)
            yield places, self._members(places)

    def _members(self, places: slice) -> InputBackpropagation:
        stages = (replace(s, weight=s.weight[places], bias=s.bias[places]) for s in self.stages)
        return InputBackpropagation(tuple(stages))

    def _rows_at_once(self, head: OutputHead) -> int:
        return max(1, PART // (self.n_members * self._row_bytes(head)))

    def _row_bytes(self, head: OutputHead) -> int:
        width = max(max(s.weight.shape[1:]) for s in self.stages)
        return int(width * head.n_passes * self.stages[0].weight.element_size())

    def _forward(self, z: Tensor, *, tape: bool = True) -> tuple[Tensor, list[list[Back]]]:
        """Return raw outputs of the first stage's sums, and the way back by stage."""
        ways: list[list[Back]] = []
        for stage, after in zip(self.stages, (*self.stages[1:], None), strict=True):
            backs: list[Back] = []
            for kind, options in stage.activations:
                y = ACTIVATIONS[kind](z, **options)
                if tape:
                    backs.append(_derivative(kind, options, z, y))
                z = y
            ways.append(backs)
            if after is not None:
                z = after.affine(z)
        return z, ways

    def _forward_pairs(
        self, z: Tensor, other: Tensor, smallest: float, at_reference: bool
    ) -> tuple[Tensor, Tensor, list[list[Back]]]:
        tape: list[list[Back]] = []
        for stage, after in zip(self.stages, (*self.stages[1:], None), strict=True):
            backs: list[Back] = []
            for kind, options in stage.activations:
                y, other_y = ACTIVATIONS[kind](z, **options), ACTIVATIONS[kind](other, **options)
                place = (other, other_y) if at_reference else (z, y)
                slope = BACKWARD[kind](torch.ones_like(z), *place, options)
                gap = z - other
                ratio = torch.where(gap.abs() < smallest, slope, (y - other_y) / gap)
                backs.append(ratio[:, None].mul)
                z, other = y, other_y
            tape.append(backs)
            if after is not None:
                z, other = after.affine(z), after.affine(other)
        return z, other, tape

    def _backward(self, tape: list[list[Back]], seeds: Tensor | None) -> Tensor:
        """Return d output / d sums of the first stage, shape (K, P, r or 1, m)."""
        last = self.stages[-1].weight
        if seeds is None:
            seeds = torch.eye(last.shape[1], dtype=last.dtype)[None, :, None]
            seeds = seeds.expand(len(last), -1, -1, -1)
        g = seeds
        for stage, backs in zip(reversed(self.stages[1:]), reversed(tape[1:]), strict=True):
            for back in reversed(backs):
                g = back(g)
            g = _times(g, stage.weight)
        for back in reversed(tape[0]):
            g = back(g)
        return g

    def _to_inputs(self, g: Tensor, n_rows: int) -> Tensor:
        g = _times(g, self.stages[0].weight)
        return g.expand(-1, -1, n_rows, -1)


def _of(points: Tensor, places: slice) -> Tensor:
    return points if points.ndim == 2 else points[places]


def _times(g: Tensor, weight: Tensor) -> Tensor:
    """Return g (K, P, r, m) times weight (K, m, d)."""
    if weight.shape[1] == 1:
        return g * weight[:, None]
    return torch.bmm(g.flatten(1, 2), weight).view(*g.shape[:3], weight.shape[2])


def _weighted(gradient: Tensor, share: Tensor, n_rows: int) -> Tensor:
    """Return the sum over nodes of (K, P, n_nodes * n_rows or 1, m), weighted by their shares."""
    if gradient.shape[2] == 1:  # the same everywhere: nothing bends on the way
        return gradient * share.sum()
    size, passes, _, width = gradient.shape
    by_node = gradient.reshape(size * passes, len(share), n_rows * width)
    summed = torch.matmul(share, by_node)
    return summed.view(size, passes, n_rows, width)


def _derivative(kind: str, options: dict[str, Any], x: Tensor, y: Tensor) -> Back:
    def back(g: Tensor) -> Tensor:
        wide = (g.expand(-1, -1, x.shape[1], -1) if g.shape[2] == 1 else g).contiguous()
        if wide.shape[1] == 1:
            return BACKWARD[kind](wide[:, 0], x, y, options)[:, None]
        shape = wide.shape
        return BACKWARD[kind](wide, x[:, None].expand(shape), y[:, None].expand(shape), options)

    return back


def _stages(network: StackedNetwork) -> tuple[Stage, ...] | None:
    stages: list[Stage] = []
    pending: tuple[Tensor, Tensor] | None = None  # a scale and shift for the next affine map
    for name, layer in network.layers:
        kind, options = layer["kind"], layer["options"]
        prefix = f"{name}." if name else ""
        own = {
            key.removeprefix(prefix): value.to(torch.float64)
            for key, value in network.state.items()
            if key.startswith(prefix) and "." not in key.removeprefix(prefix)
        }
        if kind == "Linear":
            weight = own["weight"]
            bias = own.get("bias", weight.new_zeros(weight.shape[:2]))
            if pending is not None:
                bias = bias + torch.einsum("kmd,kd->km", weight, pending[1])
                weight, pending = weight * pending[0][:, None], None
            stages.append(Stage(weight, bias))
        elif kind == "BatchNorm1d":
            scale, shift = _normalisation(own, options)
            if stages and not stages[-1].activations and pending is None:
                last = stages[-1]
                weight, bias = last.weight * scale[:, :, None], last.bias * scale + shift
                stages[-1] = Stage(weight, bias)
            elif pending is not None:
                pending = pending[0] * scale, pending[1] * scale + shift
            else:
                pending = scale, shift
        elif kind in BACKWARD and stages and pending is None:
            last = stages[-1]
            stages[-1] = replace(last, activations=(*last.activations, (kind, options)))
        elif kind not in ("Dropout", "Identity", "Flatten"):
            return None
    if not stages or pending is not None:
        return None
    dtype = next(iter(network.state.values())).dtype
    return tuple(
        replace(s, weight=s.weight.to(dtype).contiguous(), bias=s.bias.to(dtype)) for s in stages
    )


def _normalisation(own: dict[str, Tensor], options: dict[str, Any]) -> tuple[Tensor, Tensor]:
    scale = torch.rsqrt(own["running_var"] + options["eps"])
    if "weight" in own:
        scale = scale * own["weight"]
    shift = -own["running_mean"] * scale
    return scale, shift + own["bias"] if "bias" in own else shift
