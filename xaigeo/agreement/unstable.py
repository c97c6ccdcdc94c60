"""Features and instances on which seeds do not agree, and same answers for other reasons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd

from xaigeo.agreement.compared import ComparedAttributions, check_comparable, compare
from xaigeo.agreement.gathered import batches_of, compare_in_turn
from xaigeo.agreement.per_instance import answers
from xaigeo.agreement.places import membership
from xaigeo.agreement.selection import feature_sign_consensus, sign_consensus, stability
from xaigeo.agreement.top_k import mean_feature_agreement
from xaigeo.errors import InputError
from xaigeo.explanations import Attributions
from xaigeo.options import check_share

# Bands for kappa-like coefficients (Fleiss 1981): below .40 is poor.
POOR_STABILITY = 0.40
POOR_CONSENSUS = 0.75
# A score that is exactly at a limit may come out of its sums a few units in the last place below.
ROUNDING = 1e-9
CONTESTED = (0.25, 0.75)


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
    more than a quarter of the instances 25 % to 75 % of the seeds put it there.

    Returns
    -------
    DataFrame
        `kind` ("instance" or "feature"), `label`, `stability` (instances), `sign_consensus`,
        `contested` (features: share of instances at which the seeds are divided) and `why`.
        Empty when all is stable. `sign_consensus` is NaN for attributions without a sign, and a
        feature is then not listed for it.
    """
    check_share("stability_below", stability_below, at_least=-1.0)
    check_share("consensus_below", consensus_below)
    _check_attributions(explanation)
    rows: list[dict[str, object]] = []
    divisions = []
    steady, signs = [], []
    for compared in _in_turn(explanation, k, output):
        steady.append(stability(compared.values, compared.k, compared.spans))
        signs.append(_signs(compared))
        divisions.append(_Divisions.of(compared))
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
        and `leading_features`, the features that seeds rank first with the number of seeds.
        `sign_consensus` is NaN for attributions without a sign.
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
        frames.append(
            frame.assign(
                stability=stability(compared.values, compared.k, compared.spans),
                feature_agreement=mean_feature_agreement(
                    compared.values, compared.k, compared.spans
                ),
                sign_consensus=_signs(compared),
                leading_features=_leading(cast(Attributions, batch), compared),
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
    ]
    unanimous = table.loc[table["unanimous"], wanted]
    by = ["stability", "feature_agreement", "sign_consensus"]
    # Rounded, or the last bit of a sum would decide between rows that agree alike.
    order = unanimous[by].round(12).sort_values(by, kind="stable").index
    return unanimous.loc[order].reset_index(drop=True)


def _check_attributions(explanation: Attributions) -> None:
    check_comparable(explanation)
    if not isinstance(explanation, Attributions):
        raise InputError(
            expected="Attributions",
            arrived=type(explanation).__name__,
            do="Explain with lime, kernel_shap or a gradient method.",
        )


def _in_turn(
    explanation: Attributions, k: int | None, output: str | int | None
) -> Iterator[ComparedAttributions]:
    for compared in compare_in_turn(explanation, k=k, output=output):
        yield cast(ComparedAttributions, compared)


def _instances(
    explanation: Attributions, steady: np.ndarray, signs: np.ndarray, k: int, below: float
) -> list[dict[str, object]]:
    worst = np.argsort(steady, kind="stable")
    return [
        {
            "kind": "instance",
            "label": explanation.instances[i],
            "stability": float(steady[i]),
            "sign_consensus": float(signs[i]),
            "contested": float("nan"),
            "why": f"the seeds' top {k} features differ "
            f"(stability {steady[i]:.2f}, below {below:.2f})",
        }
        for i in worst
        if steady[i] < below - ROUNDING
    ]


@dataclass(frozen=True, eq=False)
class _Divisions:
    """Sums over instances, feature by feature, of what the seeds are divided on."""

    weight: np.ndarray
    consensus: np.ndarray
    contested: np.ndarray
    n_instances: int

    @classmethod
    def of(cls, compared: ComparedAttributions) -> _Divisions:
        chosen = membership(compared.values, compared.k, compared.spans).mean(axis=0)
        signs = feature_sign_consensus(compared.values)
        # A feature that is zero for every seed, such as one that no surrogate was given, has
        # no sign.
        has_sign = (compared.values != 0).any(axis=0) & compared.signed
        weight = chosen * has_sign
        contested = (chosen > CONTESTED[0]) & (chosen < CONTESTED[1])
        return cls(
            weight=weight.sum(axis=0),
            consensus=(weight * signs).sum(axis=0),
            contested=contested.sum(axis=0),
            n_instances=len(chosen),
        )

    @classmethod
    def together(cls, parts: list[_Divisions]) -> _Divisions:
        return cls(
            weight=np.sum([part.weight for part in parts], axis=0),
            consensus=np.sum([part.consensus for part in parts], axis=0),
            contested=np.sum([part.contested for part in parts], axis=0),
            n_instances=sum(part.n_instances for part in parts),
        )


def _features(explanation: Attributions, sums: _Divisions, below: float) -> list[dict[str, object]]:
    consensus = sums.consensus / np.where(sums.weight > 0, sums.weight, np.nan)
    divided = sums.contested / sums.n_instances
    rows: list[dict[str, object]] = []
    for j in np.argsort(np.nan_to_num(consensus, nan=1.0) - divided, kind="stable"):
        reasons = []
        if consensus[j] < below - ROUNDING:
            reasons.append(f"only {consensus[j]:.0%} of the seeds share its sign where it counts")
        if divided[j] > 0.25:
            reasons.append(f"seeds are divided over it at {divided[j]:.0%} of the instances")
        if reasons:
            rows.append(
                {
                    "kind": "feature",
                    "label": explanation.features[j],
                    "stability": float("nan"),
                    "sign_consensus": float(consensus[j]),
                    "contested": float(divided[j]),
                    "why": " and ".join(reasons),
                }
            )
    return rows


def _signs(compared: ComparedAttributions) -> np.ndarray:
    if not compared.signed:
        return np.full(compared.n_instances, np.nan)
    return sign_consensus(compared.values, compared.k)


def _leading(explanation: Attributions, compared: ComparedAttributions) -> list[str]:
    """Name the features that seeds rank first, with the number of seeds; ties are shared."""
    names = explanation.features
    counts = membership(compared.values, 1).sum(axis=0)
    texts = []
    for row in counts:
        order = np.argsort(-row, kind="stable")
        texts.append(", ".join(f"{names[j]} ({row[j]:.3g})" for j in order if row[j] > 0))
    return texts
