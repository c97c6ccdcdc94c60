"""What methods that read gradients share: the networks, their points, the scale explained."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from xaigeo.ensemble.members import Scale
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.explainers.base import Arrays, Block, Explainer, resolved_scale
from xaigeo.explainers.gradients.input_columns import InputColumns
from xaigeo.explainers.gradients.input_gradients import GradientPasses
from xaigeo.explainers.gradients.input_space import InputSpace, input_space
from xaigeo.explanations import Attributions, Explanation
from xaigeo.options import check_option

if TYPE_CHECKING:
    from torch import Tensor, nn

    # A library's answer for one member, (n_rows, d), from module, points, output and place.
    Attribute = Callable[[nn.Module, Tensor, int, int], Tensor]


@dataclass(frozen=True, kw_only=True)
class GradientExplainer(Explainer):
    """Base of the methods that read gradients of torch networks.

    Parameters
    ----------
    scale : {"probability", "logit", "value"}, optional
        The outputs that are explained; the ensemble's default unless given.
    layer : str, optional
        Dotted name of a layer, such as the embeddings of categories, at whose outputs
        gradients are taken; a column's attribution is the sum over its numbers there. Columns
        that do not pass through the layer are taken at the networks' inputs. Unless given, all
        are.
    """

    scale: Scale | None = None
    layer: str | None = None

    result: ClassVar[type[Explanation]] = Attributions
    packages: ClassVar[tuple[str, ...]] = ("torch", "captum")
    needs_gradients: ClassVar[bool] = True
    block_rows: ClassVar[int] = 25

    def __post_init__(self) -> None:
        if self.scale is not None:
            check_option("scale", self.scale, Scale)
        if self.layer is not None and not isinstance(self.layer, str):
            raise InputError(
                expected="layer to be the dotted name of a module, or None",
                arrived=type(self.layer).__name__,
                do="Pass a name from dict(model.named_modules()), such as layer='embeddings'.",
            )

    def check(self, ensemble: SeedEnsemble) -> None:
        """Raise when the members have no gradients, or none that belong to columns."""
        input_space(ensemble, self.name, self.layer)

    def explain_batched(self, block: Block) -> Arrays:
        """Take all seeds' gradients in stacked passes."""
        return self._explain(GradientWork(self, block, upstream=False))

    def explain_upstream(self, block: Block) -> Arrays:
        """Call the library for every model and output."""
        return self._explain(GradientWork(self, block, upstream=True))

    @abstractmethod
    def _explain(self, work: GradientWork) -> Arrays:
        """Return the arrays of a block, by either engine."""


class GradientWork:
    """One block as points.

    Attributes
    ----------
    block : Block
    upstream : bool
        Whether the library is asked.
    scale : {"probability", "logit", "value"}
    space : InputSpace
    columns : InputColumns
    explained_value : ndarray, shape (n_seeds, n_instances, n_outputs)
    points : Tensor, shape (n_instances, d) or (n_seeds, n_instances, d)
    """

    def __init__(self, explainer: GradientExplainer, block: Block, *, upstream: bool) -> None:
        self.block = block
        self.upstream = upstream
        self.scale = resolved_scale(explainer.scale, block.ensemble)
        self.space: InputSpace = input_space(block.ensemble, explainer.name, explainer.layer)
        self.columns = InputColumns.from_space(self.space, block.ensemble.schema)
        self.explained_value = block.ensemble.outputs_encoded(block.rows, scale=self.scale)
        self.points: Tensor = self.space.points(block.rows)

    @cached_property
    def passes(self) -> GradientPasses:
        """All members' derivatives."""
        return self.space.passes(self.scale, self.block.max_memory)

    @property
    def n_members(self) -> int:
        """Number of models."""
        return self.space.members.n_members

    @property
    def n_outputs(self) -> int:
        """Number of outputs."""
        return self.space.members.n_outputs

    def base_value(self, baseline: Tensor) -> np.ndarray:
        """Return outputs at a baseline, one row of points, for every instance."""
        return np.repeat(self.passes.outputs(baseline), len(self.block.rows), axis=1)

    @cached_property
    def base_of_background(self) -> np.ndarray:
        """The mean output over the background, for every instance."""
        rows = self.block.background.rows
        outputs = self.block.ensemble.outputs_encoded(rows, scale=self.scale)
        return np.repeat(outputs.mean(axis=1, keepdims=True), len(self.block.rows), axis=1)

    @cached_property
    def factors(self) -> np.ndarray:
        """What gradients at the instances are multiplied with to compare, shaped as `points`."""
        background = self.block.background
        usual = as_float64(self.space.mean_point(background.rows))
        return self.columns.factors(as_float64(self.points), usual, background.spread)

    @cached_property
    def background_spread(self) -> Tensor:
        """Standard deviations of points of the background, (1, d) or (n_seeds, 1, d)."""
        return self.space.spread(self.block.background.rows)

    def each(self, attribute: Attribute, points: Tensor | None = None) -> np.ndarray:
        """Return a library's answers, shape (n_seeds, n_rows, d, n_outputs)."""
        points = self.points if points is None else points
        answers = []
        for place in range(self.n_members):
            module = self.space.module(place, self.scale)
            # captum warns of inputs that do not require gradients yet.
            own = of_member(points, place).clone().requires_grad_()
            outputs = [attribute(module, own, c, place) for c in range(self.n_outputs)]
            answers.append(np.stack([as_float64(o) for o in outputs], axis=-1))
        return np.stack(answers)


def of_member(points: Tensor, place: int) -> Tensor:
    """Return the points of one member, shape (n_rows, d)."""
    return points if points.ndim == 2 else points[place]


def as_float64(values: Tensor) -> np.ndarray:
    """Return numbers as a float64 array."""
    return np.asarray(values.detach().numpy(), dtype=np.float64)


def saliency_upstream(module: nn.Module, points: Tensor, output: int, place: int) -> Tensor:
    """Return captum's gradient of one output."""
    from captum.attr import Saliency

    answer: Tensor = Saliency(module).attribute(points, target=output, abs=False)
    return answer
