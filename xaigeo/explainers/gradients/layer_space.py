"""Points at the outputs of a layer, such as embeddings, where codes have no gradient."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from xaigeo.ensemble.members import Scale
from xaigeo.ensemble.torch_members import TorchMembers
from xaigeo.errors import InputError
from xaigeo.explainers.gradients.input_gradients import GradientPasses, GraphPasses
from xaigeo.explainers.gradients.input_space import InputSpace
from xaigeo.options import suggestion
from xaigeo.schema import FeatureSchema, Matrix

# How far outputs computed from a layer's outputs may be from the networks' own, relatively.
TOLERANCE = 1e-4


class LayerOutputs(InputSpace):
    """A layer's outputs for the columns that pass through it, and the inputs of all others.

    Which numbers of the layer belong to which column is found by trying: each column is moved
    through its values, and the numbers that move are its own. A module that only holds others,
    an ``nn.ModuleList`` of embeddings, stands for all that it holds.

    Parameters
    ----------
    members : TorchMembers
    schema : FeatureSchema
    layer : str
        Dotted name of a module, as ``module.named_modules()`` gives it.

    Raises
    ------
    InputError
        If there is no such layer, a number of it depends on several columns, or a column's
        way to the outputs leads past it.
    """

    def __init__(self, members: TorchMembers, schema: FeatureSchema, layer: str) -> None:
        self.layer = layer
        self.parts = [_parts_of(module, layer) for module in members.modules]
        self.members = members
        trials = [_tried(schema, place) for place in range(schema.n_features)]
        # Codes that stand in for those of the columns whose numbers are given at the layer.
        self._filler = members.inputs(trials[0][:1])
        pieces = [self._pieces(place, self._filler) for place in self._places]
        self._widths = [piece.shape[1] for piece in pieces[0]]
        self._filler_layer = [torch.cat(own, dim=1) for own in pieces]
        self._owned = self._find_owned(schema, trials)
        inputs = members.preprocessor.blocks
        widths = [
            len(own) if len(own) else block.stop - block.start
            for own, block in zip(self._owned, inputs, strict=True)
        ]
        ends = np.cumsum(widths)
        blocks = [slice(int(e) - w, int(e)) for e, w in zip(ends, widths, strict=True)]
        numeric = np.array([not len(own) for own in self._owned])
        super().__init__(members, blocks, numeric)
        self._check_nothing_passes_by(np.vstack(trials))

    def points(self, rows: Matrix) -> Tensor:
        """Return every member's points, shape (n_seeds, n_rows, d)."""
        inputs = self.members.inputs(rows)
        return torch.stack(
            [self._point(inputs, self._layer(place, inputs)) for place in self._places]
        )

    def raw_module(self, place: int) -> nn.Module:
        """Return one member from its points to its raw outputs."""
        return _Tail(self, place, self.members.modules[place]).eval()

    def module(self, place: int, scale: Scale) -> nn.Module:
        """Return one member from its points to the outputs that are explained."""
        return _Tail(self, place, self.members.output_module(place, scale)).eval()

    def passes(self, scale: Scale, max_memory: int) -> GradientPasses:
        """Return autograd's derivatives, member by member in one graph."""

        def forward(points: Tensor, scale: Scale) -> Tensor:
            return torch.stack([self.module(k, scale)(points[k]) for k in self._places])

        return GraphPasses(self.members, scale, self.raw_module, forward, max_memory)

    def outputs_of(self, place: int, module: nn.Module, points: Tensor) -> Tensor:
        """Return a module's outputs with a member's layer made to give these points."""
        inputs = self._filler.expand(len(points), -1).clone()
        layer = self._filler_layer[place].expand(len(points), -1)
        for own, block, numbers in zip(
            self._owned, self.members.preprocessor.blocks, self.blocks, strict=True
        ):
            if len(own):
                layer = layer.index_copy(1, torch.as_tensor(own), points[:, numbers])
            else:
                inputs[:, block] = points[:, numbers]
        pieces = torch.split(layer, self._widths, dim=1)
        with _replaced(self.parts[place], pieces):
            outputs: Tensor = module(inputs)
        return outputs

    @property
    def _places(self) -> range:
        return range(self.members.n_members)

    def _pieces(self, place: int, inputs: Tensor) -> list[Tensor]:
        with torch.no_grad(), _recorded(self.parts[place], self.layer) as seen:
            self.members.modules[place](inputs)
        return seen()

    def _layer(self, place: int, inputs: Tensor) -> Tensor:
        return torch.cat(self._pieces(place, inputs), dim=1)

    def _point(self, inputs: Tensor, layer: Tensor) -> Tensor:
        pieces = [
            layer[:, torch.as_tensor(own)] if len(own) else inputs[:, block]
            for own, block in zip(self._owned, self.members.preprocessor.blocks, strict=True)
        ]
        return torch.cat(pieces, dim=1)

    def _find_owned(self, schema: FeatureSchema, trials: Sequence[Matrix]) -> list[np.ndarray]:
        moved = []
        for rows in trials:
            inputs = self.members.inputs(rows)
            each = [self._layer(place, inputs).numpy() for place in self._places]
            moved.append(np.any([np.ptp(numbers, axis=0) > 0 for numbers in each], axis=0))
        several = np.sum(moved, axis=0) > 1
        names = [n for n, own in zip(schema.names, moved, strict=True) if (own & several).any()]
        if names:
            raise InputError(
                expected=f"a layer whose every number comes from one column, as those of "
                f"embeddings do, at {self.layer!r}",
                arrived=f"numbers that depend on {', '.join(names)} together",
                do="Name the layer before the columns meet, or leave layer out.",
            )
        if not any(own.any() for own in moved):
            raise InputError(
                expected=f"a layer that some column passes through at {self.layer!r}",
                arrived="outputs that no column changes",
                do="Name the layer that the columns pass through.",
            )
        return [np.flatnonzero(own) for own in moved]

    def _check_nothing_passes_by(self, rows: Matrix) -> None:
        inputs, points = self.members.inputs(rows), self.points(rows)
        with torch.no_grad():
            for place in self._places:
                wanted = self.members.modules[place](inputs)
                found = self.raw_module(place)(points[place])
                if (found - wanted).abs().max() > TOLERANCE * wanted.abs().max().clamp(min=1.0):
                    raise InputError(
                        expected=f"a layer that holds all that its columns do, at {self.layer!r}",
                        arrived="columns that reach the outputs past it as well",
                        do="Name a module that holds every embedding of these columns, such as "
                        "an nn.ModuleList.",
                    )


