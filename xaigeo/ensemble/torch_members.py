"""Torch networks as members of an ensemble, with a differentiable way in for explainers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, cached_property
from math import ceil
from typing import Any, Literal, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from xaigeo.ensemble.members import Scale, finite_outputs
from xaigeo.ensemble.mixtures import compiled_means
from xaigeo.ensemble.preprocessing import Preprocessor, rows_tensor
from xaigeo.schema import Matrix

# Bytes that the largest intermediate of one forward pass may take: what stays in cache. With
# 64 MiB the same rows take nearly twice as long.
MEMORY_LIMIT = 4 * 2**20


class Network(Protocol):
    """K modules that answer together, in evaluation mode unless trained.

    `StackedNetwork`, `FunctionalNetwork` and `LoopedNetwork` are the three kinds.
    """

    @property
    def engine(self) -> str:
        """Name of the kind."""
        ...

    @property
    def n_members(self) -> int:
        """Number of modules."""
        ...

    @property
    def width(self) -> int:
        """The most numbers a row becomes on its way through one module."""
        ...

    def forward(self, inputs: Tensor) -> Tensor:
        """Return outputs (K, n_rows, n_outputs) of inputs (n_rows, d) or (K, n_rows, d)."""
        ...

    def subset(self, places: Sequence[int]) -> Network:
        """Return the modules at these places."""
        ...

    def modules(self) -> list[nn.Module]:
        """Return K plain modules."""
        ...


class TorchMembers:
    """K torch networks behind one preprocessor.

    The way of a row: encoded row (n_features) -> `preprocessor` -> inputs (n_inputs) ->
    network -> outputs. Gradient methods enter at the inputs, where every path is smooth:

    - ``preprocessor(rows)`` maps a float64 tensor of encoded rows to inputs;
      ``preprocessor.blocks[j]`` is the slice of feature j in the inputs (None where a foreign
      preprocessor mixes features), ``preprocessor.location`` and ``.scale`` the shift and
      scale of every numeric feature in original units (None where they are not affine).
    - ``forward_inputs(inputs, scale)`` gives the outputs of all members with gradients.
    - ``output_module(place, scale)`` is one member as a plain module with the same outputs,
      for libraries that take a module; ``modules`` are the members themselves.

    Outputs follow one convention on every path: a classifier with a single logit z has the
    logits (-z, z) and the probabilities (1 - sigmoid(z), sigmoid(z)); one with a logit a class
    has softmax probabilities; regression values are in the target's own units.

    Parameters
    ----------
    network : Network
    preprocessor : nn.Module
        A `Preprocessor` or `ForeignPreprocessor`.
    task : {"classification", "regression"}
    n_outputs : int
        Classes, or targets.
    target_location, target_scale : float or ndarray, shape (n_outputs,)
        Shift and scale that turn the network's numbers into regression values; an array where
        there are several targets.
    """

    kind = "torch"

    def __init__(
        self,
        network: Network,
        preprocessor: Any,
        *,
        task: Literal["classification", "regression"],
        n_outputs: int,
        target_location: float | np.ndarray = 0.0,
        target_scale: float | np.ndarray = 1.0,
    ) -> None:
        self.network = network
        self.preprocessor = preprocessor
        self.task = task
        self.n_outputs = n_outputs
        self.target_location = target_location
        self.target_scale = target_scale
        self.n_members = network.n_members
        self.has_logits = task == "classification"

    @property
    def dtype(self) -> torch.dtype:
        """Type of inputs and weights."""
        dtype: torch.dtype = self.preprocessor.dtype
        return dtype

    @cached_property
    def modules(self) -> list[nn.Module]:
        """The K plain modules; each maps inputs (n_rows, n_inputs) to its own raw outputs."""
        return self.network.modules()

    def forward_inputs(self, inputs: Tensor, scale: Scale | None = None) -> Tensor:
        """Return outputs of all members, shape (K, n_rows, n_outputs), with gradients.

        Parameters
        ----------
        inputs : Tensor, shape (n_rows, n_inputs) or (K, n_rows, n_inputs)
            Shared by the members, or each its own.
        scale : {"logit", "probability", "value"}, optional
            By default "logit" for classification and "value" for regression.
        """
        return self._finish(self.network.forward(inputs), scale)

    def probabilities_from_logits(self, logits: Tensor) -> Tensor:
        """Return probabilities of logits as `forward_inputs` gives them, (..., n_outputs)."""
        # A single logit z is reported as (-z, z), whose softmax would be sigmoid(2z).
        if self._single:
            return torch.sigmoid(logits)
        # With the few classes in front, torch's softmax runs six times faster than behind.
        return torch.softmax(logits.movedim(-1, 0).contiguous(), dim=0).movedim(0, -1)

    @property
    def single_logit(self) -> bool:
        """Whether the networks give one logit z, read as the two logits (-z, z)."""
        return self._single

    def outputs_of_raw(self, raw: Tensor, scale: Scale) -> Tensor:
        """Return float64 outputs, as `values` gives them, of the networks' own outputs."""
        return self._finish(raw.to(torch.float64), scale)

    def output_module(self, place: int, scale: Scale | None = None) -> nn.Module:
        """Return one member as a module from inputs to outputs (n_rows, n_outputs)."""
        return _OutputModule(self, place, scale).eval()

    def values(self, rows: Matrix, scale: Scale) -> np.ndarray:
        """Return outputs, shape (n_members, n_rows, n_outputs), in bounded memory."""
        keep_freed_memory()
        answer = np.empty((self.n_members, len(rows), self.n_outputs))
        n_parts = max(1, ceil(len(rows) / self._rows_at_once))
        step = max(1, ceil(len(rows) / n_parts))  # parts of one size, no short last one
        for start in range(0, len(rows), step):
            part = slice(start, start + step)
            answer[:, part] = self._values(rows[part], scale)
        return answer

    def member_values(self, place: int, rows: Matrix, scale: Scale) -> np.ndarray:
        """Return one member's outputs, shape (n_rows, n_outputs)."""
        return np.asarray(self._each[place].values(rows, scale)[0])

    def own_values(self, rows: Matrix, places: np.ndarray, scale: Scale) -> np.ndarray:
        """Return outputs where each row belongs to one member (`OwnRowMembers`)."""
        keep_freed_memory()
        count = np.bincount(places, minlength=self.n_members)
        order = np.argsort(places, kind="stable")
        turn = np.empty(len(rows), dtype=np.intp)  # of each row among its member's
        turn[order] = np.arange(len(rows)) - np.repeat(np.cumsum(count) - count, count)
        answer = np.empty((len(rows), self.n_outputs))
        n_parts = max(1, ceil(int(count.max()) / self._rows_at_once))
        step = max(1, ceil(int(count.max()) / n_parts))
        for part in range(n_parts):
            chosen = slice(None) if n_parts == 1 else np.flatnonzero(turn // step == part)
            inputs = self.inputs(rows[chosen])
            # Members with fewer rows answer to zeros as well.
            padded = inputs.new_zeros((self.n_members, step, inputs.shape[1]))
            at = torch.from_numpy(places[chosen] * step + turn[chosen] - part * step)
            padded.view(-1, inputs.shape[1])[at] = inputs
            with torch.no_grad():
                outputs = self._outputs(padded, scale).reshape(-1, self.n_outputs)[at]
            answer[chosen] = finite_outputs(outputs[None].numpy())[0]
        return answer

    def mixture_means(
        self, instance: Matrix, background: Matrix, masks: np.ndarray, scale: Scale
    ) -> np.ndarray | None:
        """Return mean outputs of mixed rows (`MixingMembers`), mixing inputs in place of rows.

        Declines when a foreign preprocessor may let features meet before the network, and when
        one mask's rows are too many for one pass.
        """
        if not isinstance(self.preprocessor, Preprocessor):
            return None
        keep_freed_memory()
        own, other = self.inputs(instance[None]), self.inputs(background)
        compiled = compiled_means(self, own, other, masks, scale)
        if compiled is not None:
            return finite_outputs(compiled)
        if len(background) > 8 * self._rows_at_once:
            return None
        chosen = torch.as_tensor(masks[:, self.preprocessor.owners])
        step = max(1, self._rows_at_once // len(background))
        parts = torch.split(chosen, step)
        means = [self._means_of_mixtures(own, other, part, scale) for part in parts]
        return finite_outputs(torch.cat(means, dim=1).numpy())

    def subset(self, places: Sequence[int]) -> TorchMembers:
        """Return the members at these places."""
        return TorchMembers(
            self.network.subset(places),
            self.preprocessor,
            task=self.task,
            n_outputs=self.n_outputs,
            target_location=self.target_location,
            target_scale=self.target_scale,
        )

    def inputs(self, rows: Matrix) -> Tensor:
        """Return the networks' inputs, shape (n_rows, n_inputs), of encoded rows."""
        with torch.no_grad():
            inputs: Tensor = self.preprocessor(rows_tensor(rows))
        return inputs

    @cached_property
    def _each(self) -> list[TorchMembers]:
        return [self.subset([place]) for place in range(self.n_members)]

    @cached_property
    def _single(self) -> bool:
        if self.task == "regression":
            return False
        probe = torch.zeros((1, self.preprocessor.n_inputs), dtype=self.dtype)
        with torch.no_grad():
            return self.network.forward(probe).shape[-1] == 1

    @property
    def _rows_at_once(self) -> int:
        size = self.n_members * max(self.network.width, self.preprocessor.n_inputs)
        return max(1, int(MEMORY_LIMIT // (size * self.dtype.itemsize)))

    def _values(self, rows: Matrix, scale: Scale) -> np.ndarray:
        with torch.no_grad():
            return finite_outputs(self._outputs(self.inputs(rows), scale).numpy())

    def _outputs(self, inputs: Tensor, scale: Scale) -> Tensor:
        # Softmax in float64: probabilities then sum to one as users of float64 expect.
        return self.outputs_of_raw(self.network.forward(inputs), scale)

    def _means_of_mixtures(
        self, own: Tensor, other: Tensor, chosen: Tensor, scale: Scale
    ) -> Tensor:
        with torch.no_grad():
            mixed = torch.where(chosen[:, None], own, other)
            outputs = self._outputs(mixed.flatten(0, 1), scale)
            # A sum over the last axis is the quick one; the classes may lie in front already.
            front = outputs.movedim(-1, 0)
            groups = front.reshape(*front.shape[:2], *mixed.shape[:2])
            return groups.mean(dim=-1).movedim(0, -1)

    def _finish(self, raw: Tensor, scale: Scale | None) -> Tensor:
        if self.task == "regression":
            factor, shift = (
                torch.as_tensor(amount, dtype=raw.dtype)
                for amount in (self.target_scale, self.target_location)
            )
            return raw * factor + shift
        logits = torch.cat([-raw, raw], dim=-1) if self._single else raw
        return self.probabilities_from_logits(logits) if scale == "probability" else logits


@cache
def keep_freed_memory() -> None:
    """Let the process keep the memory of intermediates between passes; of use on Linux."""
    # glibc gives freed memory back to the kernel beyond a threshold; every pass then faults its
    # pages in anew, which took half the time of small networks. Freeing one block, whose pages
    # are never touched, raises the threshold to twice its size (mallopt(3)).
    np.empty(4 * MEMORY_LIMIT, dtype=np.uint8)


class _OutputModule(nn.Module):
    def __init__(self, members: TorchMembers, place: int, scale: Scale | None) -> None:
        super().__init__()
        self.module = members.modules[place]
        self.members = members
        self.scale = scale

    def forward(self, inputs: Tensor) -> Tensor:
        return self.members._finish(self.module(inputs), self.scale)
