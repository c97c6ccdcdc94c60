"""Do averages of weights make the attention of text networks agree between seeds?

    python examples/stabilised_training/texts.py --page docs/stabilised_texts.md

trains, explains and measures (out/stabilised_texts/*.npz), and writes the page with its
pictures. Ensembles that were measured are kept, so a second run only does what is missing.
"""

import argparse
import platform
from dataclasses import asdict
from pathlib import Path

import text_page
import text_pictures
from joblib import Parallel, delayed
from text_cases import CASES, NETWORKS, QUICK, Amounts
from text_summary import Cell
from text_training import measure_bench

import xaigeo as xg


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("out/stabilised_texts"))
    parser.add_argument("--page", type=Path, help="where the page goes; <out>/stabilised_texts.md")
    parser.add_argument("--quick", action="store_true", help="a few seeds and texts, in seconds")
    parser.add_argument("--data", choices=[case.key for case in CASES], nargs="+")
    parser.add_argument("--networks", choices=[net.key for net in NETWORKS], nargs="+")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    given = parser.parse_args()
    amounts = QUICK if given.quick else Amounts()
    out: Path = given.out
    out.mkdir(parents=True, exist_ok=True)
    shown: Path = given.page or out / "stabilised_texts.md"
    tasks = [
        (case, network)
        for case in CASES
        for network in NETWORKS
        if not given.data or case.key in given.data
        if not given.networks or network.key in given.networks
    ]
    found = Parallel(n_jobs=given.jobs)(
        delayed(measure_bench)(case, network, amounts, out) for case, network in tasks
    )
    cells = [
        Cell(case, network, trainings, amounts.n_bootstrap)
        for (case, network), trainings in zip(tasks, found, strict=True)
    ]
    results = {
        "amounts": asdict(amounts),
        "versions": {"xaigeo": xg.__version__, "python": platform.python_version()},
        "seconds": sum(one.seconds for one in found),
        "jobs": given.jobs,
    }
    pictures = text_pictures.draw(cells, shown.with_suffix(""))
    shown.write_text(text_page.write(results, cells, shown.stem, pictures))
    print(f"Wrote {shown}")


if __name__ == "__main__":
    main()
