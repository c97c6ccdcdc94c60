"""Thirty networks and thirty boosted-tree models on three real data sets: do they agree, and why?

    python examples/real_data/study.py --page docs/real_data.md

makes the results (out/real_data/results.json), the page and its pictures. What was explained is
kept, so a second run does only what has changed.
"""

import argparse
import json
import platform
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import explaining
import judging
import measuring
import page
import pictures
from cases import CASES, QUICK, Amounts, Case, Prepared, prepare
from explaining import Explained
from training import FAMILIES, Family, train

import xaigeo as xg
from xaigeo.audit import Registration, register


def measure(
    ready: Prepared,
    explained: Explained,
    evaluation: xg.Evaluation,
    registration: Registration,
    amounts: Amounts,
    folder: Path,
) -> dict[str, Any]:
    """Return all numbers about one ensemble."""
    n, shap = amounts.n_bootstrap, explained.shap
    audit = judging.audited(ready, explained, evaluation, registration)
    audit.save(folder / "audit.json")
    return {
        "n_rows": {name: len(e.instances) for name, e in explained.found.items()},
        "models": measuring.performance(evaluation, ready.y_train),
        "outliers": measuring.outliers(evaluation),
        "agreement": measuring.agreement(explained, n),
        "same_answers": {e.method: measuring.same_answers(e) for e in explained.attributions},
        "modes": {name: measuring.modes(e) for name, e in explained.found.items()},
        "order": measuring.order(shap),
        "methods": measuring.methods(explained, n),
        "seeds": {name: measuring.enough_seeds(e, n) for name, e in explained.found.items()},
        "shown": measuring.shown(shap),
        "groups": judging.groups(ready, shap, evaluation, n),
        "checks": judging.checked(explained, n),
        "audit": judging.verdict(audit),
    }


def study(
    case: Case,
    amounts: Amounts,
    registration: Registration,
    out: Path,
    images: Path,
    n_jobs: int,
) -> dict[str, Any]:
    """Train, explain, measure and draw one data set."""
    ready = prepare(case)
    explained: dict[Family, Explained] = {}
    numbers: dict[str, Any] = {}
    for family in FAMILIES:
        started = time.perf_counter()
        print(f"  {family}", flush=True)
        folder = out / case.key / family
        ensemble = train(ready, family, amounts.n_seeds, amounts.n_trees)
        evaluation = ensemble.evaluate(ready.rows_test, ready.y_test)
        explained[family] = explaining.explain_all(
            ready, family, ensemble, amounts, folder, n_jobs, lambda line: print(line, flush=True)
        )
        numbers[family] = measure(
            ready, explained[family], evaluation, registration, amounts, folder
        )
        print(f"    {time.perf_counter() - started:.0f} s", flush=True)
    data = ready.data
    return {
        "data": {
            "name": data.name,
            "source": data.source,
            "licence": data.licence,
            "notes": data.notes,
            "n_train": len(ready.rows_train),
            "n_test": len(ready.rows_test),
            "kinds": {
                kind: sum(f.kind == kind for f in ready.schema.features)
                for kind in ("numeric", "ordinal", "categorical")
            },
            "task": "regression" if ready.is_regression else "classification",
            "target": str(data.y.name),
            "n_alike": measuring.alike_columns(ready.rows_train),
        },
        "families": judging.families(
            explained["networks"].shap, explained["trees"].shap, amounts.n_bootstrap
        ),
        "pictures": pictures.draw(case.key, explained, images),
        **numbers,
    }


def registered(out: Path) -> Registration:
    """Return the registration of the thresholds, which comes before anything is trained."""
    path = out / "registration.json"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fixed = register()
        started = datetime.now(UTC).isoformat(timespec="seconds")
        path.write_text(json.dumps(replace(fixed, started_at=started).to_dict()))
    return Registration.from_dict(json.loads(path.read_text()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("out/real_data"))
    parser.add_argument("--page", type=Path, help="where the page goes; <out>/real_data.md")
    parser.add_argument("--quick", action="store_true", help="a few seeds and rows, in seconds")
    parser.add_argument("--only", choices=[case.key for case in CASES], help="one data set")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    given = parser.parse_args()
    amounts = QUICK if given.quick else Amounts()
    out: Path = given.out
    shown: Path = given.page or out / "real_data.md"
    registration = registered(out)
    results = {
        "command": "python examples/real_data/study.py --page docs/real_data.md",
        "versions": {"xaigeo": xg.__version__, "python": platform.python_version()},
        "n_seeds": amounts.n_seeds,
        "n_trees": amounts.n_trees,
        "cases": {},
    }
    for case in CASES:
        if given.only in (None, case.key):
            print(case.key, flush=True)
            images = shown.with_suffix("")
            results["cases"][case.key] = study(case, amounts, registration, out, images, given.jobs)
    (out / "results.json").write_text(json.dumps(results, indent=1, ensure_ascii=False))
    shown.write_text(page.write(results, shown.stem))
    print(f"Wrote {out / 'results.json'} and {shown}")


if __name__ == "__main__":
    main()
