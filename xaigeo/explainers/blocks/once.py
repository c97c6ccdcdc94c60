"""What all blocks of a call need, worked out once in each process."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeVar
from weakref import WeakKeyDictionary

from xaigeo.explainers.background import Background

T = TypeVar("T")

# Gone with the background, which lives as long as the call.
_HELD: WeakKeyDictionary[Background, dict[Hashable, object]] = WeakKeyDictionary()


def once(background: Background, key: Hashable, make: Callable[[], T]) -> T:
    """Return what `make` gives, made at the first call with this background and key.

    The key must hold everything that the answer depends on; ensembles are told apart by
    identity.
    """
    held = _HELD.setdefault(background, {})
    if key not in held:
        held[key] = make()
    return held[key]  # type: ignore[return-value]
