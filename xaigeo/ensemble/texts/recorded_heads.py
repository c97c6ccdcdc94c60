"""What ``nn.MultiheadAttention`` attends to, read while a module answers."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from torch import Tensor, nn


@contextmanager
def recorded_heads(module: nn.Module) -> Iterator[list[tuple[str, Tensor]]]:
    """Collect the weights of every ``nn.MultiheadAttention`` in a module, a head each.

    The parts return what they were asked for. Torch's fast path, which calls no part and gives no
    weights, must be off (`asking`).

    Yields
    ------
    list of (str, Tensor)
        Grows with every call: name of the part, and weights (n_texts, n_heads, Q, T). A part that
        is called again has the number of the call behind its name.
    """
    found: list[tuple[str, Tensor]] = []
    with ExitStack() as stack:
        for name, part in module.named_modules():
            if has_heads(part):
                stack.enter_context(_recorded(part, name, found))
        yield found


def has_heads(part: nn.Module) -> bool:
    """Return whether a part is an ``nn.MultiheadAttention`` with the forward of torch."""
    return type(part).forward is nn.MultiheadAttention.forward


@contextmanager
def _recorded(part: nn.Module, name: str, found: list[tuple[str, Tensor]]) -> Iterator[None]:
    own = part.forward
    signature = inspect.signature(nn.MultiheadAttention.forward)
    n_calls = 0

    def forward(*inputs: Any, **named: Any) -> tuple[Tensor, Tensor | None]:
        nonlocal n_calls
        asked = signature.bind(part, *inputs, **named)
        asked.apply_defaults()
        wanted, averaged = (asked.arguments[n] for n in ("need_weights", "average_attn_weights"))
        asked.arguments |= {"need_weights": True, "average_attn_weights": False}
        output, weights = own(*asked.args[1:], **asked.kwargs)
        n_calls += 1
        found.append((name if n_calls == 1 else f"{name}[{n_calls}]", weights.detach()))
        if not wanted:
            return output, None
        return output, weights.mean(dim=1) if averaged else weights

    was_there = "forward" in vars(part)
    part.forward = forward
    try:
        yield
    finally:
        if was_there:
            part.forward = own
        else:
            del part.forward
