"""What the methods share that remove tokens: parameters, checks and texts to remove from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, cast

from xaigeo.ensemble.members import Scale
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.explainers.base import Block, Engine, resolved_scale
from xaigeo.explainers.texts.removal.token_removal import (
    Removal,
    TokenRemoval,
    check_removal,
    check_removal_option,
)
from xaigeo.explainers.texts.removal.unit_explainer import UnitExplainer
from xaigeo.options import check_option
from xaigeo.text.schema import TextSchema


@dataclass(frozen=True, kw_only=True)
class TokenRemovalExplainer(UnitExplainer):
    """Base of the methods that compare a text with the same text without some of its tokens.

    All seeds are asked about the same texts. Tokens that the tokenizer added are neither removed
    nor explained. With ``units="words"`` what is said of tokens holds for words.

    Parameters
    ----------
    removal : {"delete", "unknown"}
        Whether a removed token is taken out, so that its neighbours stand side by side, or gives
        way to the tokenizer's mask token where it has one, else its unknown token, which keeps the
        others in their places.
    scale : {"probability", "logit", "value"}, optional
        The outputs that are explained; the ensemble's default unless given.
    units : {"tokens", "words"}
        See `UnitExplainer`.
    """

    engines: ClassVar[tuple[Engine, ...]] = ("batched",)

    removal: Removal = "delete"
    scale: Scale | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_removal_option("removal", self.removal, Removal)
        if self.scale is not None:
            check_option("scale", self.scale, Scale)

    def check(self, ensemble: SeedEnsemble) -> None:
        """Raise when the tokenizer has no token to put in a removed one's place."""
        schema = cast(TextSchema, ensemble.schema)
        check_removal("removal", self.removal, schema, out="delete")

    def texts(self, block: Block) -> Iterator[tuple[int, TokenRemoval]]:
        """Yield the texts of a block with their places."""
        scale = resolved_scale(self.scale, block.ensemble)
        for place in range(len(block.rows)):
            yield place, self.text(block, place, removal=self.removal, scale=scale)
