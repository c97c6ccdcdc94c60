"""What the numbers say, in sentences; each follows from the results, whatever they are."""

from collections.abc import Callable
from typing import Any

LABELS = {
    "kernel_shap": "Kernel SHAP",
    "tree_shap": "TreeSHAP",
    "lime": "LIME",
    "integrated_gradients": "integrated gradients",
    "anchors": "anchors",
    "counterfactuals": "counterfactuals",
}
ONE = {"networks": "network", "trees": "tree model"}
MANY = {"networks": "networks", "trees": "tree models"}
Numbers = dict[str, Any]


def reading(case: Numbers, n_seeds: int) -> list[str]:
    """Return the paragraphs that open a data set's section, one point each."""
    parts: tuple[Callable[[Numbers, int], str], ...] = (
        performance,
        answers,
        reasons,
        families,
        same_answers,
        methods,
        carry_over,
        modes,
        outliers,
        checks,
        groups,
        verdicts,
    )
    return [text for text in (part(case, n_seeds) for part in parts) if text]


def score_of(numbers: Numbers, method: str, score: str) -> Numbers | None:
    """Return one score of one method."""
    rows = numbers["agreement"]
    return next((r for r in rows if r["method"] == method and r["score"] == score), None)


def shap_of(numbers: Numbers) -> str:
    return str(numbers["agreement"][0]["method"])


def shap_and_lime(numbers: Numbers) -> Numbers:
    """Return the feature agreement of the two methods that explain both families."""
    rows = (r for r in numbers["methods"] if r["score"] == "feature_agreement")
    return next(r for r in rows if r["method_b"] == "lime")


def apart(a: Numbers, b: Numbers) -> bool:
    """Return whether two intervals do not meet."""
    return bool(a["low"] > b["high"] or b["low"] > a["high"])


def performance(case: Numbers, n_seeds: int) -> str:
    told = []
    for family in MANY:
        models = case[family]["models"]
        one = models["scores"][models["score"]]
        told.append(f"{MANY[family]} {one['mean']:.3f} ± {one['sd']:.3f}")
    models = case["networks"]["models"]
    name = "R²" if models["score"] == "r2" else "accuracy"
    return (
        f"**How good.** {sentence(name)} on {models['n_rows']} test rows, mean ± standard "
        f"deviation over {n_seeds} seeds: {', '.join(told)}; a constant answer has "
        f"{models['constant']:.2f}."
    )


def answers(case: Numbers, n_seeds: int) -> str:
    told = []
    for family in MANY:
        models = case[family]["models"]
        if models["score"] == "r2":
            told.append(
                f"the predictions of the {MANY[family]} for one row have a standard deviation of "
                f"{models['sd_between_seeds']:.1f} over seeds (median of all rows), "
                f"{models['share_of_rmse']:.0%} of their error (RMSE)"
            )
        else:
            told.append(
                f"two {MANY[family]} answer {models['churn']:.1%} of the rows differently, and "
                f"{models['n_divided']} of {models['n_rows']} rows get another answer from some "
                f"{ONE[family]} than from most"
            )
    return f"**Answers.** {sentence('; '.join(told))}."


def reasons(case: Numbers, n_seeds: int) -> str:
    told, found = [], {}
    for family in MANY:
        numbers = case[family]
        method = shap_of(numbers)
        shared = score_of(numbers, method, "feature_agreement")
        ranked = score_of(numbers, method, "rank_agreement")
        assert shared is not None  # every attribution method has these two
        assert ranked is not None
        found[family] = shared
        told.append(
            f"by {LABELS[method]} two {MANY[family]} share {shared['value']:.2f} of their top "
            f"{case['families']['k']} features (chance {shared['null']:.2f}) and "
            f"{ranked['value']:.2f} in the same rank (chance {ranked['null']:.2f})"
        )
    a, b = found["networks"], found["trees"]
    higher = "networks" if a["value"] > b["value"] else "trees"
    lower = "trees" if higher == "networks" else "networks"
    which = (
        f"The {MANY[higher]} agree more than the {MANY[lower]}."
        if apart(a, b)
        else "Which family agrees more is not clear: the intervals meet."
    )
    return f"**Reasons.** {sentence('; '.join(told))}. {which}"


def families(case: Numbers, n_seeds: int) -> str:
    found = case["families"]
    within = min(found["networks"], found["trees"])
    less = "less than" if found["high"] < within else "not clearly less than"
    return (
        f"**Networks against trees.** A network and a tree model share {found['across']:.2f} of "
        f"their top {found['k']} features at a row, {less} two networks ({found['networks']:.2f}) "
        f"or two tree models ({found['trees']:.2f}). Over all rows the "
        f"networks lean on {listed(found['top_networks'][:3])}, the tree models on "
        f"{listed(found['top_trees'][:3])} (rank correlation of all features "
        f"{found['rank_correlation']:.2f})."
    )


def same_answers(case: Numbers, n_seeds: int) -> str:
    told = []
    for family in MANY:
        found = case[family]["same_answers"][shap_of(case[family])]
        if found is None:
            return ""
        told.append(
            f"{found['n_flagged']} of the {found['n_unanimous']} rows on which all {MANY[family]} "
            "give one answer"
        )
    return (
        f"**Same answer, different reasons.** On {' and '.join(told)}, the seeds' top features "
        "agree poorly (stability below 0.40)."
    )


