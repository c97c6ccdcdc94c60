"""What holds over all data sets, in sentences that follow from the results."""

import words
from words import MANY, Numbers, score_of, shap_of


def findings(cases: Numbers) -> list[str]:
    """Return the points that open the page."""
    ensembles = [
        (case, family, case[family], case["data"]["name"])
        for case in cases.values()
        for family in MANY
    ]
    return [
        _answers(ensembles),
        _shared(ensembles),
        _same_answers(ensembles),
        _carry_over(ensembles),
        _methods(ensembles),
        _families(cases),
        _modes(ensembles),
        _audits(ensembles),
    ]


Ensembles = list[tuple[Numbers, str, Numbers, str]]


def _answers(ensembles: Ensembles) -> str:
    told = [
        (n["models"]["churn"], f, name) for _, f, n, name in ensembles if "churn" in n["models"]
    ]
    if not told:
        return "There is no classification here, so no answer can flip."
    low, high = min(told), max(told)
    return (
        f"Another seed changes {low[0]:.1%} ({MANY[low[1]]}, {low[2]}) to {high[0]:.1%} "
        f"({MANY[high[1]]}, {high[2]}) of the answers."
    )


def _shared(ensembles: Ensembles) -> str:
    above = {"feature_agreement": 0, "rank_agreement": 0}
    values: dict[str, list[float]] = {name: [] for name in above}
    for _, _, numbers, _ in ensembles:
        for name in above:
            found = score_of(numbers, shap_of(numbers), name)
            assert found is not None  # every attribution method has both
            above[name] += found["low"] > found["null"]
            values[name].append(found["value"])
    shared, ranked = values["feature_agreement"], values["rank_agreement"]
    n = len(ensembles)
    text = (
        f"By SHAP two seeds share {min(shared):.2f} to {max(shared):.2f} of their top features and "
        f"{min(ranked):.2f} to {max(ranked):.2f} in the same rank; above chance with the whole "
        f"interval in {above['feature_agreement']} and {above['rank_agreement']} of {n} ensembles."
    )
    if all(r < s for r, s in zip(ranked, shared, strict=True)):
        text += " What counts is agreed on further than in which order."
    return text


def _same_answers(ensembles: Ensembles) -> str:
    told = []
    for _, family, numbers, name in ensembles:
        found = numbers["same_answers"][shap_of(numbers)]
        if found is not None:
            share = found["n_flagged"] / max(found["n_unanimous"], 1)
            told.append(f"{share:.0%} ({name}, {MANY[family]})")
    if not told:
        return "Where answers are numbers, no two seeds give the same one."
    return (
        "Of the rows on which all seeds answer alike, these shares have poorly agreeing reasons "
        f"by SHAP: {', '.join(told)}."
    )


def _carry_over(ensembles: Ensembles) -> str:
    rules, changes = [], []
    for _, _, numbers, _ in ensembles:
        rule = score_of(numbers, "anchors", "cross_precision")
        change = score_of(numbers, "counterfactuals", "cross_validity")
        assert rule is not None  # both are always searched for
        assert change is not None
        rules.append(rule["value"])
        changes.append(change["value"])
    return (
        f"Anchors carry over to another seed with precision {min(rules):.2f} to {max(rules):.2f}; "
        f"counterfactuals do what they should in {min(changes):.0%} to {max(changes):.0%} of the "
        "other seeds."
    )


def _methods(ensembles: Ensembles) -> str:
    more = 0
    for _, _, numbers, _ in ensembles:
        first = words.shap_and_lime(numbers)
        more += first["high"] < min(first["across_seeds_a"], first["across_seeds_b"])
    return (
        f"In {more} of {len(ensembles)} ensembles SHAP and LIME agree less about one model than "
        "two seeds agree by either method: there the method changes more than the seed."
    )


def _families(cases: Numbers) -> str:
    less = sum(
        c["families"]["high"] < min(c["families"]["networks"], c["families"]["trees"])
        for c in cases.values()
    )
    trees = sum(c["families"]["trees"] > c["families"]["networks"] for c in cases.values())
    return (
        f"In {less} of {len(cases)} data sets a network and a tree model agree less than two "
        "models of either family. Two tree models share more top features than two networks in "
        f"{trees} of {len(cases)}."
    )


def _modes(ensembles: Ensembles) -> str:
    n = sum(found["n_modes"] > 1 for _, _, e, _ in ensembles for found in e["modes"].values())
    total = sum(len(e["modes"]) for _, _, e, _ in ensembles)
    return (
        f"Groups of seeds that explain alike are found in {n} of {total} explanations; each is "
        f"tested at 5 %, so about {0.05 * total:.0f} would be found where there is none."
    )


def _audits(ensembles: Ensembles) -> str:
    failed: dict[str, int] = {}
    for _, _, numbers, _ in ensembles:
        for item in numbers["audit"]["items"]:
            if item["status"] == "fail":
                failed[item["id"]] = failed.get(item["id"], 0) + 1
    verdicts = [numbers["audit"]["verdict"] for _, _, numbers, _ in ensembles]
    which = ", ".join(f"{name} ({n})" for name, n in sorted(failed.items(), key=lambda p: -p[1]))
    return (
        f"The audit fails {verdicts.count('fail')} of {len(ensembles)} ensembles. Items that fail "
        f"(in how many): {which or 'none'}."
    )
