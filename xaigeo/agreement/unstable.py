"""Features and instances on which seeds do not agree, and same answers for other reasons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd

from xaigeo.agreement.compared import ComparedAttributions, check_comparable, compare
from xaigeo.agreement.compared_tokens import (
    FEWEST_TOKENS,
    ComparedTokens,
    by_instance,
    side_by_side,
)
from xaigeo.agreement.concordance import mean_cosine
from xaigeo.agreement.gathered import batches_of
from xaigeo.agreement.per_instance import answers
from xaigeo.agreement.places import membership
from xaigeo.agreement.selection import feature_sign_consensus, sign_consensus, stability
from xaigeo.agreement.top_k import mean_feature_agreement
from xaigeo.errors import InputError
from xaigeo.explanations import Attributions, TokenAttributions
from xaigeo.explanations.amounts import gives_amounts, kind_name
from xaigeo.options import check_share
from xaigeo.text.schema import TextSchema

# Bands for kappa-like coefficients (Fleiss 1981): below .40 is poor.
POOR_STABILITY = 0.40
POOR_CONSENSUS = 0.75
# A score that is exactly at a limit may come out of its sums a few units in the last place below.
ROUNDING = 1e-9
CONTESTED = (0.25, 0.75)
# A word that stands at fewer places says nothing in general.
LEAST_PLACES = 5


def unstable(
    explanation: Attributions,
    k: int | None = None,
    *,
    output: str | int | None = None,
    stability_below: float = POOR_STABILITY,
    consensus_below: float = POOR_CONSENSUS,
) -> pd.DataFrame:
    """List the instances and features on which the seeds do not agree, worst first.

    An instance is listed when the stability of its top k features is below `stability_below`.
    A feature is listed when fewer than `consensus_below` of the seeds share its sign, in the
    mean over instances weighted by the share of seeds that put it in their top k, or when at
    more than a quarter of the instances 25 % to 75 % of the seeds put it there. Of texts words take
    the place of features: a word counts wherever it stands, and is listed if it stands at
    `LEAST_PLACES` places or more.

    Returns
    -------
    DataFrame
        `kind` ("instance", "feature" or "word"), `label`, `stability` (instances),
        `sign_consensus`, `contested` (features: share of instances at which the seeds are divided)
        and `why`.
        Empty when all is stable. `sign_consensus` is NaN for attributions without a sign, and a
        feature is then not listed for it.
    """
    check_share("stability_below", stability_below, at_least=-1.0)
    check_share("consensus_below", consensus_below)
    _check_attributions(explanation)
    rows: list[dict[str, object]] = []
    divisions = []
    steady, signs = [], []
    for batch in batches_of(explanation):
        compared = cast(ComparedAttributions, compare(batch, k=k, output=output))
        steady.append(_stability(compared))
        signs.append(_signs(compared))
        divisions.append(_Divisions.of(compared, cast(Attributions, batch)))
    rows += _instances(
        explanation, np.concatenate(steady), np.concatenate(signs), compared.k, stability_below
    )
    rows += _features(explanation, _Divisions.together(divisions), consensus_below)
    columns = ["kind", "label", "stability", "sign_consensus", "contested", "why"]
    return pd.DataFrame(rows, columns=columns)


def same_answer_different_reason(
    explanation: Attributions, k: int | None = None, *, stability_below: float = POOR_STABILITY
) -> pd.DataFrame:
    """List the rows on which all seeds give one answer, least agreement on the reasons first.

    Parameters
    ----------
    explanation : Attributions
        Of a classification.
    k : int, optional
    stability_below : float
        Rows below it are flagged.

    Returns
    -------
    DataFrame
        `instance`, `predicted`, `stability`, `feature_agreement`, `sign_consensus`, `flagged`,
        `leading_features`, the features (of texts the words) that seeds rank first with the
        number of seeds, `leading_share`, the largest share of seeds that rank the same one first,
        and `mean_cosine` between the seeds' attributions.
        `sign_consensus` is NaN for attributions without a sign.

    Notes
    -----
    `stability` is of the set of the top k. Where one feature decides, seeds that give it the same
    weight may fill the other k - 1 places with whatever comes next, and be flagged: `leading_share`
    and `mean_cosine` tell these rows from those on which the reasons themselves differ.
    """
    check_share("stability_below", stability_below, at_least=-1.0)
    _check_attributions(explanation)
    if explanation.task != "classification":
        raise InputError(
            expected="a classification, in which seeds can give the same answer",
            arrived=f"a {explanation.task}",
            do="Use xaigeo.agreement.unstable for regressions.",
        )
    frames = []
    for batch in batches_of(explanation):
        compared = cast(ComparedAttributions, compare(batch, k=k))
        frame = answers(batch).rename_axis("instance").reset_index()
        leading = _first_counts(compared)
        frames.append(
            frame.assign(
                stability=_stability(compared),
                feature_agreement=by_instance(
                    lambda c: mean_feature_agreement(c.values, c.k, c.spans), compared
                ),
                sign_consensus=_signs(compared),
                leading_features=_leading(cast(Attributions, batch), leading),
                leading_share=leading.max(axis=1) / len(compared.values),
                mean_cosine=by_instance(lambda c: mean_cosine(c.values), compared),
            )
        )
    table = pd.concat(frames, ignore_index=True)
    table["flagged"] = table["stability"] < stability_below - ROUNDING
    wanted = [
        "instance",
        "predicted",
        "stability",
        "feature_agreement",
        "sign_consensus",
        "flagged",
        "leading_features",
        "leading_share",
        "mean_cosine",
    ]
    unanimous = table.loc[table["unanimous"], wanted]
    by = ["stability", "feature_agreement", "sign_consensus"]
    # Rounded, or the last bit of a sum would decide between rows that agree alike.
    order = unanimous[by].round(12).sort_values(by, kind="stable").index
    return unanimous.loc[order].reset_index(drop=True)


def _check_attributions(explanation: Attributions) -> None:
    check_comparable(explanation)
    if not gives_amounts(explanation):
        raise InputError(
            expected="Attributions",
            arrived=kind_name(explanation),
            do="Explain with lime, kernel_shap or a gradient method.",
        )


def _instances(
    explanation: Attributions, steady: np.ndarray, signs: np.ndarray, k: int, below: float
) -> list[dict[str, object]]:
    worst = np.argsort(steady, kind="stable")
    what = "top words" if isinstance(explanation, TokenAttributions) else f"top {k} features"
    return [
        {
            "kind": "instance",
            "label": explanation.instances[i],
            "stability": float(steady[i]),
            "sign_consensus": float(signs[i]),
            "contested": float("nan"),
            "why": f"the seeds' {what} differ (stability {steady[i]:.2f}, below {below:.2f})",
        }
        for i in worst
        if steady[i] < below - ROUNDING
    ]


@dataclass(frozen=True, eq=False)
class _Divisions:
    """Sums over instances, feature by feature, of what the seeds are divided on.

    Of texts token by token of the vocabulary, over the places where it stands (`n_places`).
    """

    weight: np.ndarray
    consensus: np.ndarray
    contested: np.ndarray
    n_places: np.ndarray

    @classmethod
    def of(cls, compared: ComparedAttributions, explanation: Attributions) -> _Divisions:
        if isinstance(compared, ComparedTokens):
            return cls._of_texts(compared, cast(TokenAttributions, explanation))
        weight, consensus, contested = cls._cells(compared)
        return cls(
            weight=weight.sum(axis=0),
            consensus=consensus.sum(axis=0),
            contested=contested.sum(axis=0),
            n_places=np.full(weight.shape[1], len(weight)),
        )

    @classmethod
    def _of_texts(cls, compared: ComparedTokens, explanation: TokenAttributions) -> _Divisions:
        tokens = side_by_side(explanation.array("input"), explanation.word_mask).astype(np.intp)
        schema = cast(TextSchema, explanation.schema)
        found = np.zeros((4, schema.tokenizer.n_tokens))
        for places, part in compared.by_length:
            cells = [*cls._cells(part), np.ones(part.values.shape[1:])]
            where = tokens[places, : part.values.shape[-1]]
            if part.values.shape[-1] >= FEWEST_TOKENS:
                for total, each in zip(found, cells, strict=True):
                    np.add.at(total, where, each)
        return cls(*found)

    @staticmethod
    def _cells(compared: ComparedAttributions) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return weight, weighted consensus and whether contested, (n_instances, n_features)."""
        chosen = membership(compared.values, compared.k, compared.spans).mean(axis=0)
        signs = feature_sign_consensus(compared.values)
        # A feature that is zero for every seed, such as one that no surrogate was given, has
        # no sign.
        has_sign = (compared.values != 0).any(axis=0) & compared.signed
        weight = chosen * has_sign
        contested = (chosen > CONTESTED[0]) & (chosen < CONTESTED[1])
        return weight, weight * signs, contested

    @classmethod
    def together(cls, parts: list[_Divisions]) -> _Divisions:
        return cls(
            weight=np.sum([part.weight for part in parts], axis=0),
            consensus=np.sum([part.consensus for part in parts], axis=0),
            contested=np.sum([part.contested for part in parts], axis=0),
            n_places=np.sum([part.n_places for part in parts], axis=0),
        )


