"""Seeds of random numbers: one for all instances, one for each, and streams as shap reads them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

# First words of the spawn keys: what is drawn for all instances, and what for one.
SHARED, OWN = 0, 1


def shared_seed(entropy: int) -> np.random.SeedSequence:
    """Return the seed of what is drawn once for all instances of a call."""
    return np.random.SeedSequence(entropy, spawn_key=(SHARED,))


def instance_seed(entropy: int, identity: np.ndarray) -> np.random.SeedSequence:
    """Return the seed of what is drawn for one instance.

    It is a function of the row alone, so neither an instance's place nor the instances beside it
    matter, and equal rows get equal draws. Units and the order of columns do not matter either.

    Parameters
    ----------
    entropy : int
        The call's `random_state`.
    identity : ndarray, shape (n_features,)
        The instance as `Background.identities` gives it.
    """
    # Equal numbers have equal bytes but for zero, which has a sign.
    content = (np.asarray(identity, dtype="<f8") + 0.0).tobytes()
    words = np.frombuffer(hashlib.sha256(content).digest(), dtype="<u4")
    return np.random.SeedSequence(entropy, spawn_key=(OWN, *words.tolist()))


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
