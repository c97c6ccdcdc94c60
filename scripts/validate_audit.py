"""How often the audit notices faults planted on purpose, and passes what has none.

Run ``python scripts/validate_audit.py [--repeats 20]``; it writes ``docs/audit_validation.md`` and
all findings to ``out/audit_validation.json``. Every repeat draws new rows and trains new models.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from planted_cases import CASES, N_EXPLAINED, N_SEEDS, N_TEST, N_TRAIN
from scipy.stats import beta

NOTICED = ("fail", "warn")


def main() -> None:
    """Run every case so many times and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--cases", nargs="*", default=list(CASES), choices=list(CASES))
    parser.add_argument("--page", type=Path, default=Path("docs/audit_validation.md"))
    parser.add_argument("--out", type=Path, default=Path("out/audit_validation.json"))
    options = parser.parse_args()
    found = {name: _repeated(name, options.repeats) for name in options.cases}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(found, indent=1) + "\n")
    text = page(found)
    if set(options.cases) == set(CASES):
        options.page.write_text(text)
    print(text)


def _repeated(name: str, repeats: int) -> list[dict[str, Any]]:
    answers = []
    for repeat in range(repeats):
        started = time.perf_counter()
        # One stream a case and repeat, so that cases can be run on their own.
        rng = np.random.default_rng([list(CASES).index(name), repeat])
        audit = CASES[name].plant(rng)
        answers.append(
            {
                "verdict": audit.verdict,
                "statuses": {f.id: f.status for f in audit.findings},
                "values": {f.id: f.value for f in audit.findings},
            }
        )
        print(f"{name} {repeat}: {time.perf_counter() - started:.1f} s", file=sys.stderr)
    return answers


def page(found: dict[str, list[dict[str, Any]]]) -> str:
    """Return the results as Markdown."""
    lines = [*_HEAD]
    for name, answers in found.items():
        case = CASES[name]
        verdicts = Counter(answer["verdict"] for answer in answers)
        told = ["–"] * 3
        if case.items:
            twins = found.get(case.twin, [])
            told = [
                _share(answers, case.items, NOTICED),
                _share(answers, case.items, NOTICED[:1]),
                _share(twins, case.items, NOTICED),
            ]
        lines.append(
            f"| {case.title} | {', '.join(case.items) or '–'} | {' | '.join(told)} "
            f"| {verdicts['fail']} | {verdicts['warn']} | {verdicts['pass']} |"
        )
    lines += [*_ITEMS_HEAD]
    for name, answers in found.items():
        case = CASES[name]
        for item in answers[0]["statuses"]:
            counts = Counter(answer["statuses"][item] for answer in answers)
            if not (counts["fail"] or counts["warn"] or item in case.items):
                continue
            values = [a["values"][item] for a in answers if a["values"][item] is not None]
            middle = f"{np.median(values):.3g}" if values else "–"
            lines.append(
                f"| {case.title} | {item} | {middle} | {counts['fail']} | {counts['warn']} "
                f"| {counts['pass']} | {counts['not_evaluated']} |"
            )
    return "\n".join(lines) + "\n"


def _share(answers: list[dict[str, Any]], items: tuple[str, ...], statuses: tuple[str, ...]) -> str:
    """Return how often one of the items has one of the statuses, with its interval."""
    k = sum(any(answer["statuses"][item] in statuses for item in items) for answer in answers)
    n = len(answers)
    if not n:
        return "–"
    low = beta.ppf(0.025, k, n - k + 1) if k else 0.0
    high = beta.ppf(0.975, k + 1, n - k) if k < n else 1.0
    return f"{k} of {n} ({low:.0%} to {high:.0%})"


_HEAD = [
    "# Does the audit notice what it should?",
    "",
    "Faults planted on purpose, and the same models without them. "
    "`python scripts/validate_audit.py` makes this page; "
    "[scripts/planted_cases.py](../scripts/planted_cases.py) says how each case is made.",
    "",
    f"Every repeat draws {N_TRAIN} rows to train and {N_TEST} to test from a known law, trains "
    f"{N_SEEDS} models and explains {N_EXPLAINED} rows. Thresholds are the defaults. The items "
    "that should notice a fault were named before anything was run; a fault counts as noticed "
    "when one of them warns or fails. Intervals are of 95 % (Clopper-Pearson).",
    "",
    "The twelve networks are sound and should pass. The twelve trees are there to be compared with "
    "those that see a column twice, not to pass: each grows on a resample of its own, so that "
    "answers differ as well, which the items M are there to tell.",
    "",
    "| case | items that should notice | noticed | by a failed item | the same items in models "
    "without the fault | audit failed | warned | passed |",
    "|---|---|---|---|---|---|---|---|",
]
_ITEMS_HEAD = [
    "",
    "## Items that warned or failed, and those named above",
    "",
    "Number of repeats by status, and the median of the values.",
    "",
    "| case | item | median | fail | warn | pass | not evaluated |",
    "|---|---|---|---|---|---|---|",
]

if __name__ == "__main__":
    main()
