"""Permutation SHAP of texts: Shapley values of tokens by walks that add and remove them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from xaigeo.explainers.permutation_shap import PermutationShapExplainer
from xaigeo.explainers.shapley.links import Link
from xaigeo.explainers.texts.catalogue import TEXT_EXPLAINERS
from xaigeo.explainers.texts.removal.token_shapley import TextShapleyExplainer
from xaigeo.options import check_count, check_option


@TEXT_EXPLAINERS.register("permutation_shap")
@dataclass(frozen=True, kw_only=True)
class TextPermutationShapExplainer(TextShapleyExplainer):
    """Permutation SHAP: each token's share, over orders in which tokens are added to the text.

    An order is walked twice: tokens come one by one, then leave in the same order, which asks about
    ``2 (n_tokens - 1)`` texts beside the whole and the empty one. `std_error` is the standard
    deviation over orders over the root of their number; NaN where there is one order only. See
    `TextShapleyExplainer` for what a coalition is worth.

    Parameters
    ----------
    n_permutations : int
        Orders a text.
    link : {"identity", "logit"}
        "logit" divides log-odds of probabilities.
    removal, scale, units
        See `TokenRemovalExplainer`.

    Notes
    -----
    Castro, Gomez and Tejada (2009), doi:10.1016/j.cor.2008.04.004; walks there and back: Mitchell
    et al. (2022), arXiv:2104.12199. Draws and numbers are those of ``shap.PermutationExplainer``
    (0.51), which ``engine="upstream"`` calls model by model over one column a token, with the
    empty text as its only background row.
    """

    name: ClassVar[str] = "permutation_shap"

    n_permutations: int = 10
    link: Link = "identity"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_count("n_permutations", self.n_permutations)
        check_option("link", self.link, Link)

    @property
    def divider(self) -> PermutationShapExplainer:
        """Permutation SHAP of tables."""
        return PermutationShapExplainer(
            n_permutations=self.n_permutations, link=self.link, n_background=None
        )

    def reads(self, n_tokens: int) -> int:
        """Return the number of steps of all walks, the whole and the empty text."""
        return 2 * max(0, n_tokens - 1) * self.n_permutations + 2

    @property
    def used_link(self) -> Link:
        """Scale on which worths are shared out."""
        return self.link
