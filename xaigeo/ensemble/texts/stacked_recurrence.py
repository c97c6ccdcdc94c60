"""An LSTM in both directions along lines by time, of all seeds at once."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from xaigeo.ensemble.texts.line_words import LineWords
from xaigeo.ensemble.texts.token_line import TokenLine, rows_at

State = dict[str, Tensor]
Steps = tuple[tuple[int, int], ...]


def stacked_recurrence(state: State, words: LineWords, line: TokenLine) -> Tensor:
    """Return hidden vectors of both directions on the line, shape (K, length, 2 * n_units).

    Parameters
    ----------
    state : dict of str to Tensor
        With the weights of ``nn.LSTM`` under ``encoder.lstm``.
    words : LineWords
    line : TokenLine
        By time.
    """
    weights = {
        kind: torch.cat([state[f"encoder.lstm.{kind}_l0{end}"] for end in ("", "_reverse")])
        for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    }
    # Each distinct word is multiplied once; both directions read the products in their order.
    vectors = torch.cat([words.vectors, words.vectors])
    bias = (weights["bias_ih"] + weights["bias_hh"])[:, None]
    products = torch.baddbmm(bias, vectors, weights["weight_ih"].transpose(1, 2))
    mirror = line.mirrored()
    n_members = len(words.vectors)
    own = words.which.expand(n_members, -1)
    back = words.which.gather(1, mirror).expand(n_members, -1)
    hidden: Tensor = _Recurrence.apply(  # type: ignore[no-untyped-call]
        products, torch.cat([own, back]), weights["weight_hh"], line.steps
    )
    forward, backward = hidden.chunk(2)
    return torch.cat([forward, rows_at(backward, mirror)], dim=2)


class _Recurrence(torch.autograd.Function):
    """All steps in one node: few operations a step, and all else over the whole line at once.

    A step of n texts reads the first n places of the step before, so states need no padding.
    """

    @staticmethod
    def forward(ctx: Any, products: Tensor, which: Tensor, weight: Tensor, steps: Steps) -> Tensor:
        gates = rows_at(products, which)
        n_runs, length, n_gates = gates.shape
        n_units = n_gates // 4
        cells, squashed, hidden = (gates.new_empty((n_runs, length, n_units)) for _ in range(3))
        for values in (cells, squashed, hidden):
            values[:, -1] = 0.0  # the one place that no step reaches
        turned = weight.transpose(1, 2)
        h = c = gates.new_zeros((n_runs, steps[0][1] if steps else 0, n_units))
        for number, (start, count) in enumerate(steps):
            here = slice(start, start + count)
            own = gates[:, here]
            if number:
                own.add_(torch.bmm(h[:, :count], turned))
            # tanh(x) is 2 sigmoid(2 x) - 1: one operation for all gates.
            new = own[..., 2 * n_units : 3 * n_units].mul_(2)
            own.sigmoid_()
            new.mul_(2).sub_(1)
            enter, forget, _, leave = own.split_with_sizes([n_units] * 4, dim=2)
            c = torch.addcmul(enter * new, forget, c[:, :count])
            flat = torch.tanh(c)
            h = leave * flat
            cells[:, here], squashed[:, here], hidden[:, here] = c, flat, h
        ctx.save_for_backward(gates, cells, squashed, hidden, weight, which)
        ctx.steps, ctx.n_products = steps, products.shape[1]
        return hidden

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor | None, ...]:
        gates, cells, squashed, hidden, weight, which = ctx.saved_tensors
        steps: Steps = ctx.steps
        n_runs, length, n_units = hidden.shape
        by_product = gates.new_zeros((n_runs, ctx.n_products, 4 * n_units))
        if not steps:
            return by_product, None, torch.zeros_like(weight), None
        first = steps[0][1]
        before = _places_before(steps, length)
        by_gate = _slopes_of_gates(gates, cells, squashed, before, first)
        forget, leave = gates[..., n_units : 2 * n_units], gates[..., 3 * n_units :]
        by_cell_of_hidden = torch.addcmul(leave, leave * squashed, squashed, value=-1)
        cell = gates.new_zeros((n_runs, first, n_units))
        back = torch.zeros_like(cell)
        for start, count in reversed(steps):
            here = slice(start, start + count)
            own = by_gate[:, here]
            out = slope[:, here] + back[:, :count]
            part = cell[:, :count].addcmul_(out, by_cell_of_hidden[:, here])
            own[:, :, :3].mul_(part[:, :, None])
            own[:, :, 3].mul_(out)
            if start:
                part.mul_(forget[:, here])
                back[:, :count] = torch.bmm(own.flatten(2), weight)
        flat = by_gate.flatten(2)
        previous = hidden.index_select(1, before)
        by_weight = torch.bmm(flat[:, first : first + len(before)].transpose(1, 2), previous)
        rows = (which + torch.arange(n_runs)[:, None] * ctx.n_products).flatten()
        by_product.flatten(0, 1).index_add_(0, rows, flat.flatten(0, 1))
        return by_product, None, by_weight, None


def _slopes_of_gates(
    gates: Tensor, cells: Tensor, squashed: Tensor, before: Tensor, first: int
) -> Tensor:
    """Return what the cell's slope, and the output's for the last gate, are to be multiplied by.

    Shape (n_runs, length, 4, n_units), the inputs of the gates in torch's order: enter, forget,
    new, leave.
    """
    n_runs, length, n_units = cells.shape
    by_gate = gates.new_empty((n_runs, length, 4, n_units))
    enter, forget, new, leave = gates.view(n_runs, length, 4, n_units).unbind(2)
    # x (1 - x) of a sigmoid, and 1 - x^2 of the hyperbolic tangent.
    torch.mul(new, torch.addcmul(enter, enter, enter, value=-1), out=by_gate[:, :, 0])
    torch.addcmul(enter, enter * new, new, value=-1, out=by_gate[:, :, 2])
    torch.mul(squashed, torch.addcmul(leave, leave, leave, value=-1), out=by_gate[:, :, 3])
    later = slice(first, first + len(before))
    past, kept = cells.index_select(1, before), forget[:, later]
    torch.mul(past, torch.addcmul(kept, kept, kept, value=-1), out=by_gate[:, later, 1])
    by_gate[:, :first, 1] = 0.0  # nothing was there to forget
    by_gate[:, -1] = 0.0  # no token ever stands there
    return by_gate


def _places_before(steps: Steps, length: int) -> Tensor:
    """Return for each place from the second step on the same text's place one step before."""
    places = torch.arange(length)
    parts = [places[start : start + count] for (start, _), (_, count) in pairwise(steps)]
    return torch.cat(parts) if parts else places[:0]
