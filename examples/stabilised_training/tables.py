"""Do averages of weights make the reasons of tabular networks agree between seeds?

    python examples/stabilised_training/tables.py --page docs/stabilised_tables.md

trains, explains and measures (out/stabilised_tables/*.json), and writes the page with its
pictures. Splits that were measured are kept, so a second run only does what is missing.
"""

import argparse
import json
import platform
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import tabular_page
import tabular_pictures
from joblib import Parallel, delayed
from tabular_cases import CASES, QUICK, Amounts, Case, prepare
from tabular_measuring import measure_split
from tabular_summary import Measured

import xaigeo as xg


def measured(case: Case, split: int, amounts: Amounts, out: Path) -> dict[str, Any]:
    """Return the numbers of one split, measured now unless they are kept."""
    path = out / f"{case.key}-{split}.json"
    kept = json.loads(path.read_text()) if path.exists() else {}
    if kept.get("amounts") == asdict(amounts):
        return dict(kept)
    started = time.process_time()
    ready = prepare(case, split)
    found = {
        "amounts": asdict(amounts),
        "n_train": len(ready.rows_train),
        "n_test": len(ready.rows_test),
        "task": "regression" if ready.is_regression else "classification",
        "trainings": measure_split(ready, amounts),
    }
    found["seconds"] = time.process_time() - started  # whatever else runs beside it
    path.write_text(json.dumps(found))
    print(f"  {case.key}, split {split}: {found['seconds']:.0f} s of processor time", flush=True)
    return found


def summarised(case: Case, splits: list[dict[str, Any]], n_bootstrap: int) -> Measured:
    data = case.load()
    described = {
        "name": data.name,
        "source": data.source,
        "licence": data.licence,
        "target": str(data.y.name),
        "n_columns": len(data.schema.features),
        **{name: splits[0][name] for name in ("n_train", "n_test", "task")},
    }
    numbers = {"data": described, "splits": [split["trainings"] for split in splits]}
    return Measured(numbers, n_bootstrap)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("out/stabilised_tables"))
    parser.add_argument("--page", type=Path, help="where the page goes; <out>/stabilised_tables.md")
    parser.add_argument("--quick", action="store_true", help="a few seeds and rows, in seconds")
    parser.add_argument("--only", choices=[case.key for case in CASES], nargs="+")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    given = parser.parse_args()
    amounts = QUICK if given.quick else Amounts()
    out: Path = given.out
    out.mkdir(parents=True, exist_ok=True)
    shown: Path = given.page or out / "stabilised_tables.md"
    chosen = [case for case in CASES if not given.only or case.key in given.only]
    tasks = [(case, split) for case in chosen for split in range(amounts.n_splits)]
    found = Parallel(n_jobs=given.jobs)(
        delayed(measured)(case, split, amounts, out) for case, split in tasks
    )
    cases = [
        summarised(
            case,
            [f for f, (own, _) in zip(found, tasks, strict=True) if own is case],
            amounts.n_bootstrap,
        )
        for case in chosen
    ]
    results = {
        "amounts": asdict(amounts),
        "versions": {"xaigeo": xg.__version__, "python": platform.python_version()},
        "seconds": sum(f["seconds"] for f in found),
    }
    pictures = tabular_pictures.draw(cases, shown.with_suffix(""))
    shown.write_text(tabular_page.write(results, cases, shown.stem, pictures))
    print(f"Wrote {shown}")


if __name__ == "__main__":
    main()
