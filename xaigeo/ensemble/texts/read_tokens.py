"""Which tokens a text model's answer is read from, found by gradients."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import torch
from torch import Tensor, nn

from xaigeo.ensemble.texts.attention_layout import with_item
from xaigeo.ensemble.texts.module_calls import hooked


def read_from(gradient: Tensor, place: int = 1) -> str:
    """Return "first", "last" or "mean" by the tokens at which a gradient is not 0.

    Parameters
    ----------
    gradient : Tensor, shape (n_texts, T, d)
    place : int
        Axis of the tokens; 0 for shape (T, n_texts, d).
    """
    others = [axis for axis in range(gradient.ndim) if axis != place]
    used = gradient.abs().sum(dim=others) > 0
    places = used.nonzero().flatten().tolist()
    if places == [0]:
        return "first"
    return "last" if places == [len(used) - 1] else "mean"


def read_by_parts(
    module: nn.Module, answer: Callable[[], Tensor], n_texts: int, n_tokens: int, mixes: set[str]
) -> str | None:
    """Return which tokens an answer is read from, of a module whose parts are not known.

    Looked at is the last part that gives numbers for every token, (n_texts, T, d) or
    (T, n_texts, d), and that the answer depends on. It must come after all attention, which mixes
    tokens.

    Parameters
    ----------
    module : nn.Module
        Its weights without gradients.
    answer : callable
        Asks the module about n_texts texts of T tokens each, and returns (n_texts, n_raw).
    n_texts, n_tokens : int
        They must differ, so that a shape tells them apart.
    mixes : set of str
        Names of the parts with attention.

    Returns
    -------
    {"first", "last", "mean"} or None
        None where that cannot be told.
    """
    kept: list[tuple[Tensor, int]] = []
    last_mix = [0]

    def keep(name: str) -> Callable[[Any], Any]:
        def change(output: Any) -> Any:
            whole = output[0] if isinstance(output, tuple) and output else output
            if name in mixes:
                last_mix[0] = len(kept)
            if not isinstance(whole, Tensor) or not whole.is_floating_point() or whole.ndim != 3:
                return None
            shape = tuple(whole.shape[:2])
            if shape not in ((n_texts, n_tokens), (n_tokens, n_texts)):
                return None
            given = whole.requires_grad
            # Not a leaf, so that parts that come after may write into it.
            tracked = whole if given else whole.detach().requires_grad_() * 1
            kept.append((tracked, 1 if shape == (n_texts, n_tokens) else 0))
            if given:
                return None
            return with_item(output, 0, tracked) if isinstance(output, tuple) else tracked

        return change

    try:
        with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False), ExitStack() as stack:
            for name, part in module.named_modules():
                if name:
                    stack.enter_context(hooked(part, keep(name)))
            raw = answer()
            # Outputs weighted apart: probabilities, which add up to 1, would have no gradient.
            total = (raw * torch.arange(1, raw.shape[1] + 1, device=raw.device)).sum()
            for tensor, place in reversed(kept[last_mix[0] :]):
                (gradient,) = torch.autograd.grad(
                    total, tensor, retain_graph=True, allow_unused=True
                )
                if gradient is not None and bool((gradient != 0).any()):
                    return read_from(gradient, place)
    except RuntimeError:  # operations without gradients, or that overwrite what these need
        return None
    return None
