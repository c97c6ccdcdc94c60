"""KernelSHAP of texts: Shapley values of tokens by weighted regression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from xaigeo.explainers.kernel_shap import KernelShapExplainer
from xaigeo.explainers.shapley.lasso_selection import Selection, check_selection
from xaigeo.explainers.shapley.links import Link
from xaigeo.explainers.texts.catalogue import TEXT_EXPLAINERS
from xaigeo.explainers.texts.removal.token_shapley import TextShapleyExplainer
from xaigeo.options import check_count, check_option


@TEXT_EXPLAINERS.register("kernel_shap")
@dataclass(frozen=True, kw_only=True)
class TextKernelShapExplainer(TextShapleyExplainer):
    """Kernel SHAP: each token's share of the way from the empty text to the prediction.

    Of a text of up to 11 tokens every coalition is evaluated with the default budget, and the
    Shapley values are exact. See `TextShapleyExplainer` for what a coalition is worth.

    Parameters
    ----------
    n_samples : int or "auto"
        Coalitions a text; "auto" is ``2 * n_tokens + 2048``. Never more than there are.
    n_repeats : int
        Independent draws of coalitions. With more than one, the attribution is their mean and
        `std_error` the standard deviation between them over the root of their number; 0 where
        every coalition is evaluated.
    l1_reg : str or float, optional
        Selection of tokens, as `KernelShapExplainer` documents it; off by default.
    link : {"identity", "logit"}
        "logit" divides log-odds of probabilities.
    removal, scale, units
        See `TokenRemovalExplainer`.

    Notes
    -----
    Lundberg and Lee (2017), arXiv:1705.07874. Coalitions, weights and fit are those of
    ``shap.KernelExplainer`` (0.51), which ``engine="upstream"`` calls model by model over one
    column a token, with the empty text as its only background row.
    """

    name: ClassVar[str] = "kernel_shap"

    n_samples: int | str = "auto"
    n_repeats: int = 1
    l1_reg: Selection | None = None
    link: Link = "identity"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n_samples != "auto":
            check_count("n_samples", self.n_samples, at_least=2)
        check_count("n_repeats", self.n_repeats)
        check_selection(self.l1_reg)
        check_option("link", self.link, Link)

    @property
    def divider(self) -> KernelShapExplainer:
        """Kernel SHAP of tables."""
        return KernelShapExplainer(
            n_samples=self.n_samples,
            n_repeats=self.n_repeats,
            l1_reg=self.l1_reg,
            link=self.link,
            n_background=None,
        )

    @property
    def has_error(self) -> bool:
        """Whether draws were repeated."""
        return self.n_repeats > 1

    @property
    def used_link(self) -> Link:
        """Scale on which worths are shared out."""
        return self.link

    @property
    def most_tokens(self) -> int | None:
        """The budget must hold each token alone and its complement: two coalitions a token.

        Two tokens have no more than two of them.
        """
        return None if self.n_samples == "auto" else max(2, int(self.n_samples) // 2)

    def reads(self, n_tokens: int) -> int:
        """Return the number of coalitions of all draws, the whole and the empty text."""
        drawn = 2 * n_tokens + 2048 if self.n_samples == "auto" else int(self.n_samples)
        if n_tokens < drawn.bit_length():  # no more than there are
            drawn = min(drawn, 2**n_tokens - 2)
        return max(0, drawn) * self.n_repeats + 2

    def advice(self, n_tokens: int) -> str:
        """Name the least budget."""
        return f"Draw n_samples={2 * n_tokens} coalitions or more, or leave n_samples='auto'."
