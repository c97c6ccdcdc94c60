"""Wrapped text models on disk: as `transformers` writes them, or weights and a description."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import nn

from xaigeo.ensemble.architecture import architecture_digest, state_of
from xaigeo.ensemble.texts.huggingface_reader import HuggingFaceReader
from xaigeo.ensemble.texts.module_members import ModuleTextMembers
from xaigeo.ensemble.texts.module_reader import ModuleReader
from xaigeo.errors import InputError, StoreError
from xaigeo.text.schema import TextSchema

WEIGHTS = "weights.safetensors"
# One file a model, whatever its size.
WHOLE = "1000TB"


def write_wrapped(members: ModuleTextMembers, folder: Path) -> dict[str, Any]:
    """Write the models and return a JSON-able description of the members.

    Raises
    ------
    InputError
        For an `output` that is a function, or models whose code is not that of `transformers`.
    """
    reader = members.reader
    if callable(reader.output):
        raise InputError(
            expected="output=... as a key or a place to save",
            arrived="a function",
            do="Name the output by its key or place, or wrap the models again after loading.",
        )
    described = {
        "source": reader.source,
        "reader": asdict(reader),
        "n_outputs": members.n_outputs,
        "one_length": members.one_length,
    }
    if reader.source == "huggingface":
        model_class = type(members.modules[0])
        if not model_class.__module__.startswith("transformers."):
            raise InputError(
                expected="models of transformers' own classes to save",
                arrived=f"{model_class.__name__}, code of its own",
                do="Save the models with save_pretrained and wrap them again after loading.",
            )
        with _quiet():
            for place, module in enumerate(members.modules):
                module.save_pretrained(  # type: ignore[operator]
                    str(folder / _name(place)), max_shard_size=WHOLE
                )
        return described | {"class": model_class.__name__}
    from safetensors.torch import save_file

    states = [state_of(module) for module in members.modules]
    stacked = {
        name: torch.stack([state[name] for state in states]).cpu().contiguous()
        for name in states[0]
    }
    save_file(stacked, str(folder / WEIGHTS))
    return described | {"architecture_sha256": architecture_digest(members.modules[0])}


def read_wrapped(
    folder: Path,
    manifest: dict[str, Any],
    schema: TextSchema,
    make_model: Callable[..., Any] | None,
) -> ModuleTextMembers:
    """Build the members that `write_wrapped` wrote.

    Raises
    ------
    InputError
        For modules of the user's own without the function that makes one, or models of Hugging
        Face without the package.
    StoreError
        If the function makes another architecture, or `transformers` lacks the models' class.
    """
    described = manifest["members"]
    fields = dict(described["reader"])
    if fields["attention"] is not None:
        fields["attention"] = tuple((name, item) for name, item in fields["attention"])
    n_models = len(manifest["seeds"])
    reader: ModuleReader
    if described["source"] == "huggingface":
        reader = HuggingFaceReader(**fields)
        modules = _pretrained(folder, described["class"], n_models)
    else:
        reader = ModuleReader(**fields)
        modules = _filled(folder, described["architecture_sha256"], n_models, make_model)
    return ModuleTextMembers(
        [module.eval() for module in modules],
        schema,
        reader,
        task=manifest["task"],
        n_outputs=described["n_outputs"],
        one_length=described["one_length"],
    )


def _pretrained(folder: Path, class_name: str, n_models: int) -> list[nn.Module]:
    try:
        import transformers
    except ImportError as error:
        raise InputError(
            expected="the package transformers, for models of Hugging Face",
            arrived=f"an installation without it ({error})",
            do="Run pip install 'xaigeo[transformers]'.",
        ) from error
    model_class = getattr(transformers, class_name, None)
    known = isinstance(model_class, type) and issubclass(model_class, transformers.PreTrainedModel)
    if not known or model_class is None:
        raise StoreError(
            expected=f"the class {class_name} in transformers {transformers.__version__}",
            arrived="none of this name",
            do="Install the version of transformers that the models were made with.",
        )
    with _quiet():
        return [
            model_class.from_pretrained(
                str(folder / _name(place)), local_files_only=True, use_safetensors=True
            )
            for place in range(n_models)
        ]


def _filled(
    folder: Path, digest: str, n_models: int, make_model: Callable[..., Any] | None
) -> list[nn.Module]:
    from safetensors.torch import load_file

    if make_model is None:
        raise InputError(
            expected="make_model for text modules of your own",
            arrived="none",
            do="Load with make_model=..., a function without arguments that builds one.",
        )
    state = load_file(str(folder / WEIGHTS))
    modules = []
    with torch.random.fork_rng(devices=[]):
        for place in range(n_models):
            module = make_model()
            if not isinstance(module, nn.Module) or architecture_digest(module.eval()) != digest:
                raise StoreError(
                    expected="make_model to build the architecture that was saved",
                    arrived=f"another {type(module).__name__}"
                    if isinstance(module, nn.Module)
                    else type(module).__name__,
                    do="Pass the function that built the models that were wrapped.",
                )
            for name, value in state_of(module).items():
                value.copy_(state[name][place])
            modules.append(module)
    return modules


@contextmanager
def _quiet() -> Iterator[None]:
    """Shut off the progress bars of `transformers`, one a model."""
    from transformers.utils import logging

    messages: Any = logging
    shown = messages.is_progress_bar_enabled()
    messages.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            messages.enable_progress_bar()


def _name(place: int) -> str:
    return f"model-{place}"
