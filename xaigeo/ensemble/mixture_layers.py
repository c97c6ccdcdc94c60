"""Two ways through a network over mixed rows: one compiled loop, or only its first layer."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import ModuleType

import numpy as np
import torch

from xaigeo.ensemble.mask_words import STAGE_GROUPS, MaskWords
from xaigeo.ensemble.mean_head import MeanHead
from xaigeo.ensemble.mixed_rows import VECTOR_BYTES, MixedRows, Tiles, aligned, lanes_of
from xaigeo.ensemble.stacked import StackedNetwork

# Layers that do nothing to rows in evaluation mode.
IDLE = ("Dropout", "Identity", "Flatten")
# More outputs than these are left to a matrix product.
MOST_OUTPUTS = 8
# Bytes of what one pass over masks writes, all again for every pair of units or every layer:
# it stays in the second cache.
SUMS_BYTES = 512 * 2**10
ROWS_BYTES = 2**20


@dataclass(frozen=True, eq=False)
class FirstLayer:
    """The first layer of K networks, on mixed rows.

    Attributes
    ----------
    kernels : module
        `mixing_kernels`.
    network : StackedNetwork
    rows : MixedRows
    name : str
        Of the layer.
    later : list of int
        Places of the layers after the first that do something.
    rooms : dict
        Scratch arrays by the number of pairs of masks; at most two sizes of pass occur.
    """

    kernels: ModuleType
    network: StackedNetwork
    rows: MixedRows
    name: str
    later: list[int]
    rooms: dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]] = field(default_factory=dict)

    @classmethod
    def of(cls, kernels: ModuleType, network: StackedNetwork, rows: MixedRows) -> FirstLayer | None:
        """Return the first layer, or None where it is not linear."""
        working = [i for i, (_, layer) in enumerate(network.layers) if layer["kind"] not in IDLE]
        if not working or network.layers[working[0]][1]["kind"] != "Linear":
            return None
        return cls(kernels, network, rows, network.layers[working[0]][0], working[1:])

    @property
    def dtype(self) -> np.dtype:
        """Type of inputs and weights."""
        return self.rows.own.dtype

    @property
    def n_units(self) -> int:
        """Units of the layer."""
        return len(layer_of(self.network, self.name, 0)[0])

    def pivot(self, place: int) -> int:
        """Return the feature by which one network's masks are paired, see `MixedRows.pivot`."""
        return self.rows.pivot(layer_of(self.network, self.name, place)[0])

    @property
    def variant(self) -> tuple[int, bool]:
        """Groups of the last stage, and whether there are stages before it."""
        groups = self.rows.groups
        return groups.n_last, len(groups.stages) > 2

    def weights(self, place: int) -> tuple[np.ndarray, np.ndarray]:
        """Return one network's weight and bias, with an idle unit where units are odd."""
        return _even(*layer_of(self.network, self.name, place))

    def scratch(self, n_pairs: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return room for the kernels' `ends`, `table` and `partial`, shared by the networks."""
        if n_pairs not in self.rooms:
            n_groups, staged = self.variant
            units, rows = self.kernels.UNITS, self.kernels.GROUP_ROWS
            shapes = (
                (2, units),
                (STAGE_GROUPS if staged else n_groups, rows, units),
                (n_pairs if staged else 1, units),
            )
            n_lanes = lanes_of(self.dtype)
            ends, table, partial = (aligned((*s, n_lanes), self.dtype) for s in shapes)
            self.rooms[n_pairs] = ends, table, partial
        return self.rooms[n_pairs]


@dataclass(frozen=True, eq=False)
class OneHiddenLayer:
    """Linear, an activation, linear: one loop without any intermediate in memory."""

    first: FirstLayer
    head: MeanHead
    second: str
    activation: int
    slope: float

    @classmethod
    def of(cls, first: FirstLayer, head: MeanHead) -> OneHiddenLayer | None:
        """Return the way for a network of one hidden layer, or None for any other."""
        known, layers = first.kernels.ACTIVATIONS, [first.network.layers[i] for i in first.later]
        kinds = [layer["kind"] for _, layer in layers]
        if len(kinds) != 2 or kinds[0] not in known or kinds[1] != "Linear":
            return None
        if head.n_raw > MOST_OUTPUTS:
            return None
        options = layers[0][1]["options"]
        slope = options.get("negative_slope", options.get("alpha", 0.0))
        return cls(first, head, layers[1][0], known.index(kinds[0]), float(slope))

    def add(self, tiles: Tiles, place: int, words: MaskWords, sums: np.ndarray) -> None:
        """Add one member's outputs over the tiles to `sums`, (n_rows, n_sums)."""
        first, n_sums = self.first, self.head.n_sums
        head = first.kernels.HEADS.index(self.head.kind)
        kernel = first.kernels.means_kernel(*first.variant, n_sums, self.activation, head)
        weight, bias = first.weights(place)
        second, second_bias = self._second(place)
        for part, rows, own in words.parts(SUMS_BYTES // (2 * VECTOR_BYTES * n_sums)):
            room = aligned((own.stop - own.start, n_sums, tiles.other.shape[2]), first.dtype)
            kernel(
                weight, bias, first.dtype.type(self.slope), second, second_bias, tiles.other,
                tiles.delta, first.rows.plan, first.rows.groups.stages, part, rows,
                tiles.shares, *first.scratch(len(part)), room, sums[own],
            )  # fmt: skip

    def _second(self, place: int) -> tuple[np.ndarray, np.ndarray]:
        weight, bias = layer_of(self.first.network, self.second, place)
        if self.head.takes_difference:
            weight, bias = np.diff(weight, axis=0), np.diff(bias)
        if weight.shape[1] % 2:  # beside the first layer's idle unit
            weight = np.pad(weight, ((0, 0), (0, 1)))
        return np.ascontiguousarray(weight), bias


@dataclass(frozen=True, eq=False)
class AnyLayers:
    """The first layer compiled, its rows in pieces that stay in cache, the rest as ever."""

    first: FirstLayer
    head: MeanHead

    def add(self, tiles: Tiles, place: int, words: MaskWords, sums: np.ndarray) -> None:
        """Add one member's outputs over the tiles to `sums`, (n_rows, n_sums)."""
        first = self.first
        kernel = first.kernels.first_layer_kernel(*first.variant)
        weight, bias = first.weights(place)
        state = {name: value[place : place + 1] for name, value in first.network.state.items()}
        shares = torch.from_numpy(tiles.shares).view(len(tiles.other), -1)
        widest = max(len(weight), first.network.width)
        for part, rows, own in words.parts(max(1, ROWS_BYTES // (2 * VECTOR_BYTES * widest))):
            scratch = first.scratch(len(part))
            n_lanes = tiles.other.shape[2]
            units = aligned((len(weight), own.stop - own.start, n_lanes), first.dtype)
            for tile in range(len(tiles.other)):
                kernel(
                    weight, bias, tiles.other, tiles.delta, first.rows.plan,
                    first.rows.groups.stages, part, rows, tile, *scratch, units,
                )  # fmt: skip
                sums[own] += self._tile_sums(state, units[: first.n_units], shares[tile])

    def _tile_sums(
        self, state: dict[str, torch.Tensor], units: np.ndarray, shares: torch.Tensor
    ) -> np.ndarray:
        network = self.first.network
        start = self.first.later[0] if self.first.later else len(network.layers)
        with torch.no_grad():
            # Units in front and rows behind, as the loop writes them.
            hidden = torch.from_numpy(units.reshape(1, len(units), -1)).mT
            numbers = self.head.numbers(network.run(state, hidden, start=start)[0].mT)
            sums = numbers.reshape(-1, *units.shape[1:]) @ shares
        return np.asarray(sums.T.numpy())


def layer_of(network: StackedNetwork, name: str, place: int) -> tuple[np.ndarray, np.ndarray]:
    """Return weight and bias of one network's linear layer; a missing bias is 0."""
    prefix = f"{name}." if name else ""
    weight = network.state[f"{prefix}weight"][place].numpy()
    if f"{prefix}bias" not in network.state:
        return weight, np.zeros(len(weight), dtype=weight.dtype)
    return weight, network.state[f"{prefix}bias"][place].numpy()


def _even(weight: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if len(weight) % 2 == 0:
        return np.ascontiguousarray(weight), np.ascontiguousarray(bias)
    return np.pad(weight, ((0, 1), (0, 0))), np.pad(bias, (0, 1))
