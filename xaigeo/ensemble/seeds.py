"""The seeds of an ensemble: checked, and told apart from those of batch order."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np

from xaigeo.errors import InputError, SingleSeedWarning

# torch and numpy both take seeds below this.
LARGEST = 2**32


def check_seeds(seeds: Iterable[Any], *, n_models: int | None = None) -> tuple[int, ...]:
    """Return the seeds as integers, all different; warn of a lone one.

    Raises
    ------
    InputError
        For no seeds, repeated ones, ones that are no integers below 2**32, or another number
        than `n_models`.
    """
    given = _integers(seeds, "seeds")
    repeated = sorted({seed for seed in given if given.count(seed) > 1})
    if repeated:
        raise InputError(
            expected="seeds that are all different",
            arrived=f"{', '.join(map(str, repeated))} more than once",
            do="Drop the repeated seeds; to vary one source of randomness alone, keep seeds "
            "different and fix init_seeds or order_seeds.",
        )
    if n_models is not None and len(given) != n_models:
        raise InputError(
            expected=f"one seed for each of the {n_models} models",
            arrived=f"{len(given)} seeds",
            do="Pass as many seeds as models.",
        )
    if len(given) == 1:
        warnings.warn(
            f"One seed only ({given[0]}): its model can be explained, but seeds cannot be "
            "compared. Pass several seeds.",
            SingleSeedWarning,
            stacklevel=4,
        )
    return given


def paired_seeds(name: str, given: Any, seeds: tuple[int, ...]) -> tuple[int, ...]:
    """Return one seed for each of `seeds`: themselves by default, or one integer for all.

    Raises
    ------
    InputError
        For another number of seeds.
    """
    if given is None:
        return seeds
    if isinstance(given, int | np.integer) and not isinstance(given, bool):
        given = [given] * len(seeds)
    paired = _integers(given, name)
    if len(paired) != len(seeds):
        raise InputError(
            expected=f"{name} with {len(seeds)} values, one a seed",
            arrived=str(len(paired)),
            do=f"Pass one integer for all, or as many {name} as seeds.",
        )
    return paired


def _integers(seeds: Any, name: str) -> tuple[int, ...]:
    given = list(seeds) if isinstance(seeds, Iterable) else []
    wrong = [
        seed
        for seed in given
        if isinstance(seed, bool)
        or not isinstance(seed, int | np.integer)
        or not 0 <= seed < LARGEST
    ]
    if wrong or not given:
        raise InputError(
            expected=f"{name} as a sequence of whole numbers from 0 to 2**32 - 1",
            arrived=repr(wrong[0] if wrong else seeds),
            do=f"Pass for example {name}=range(20).",
        )
    return tuple(int(seed) for seed in given)
