"""What is compared in the study of α̂, and what is said of it: tables and sentences of a page."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import hypergeom

from xaigeo.agreement.difference_correlations import difference_correlations
from xaigeo.agreement.model_difference import ModelDifference

# A measure is high in the top fifth of the candidates, low up to the median.
TOP = 0.2
MEASURES = {"churn_ensemble": "churn", "ece": "ECE", "accuracy": "accuracy"}
ORDERS = {"alpha_hat": "α̂", "alpha_mean": "mean α̂ of the bootstrap", "distance": "distance d₀"}


@dataclass(frozen=True)
class Panel:
    """Candidates of one kind against the same reference seeds."""

    problem: str
    kind: str
    difference: ModelDifference
    groups: list[str]

    @property
    def title(self) -> str:
        """What is compared."""
        return f"Digits, {self.problem}: {self.kind}"


def correlation_rows(found: list[Panel]) -> str:
    """Return Spearman's ρ of each order with each measure as Markdown."""
    lines = ["| candidates | ordered by | churn | ECE | accuracy |", "|---|---|---|---|---|"]
    for panel in found:
        for by, name in ORDERS.items():
            table = difference_correlations(panel.difference, by=by).set_index("measure")
            cells = [_rho(table.loc[measure]) for measure in MEASURES]
            lines.append(f"| {panel.title} | {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _rho(row: pd.Series) -> str:
    if not np.isfinite(row["rho"]):
        return "undefined (all equal)"
    return f"{row['rho']:.2f} ({row['low']:.2f} to {row['high']:.2f})".replace("-", "−")


def spread_rows(found: list[Panel]) -> str:
    """Return how each kind of candidate does as Markdown."""
    lines = [
        "| candidates | n | α̂ > 0 | α̂, median (largest) | none accepts | d₀, median "
        "| churn, median | ECE, median | accuracy, median | outliers named |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for panel in found:
        if panel.kind.startswith("all"):
            continue
        table = panel.difference.table.assign(size=panel.difference.sizes, group=panel.groups)
        for group, own in table.groupby("group", sort=False):
            lines.append(
                f"| {panel.problem}: {group} | {len(own)} | {(own['size'] > 0).sum()} "
                f"| {own['size'].median():.3f} ({own['size'].max():.3f}) "
                f"| {(~own['accepts']).sum()} | {own['distance'].median():.3f} "
                f"| {own['churn_ensemble'].median():.3f} | {own['ece'].median():.3f} "
                f"| {own['accuracy'].median():.3f} | {own['outlier'].sum()} |"
            )
    return "\n".join(lines)


def claims(panel: Panel) -> dict[str, tuple[int, int, int, int, float]]:
    """Return for each claim: successes, cases, successes in all, all, and chance of as many.

    Candidates are in the order of α̂, those with α̂ = 0 in that of the distance d₀.
    """
    table = panel.difference.table
    bad = table[["churn_ensemble", "ece"]].assign(error=1 - table["accuracy"])
    high = (bad.rank(pct=True, method="min") > 1 - TOP).any(axis=1).to_numpy()
    low = (bad.rank(pct=True, method="min") <= 0.5).all(axis=1).to_numpy()
    order = np.lexsort((table["distance"], panel.difference.sizes))
    n, n_top, n_low = len(order), round(TOP * len(order)), len(order) // 2
    return {
        "large": _beyond_chance(high, order[n - n_top :]),
        "small": _beyond_chance(low, order[:n_low]),
    }


def _beyond_chance(holds: np.ndarray, chosen: np.ndarray) -> tuple[int, int, int, int, float]:
    hits, all_hits, n = int(holds[chosen].sum()), int(holds.sum()), len(holds)
    chance = float(hypergeom.sf(hits - 1, n, all_hits, len(chosen)))
    return hits, len(chosen), all_hits, n, chance


def claim_rows(found: list[Panel]) -> str:
    """Return how often the source's two claims hold as Markdown."""
    lines = [
        "| candidates | top fifth by α̂: high in churn, ECE or error | of all | p "
        "| lower half by α̂: low in all three | of all | p |",
        "|---|---|---|---|---|---|---|",
    ]
    for panel in found:
        cells = [
            f"{hits} of {cases} | {all_hits} of {n} | {_p(chance)}"
            for hits, cases, all_hits, n, chance in claims(panel).values()
        ]
        lines.append(f"| {panel.title} | {' | '.join(cells)} |")
    return "\n".join(lines)


def findings(found: list[Panel]) -> str:
    """Return what came out, in sentences made of the numbers."""
    said = []
    for panel in found:
        d = panel.difference
        n_above = int((d.sizes > 0).sum())
        said.append(
            f"- **{panel.title}.** α̂ is above 0 for {n_above} of {len(d.table)}; "
            f"{len(d.outliers)} are named as outliers. "
            + _verdict("α̂", difference_correlations(d))
            + " "
            + _verdict("The distance d₀", difference_correlations(d, by="distance"))
            + " "
            + _claim("“Large α̂ implies that another measure is large”", claims(panel)["large"])
            + " "
            + _claim("“Small α̂ means low on all the others”", claims(panel)["small"])
        )
    return "\n".join(said)


def _verdict(order: str, table: pd.DataFrame) -> str:
    table = table.set_index("measure")
    goes, not_shown = [], []
    for measure, name in MEASURES.items():
        row = table.loc[measure]
        shown = np.isfinite(row["rho"]) and (row["low"] > 0 or row["high"] < 0)
        direction = "rises" if row["rho"] > 0 else "falls"
        (goes if shown else not_shown).append(f"{direction} with {name}" if shown else name)
    parts = ([", ".join(goes)] if goes else []) + (
        [f"is not shown to go with {', '.join(not_shown)}"] if not_shown else []
    )
    return f"{order} {' and '.join(parts)}."


def _claim(claim: str, numbers: tuple[int, int, int, int, float]) -> str:
    hits, cases, all_hits, n, chance = numbers
    verdict = "is borne out" if chance < 0.05 else "is not borne out beyond chance"
    return f"{claim} {verdict} ({hits} of {cases} against {all_hits} of {n}, p {_p(chance)})."


def _p(chance: float) -> str:
    return "< 0.001" if chance < 0.001 else f"{chance:.3f}"


def in_short(found: list[Panel], by_truth: ModelDifference) -> str:
    """Return the answer, counted from the panels."""
    alike = [panel for panel in found if "other seeds" in panel.kind]
    rows = pd.concat([difference_correlations(panel.difference) for panel in alike])
    rows = rows[rows["measure"].isin(list(MEASURES)) & rows["rho"].notna()]
    shown = ((rows["low"] > 0) | (rows["high"] < 0)).sum()
    borne = {
        name: [panel.title for panel in found if claims(panel)[name][-1] < 0.05]
        for name in ("large", "small")
    }
    everything = found[2].difference.table.assign(
        size=found[2].difference.sizes, group=found[2].groups
    )
    medians = everything.groupby("group")[["size", "ece", "churn_ensemble"]].median()
    most = medians["size"].idxmax()
    ten = alike[-1].difference
    return (
        f"- Among models that differ in their seed alone, {shown} of {len(rows)} correlations of α̂ "
        f"with churn, ECE or accuracy have an interval without 0.\n"
        f"- “Large α̂ implies that another measure is large” is borne out in "
        f"{_panels_text(borne['large'], len(found))}.\n"
        f"- “Small α̂ means low on all the others” is borne out in "
        f"{_panels_text(borne['small'], len(found))}.\n"
        f"- α̂ sees that the scores are distributed otherwise, not that they are worse: of "
        f"{found[2].problem}, the kind with the largest median α̂ is that of {most} (ECE "
        f"{medians.loc[most, 'ece']:.3f}, churn {medians.loc[most, 'churn_ensemble']:.3f}; other "
        f"seeds: {medians.loc['other seeds', 'ece']:.3f} and "
        f"{medians.loc['other seeds', 'churn_ensemble']:.3f}).\n"
        f"- With ten classes, of which the worst counts, plain seeds have a median α̂ of "
        f"{np.median(ten.sizes):.2f} and up to {ten.sizes.max():.2f}: a fixed limit such as 0.05 "
        f"says little there without knowing what seeds of the same kind give. By the log-odds of "
        f"the true class, one number a row, the same seeds have a median of "
        f"{np.median(by_truth.sizes):.2f} and up to {by_truth.sizes.max():.2f}."
    )


def _panels_text(titles: list[str], n: int) -> str:
    if not titles:
        return f"none of {n} panels"
    return f"{len(titles)} of {n} panels ({'; '.join(titles)})"
