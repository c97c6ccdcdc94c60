"""The pictures of the page, drawn by the library's own charts."""

from pathlib import Path

from explaining import Explained
from training import FAMILIES, Family

import xaigeo as xg
from xaigeo.geometry.modes import explanatory_modes

WIDTH = 720  # pixels on the page


def draw(key: str, explained: dict[Family, Explained], folder: Path) -> dict[str, str]:
    """Draw the pictures of one data set and return their file names by what they show."""
    folder.mkdir(parents=True, exist_ok=True)
    charts = {}
    for family in FAMILIES:
        shap = explained[family].shap
        charts[f"importance-{family}"] = xg.viz.attribution_importance(shap, max_features=10)
        if shap.task == "classification":
            charts[f"divided-{family}"] = xg.viz.divided_rows(shap, max_rows=8)
        charts[f"rows-{family}"] = xg.viz.score_by_row(shap)
        modes = explanatory_modes(shap)
        if modes.n_modes > 1:
            charts[f"modes-{family}"] = xg.viz.modes_map(modes, shap)
    charts["methods-networks"] = xg.viz.method_agreement(explained["networks"].attributions)
    names = {}
    for what, chart in charts.items():
        path = folder / f"{key}-{what}.png"
        xg.viz.save(chart, path, width=WIDTH)
        names[what] = path.name
    return names
