"""How long a browser takes to open a report of 20 seeds, against shap's page of one model.

Both hold the same 300 rows of breast cancer. Ours holds five methods for 20 seeds; shap's saved
force plot holds one method of one model.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import xaigeo as xg
from benchmarks.cases import make_model
from benchmarks.harness import Result, paired, table

METHODS = ("lime", "kernel_shap", "integrated_gradients", "anchors", "counterfactuals")
N_SEEDS, N_ROWS = 20, 300
MOST_BYTES, MOST_SECONDS = 5_000_000, 3.0
SWITCHES = ["--no-sandbox", "--disable-gpu", "--no-first-run"]


def measure() -> list[Result]:
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        raise SystemExit("bench_report opens pages in Chromium, and there is none.")
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        shown = written(folder)
        browser = playwright.chromium.launch(executable_path=path, args=SWITCHES)
        ours = partial(opened, browser, folder / "ours.html", "() => document.body.dataset.shown")
        theirs = partial(
            opened, browser, folder / "shap.html", "() => document.querySelector('svg path')"
        )
        size = (folder / "ours.html").stat().st_size
        result = paired(
            ours,
            theirs,
            name="opening a report",
            work=f"{shown} rows, {N_SEEDS} seeds, {len(METHODS)} methods; shap 300 rows, 1 and 1",
            peer_name="shap.save_html(force_plot)",
        )
        browser.close()
    fits = size < MOST_BYTES and result.seconds < MOST_SECONDS and shown == N_ROWS
    note = f"{size / 1e6:.2f} MB, {result.seconds:.1f} s (limits 5 MB, 3 s)"
    return [Result(**result.to_dict() | {"as_good": fits, "note": note})]


def written(folder: Path) -> int:
    """Write both pages and return how many rows ours holds."""
    import shap
    from sklearn.datasets import load_breast_cancer

    data = load_breast_cancer(as_frame=True)
    y = data.target.map({0: "malignant", 1: "benign"})
    ensemble = xg.SeedEnsemble.train(make_model, data.data, y, seeds=range(N_SEEDS))
    rows, rest = data.data.iloc[:N_ROWS], slice(N_ROWS, None)
    found = [
        xg.explain(ensemble, rows, method=m, background=data.data.iloc[::4], random_state=0)
        for m in METHODS
    ]
    evaluation = ensemble.evaluate(data.data.iloc[rest], y.iloc[rest])
    audit = xg.audit(found, evaluation=evaluation)
    page = xg.report(found, folder / "ours.html", evaluation=evaluation, audit=audit)
    one = found[1].to_shap(seed=0)
    values = np.asarray(one.values)[..., 0]
    base = float(np.asarray(one.base_values).reshape(N_ROWS, -1)[0, 0])
    plot = shap.force_plot(base, values, rows.to_numpy(), feature_names=list(rows.columns))
    shap.save_html(str(folder / "shap.html"), plot)
    held = page.read_text(encoding="utf-8")
    thinned = re.search(r"This page shows ([\d,]+) of", held)
    return int(thinned[1].replace(",", "")) if thinned else N_ROWS


def opened(browser: Any, path: Path, drawn: str) -> None:
    """Open a page and wait until it is drawn."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(path.as_uri())
    page.wait_for_function(drawn)
    page.close()


if __name__ == "__main__":
    print(table(measure()))
