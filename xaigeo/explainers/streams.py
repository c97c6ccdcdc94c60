"""Streams of random numbers as the shap package reads them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np


def repeat_seed(seed: np.random.SeedSequence, repeat: int) -> np.random.SeedSequence:
    """Return the seed of a repeated draw; the first is the instance's own."""
    if repeat == 0:
        return seed
    return np.random.SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, repeat))


def legacy_stream(seed: np.random.SeedSequence) -> np.random.RandomState:
    """Return the legacy stream, which shap reads, of a seed."""
    return np.random.RandomState(seed.generate_state(4))


@contextmanager
def global_stream(seed: np.random.SeedSequence) -> Iterator[None]:
    """Seed numpy's global stream, the only one that shap reads, and put it back after."""
    state = np.random.get_state()  # noqa: NPY002
    try:
        np.random.seed(seed.generate_state(4))  # noqa: NPY002
        yield
    finally:
        np.random.set_state(state)  # noqa: NPY002