class _Tail(nn.Module):
    """A member from the points of a layer on."""

    def __init__(self, space: LayerOutputs, place: int, module: nn.Module) -> None:
        super().__init__()
        self.space = space
        self.place = place
        self.member = module

    def forward(self, points: Tensor) -> Tensor:
        return self.space.outputs_of(self.place, self.member, points)


def _parts_of(module: nn.Module, layer: str) -> list[nn.Module]:
    known = [name for name, _ in module.named_modules() if name]
    if layer not in known:
        raise InputError(
            expected=f"layer to name a module of the networks ({', '.join(known)})",
            arrived=repr(layer),
            do=suggestion(layer, known) or "Choose one of the listed names.",
        )
    found = module.get_submodule(layer)
    if isinstance(found, nn.ModuleList):
        return list(found)
    return list(found.values()) if isinstance(found, nn.ModuleDict) else [found]


def _tried(schema: FeatureSchema, place: int) -> Matrix:
    feature = schema.features[place]
    base = np.array([[0.0 if f.is_discrete else (f.lower + f.upper) / 2 for f in schema.features]])
    values = (
        np.arange(len(feature.categories), dtype=np.float64)
        if feature.is_discrete
        else np.array([base[0, place], feature.lower, feature.upper])
    )
    rows: Matrix = np.repeat(base, len(values), axis=0)
    rows[:, place] = values
    return rows


@contextmanager
def _recorded(parts: Sequence[nn.Module], layer: str) -> Iterator[Callable[[], list[Tensor]]]:
    """Note what each part gives, flattened to (n_rows, numbers)."""
    calls: list[list[Tensor]] = [[] for _ in parts]

    def note(place: int) -> Any:
        def hook(_module: nn.Module, _args: Any, outputs: Any) -> None:
            calls[place].append(outputs)

        return hook

    def seen() -> list[Tensor]:
        strange = next(
            (c for c in calls if len(c) != 1 or not isinstance(c[0], Tensor) or c[0].ndim < 2),
            None,
        )
        if strange is not None:
            raise InputError(
                expected=f"modules at {layer!r} that each give one tensor (n_rows, ...) a pass",
                arrived=f"{len(strange)} calls in a pass"
                if len(strange) != 1
                else f"{type(strange[0]).__name__}",
                do="Name a layer that is called once and returns a tensor.",
            )
        return [c[0].flatten(1) for c in calls]

    handles = [part.register_forward_hook(note(place)) for place, part in enumerate(parts)]
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def _replaced(parts: Sequence[nn.Module], numbers: Sequence[Tensor]) -> Iterator[None]:
    """Make each part give these numbers, (n_rows, numbers of the part)."""

    def give(own: Tensor) -> Any:
        def hook(_module: nn.Module, _args: Any, outputs: Tensor) -> Tensor:
            return own.view(outputs.shape)

        return hook

    handles = [
        part.register_forward_hook(give(own)) for part, own in zip(parts, numbers, strict=True)
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
