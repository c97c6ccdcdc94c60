"""The registered scores of attributions."""

from __future__ import annotations

import math

from xaigeo.agreement.compared import ComparedAttributions
from xaigeo.agreement.concordance import (
    cosine_matrix,
    kendall_w,
    mean_cosine,
    resultant_length,
)
from xaigeo.agreement.distribution import (
    jaccard_distance_matrix,
    mean_jaccard_distance,
    mean_relative_entropy,
    random_jaccard_distance,
    relative_entropy_matrix,
)
from xaigeo.agreement.intraclass import icc, pooled_icc, pooled_icc_of, pooled_icc_terms
from xaigeo.agreement.intraclass_of_texts import text_icc_of, text_icc_terms
from xaigeo.agreement.rank_correlation import (
    mean_pairwise_rank_agreement,
    mean_spearman,
    pairwise_rank_agreement_matrix,
    spearman_matrix,
)
from xaigeo.agreement.score import Score, register
from xaigeo.agreement.selection import sign_consensus, stability
from xaigeo.agreement.top_k import (
    feature_agreement_matrix,
    mean_feature_agreement,
    mean_rank_agreement,
    mean_sign_agreement,
    mean_signed_rank_agreement,
    rank_agreement_matrix,
    sign_agreement_matrix,
    signed_rank_agreement_matrix,
)

KRISHNA = "arXiv:2202.01602"
JAIN = "doi:10.18653/v1/K19-1065"
SHROUT_FLEISS = "doi:10.1037/0033-2909.86.2.420"
DEALT = "mean when every seed's attributions are dealt to the features at random"


