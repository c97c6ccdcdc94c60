"""Networks with new weights in some layers, for all seeds of an ensemble."""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from xaigeo.ensemble.architecture import state_of
from xaigeo.ensemble.functional import FunctionalNetwork
from xaigeo.ensemble.looped import LoopedNetwork
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.ensemble.stacked import StackedNetwork
from xaigeo.ensemble.texts.stacked_text_members import StackedTextMembers
from xaigeo.ensemble.texts.text_network import TextNetwork
from xaigeo.ensemble.torch_members import TorchMembers
from xaigeo.errors import InputError
from xaigeo.schema import Matrix


@dataclass(frozen=True, eq=False)
class RandomWeights:
    """New weights for the layers of an ensemble of networks.

    A layer is a module with parameters of its own. It is initialised anew as its class does it,
    by `reset_parameters`: weights and biases of linear layers are drawn, normalisation goes back
    to scale 1 and shift 0, and its running statistics to mean 0 and variance 1. A layer whose
    class has no such method has the entries of each parameter shuffled.

    Attributes
    ----------
    ensemble : SeedEnsemble
        Of torch networks, or text networks trained here; left as it is.
    row : ndarray, shape (1, n_features)
        An encoded row, or text, to find the order of layers with.
    random_state : int
        The weights of a layer follow from it, the repeat, the layer's place and the member's
        seed: neither the other layers nor the other members matter.
    """

    ensemble: SeedEnsemble
    row: Matrix
    random_state: int

    def __post_init__(self) -> None:
        if not self.layers:
            raise InputError(
                expected="networks with weights in their layers",
                arrived="networks without any",
                do="There is nothing to randomise; check other models.",
            )

    @property
    def members(self) -> TorchMembers | StackedTextMembers:
        """The networks."""
        members = self.ensemble.members
        assert isinstance(members, TorchMembers | StackedTextMembers)  # as documented
        return members

    @cached_property
    def layers(self) -> list[str]:
        """Names of the layers as `named_modules` has them, from the output down.

        In the order in which a forward pass is done with them, the last first; layers that the
        pass does not call, such as those inside torch's own attention, stand behind.
        """
        module = copy.deepcopy(self.members.modules[0])
        done: dict[str, None] = {}
        for name, part in module.named_modules():
            if _has_weights(part):
                part.register_forward_hook(_note(done, name))
        members = self.members
        with torch.no_grad():
            if isinstance(members, StackedTextMembers):
                module(torch.as_tensor(self.row).to(torch.int64))
            else:
                module(members.inputs(self.row))
        uncalled = [n for n, m in module.named_modules() if _has_weights(m) and n not in done]
        return [*reversed(done), *reversed(uncalled)]

    @cached_property
    def labels(self) -> list[str]:
        """Names of the layers, that of a module that is one layer its class, from the output."""
        return [name or type(self._template).__name__ for name in self.layers]

    @cached_property
    def kinds(self) -> list[str]:
        """Classes of the layers, from the output down."""
        return [type(self._template.get_submodule(name)).__name__ for name in self.layers]

    @cached_property
    def shuffled(self) -> list[str]:
        """Labels of the layers that cannot be initialised anew, so that they are shuffled."""
        return [
            label
            for label, name in zip(self.labels, self.layers, strict=True)
            if not _can_reset(self._template.get_submodule(name))
        ]

    def randomised(self, layers: Collection[str], repeat: int) -> SeedEnsemble:
        """Return the ensemble with new weights in some layers.

        Parameters
        ----------
        layers : collection of str
            Names among `layers`.
        repeat : int
            Draws differ between repeats.
        """
        modules = [copy.deepcopy(module) for module in self.members.modules]
        for module, seed in zip(modules, self.ensemble.seeds, strict=True):
            for place, name in enumerate(self.layers):
                if name in layers:
                    with _seeded(self.random_state, repeat, place, seed):
                        _randomise(module.get_submodule(name))
        return replace(self.ensemble, members=_members_of(self.members, modules))

    @property
    def _template(self) -> nn.Module:
        return self.members.modules[0]


def _has_weights(module: nn.Module) -> bool:
    return any(True for _ in module.parameters(recurse=False))


def _can_reset(module: nn.Module) -> bool:
    return callable(getattr(module, "reset_parameters", None))


def _randomise(module: nn.Module) -> None:
    if _can_reset(module):
        module.reset_parameters()  # type: ignore[operator]
        return
    with torch.no_grad():
        for weights in module.parameters(recurse=False):
            order = torch.randperm(weights.numel())
            weights.copy_(weights.flatten()[order].view_as(weights))


@contextmanager
def _seeded(random_state: int, repeat: int, place: int, seed: int) -> Iterator[None]:
    """Seed torch for one layer of one member, and put its random state back after."""
    key = np.random.SeedSequence(random_state, spawn_key=(repeat, place, seed))
    with torch.random.fork_rng(devices=[]):
        # As torch.manual_seed does on the CPU, without touching accelerators' generators.
        torch.default_generator.manual_seed(int(key.generate_state(1)[0]))
        yield


def _members_of(
    members: TorchMembers | StackedTextMembers, modules: list[Any]
) -> TorchMembers | StackedTextMembers:
    """Return members like those that there are, of other modules."""
    if isinstance(members, StackedTextMembers):
        network = TextNetwork.from_modules(modules, members.network.architecture)
        return StackedTextMembers(network, members.schema, members.outputs)
    return TorchMembers(
        _with_modules(members.network, modules),
        members.preprocessor,
        task=members.task,
        n_outputs=members.n_outputs,
        target_location=members.target_location,
        target_scale=members.target_scale,
    )


def _with_modules(network: Any, modules: list[nn.Module]) -> Any:
    """Return a network of the same kind over other modules."""
    if isinstance(network, StackedNetwork | FunctionalNetwork):
        states = [state_of(module) for module in modules]
        state = {name: torch.stack([s[name] for s in states]) for name in network.state}
        return replace(network, state=state)
    return LoopedNetwork(tuple(modules), network.width)


def _note(done: dict[str, None], name: str) -> Any:
    def note(_module: nn.Module, _inputs: Any, _output: Tensor) -> None:
        done.pop(name, None)
        done[name] = None

    return note