def _features(explanation: Attributions, sums: _Divisions, below: float) -> list[dict[str, object]]:
    consensus = sums.consensus / np.where(sums.weight > 0, sums.weight, np.nan)
    divided = sums.contested / np.maximum(sums.n_places, 1)
    texts = isinstance(explanation, TokenAttributions)
    least = LEAST_PLACES if texts else 1
    where = "places where it stands" if texts else "instances"
    rows: list[dict[str, object]] = []
    for j in np.argsort(np.nan_to_num(consensus, nan=1.0) - divided, kind="stable"):
        reasons = []
        if sums.n_places[j] < least:
            continue
        if consensus[j] < below - ROUNDING:
            reasons.append(f"only {consensus[j]:.0%} of the seeds share its sign where it counts")
        if divided[j] > 0.25:
            reasons.append(f"seeds are divided over it at {divided[j]:.0%} of the {where}")
        if reasons:
            rows.append(
                {
                    "kind": "word" if texts else "feature",
                    "label": _name(explanation, int(j)),
                    "stability": float("nan"),
                    "sign_consensus": float(consensus[j]),
                    "contested": float(divided[j]),
                    "why": " and ".join(reasons),
                }
            )
    return rows


def _name(explanation: Attributions, place: int) -> str:
    if isinstance(explanation, TokenAttributions):
        return cast(TextSchema, explanation.schema).tokenizer.shown(place)
    return explanation.features[place]


