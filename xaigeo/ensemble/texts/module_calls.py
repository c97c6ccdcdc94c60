"""Asking a user's module without leaving a trace, and reaching inside while it answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from xaigeo.errors import InputError

# Modules are not copied, and hooks act on whoever calls: one thread asks at a time.
_ASKING = threading.RLock()


@contextmanager
def asking(module: nn.Module) -> Iterator[nn.Module]:
    """Hold a module in evaluation mode, its weights without gradients; restore the latter.

    Torch's fast path of transformer layers is shut off meanwhile: it calls none of their parts,
    is not taken where there are gradients, and cuts texts to the longest.
    """
    with _ASKING:
        module.eval()
        fast = torch.backends.mha.get_fastpath_enabled()
        torch.backends.mha.set_fastpath_enabled(False)
        trained = [weight for weight in module.parameters() if weight.requires_grad]
        for weight in trained:
            weight.requires_grad_(False)
        try:
            yield module
        finally:
            torch.backends.mha.set_fastpath_enabled(fast)
            for weight in trained:
                weight.requires_grad_(True)


@contextmanager
def hooked(module: nn.Module, change: Callable[[Any], Any]) -> Iterator[list[int]]:
    """Pass what a part of a module returns through a function; count how often it was asked.

    `change` returns what takes the output's place, or None to leave it.
    """
    asked = [0]

    def hook(_module: nn.Module, _inputs: Any, output: Any) -> Any:
        asked[0] += 1
        return change(output)

    handle = module.register_forward_hook(hook)
    try:
        yield asked
    finally:
        handle.remove()


def part_named(module: nn.Module, name: str, option: str) -> nn.Module:
    """Return a part of a module by name.

    Raises
    ------
    InputError
        If there is none of this name.
    """
    from xaigeo.options import suggestion

    parts: dict[str, nn.Module] = dict(module.named_modules())
    if name and name in parts:
        return parts[name]
    known = [other for other in parts if other]
    raise InputError(
        expected=f"{option}= as the name of a part of {type(module).__name__}",
        arrived=repr(name),
        do=suggestion(name, known) or f"Choose among {', '.join(known[:20]) or 'none'}.",
    )


def device_of(module: nn.Module) -> torch.device:
    """Return where a module's weights lie."""
    first: Tensor | None = next(module.parameters(), None)
    return torch.device("cpu") if first is None else first.device
