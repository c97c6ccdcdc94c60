"""Sampling SHAP of texts: Shapley values of tokens from random orders."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from xaigeo.explainers.sampling_shap import Allocation, SamplingShapExplainer
from xaigeo.explainers.texts.catalogue import TEXT_EXPLAINERS
from xaigeo.explainers.texts.removal.token_shapley import TextShapleyExplainer
from xaigeo.options import check_count, check_option

# Draws for each token when n_samples is "auto": a fifth of what shap takes for a column of a table,
# since a text has more tokens than most tables have columns.
AUTO_SAMPLES = 200


@TEXT_EXPLAINERS.register("sampling_shap")
@dataclass(frozen=True, kw_only=True)
class TextSamplingShapExplainer(TextShapleyExplainer):
    """Sampling SHAP: each token's mean effect when it joins those before it in random orders.

    A draw for a token is an order of all tokens; the outputs for the text with the tokens up to and
    including it, and with those before it, are compared. After `min_samples` draws for each token,
    the rest goes where the outputs vary most. `std_error` comes from the spread of the draws. See
    `TextShapleyExplainer` for what a coalition is worth.

    Parameters
    ----------
    n_samples : int or "auto"
        Draws a text, each of two evaluations of the models; "auto" is 200 a token, so that a text
        of 20 tokens costs 8000 evaluations, about four times those of Kernel SHAP. The error falls
        with the root of the draws; shap itself takes 1000 for a feature.
    min_samples : int
        Draws for each token before the rest is given out by variance.
    allocation : {"shared", "per_model"}
        Whether the rest is given out once, by the variance over all models, so that all are asked
        about the same texts, or for each model by its own.
    removal, scale, units
        See `TokenRemovalExplainer`.

    Notes
    -----
    Strumbelj and Kononenko (2014), doi:10.1007/s10115-013-0679-x. Draws and numbers are those of
    ``shap.SamplingExplainer`` (0.51), which ``engine="upstream"`` calls over one column a token,
    with the empty text as its only background row.
    """

    name: ClassVar[str] = "sampling_shap"

    n_samples: int | str = "auto"
    min_samples: int = 100
    allocation: Allocation = "shared"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n_samples != "auto":
            check_count("n_samples", self.n_samples, at_least=2)
        check_count("min_samples", self.min_samples, at_least=2)
        check_option("allocation", self.allocation, Allocation)

    @property
    def divider(self) -> SamplingShapExplainer:
        """Sampling SHAP of tables."""
        return SamplingShapExplainer(
            n_samples=self.n_samples,
            min_samples=self.min_samples,
            allocation=self.allocation,
            n_background=None,
        )

    def divider_of(self, n_tokens: int) -> SamplingShapExplainer:
        """Return sampling SHAP of tables with the budget of a text of so many tokens."""
        if self.n_samples != "auto":
            return self.divider
        return replace(self.divider, n_samples=AUTO_SAMPLES * max(1, n_tokens))

    def reads(self, n_tokens: int) -> int:
        """Return two texts a draw, the whole and the empty text."""
        drawn = AUTO_SAMPLES * n_tokens if self.n_samples == "auto" else int(self.n_samples)
        return 2 * drawn + 2

    @property
    def most_tokens(self) -> int | None:
        """The budget must hold two draws for each token."""
        return None if self.n_samples == "auto" else int(self.n_samples) // 2

    def advice(self, n_tokens: int) -> str:
        """Name the least budget."""
        return f"Draw n_samples={2 * n_tokens} or more, or leave n_samples='auto'."
