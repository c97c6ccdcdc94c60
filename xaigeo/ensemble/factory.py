"""Calling a user's model factory."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn

from xaigeo.ensemble.architecture import architecture_digest
from xaigeo.ensemble.settings import Dtype
from xaigeo.errors import InputError

Factory = Callable[..., nn.Module]


def build_modules(
    make_model: Factory,
    init_seeds: Sequence[int],
    *,
    n_inputs: int,
    n_outputs: int,
    dtype: Dtype,
    seeds: Sequence[int],
) -> list[nn.Module]:
    """Call the factory once a seed, each time with torch seeded anew.

    The caller's random state is the same afterwards.

    Raises
    ------
    InputError
        If the factory cannot be called, gives no module, gives one module twice, or gives
        modules of several architectures.
    """
    modules: list[nn.Module] = []
    with torch.random.fork_rng(devices=[]):
        for seed in init_seeds:
            # As torch.manual_seed does on the CPU, without touching accelerators' generators.
            torch.default_generator.manual_seed(int(seed))
            module = _call(make_model, n_inputs, n_outputs)
            if any(module is other for other in modules):
                raise InputError(
                    expected="make_model to build a new module on every call",
                    arrived=f"the same {type(module).__name__} object again",
                    do="Construct the module inside make_model.",
                )
            modules.append(module.to(getattr(torch, dtype)))
    digests = [architecture_digest(module) for module in modules]
    for seed, digest in zip(seeds, digests, strict=True):
        if digest != digests[0]:
            raise InputError(
                expected="make_model to build the same architecture for every seed",
                arrived=f"another one for seed {seed} than for seed {seeds[0]}",
                do="Let the seed decide the initial weights only.",
            )
    return modules


def _call(make_model: Factory, n_inputs: int, n_outputs: int) -> nn.Module:
    if isinstance(make_model, nn.Module) or not callable(make_model):
        raise InputError(
            expected="make_model, a function that builds a new nn.Module on every call",
            arrived=f"a {type(make_model).__name__}",
            do="Pass for example lambda n_inputs, n_outputs: nn.Linear(n_inputs, n_outputs); "
            "trained modules go to SeedEnsemble.wrap.",
        )
    sizes = {"n_inputs": n_inputs, "n_outputs": n_outputs}
    try:
        signature = inspect.signature(make_model)
    except ValueError:  # some built-in callables tell no signature
        arguments: tuple[tuple[int, ...], dict[str, int]] = ((), {})
    else:
        arguments = _arguments(signature, sizes)
    module: Any = make_model(*arguments[0], **arguments[1])
    if not isinstance(module, nn.Module):
        raise InputError(
            expected="make_model to return a torch.nn.Module",
            arrived=type(module).__name__,
            do="Return the module itself, for example nn.Sequential(...).",
        )
    return module


def _arguments(
    signature: inspect.Signature, sizes: dict[str, int]
) -> tuple[tuple[int, ...], dict[str, int]]:
    # By name where the names are there; both by place where two are required; else none.
    named = {name: size for name, size in sizes.items() if name in signature.parameters}
    for positional, keywords in (((), named), (tuple(sizes.values()), {})):
        try:
            signature.bind(*positional, **keywords)
        except TypeError:
            continue
        return positional, keywords
    raise InputError(
        expected="make_model() or make_model(n_inputs, n_outputs)",
        arrived=f"make_model{signature}",
        do="Give the other parameters default values, for example with functools.partial.",
    )
