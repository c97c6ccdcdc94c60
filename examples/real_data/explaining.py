"""What is explained, and what the models are asked again; kept in stores between runs."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from cases import Amounts, Prepared
from training import Family, train

import xaigeo as xg
from xaigeo import faithfulness
from xaigeo.checks import Check
from xaigeo.explanations import Attributions, Explanation
from xaigeo.store import digest, load_check

SHAP = {"networks": "kernel_shap", "trees": "tree_shap"}
# The same for both families; of the defaults only amounts are changed, and TreeSHAP explains
# probabilities in place of log-odds, as Kernel SHAP does.
PARAMETERS: dict[str, dict[str, Any]] = {
    "kernel_shap": {"n_background": 50},
    "tree_shap": {"n_background": 50},
    "anchors": {"n_search": 3000, "n_cuts": 8, "n_checks": 5},
}
OTHER_SEEDS = (1, 2)  # of the explainer


@dataclass(kw_only=True)
class Explained:
    """All explanations of one ensemble.

    `found` holds one result a method; `repeats` the first rows explained again: by other explainer
    seeds, against another background, and of models that were trained again.
    """

    ensemble: xg.SeedEnsemble
    found: dict[str, Explanation] = field(default_factory=dict)
    repeats: list[Explanation] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    # Hashes that the stores recorded when they were written.
    stored: list[str] = field(default_factory=list)

    @property
    def attributions(self) -> list[Attributions]:
        return [e for e in self.found.values() if isinstance(e, Attributions)]

    @property
    def shap(self) -> Attributions:
        return self.attributions[0]


def explain_all(
    ready: Prepared,
    family: Family,
    ensemble: xg.SeedEnsemble,
    amounts: Amounts,
    folder: Path,
    n_jobs: int,
    log: Callable[[str], None],
) -> Explained:
    rows = ready.explained(amounts.n_rows or ready.case.n_rows)
    regression = ready.is_regression
    explained = Explained(ensemble=ensemble)

    def explain(
        name: str, method: str, X: pd.DataFrame, models: xg.SeedEnsemble = ensemble, **more: Any
    ) -> Explanation:
        log(f"    {name}")
        settings = {"background": ready.rows_train, "random_state": 0} | more
        found = xg.explain(
            models,
            X,
            method=method,
            n_jobs=n_jobs,
            store=folder / name,
            overwrite=True,
            **settings,
            **PARAMETERS.get(method, {}),
            **({"scale": "probability"} if method == "tree_shap" and not regression else {}),
        )
        manifest = json.loads((folder / name / "manifest.json").read_text())
        explained.stored.append(manifest["sha256"])
        return found

    shap = SHAP[family]
    gradients = ["integrated_gradients"] if family == "networks" else []
    for method in (shap, "lime", *gradients):
        explained.found[method] = explain(method, method, rows)
    searched = rows.head(amounts.n_searched)
    explained.found["anchors"] = explain("anchors", "anchors", searched)
    wanted = ready.case.wanted
    explained.found["counterfactuals"] = explain(
        "counterfactuals", "counterfactuals", searched, **wanted
    )

    again = rows.head(amounts.n_repeated)
    for method in (shap, "lime"):
        for state in (0, *OTHER_SEEDS):
            name = f"{method}.again-{state}"
            explained.repeats.append(explain(name, method, again, random_state=state))
    half = ready.rows_train.sample(frac=0.5, random_state=1)
    explained.repeats.append(explain(f"{shap}.other", shap, again, background=half))
    rerun = train(ready, family, amounts.n_seeds, amounts.n_trees)
    explained.repeats.append(explain(f"{shap}.rerun", shap, again, models=rerun))
    explained.checks = check_all(ready, family, explained, amounts, folder / "checks", log)
    return explained


def check_all(
    ready: Prepared,
    family: Family,
    explained: Explained,
    amounts: Amounts,
    folder: Path,
    log: Callable[[str], None],
) -> list[Check]:
    """Ask the models again: deletion, random weights (of trees: labels), inputs unlike the data."""
    first, models = explained.repeats[0], explained.ensemble
    assert isinstance(first, Attributions)  # the first rows by SHAP, see above

    def check(name: str, make: Callable[[], Check]) -> Check:
        path = folder / f"{name}.npz"
        if path.exists():
            kept = load_check(path)
            if kept.provenance.get("explanation_sha256") == digest(first):
                return kept
        log(f"    {name}")
        made = make()
        made.save(path)
        return made

    random_models: dict[str, Any] = {"mode": "cascading"}
    if family == "trees":
        refit = partial(train, ready, family, amounts.n_seeds, amounts.n_trees)
        random_models = {"mode": "labels", "y": ready.y_train.to_numpy(), "refit": refit}
    deletion = partial(faithfulness.deletion, first, models, n_random=10, n_background=10)
    randomised = partial(faithfulness.randomisation, first, models, n_repeats=2, **random_models)
    return [
        check("deletion", deletion),
        check("randomisation", randomised),
        faithfulness.off_support(models, ready.rows_test, ready.rows_train),
    ]