def _stability(compared: ComparedAttributions) -> np.ndarray:
    return by_instance(lambda c: stability(c.values, c.k, c.spans), compared)


def _signs(compared: ComparedAttributions) -> np.ndarray:
    if not compared.signed:
        return np.full(compared.n_instances, np.nan)
    return by_instance(lambda c: sign_consensus(c.values, c.k, c.spans), compared)


def _first_counts(compared: ComparedAttributions) -> np.ndarray:
    """Return how many seeds rank each feature first, (n_instances, n_features); ties are shared."""
    width = compared.values.shape[-1]
    return by_instance(
        lambda c: _padded(membership(c.values, 1, c.spans).sum(axis=0), width), compared, (width,)
    )


def _leading(explanation: Attributions, counts: np.ndarray) -> list[str]:
    """Name the features that seeds rank first, with the number of seeds."""
    texts = []
    word_mask = explanation.word_mask if isinstance(explanation, TokenAttributions) else None
    for place, row in enumerate(counts):
        names = explanation.features
        if isinstance(explanation, TokenAttributions) and word_mask is not None:
            words = explanation.tokens[place]
            names = [words[t] for t in np.flatnonzero(word_mask[place])]
        order = np.argsort(-row, kind="stable")
        texts.append(", ".join(f"{names[j]} ({row[j]:.3g})" for j in order if row[j] > 0))
    return texts


def _padded(counts: np.ndarray, width: int) -> np.ndarray:
    return np.pad(counts, ((0, 0), (0, width - counts.shape[-1])))