def methods(case: Numbers, n_seeds: int) -> str:
    told = []
    for family in MANY:
        first = shap_and_lime(case[family])
        seeds = min(first["across_seeds_a"], first["across_seeds_b"])
        more = "the method matters more than the seed" if first["high"] < seeds else ""
        more = more or "the method matters not clearly more than the seed"
        told.append(
            f"{LABELS[first['method_a']]} and LIME share {first['value']:.2f} of the top features "
            f"of one {ONE[family]}, while two {MANY[family]} share "
            f"{first['across_seeds_a']:.2f} by the one and {first['across_seeds_b']:.2f} by the "
            f"other: {more}"
        )
    return (
        f"**Methods against seeds.** {sentence('; '.join(told))}. LIME tells slopes and SHAP "
        "contributions, so part of that is what they ask."
    )


def carry_over(case: Numbers, n_seeds: int) -> str:
    told = []
    for family in MANY:
        rule = score_of(case[family], "anchors", "cross_precision")
        change = score_of(case[family], "counterfactuals", "cross_validity")
        assert rule is not None  # both are always searched for
        assert change is not None
        told.append(
            f"a {ONE[family]}'s anchor holds with precision {rule['value']:.2f} in another "
            f"{ONE[family]} (chance {rule['null']:.2f}), and its counterfactual does what it "
            f"should in {change['value']:.0%} of the others (chance {change['null']:.0%})"
        )
    return f"**Do rules and changes carry over?** {sentence('; '.join(told))}."


def modes(case: Numbers, n_seeds: int) -> str:
    split = []
    for family in MANY:
        for method, found in case[family]["modes"].items():
            if found["n_modes"] > 1:
                masses = ", ".join(f"{mass:.0%}" for mass in found["masses"])
                split.append(
                    f"the {MANY[family]} by {LABELS[method]} into {found['n_modes']} ({masses}; "
                    f"p = {found['p_value']:.2g})"
                )
    if not split:
        return "**Groups of seeds.** By no method do the seeds fall into groups that explain alike."
    return f"**Groups of seeds.** Seeds fall into groups: {'; '.join(split)}; by no other method."


def outliers(case: Numbers, n_seeds: int) -> str:
    told = []
    for family in MANY:
        found = case[family]["outliers"]
        which = ", ".join(map(str, found["outliers"]))
        largest = (
            f"no trimming makes the scores of seed {found['seed']} look like the others'"
            if found["largest"] is None
            else f"largest α̂ {found['largest']:.2f}, seed {found['seed']}"
        )
        told.append(f"{'seed ' + which if which else 'none'} of the {MANY[family]} ({largest})")
    return f"**Models unlike the others.** {sentence('; '.join(told))}."


def checks(case: Numbers, n_seeds: int) -> str:
    told = []
    for family in MANY:
        found = case[family]["checks"]
        told.append(
            f"taking features away in the order of {LABELS[shap_of(case[family])]} beats random "
            f"orders in {found['deletion_beats_random']:.0%} of the seeds, mean over "
            f"{found['n_rows']} rows (chance 50 %), and its ranks correlate by "
            f"{found['random_correlation']:.2f} with those of "
            f"{MANY[family]} that learnt nothing (two of these: {found['between_random']:.2f})"
        )
    return f"**Do the explanations describe the models?** {sentence('; '.join(told))}."


def groups(case: Numbers, n_seeds: int) -> str:
    told = []
    for family in MANY:
        for column in dict.fromkeys(g["column"] for g in case[family]["groups"]):
            rows = [g for g in case[family]["groups"] if g["column"] == column]
            low = min(rows, key=lambda g: g["feature_agreement"])
            high = max(rows, key=lambda g: g["feature_agreement"])
            if apart(low, high):
                told.append(
                    f"{MANY[family]} agree less on the reasons for “{low['group']}” "
                    f"({low['feature_agreement']:.2f}) than for “{high['group']}” "
                    f"({high['feature_agreement']:.2f})"
                )
    if not case["networks"]["groups"]:
        return ""
    if not told:
        return (
            "**Groups of people.** Between no two groups of a protected column do the intervals of "
            "the seeds' agreement on reasons lie apart; small groups tell little."
        )
    return (
        f"**Groups of people.** {sentence('; '.join(told))}. Their intervals lie apart; among as "
        "many groups as the table has, some may do so by chance."
    )


def verdicts(case: Numbers, n_seeds: int) -> str:
    told = []
    for family in MANY:
        audit = case[family]["audit"]
        failed = [item["id"] for item in audit["items"] if item["status"] == "fail"]
        told.append(
            f"{MANY[family]} {audit['verdict']} ({audit['counts'].get('pass', 0)} pass, "
            f"{audit['counts'].get('warn', 0)} warn, {len(failed)} fail"
            + (f": {', '.join(failed)}" if failed else "")
            + ")"
        )
    return f"**Audit.** {sentence('; '.join(told))}."


def sentence(text: str) -> str:
    return text[0].upper() + text[1:]


def listed(names: list[str]) -> str:
    quoted = [f"`{name}`" for name in names]
    return " and ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)
