"""The registered scores of the predictions that stand beside every explanation."""

from __future__ import annotations

from xaigeo.agreement.compared import Compared
from xaigeo.agreement.predictions import churn, flip_rate
from xaigeo.agreement.score import Score, register

register(
    Score(
        name="flip_rate",
        label="Seeds that answer otherwise",
        kind=Compared,
        low=0.0,
        high=1.0,
        higher_is_better=False,
        compute=lambda c: flip_rate(c.labels, c.reference),
        has_null=False,
        chance="none",
        reference="arXiv:1909.06677",
        meaning="The share of seeds that predict another class than most seeds do, at the "
        "explained rows.",
    )
)
register(
    Score(
        name="churn",
        label="Pairs of seeds that answer differently",
        kind=Compared,
        low=0.0,
        high=1.0,
        higher_is_better=False,
        compute=lambda c: churn(c.labels),
        has_null=False,
        chance="none",
        reference="https://papers.nips.cc/paper/6053",
        meaning="The share of pairs of seeds that predict different classes, at the explained "
        "rows.",
    )
)
