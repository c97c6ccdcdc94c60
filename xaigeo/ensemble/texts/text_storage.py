"""Text members on disk: weights as a safetensors file, estimators by skops, the rest as JSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from xaigeo.ensemble.estimator_members import EstimatorAnswers
from xaigeo.ensemble.estimator_storage import read_estimators, write_estimators
from xaigeo.ensemble.storage import not_stored
from xaigeo.ensemble.texts.module_members import ModuleTextMembers
from xaigeo.ensemble.texts.plain_text_members import PlainTextMembers
from xaigeo.ensemble.texts.raw_outputs import RawOutputs
from xaigeo.ensemble.texts.stacked_text_members import StackedTextMembers
from xaigeo.ensemble.texts.text_architecture import TextArchitecture
from xaigeo.ensemble.texts.text_network import TextNetwork
from xaigeo.ensemble.texts.wrapped_storage import read_wrapped, write_wrapped
from xaigeo.errors import InputError
from xaigeo.schema import FeatureSchema
from xaigeo.text.schema import TextSchema

WEIGHTS = "weights.safetensors"
ESTIMATORS = "estimators"


def write_text(members: Any, folder: Path) -> dict[str, Any]:
    """Write the weights or estimators and return a JSON-able description of the members.

    Raises
    ------
    InputError
        For functions, and text models that were neither trained nor wrapped here.
    """
    from safetensors.torch import save_file

    if isinstance(members, PlainTextMembers):
        return _write_plain(members, folder)
    if isinstance(members, ModuleTextMembers):
        return write_wrapped(members, folder)
    if not isinstance(members, StackedTextMembers):
        raise InputError(
            expected="text models of TextEnsemble.train or TextEnsemble.wrap to save",
            arrived=f"{type(members).__name__}, which are code",
            do="Save the models with the tool they come from and wrap them again after loading.",
        )
    network = members.network
    stacked = {name: value.contiguous() for name, value in network.state.items()}
    save_file(stacked, str(folder / WEIGHTS))
    return {
        "network": network.engine,
        "architecture": network.architecture.to_dict(),
        "outputs": members.outputs.to_dict(),
    }


def read_text(
    folder: Path,
    manifest: dict[str, Any],
    schema: FeatureSchema,
    make_model: Callable[..., Any] | None,
    trust_estimators: bool | Sequence[str],
) -> StackedTextMembers | ModuleTextMembers | PlainTextMembers:
    """Build the members that `write_text` wrote.

    `make_model` as `read_wrapped` takes it, `trust_estimators` as `read_estimator` does.
    """
    from safetensors.torch import load_file

    assert isinstance(schema, TextSchema)  # the manifest of such members tells of a tokenizer
    described = manifest["members"]
    if described.get("source") == ESTIMATORS:
        return _read_plain(folder, manifest, schema, trust_estimators)
    if "source" in described:
        return read_wrapped(folder, manifest, schema, make_model)
    # Cloned, since safetensors gives views that are not aligned as torch's own memory is, and
    # BLAS may round otherwise on those.
    loaded = load_file(str(folder / WEIGHTS))
    architecture = TextArchitecture.from_dict(described["architecture"])
    with torch.device("meta"):  # names alone, in the order of training
        order = [name for name, _ in architecture.build().named_parameters()]
    state = {name: loaded[name].clone() for name in order}
    outputs = RawOutputs.from_dict(described["outputs"], manifest["task"])
    return StackedTextMembers(TextNetwork(architecture, state), schema, outputs)


def _write_plain(members: PlainTextMembers, folder: Path) -> dict[str, Any]:
    answers = members.answers
    if not isinstance(answers, EstimatorAnswers):
        raise not_stored(answers.kind)
    write_estimators(answers.estimators, folder, stacklevel=6)
    return {"source": ESTIMATORS, "coded": answers.coded}


def _read_plain(
    folder: Path, manifest: dict[str, Any], schema: TextSchema, trust: bool | Sequence[str]
) -> PlainTextMembers:
    estimators = read_estimators(folder, len(manifest["seeds"]), trust)
    classes, coded = manifest["classes"], bool(manifest["members"]["coded"])
    answers = EstimatorAnswers(estimators, classes, manifest["task"], coded=coded)
    return PlainTextMembers(answers, schema, len(classes))
