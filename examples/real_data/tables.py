"""The tables of a data set, in Markdown."""

from typing import Any

import words
from words import LABELS, MANY, Numbers, score_of

STATUS = {"warn": "warn", "fail": "**fail**"}


def attribution_table(case: Numbers) -> str:
    scores = ("feature_agreement", "rank_agreement", "stability", "sign_consensus", "icc_agreement")
    rows = []
    for family in MANY:
        for method in case[family]["same_answers"]:
            found = [score_of(case[family], method, score) for score in scores]
            n = case[family]["n_rows"][method]
            rows.append(
                [MANY[family], LABELS[method], str(n), *(told(f, null=True) for f in found)]
            )
    return table(
        ["models", "method", "rows", *(score.replace("_", " ") for score in scores[:-1]), "ICC"],
        rows,
    )


def search_table(case: Numbers) -> str:
    rows = []
    for family in MANY:
        for method, scores in (
            ("anchors", ("cross_precision", "mass_iou")),
            ("counterfactuals", ("cross_validity", "shared_changes")),
        ):
            for score in scores:
                found = score_of(case[family], method, score)
                n = case[family]["n_rows"][method]
                label = score.replace("_", " ").replace("iou", "IoU")
                rows.append([MANY[family], LABELS[method], str(n), label, told(found, null=True)])
    return table(["models", "method", "rows", "score", "value"], rows)


def same_table(case: Numbers) -> str:
    rows = []
    for family in MANY:
        for method, found in case[family]["same_answers"].items():
            first = found["first"][0] if found["first"] else None
            rows.append(
                [
                    MANY[family],
                    LABELS[method],
                    f"{found['n_unanimous']} of {found['n_rows']}",
                    str(found["n_flagged"]),
                    "–"
                    if first is None
                    else f"row {first['instance']}, all say {first['predicted']}, stability "
                    f"{number(first['stability'])}; first feature (seeds): "
                    f"{first['leading_features']}",
                ]
            )
    return table(
        ["models", "method", "rows of one answer", "for different reasons", "the most divided"],
        rows,
    )


def order_table(case: Numbers) -> str:
    rows = []
    for family in MANY:
        order, modes = case[family]["order"], case[family]["modes"]
        split = [f"{LABELS[m]}: {f['n_modes']}" for m, f in modes.items() if f["n_modes"] > 1]
        rows.append(
            [
                MANY[family],
                f"{order['n_ordered']} of {order['n_pairs']}",
                f"{order['n_ordered_by_most']} of {order['n_pairs']}",
                words.listed(order["on_top"][:6]),
                f"{case[family]['shown']['share']:.0%}",
                "; ".join(split) or "one by every method",
            ]
        )
    return table(
        [
            "models",
            "pairs of features that all seeds order alike",
            "nine in ten seeds",
            "nothing above them",
            "attributions whose sign holds beyond these seeds",
            "groups of seeds",
        ],
        rows,
    )


def method_table(case: Numbers) -> str:
    rows = [
        [
            MANY[family],
            f"{LABELS[r['method_a']]} and {LABELS[r['method_b']]}",
            told(r, null=True),
            number(r["across_seeds_a"]),
            number(r["across_seeds_b"]),
        ]
        for family in MANY
        for r in case[family]["methods"]
        if r["score"] == "feature_agreement"
    ]
    return table(
        ["models", "methods", "one model by both", "two seeds by the first", "by the second"], rows
    )


def group_table(case: Numbers) -> str:
    regression = "rmse" in case["networks"]["groups"][0]
    rows = [
        [
            MANY[family],
            g["column"],
            g["group"],
            str(g["n_rows"]),
            *(
                [number(g["rmse"], 1)]
                if regression
                else [number(g["accuracy"]), f"{g['churn']:.1%}"]
            ),
            f"{number(g['feature_agreement'])} [{number(g['low'])}, {number(g['high'])}]",
        ]
        for family in MANY
        for g in case[family]["groups"]
    ]
    errors = ["RMSE"] if regression else ["accuracy", "churn"]
    return table(["models", "column", "group", "rows", *errors, "feature agreement (SHAP)"], rows)


def seeds_table(case: Numbers) -> str:
    rows = []
    for family in MANY:
        for method, found in case[family]["seeds"].items():
            for r in found:
                enough = (
                    r["status"] if r["n_seeds"] is None else f"{r['n_seeds']:.0f} ({r['status']})"
                )
                rows.append(
                    [
                        MANY[family],
                        LABELS[method],
                        r["score"].replace("icc_agreement", "ICC").replace("_", " "),
                        number(r["value"]),
                        f"± {number(r['seed_half_width'], 3)}",
                        f"± {number(r['instance_half_width'], 3)}",
                        enough,
                    ]
                )
    return table(
        [
            "models",
            "method",
            "score",
            "value",
            "over seeds",
            "over rows",
            "seeds for an interval 0.1 wide",
        ],
        rows,
    )


def check_table(case: Numbers) -> str:
    rows = []
    for family in MANY:
        found = case[family]["checks"]
        flagged = {r["way"]: f"{r['rate']:.0%}" for r in found["off_support"]}
        rows.append(
            [
                MANY[family],
                f"{found['deletion_beats_random']:.0%} [{found['deletion_low']:.0%}, "
                f"{found['deletion_high']:.0%}], {found['n_rows']} rows",
                f"{number(found['random_correlation'])} "
                f"(two such: {number(found['between_random'])}; "
                f"{'labels shuffled' if found['randomised'] == 'labels' else 'all layers random'})",
                ", ".join(f"{way} {rate}" for way, rate in flagged.items()),
            ]
        )
    return table(
        [
            "models",
            "deletion beats random orders, share of seeds",
            "rank correlation with models that learnt nothing",
            "inputs unlike the data that are noticed",
        ],
        rows,
    )


def audit_table(case: Numbers) -> str:
    rows = []
    for family in MANY:
        for item in case[family]["audit"]["items"]:
            if item["status"] in ("fail", "warn"):
                rows.append(
                    [
                        MANY[family],
                        item["id"],
                        STATUS[item["status"]],
                        number(item["value"], 3),
                        item["reason"],
                    ]
                )
    rows.sort(key=lambda row: (row[0], row[2] != STATUS["fail"]))
    return table(["models", "item", "answer", "value", "reason"], rows)


def unanswered(case: Numbers) -> str:
    lines = []
    for family in MANY:
        audit = case[family]["audit"]
        passed = [i["id"] for i in audit["items"] if i["status"] == "pass"]
        missing = [
            f"{i['id']}: {i['reason']}" for i in audit["items"] if i["status"] == "not_evaluated"
        ]
        lines.append(f"{words.sentence(MANY[family])} pass {', '.join(passed) or 'nothing'}.")
        lines += [f"Not evaluated: {' '.join(missing)}"] if missing else []
    return "\n\n".join(lines)


def told(found: Numbers | None, *, null: bool = False) -> str:
    """Return a value with its interval, and what chance would give."""
    if found is None or found["value"] is None:
        return "–"
    text = f"{number(found['value'])} [{number(found['low'])}, {number(found['high'])}]"
    if null and found.get("null") is not None:
        text += f", chance {number(found['null'])}"
    return text


def number(value: Any, digits: int = 2) -> str:
    if value is None:
        return "–"
    text = f"{value:.{digits}f}"
    return text[1:] if text.startswith("-") and float(text) == 0 else text


def table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in lines
    )