register(
    Score(
        name="feature_agreement",
        label="Same top features",
        kind=ComparedAttributions,
        low=0.0,
        high=1.0,
        higher_is_better=True,
        compute=lambda c: mean_feature_agreement(c.values, c.k, c.spans),
        by_pair=lambda c: feature_agreement_matrix(c.values, c.k, c.spans),
        closed_null=lambda c: c.k / c.values.shape[-1],
        chance="k / number of features",
        reference=KRISHNA,
        meaning="Of the k most important features, the share that two seeds have in common.",
    )
)
register(
    Score(
        name="rank_agreement",
        label="Same top features in the same order",
        kind=ComparedAttributions,
        low=0.0,
        high=1.0,
        higher_is_better=True,
        compute=lambda c: mean_rank_agreement(c.values, c.k, c.spans),
        by_pair=lambda c: rank_agreement_matrix(c.values, c.k, c.spans),
        closed_null=lambda c: 1 / c.values.shape[-1],
        chance="1 / number of features",
        reference=KRISHNA,
        meaning="Of the k first places, the share that two seeds give to the same feature.",
    )
)
register(
    Score(
        name="sign_agreement",
        label="Same top features with the same sign",
        kind=ComparedAttributions,
        low=0.0,
        high=1.0,
        higher_is_better=True,
        compute=lambda c: mean_sign_agreement(c.values, c.k, c.spans),
        by_pair=lambda c: sign_agreement_matrix(c.values, c.k, c.spans),
        needs_sign=True,
        chance=DEALT,
        reference=KRISHNA,
        meaning="Of the k most important features, the share that two seeds have in common and "
        "push in the same direction.",
    )
)
register(
    Score(
        name="signed_rank_agreement",
        label="Same top features, order and sign",
        kind=ComparedAttributions,
        low=0.0,
        high=1.0,
        higher_is_better=True,
        compute=lambda c: mean_signed_rank_agreement(c.values, c.k, c.spans),
        by_pair=lambda c: signed_rank_agreement_matrix(c.values, c.k, c.spans),
        needs_sign=True,
        chance=DEALT,
        reference=KRISHNA,
        meaning="Of the k first places, the share that two seeds give to the same feature with "
        "the same direction.",
    )
)
register(
    Score(
        name="stability",
        label="Stability of the top features",
        kind=ComparedAttributions,
        low=-1.0,
        high=1.0,
        higher_is_better=True,
        compute=lambda c: stability(c.values, c.k, c.spans),
        closed_null=lambda c: 0.0 if c.k < c.values.shape[-1] else math.nan,
        chance="0",
        reference="https://jmlr.org/papers/v18/17-514.html",
        meaning="How alike all seeds' choices of the k most important features are, corrected "
        "for chance: 1 the same choice, 0 no better than drawing lots.",
    )
)
register(
    Score(
        name="sign_consensus",
        label="Seeds agree on the direction",
        kind=ComparedAttributions,
        low=0.0,
        high=1.0,
        higher_is_better=True,
        compute=lambda c: sign_consensus(c.values, c.k, c.spans),
        needs_sign=True,
        chance=DEALT,
        reference=KRISHNA,
        meaning="For the k most important features, the share of seeds that push the answer in "
        "the majority's direction.",
    )
)
register(
    Score(
        name="spearman",
        label="Rank correlation",
        kind=ComparedAttributions,
        low=-1.0,
        high=1.0,
        higher_is_better=True,
        compute=lambda c: mean_spearman(c.values, c.spans),
        by_pair=lambda c: spearman_matrix(c.values, c.spans),
        closed_null=lambda c: 0.0,
        chance="0",
        reference=KRISHNA,
        meaning="How alike two seeds order all features by importance: 1 the same order, 0 "
        "unrelated, -1 reversed.",
    )
)
register(
    Score(
        name="pairwise_rank_agreement",
        label="Pairs of features in the same order",
        kind=ComparedAttributions,
        low=0.0,
        high=1.0,
        higher_is_better=True,
        compute=lambda c: mean_pairwise_rank_agreement(c.values, c.spans),
        by_pair=lambda c: pairwise_rank_agreement_matrix(c.values, c.spans),
        closed_null=lambda c: 0.5,
        chance="1/2 without ties",
        reference=KRISHNA,
        meaning="Of all pairs of features, the share of which two seeds say the same one "
        "matters more.",
    )
)
register(
    Score(
        name="kendall_w",
        label="Concordance of all seeds",
        kind=ComparedAttributions,
        low=0.0,
        high=1.0,
        higher_is_better=True,
        compute=lambda c: kendall_w(c.values, c.spans),
        closed_null=lambda c: 1 / c.n_seeds,
        chance="1 / number of seeds",
        reference="doi:10.1214/aoms/1177732186",
        meaning="How far all seeds together agree on the order of the features: 1 one order "
        "for all.",
    )
)
register(
    Score(
        name="icc_agreement",
        label="Intraclass correlation, agreement",
        kind=ComparedAttributions,
        # Of all instances together; a single one may fall below, see `icc`.
        low=-1.0,
        high=1.0,
        higher_is_better=True,
        compute=lambda c: icc(c.values, "agreement"),
        pooled=lambda c, weights: pooled_icc(c.values, weights),
        pooled_terms=lambda c, first: pooled_icc_terms(c.values, float(first.values.mean())),
        pooled_of=pooled_icc_of,
        text_terms=lambda c: text_icc_terms(c.values),
        text_of=text_icc_of,
        chance=DEALT,
        reference=SHROUT_FLEISS,
        meaning="The share of the variation in the numbers that comes from features and "
        "instances (of texts: from the tokens within a text), and not from the seed. All "
        "instances are taken together.",
    )
)
register(
    Score(
        name="icc_consistency",
        label="Intraclass correlation, consistency",
        kind=ComparedAttributions,
        low=-1.0,
        high=1.0,
        higher_is_better=True,
        compute=lambda c: icc(c.values, "consistency"),
        chance=DEALT,
        reference=SHROUT_FLEISS,
        meaning="As the intraclass correlation within an instance, but a seed whose numbers are "
        "larger throughout does not count as disagreeing.",
    )
)
register(
    Score(
        name="resultant_length",
        label="Length of the mean direction",
        kind=ComparedAttributions,
        low=0.0,
        high=1.0,
        higher_is_better=True,
        compute=lambda c: resultant_length(c.values),
        chance=DEALT,
        reference="doi:10.1002/9780470316979",
        meaning="Each seed's attributions as an arrow of length 1: how long their mean is. It "
        "does not reach 0 for few seeds.",
    )
)
register(
    Score(
        name="mean_cosine",
        label="Mean cosine between seeds",
        kind=ComparedAttributions,
        low=-1.0,
        high=1.0,
        higher_is_better=True,
        compute=lambda c: mean_cosine(c.values),
        by_pair=lambda c: cosine_matrix(c.values),
        chance=DEALT,
        reference="doi:10.1002/9780470316979",
        meaning="How far two seeds' attributions point the same way: 1 the same direction, 0 "
        "at right angles, -1 opposite.",
    )
)
register(
    Score(
        name="jaccard_distance",
        label="Distance of the top fifth",
        kind=ComparedAttributions,
        low=0.0,
        high=1.0,
        higher_is_better=False,
        compute=lambda c: mean_jaccard_distance(c.values, spans=c.spans),
        by_pair=lambda c: jaccard_distance_matrix(c.values, spans=c.spans),
        closed_null=lambda c: random_jaccard_distance(c.values.shape[-1]),
        chance="mean over random sets of the same size",
        reference=JAIN,
        meaning="Among the features that either of two seeds puts in its top 20 %, the share "
        "that only one of them does.",
    )
)
register(
    Score(
        name="relative_entropy",
        label="Relative entropy",
        kind=ComparedAttributions,
        low=0.0,
        high=math.inf,
        higher_is_better=False,
        compute=lambda c: mean_relative_entropy(c.values),
        by_pair=lambda c: relative_entropy_matrix(c.values),
        directed=True,
        chance=DEALT,
        reference=JAIN,
        meaning="How differently two seeds share out importance over the features: 0 equal "
        "shares; in nats.",
    )
)
