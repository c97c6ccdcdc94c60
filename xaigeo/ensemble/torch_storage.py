"""Torch members as a safetensors file and a description in JSON."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from xaigeo.ensemble.architecture import architecture_digest, build, describe, state_of
from xaigeo.ensemble.factory import build_modules
from xaigeo.ensemble.functional import FunctionalNetwork
from xaigeo.ensemble.looped import LoopedNetwork
from xaigeo.ensemble.module_output import ModuleOutput
from xaigeo.ensemble.preprocessing import Preprocessor
from xaigeo.ensemble.stacked import StackedNetwork
from xaigeo.ensemble.torch_members import Network, TorchMembers
from xaigeo.errors import InputError, StoreError
from xaigeo.schema import FeatureSchema

WEIGHTS = "weights.safetensors"


def write_torch(members: TorchMembers, folder: Path) -> dict[str, Any]:
    """Write the stacked weights and return a JSON-able description of the members.

    Raises
    ------
    InputError
        For modules of several architectures, a preprocessor that is not ours, or an `output`
        that is a function.
    """
    from safetensors.torch import save_file

    if not isinstance(members.preprocessor, Preprocessor):
        raise InputError(
            expected="modules without preprocess=... to save",
            arrived="a preprocessor that is code",
            do="Save the modules and the preprocessor on their own and wrap them again after "
            "loading.",
        )
    modules, reading = _plain_modules(members.modules)
    if len({architecture_digest(module) for module in modules}) > 1:
        raise InputError(
            expected="modules of one architecture to save",
            arrived="several architectures",
            do="Save the modules with torch and wrap them again after loading.",
        )
    states = [state_of(module) for module in modules]
    stacked = {
        name: torch.stack([state[name] for state in states]).contiguous() for name in states[0]
    }
    save_file(stacked, str(folder / WEIGHTS))
    return {
        "network": members.network.engine,
        "width": members.network.width,
        "architecture": describe(modules[0]),
        "preprocessor": members.preprocessor.to_dict(),
        "n_outputs": members.n_outputs,
        "target_location": _plain(members.target_location),
        "target_scale": _plain(members.target_scale),
        "reading": reading,
    }


def read_torch(
    folder: Path,
    manifest: dict[str, Any],
    schema: FeatureSchema,
    make_model: Callable[..., Any] | None,
) -> TorchMembers:
    """Build the members that `write_torch` wrote.

    Raises
    ------
    InputError
        If the modules can be built by the factory only and none was passed.
    StoreError
        If the factory builds another architecture.
    """
    from safetensors.torch import load_file

    described = manifest["members"]
    preprocessor = Preprocessor.from_dict(schema, described["preprocessor"])
    # Cloned, since safetensors gives views that are not aligned as torch's own memory is, and
    # BLAS may round otherwise on those.
    state = {name: value.clone() for name, value in load_file(str(folder / WEIGHTS)).items()}
    template = _template(described, preprocessor, make_model)
    _check_fit(template, state)
    network = _network(described, template, state, len(manifest["seeds"]))
    return TorchMembers(
        network,
        preprocessor,
        task=manifest["task"],
        n_outputs=described["n_outputs"],
        target_location=_by_target(described["target_location"]),
        target_scale=_by_target(described["target_scale"]),
    )


def _plain(amount: float | np.ndarray) -> float | list[float]:
    return amount.tolist() if isinstance(amount, np.ndarray) else amount


def _by_target(amount: float | list[float]) -> float | np.ndarray:
    return np.array(amount) if isinstance(amount, list) else amount


def _plain_modules(modules: list[nn.Module]) -> tuple[list[nn.Module], dict[str, Any] | None]:
    first = modules[0]
    if not isinstance(first, ModuleOutput):
        return modules, None
    if callable(first.output):
        raise InputError(
            expected="output=... as a key or a place to save",
            arrived="a function",
            do="Name the output by its key or place, or wrap the modules again after loading.",
        )
    plain = [m.module for m in modules if isinstance(m, ModuleOutput)]
    return plain, {"output": first.output, "gives": first.gives}


def _template(
    described: dict[str, Any], preprocessor: Preprocessor, make_model: Callable[..., Any] | None
) -> nn.Module:
    dtype = described["preprocessor"]["dtype"]
    if make_model is not None:
        return build_modules(
            make_model,
            [0],
            n_inputs=preprocessor.n_inputs,
            n_outputs=described["n_outputs"],
            dtype=dtype,
            seeds=[0],
        )[0]
    if described["architecture"] is None:
        raise InputError(
            expected="make_model for modules of other than the common layers",
            arrived="none",
            do="Load with make_model=..., the function that built the modules.",
        )
    with torch.random.fork_rng(devices=[]):
        return build(described["architecture"]).to(preprocessor.dtype)


def _check_fit(template: nn.Module, state: dict[str, Tensor]) -> None:
    built = {name: tuple(value.shape) for name, value in state_of(template).items()}
    stored = {name: tuple(value.shape[1:]) for name, value in state.items()}
    if built != stored:
        wrong = sorted(set(built.items()) ^ set(stored.items()))
        raise StoreError(
            expected=f"make_model to build the stored architecture ({len(stored)} tensors)",
            arrived=f"another one, different in {', '.join(sorted({name for name, _ in wrong}))}",
            do="Pass the factory that the ensemble was trained with.",
        )


def _network(
    described: dict[str, Any], template: nn.Module, state: dict[str, Tensor], n_members: int
) -> Network:
    template = template.eval().requires_grad_(False)
    if described["network"] == "functional":
        return FunctionalNetwork(template, state, described["width"])
    if described["network"] == "stacked":
        description = describe(template)
        if description is not None:
            return StackedNetwork(template, description, state)
    modules = []
    for place in range(n_members):
        module = copy.deepcopy(template)
        for name, value in state_of(module).items():
            value.copy_(state[name][place])
        if described["reading"] is not None:
            module = ModuleOutput(module, **described["reading"]).eval()
        modules.append(module)
    return LoopedNetwork(tuple(modules), described["width"])
