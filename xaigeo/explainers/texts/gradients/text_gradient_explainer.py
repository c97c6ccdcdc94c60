"""What methods that read gradients by word vectors share."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from xaigeo.ensemble.members import Scale
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.explainers.background import Background
from xaigeo.explainers.blocks.block import Arrays, Block
from xaigeo.explainers.texts.base import TextExplainer, check_vectors, token_mask
from xaigeo.explainers.texts.gradients.reductions import SIGNED, Reduction
from xaigeo.explainers.texts.gradients.vector_work import VectorWork
from xaigeo.options import check_option

SpecialTokens = Literal["keep", "drop"]


@dataclass(frozen=True, kw_only=True)
class TextGradientExplainer(TextExplainer):
    """Base of the methods that read gradients of outputs by the word vectors of a text.

    Parameters
    ----------
    reduction : {"sum", "mean", "absolute_sum", "norm", "l1"}
        From a vector a token to one number a token.
    special_tokens : {"keep", "drop"}
        Whether tokens that the tokenizer added are explained.
    scale : {"probability", "logit", "value"}, optional
        The outputs that are explained; the ensemble's default unless given.
    """

    reduction: Reduction = "norm"
    special_tokens: SpecialTokens = "keep"
    scale: Scale | None = None

    packages: ClassVar[tuple[str, ...]] = ("torch", "captum")
    needs_gradients: ClassVar[bool] = True
    block_rows: ClassVar[int] = 25

    def __post_init__(self) -> None:
        check_option("reduction", self.reduction, Reduction)
        check_option("special_tokens", self.special_tokens, SpecialTokens)
        if self.scale is not None:
            check_option("scale", self.scale, Scale)

    def check(self, ensemble: SeedEnsemble) -> None:
        """Raise when the models have no word vectors that can be read."""
        check_vectors(ensemble)

    def resolved(self, ensemble: SeedEnsemble, background: Background) -> dict[str, Any]:
        """Return whether the attributions have a sign."""
        return {"signed": self.reduction in SIGNED}

    def explain_batched(self, block: Block) -> Arrays:
        """Take all seeds' gradients in common passes."""
        return self._masked(block, upstream=False)

    def explain_upstream(self, block: Block) -> Arrays:
        """Call captum for every model, text and output."""
        return self._masked(block, upstream=True)

    def _masked(self, block: Block, *, upstream: bool) -> Arrays:
        arrays = self._explain(VectorWork(block, self.scale_of(block.ensemble)), upstream=upstream)
        mask = token_mask(block, special=self.special_tokens == "keep")
        for name in ("attribution", "std_error"):
            if name in arrays:
                arrays[name] = np.where(mask[None, :, :, None], arrays[name], 0.0)
        return arrays | {"mask": mask}

    @abstractmethod
    def _explain(self, work: VectorWork, *, upstream: bool) -> Arrays:
        """Return the arrays of a block over all its tokens, by either engine."""
