"""Ensembles of networks whose layers lose, step by step, what they learnt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.faithfulness.random_weights import RandomWeights
from xaigeo.schema import Matrix

# Label of the last step, in which every layer has new weights.
ALL = "all"


@dataclass(frozen=True, eq=False)
class RandomLayers:
    """Networks with new weights from the output down to a layer, or in each alone; then in all.

    Attributes
    ----------
    weights : RandomWeights
    layers : list of list of str
        Names of the layers with new weights in each ensemble of a repeat. The last holds all;
        from the output down it is that of the last layer too.
    """

    weights: RandomWeights
    layers: list[list[str]]

    @classmethod
    def of(
        cls, ensemble: SeedEnsemble, row: Matrix, random_state: int, *, mode: str
    ) -> RandomLayers:
        """Return the steps of a mode, "cascading" or "independent".

        Raises
        ------
        InputError
            For networks without weights.
        """
        weights = RandomWeights(ensemble, row, random_state)
        names = weights.layers
        layers = [
            names[: place + 1] if mode == "cascading" else [name]
            for place, name in enumerate(names)
        ]
        return cls(weights, layers if layers[-1] == names else [*layers, names])

    @property
    def names(self) -> list[str]:
        """Labels of the layers from the output down, and then of all."""
        return [*self.weights.labels, ALL]

    @property
    def n_models(self) -> int:
        """Ensembles of a repeat."""
        return len(self.layers)

    @property
    def described(self) -> dict[str, Any]:
        """Classes of the layers, and which of them are shuffled."""
        weights = self.weights
        return {
            "layers": dict(zip(weights.labels, weights.kinds, strict=True)),
            "shuffled": weights.shuffled,
        }

    def models(self, repeat: int) -> Iterator[SeedEnsemble]:
        """Yield the ensemble of each step."""
        for layers in self.layers:
            yield self.weights.randomised(layers, repeat)
