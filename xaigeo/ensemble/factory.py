"""Calling a user's model factory, and checking what it builds."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn

from xaigeo.ensemble.architecture import architecture_digest
from xaigeo.ensemble.settings import Dtype
from xaigeo.errors import InputError
from xaigeo.schema import FeatureSchema

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
        If the factory cannot be called, gives no module, or gives modules of several
        architectures.
    """
    modules = []
    with torch.random.fork_rng(devices=[]):
        for seed in init_seeds:
            # As torch.manual_seed does on the CPU, without touching accelerators' generators.
            torch.default_generator.manual_seed(int(seed))
            module = _call(make_model, n_inputs, n_outputs)
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


def check_module(
    module: nn.Module,
    schema: FeatureSchema,
    *,
    n_inputs: int,
    n_classes: int | None,
    regression: bool,
) -> int:
    """Return how many outputs a module gives for a row, after trying it on two rows.

    `n_classes` is None where any number will do.

    Raises
    ------
    InputError
        If the module takes other inputs or gives another number of outputs.
    """
    _refuse_probabilities(module)
    was_training = module.training
    weight = next(module.parameters(), torch.empty(0))
    rows = torch.zeros((2, n_inputs), dtype=weight.dtype)
    try:
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            outputs = module.eval()(rows)
    except RuntimeError as error:
        raise InputError(
            expected=f"a module that takes {n_inputs} inputs ({schema.n_features} columns, "
            f"{n_inputs} numbers after one-hot encoding)",
            arrived=f"one that fails on them: {error}",
            do="Build the first layer with n_inputs; a factory make_model(n_inputs, n_outputs) "
            "is told both.",
        ) from error
    finally:
        module.train(was_training)
    given = tuple(outputs.shape) if isinstance(outputs, torch.Tensor) else None
    if (
        given is None
        or len(given) != 2
        or given[0] != 2
        or not _fits(given[1], n_classes, regression)
    ):
        width = 1 if regression else n_classes or "n_classes"
        what = "one value" if regression else "one logit a class"
        also = " (or a single logit for two classes)" if n_classes == 2 else ""
        arrived = type(outputs).__name__ if given is None else f"shape {given} for two rows"
        raise InputError(
            expected=f"a module that gives shape (n_rows, {width}): {what}{also}",
            arrived=arrived,
            do="Change the last layer, or name one of several outputs with output=... in "
            "SeedEnsemble.wrap.",
        )
    return int(given[1])


def _fits(width: int, n_classes: int | None, regression: bool) -> bool:
    if regression:
        return width == 1
    if n_classes is None:
        return width > 0
    return width == n_classes or (n_classes == 2 and width == 1)


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


def _refuse_probabilities(module: nn.Module) -> None:
    last = module
    while isinstance(last, nn.Sequential) and len(last):
        last = last[-1]
    if last is not module and isinstance(last, nn.Softmax | nn.Sigmoid):
        raise InputError(
            expected="a module that ends in logits or values",
            arrived=f"one that ends in {type(last).__name__}",
            do="Drop the last layer; the loss and predict_proba apply it. Trained modules that "
            "give probabilities are wrapped with gives='probability'.",
        )
