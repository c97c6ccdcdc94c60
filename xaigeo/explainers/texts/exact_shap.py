"""Exact SHAP of texts: Shapley values of tokens from every coalition of a short text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from xaigeo.explainers.exact_shap import MAX_PLAYERS, ExactShapExplainer
from xaigeo.explainers.shapley.links import Link
from xaigeo.explainers.texts.catalogue import TEXT_EXPLAINERS
from xaigeo.explainers.texts.removal.token_shapley import TextShapleyExplainer
from xaigeo.options import check_option


@TEXT_EXPLAINERS.register("exact_shap")
@dataclass(frozen=True, kw_only=True)
class TextExactShapExplainer(TextShapleyExplainer):
    """Exact SHAP: each token's share, from the worth of every coalition.

    For texts of up to 16 tokens that can be removed. `std_error` is 0: nothing is drawn. See
    `TextShapleyExplainer` for what a coalition is worth.

    Parameters
    ----------
    link : {"identity", "logit"}
        "logit" divides log-odds of probabilities.
    removal, scale, units
        See `TokenRemovalExplainer`.

    Notes
    -----
    Shapley (1953). The numbers are those of ``shap.ExactExplainer`` (0.51), which
    ``engine="upstream"`` calls model by model over one column a token, with the empty text as its
    only background row.
    """

    name: ClassVar[str] = "exact_shap"
    randomised: ClassVar[bool] = False

    link: Link = "identity"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_option("link", self.link, Link)

    @property
    def divider(self) -> ExactShapExplainer:
        """Exact SHAP of tables."""
        return ExactShapExplainer(link=self.link, n_background=None)

    @property
    def used_link(self) -> Link:
        """Scale on which worths are shared out."""
        return self.link

    @property
    def most_tokens(self) -> int:
        """More have too many coalitions."""
        return MAX_PLAYERS

    def reads(self, n_tokens: int) -> int:
        """Return the number of coalitions."""
        return int(2**n_tokens)

    def advice(self, n_tokens: int) -> str:
        """Name methods for texts of any length."""
        return "Explain all with method='kernel_shap' or 'permutation_shap', or leave these out."
