"""Groups, checks, the audit, and networks against trees."""

from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from cases import Prepared
from explaining import Explained
from measuring import plain

import xaigeo as xg
from xaigeo.agreement import per_instance
from xaigeo.agreement.bootstrap import mean_interval
from xaigeo.agreement.compared import compare
from xaigeo.agreement.top_k import feature_agreement
from xaigeo.audit import Audit, Registration
from xaigeo.checks import beats_random, off_support_rates
from xaigeo.checks.randomised_correlation import randomised_correlation
from xaigeo.explanations import Attributions

FEWEST = 10  # rows of a group


def groups(
    ready: Prepared, explanation: Attributions, evaluation: xg.Evaluation, n_bootstrap: int
) -> list[dict[str, Any]]:
    """Return how far seeds agree on answers and reasons in each group of the explained rows."""
    rows = ready.rows_test.loc[explanation.instances]
    by_row = per_instance(explanation)
    place = pd.Index(evaluation.row_labels).get_indexer(explanation.instances)
    found = []
    for name, values in ready.case.groups(rows).items():
        for group in sorted(set(values)):
            inside = (values == group).to_numpy()
            if inside.sum() < FEWEST:
                continue
            rng = np.random.default_rng(0)
            reasons = by_row["feature_agreement"].to_numpy()[inside]
            low, high = mean_interval(reasons, n_bootstrap=n_bootstrap, rng=rng)
            found.append(
                {
                    "column": name,
                    "group": group,
                    "n_rows": int(inside.sum()),
                    "feature_agreement": float(reasons.mean()),
                    "low": low,
                    "high": high,
                    **_answers(evaluation, place[inside]),
                }
            )
    return found


def _answers(evaluation: xg.Evaluation, places: np.ndarray) -> dict[str, Any]:
    answers, truth = evaluation.predicted[:, places], evaluation.labels[places]
    if evaluation.task == "regression":
        return {"rmse": float(np.sqrt(((answers - truth) ** 2).mean()))}
    # Pairs of seeds: a share p of one answer among K seeds makes p(1 − p)·K/(K − 1) · 2.
    k = len(answers)
    share = np.stack([(answers == c).mean(axis=0) for c in range(len(evaluation.classes))])
    churn = (1 - (share**2).sum(axis=0)) * k / (k - 1)
    return {"accuracy": float((answers == truth).mean()), "churn": float(churn.mean())}


def checked(explained: Explained, n_bootstrap: int) -> dict[str, Any]:
    """Return what asking the models again told."""
    deletion, random_models, unlike = explained.checks
    beats = beats_random(deletion)
    low, high = mean_interval(beats, n_bootstrap=n_bootstrap, rng=np.random.default_rng(0))
    random = randomised_correlation(random_models)
    rates = off_support_rates(unlike).to_dict("records")
    return {
        "n_rows": len(beats),
        "deletion_beats_random": plain(np.nanmean(beats)),
        "deletion_low": plain(low),
        "deletion_high": plain(high),
        "random_correlation": plain(np.nanmean(random.value)),
        "between_random": plain(np.nanmean(random.between_random)),
        "randomised": random.layer,
        "off_support": [{k: plain(v) for k, v in row.items()} for row in rates],
    }


def audited(
    ready: Prepared,
    explained: Explained,
    evaluation: xg.Evaluation,
    registration: Registration,
) -> Audit:
    shap = explained.shap
    rows = ready.rows_test.loc[shap.instances]
    return xg.audit(
        [*explained.found.values(), *explained.repeats],
        evaluation=evaluation,
        checks=explained.checks,
        stored=explained.stored,
        registration=registration,
        groups=ready.case.groups(rows) or None,
    )


def verdict(audit: Audit) -> dict[str, Any]:
    """Return the verdict, how many items got which answer, and the items themselves."""
    items = [
        {
            "id": f.id,
            "question": f.question,
            "status": f.status,
            "value": plain(f.value),
            "threshold": plain(f.threshold["pass"]),
            "reason": f.reason,
        }
        for f in audit.findings
    ]
    return {"verdict": audit.verdict, "counts": dict(audit.counts), "items": items}


def families(networks: Attributions, trees: Attributions, n_bootstrap: int) -> dict[str, Any]:
    """Compare a network with a tree model at the same rows, beside two of one family.

    Sizes are compared, since the two families may differ in the class that most seeds predict.
    """
    a, b = compare(networks), compare(trees)
    k = min(a.k, b.k)
    sizes_a, sizes_b = np.abs(a.values), np.abs(b.values)
    pairs = product(range(len(sizes_a)), range(len(sizes_b)))
    across = np.mean([feature_agreement(sizes_a[i], sizes_b[j], k) for i, j in pairs], axis=0)
    low, high = mean_interval(across, n_bootstrap=n_bootstrap, rng=np.random.default_rng(0))
    mean_a, mean_b = (s.mean(axis=(0, 1)) for s in (sizes_a, sizes_b))
    names = np.array(networks.features)
    return {
        "k": k,
        "n_rows": len(across),
        "across": float(across.mean()),
        "low": low,
        "high": high,
        "null": k / len(names),
        "networks": _within(sizes_a, k),
        "trees": _within(sizes_b, k),
        "rank_correlation": float(pd.Series(mean_a).corr(pd.Series(mean_b), method="spearman")),
        "top_networks": [str(n) for n in names[np.argsort(-mean_a)[:5]]],
        "top_trees": [str(n) for n in names[np.argsort(-mean_b)[:5]]],
    }


def _within(sizes: np.ndarray, k: int) -> float:
    n = len(sizes)
    pairs = [(i, j) for i in range(n) for j in range(i)]
    return float(np.mean([feature_agreement(sizes[i], sizes[j], k) for i, j in pairs]))
