"""K modules of one architecture, whatever it is, run together by `torch.func`."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor, nn

from xaigeo.ensemble.architecture import state_of
from xaigeo.ensemble.dropout import DropoutNoise
from xaigeo.ensemble.stacked import unstack

State = dict[str, Tensor]


@dataclass(frozen=True, eq=False)
class FunctionalNetwork:
    """Modules that differ in parameters and buffers alone; `state` holds each as (K, ...).

    Attributes
    ----------
    template : nn.Module
        A module of the architecture; its own weights are not used.
    state : dict of str to Tensor
    width : int
        The most numbers a row becomes on its way through one module.

    Notes
    -----
    Every ``nn.Dropout`` draws from the stream of its seed (`DropoutNoise`). Other random
    layers draw for all modules at once from torch's global generator, so their masks depend
    on which seeds are trained together.
    """

    template: nn.Module
    state: State
    width: int
    engine: str = field(default="functional", init=False)

    @classmethod
    def from_modules(cls, modules: Sequence[nn.Module], *, width: int) -> FunctionalNetwork:
        """Stack the parameters and buffers of modules of one class and one layout."""
        states = [state_of(module) for module in modules]
        state = {name: torch.stack([s[name] for s in states]) for name in states[0]}
        return cls(copy.deepcopy(modules[0]), state, width)

    @property
    def n_members(self) -> int:
        """Number of modules."""
        return len(next(iter(self.state.values())))

    def forward(self, inputs: Tensor) -> Tensor:
        """Return outputs (K, n_rows, n_outputs) of inputs (n_rows, d) or (K, n_rows, d)."""
        return self.run(self.state, inputs)

    def run(self, state: State, inputs: Tensor, noise: DropoutNoise | None = None) -> Tensor:
        """Return outputs under `state` in place of the network's own.

        With `noise` the modules are in training mode and `state` receives their new buffers.
        """
        module, source = self._seeded
        module.train(noise is not None)
        masks = [] if noise is None else self._masks(state, inputs, noise)

        def call(own: State, x: Tensor, masks: list[Tensor]) -> tuple[Tensor, State]:
            source.replay(masks)
            own = dict(own)
            # functional_call writes reassigned buffers back into the dict it is given.
            outputs = torch.func.functional_call(module, own, (x,))
            return outputs, {name: own[name] for name in buffers}

        buffers = [name for name, _ in module.named_buffers()]
        over = (0, 0 if inputs.ndim == 3 else None, 0)
        batched = torch.vmap(call, in_dims=over, randomness="different")
        outputs, after = batched(state, inputs, masks)
        if noise is not None:
            state.update({name: value.detach() for name, value in after.items()})
        return outputs

    def subset(self, places: Sequence[int]) -> FunctionalNetwork:
        """Return the modules at these places."""
        index = list(places)
        state = {name: value[index] for name, value in self.state.items()}
        return FunctionalNetwork(self.template, state, self.width)

    def modules(self) -> list[nn.Module]:
        """Return K plain modules with these weights, in evaluation mode."""
        return unstack(self.template, self.state)

    @cached_property
    def _seeded(self) -> tuple[nn.Module, MaskSource]:
        source = MaskSource()
        return _with_seeded_dropout(copy.deepcopy(self.template), source), source

    def _masks(self, state: State, inputs: Tensor, noise: DropoutNoise) -> list[Tensor]:
        module, source = self._seeded
        if not any(isinstance(part, _SeededDropout) for part in module.modules()):
            return []
        x = inputs[0] if inputs.ndim == 3 else inputs
        if x.shape not in source.calls:
            first = {name: value[0].detach().clone() for name, value in state.items()}
            with source.recording(x.shape), torch.no_grad():
                torch.func.functional_call(module, first, (x,))
        return [noise.mask(shape, p, x.dtype) for shape, p in source.calls[x.shape]]


class MaskSource:
    """Which dropout calls a forward pass makes, and the masks for the pass at hand."""

    def __init__(self) -> None:
        self.calls: dict[torch.Size, list[tuple[torch.Size, float]]] = {}
        self._pending: list[Tensor] = []
        self._record: list[tuple[torch.Size, float]] | None = None

    def replay(self, masks: Sequence[Tensor]) -> None:
        """Hand out these masks, in order, in the pass that follows."""
        self._pending = list(masks)

    def recording(self, key: torch.Size) -> _Recording:
        """Return a context in which calls are noted instead of answered."""
        return _Recording(self, key)

    def drop(self, x: Tensor, p: float) -> Tensor:
        """Return x with the next mask applied."""
        if self._record is not None:
            self._record.append((x.shape, p))
            return x
        return x * self._pending.pop(0)


class _Recording:
    def __init__(self, source: MaskSource, key: torch.Size) -> None:
        self.source, self.key = source, key

    def __enter__(self) -> None:
        self.source._record = []

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None and self.source._record is not None:
            self.source.calls[self.key] = self.source._record
        self.source._record = None


class _SeededDropout(nn.Module):
    def __init__(self, p: float, source: MaskSource) -> None:
        super().__init__()
        self.p, self.source = p, source

    def forward(self, x: Tensor) -> Tensor:
        return self.source.drop(x, self.p) if self.training else x


def _with_seeded_dropout(module: nn.Module, source: MaskSource) -> nn.Module:
    if type(module) is nn.Dropout:
        return _SeededDropout(module.p, source)
    for name, child in module.named_children():
        setattr(module, name, _with_seeded_dropout(child, source))
    return module
