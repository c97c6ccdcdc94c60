"""What a module is made of: a JSON description of common layers, and a digest of any module."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import nn

from xaigeo.errors import InputError

# The options that define each layer, by type. A layer is described only if its type is
# exactly one of these: a subclass may compute something else.
LAYER_OPTIONS: dict[type[nn.Module], tuple[str, ...]] = {
    nn.Linear: ("in_features", "out_features", "bias"),
    nn.ReLU: (),
    nn.LeakyReLU: ("negative_slope",),
    nn.Tanh: (),
    nn.Sigmoid: (),
    nn.GELU: ("approximate",),
    nn.ELU: ("alpha",),
    nn.SiLU: (),
    nn.Softplus: ("beta", "threshold"),
    nn.Dropout: ("p",),
    nn.BatchNorm1d: ("num_features", "eps", "momentum", "affine"),
    nn.LayerNorm: ("normalized_shape", "eps", "elementwise_affine", "bias"),
    nn.Identity: (),
    nn.Flatten: (),
}
LAYERS: dict[str, type[nn.Module]] = {kind.__name__: kind for kind in LAYER_OPTIONS}

Description = dict[str, Any]


def describe(module: nn.Module) -> Description | None:
    """Return a JSON-able description of a module of common layers, or None for any other.

    Modules with hooks, shared layers or shared weights are not described, since a
    description could not say what they compute.
    """
    leaves = [m for m in module.modules() if not isinstance(m, nn.Sequential)]
    named = list(module.named_modules(remove_duplicate=False))
    if len(named) != len(list(module.modules())):
        return None
    weights = [id(p) for leaf in leaves for p in leaf.parameters(recurse=False)]
    if len(set(weights)) != len(weights):
        return None
    return _describe(module)


def build(description: Mapping[str, Any]) -> nn.Module:
    """Build the module that `describe` described; its weights are new.

    Raises
    ------
    InputError
        If the description names a layer that is not known.
    """
    kind = description.get("kind")
    if kind == "Sequential":
        module = nn.Sequential()
        for name, child in description["children"].items():
            module.add_module(name, build(child))
        return module
    if kind not in LAYERS:
        raise InputError(
            expected=f"a description of the layers {', '.join(sorted(LAYERS))}",
            arrived=repr(kind),
            do="Load with make_model=..., the function that built the modules.",
        )
    return LAYERS[kind](**description["options"])


def leaves_of(
    description: Mapping[str, Any], prefix: str = ""
) -> Iterator[tuple[str, Description]]:
    """Yield every layer with its name in the state dict, in the order of the forward pass."""
    if description["kind"] != "Sequential":
        yield prefix, dict(description)
        return
    for name, child in description["children"].items():
        yield from leaves_of(child, f"{prefix}.{name}" if prefix else name)


def state_of(module: nn.Module) -> dict[str, torch.Tensor]:
    """Return parameters and buffers by name, without gradients.

    Unlike ``state_dict()`` this holds buffers registered with ``persistent=False`` too: they
    may differ between modules as much as others.
    """
    named = dict(module.named_parameters()) | dict(module.named_buffers())
    return {name: value.detach() for name, value in named.items()}


def architecture_digest(module: nn.Module) -> str:
    """Return the SHA-256 of a module's printed form and the shapes of its state."""
    shapes = {
        name: [list(value.shape), str(value.dtype)] for name, value in state_of(module).items()
    }
    text = json.dumps([repr(module), shapes], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def widest_output(module: nn.Module, row: torch.Tensor) -> int:
    """Return the most numbers that any part of a module makes of one row, (1, n_inputs)."""
    widest = row.numel()

    def note(_module: nn.Module, _inputs: Any, outputs: Any) -> None:
        nonlocal widest
        if isinstance(outputs, torch.Tensor):
            widest = max(widest, outputs.numel())

    was_training = module.training
    handles = [part.register_forward_hook(note) for part in module.modules()]
    try:
        with torch.no_grad():
            module.eval()(row)
    finally:
        for handle in handles:
            handle.remove()
        module.train(was_training)
    return widest


def _describe(module: nn.Module) -> Description | None:
    if _has_hooks(module):
        return None
    if type(module) is nn.Sequential:
        children = {name: _describe(child) for name, child in module.named_children()}
        if None in children.values():
            return None
        return {"kind": "Sequential", "children": children}
    kind = type(module)
    if kind not in LAYER_OPTIONS or not _is_plain(module):
        return None
    options = {name: _option(module, name) for name in LAYER_OPTIONS[kind]}
    return {"kind": kind.__name__, "options": options}


def _option(module: nn.Module, name: str) -> Any:
    value = getattr(module, name)
    if name == "bias":
        return value is not None
    return list(value) if isinstance(value, tuple) else value


def _is_plain(module: nn.Module) -> bool:
    if isinstance(module, nn.Flatten):
        return module.start_dim == 1 and module.end_dim == -1
    if isinstance(module, nn.LayerNorm):
        return len(module.normalized_shape) == 1
    if isinstance(module, nn.BatchNorm1d):
        return module.track_running_stats
    return True


def _has_hooks(module: nn.Module) -> bool:
    # torch 2.2 to 2.13 keep hooks in these private dicts and offer no public way to ask.
    return any(
        len(getattr(module, name, ()))
        for name in ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks")
    )
