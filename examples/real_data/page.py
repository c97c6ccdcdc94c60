"""The page: every number comes from the results, every table has its place."""

import overall
import tables
import words
from tables import table, told
from words import MANY, Numbers, score_of, shap_of


def write(results: Numbers, folder: str) -> str:
    """Return the page in Markdown; `folder` holds its pictures."""
    n = results["n_seeds"]
    blocks = [
        "# Real data: do thirty seeds give the same reasons?"
        if n == 30
        else f"# Real data: do {n} seeds give the same reasons?",
        "<!-- Written by examples/real_data/study.py; a change made here is lost. -->",
        f"```\n{results['command']}\n```",
        f"{n} networks (two hidden layers, 32 and 16) and {n} boosted-tree models "
        f"({results['n_trees']} trees of depth 3, each on 70 % of the rows) for each of "
        f"{len(results['cases'])} data sets; in each family they differ in their seed alone. Every "
        "number below comes from that command, and the sentences follow from the numbers. Brackets "
        "hold 95 % bootstrap intervals over the explained rows. All seeds of a family see the same "
        "draws of an explainer, so what differs is the models.",
        "## In short",
        "\n".join(f"- {text}" for text in overall.findings(results["cases"])),
        overview(results["cases"]),
    ]
    for case in results["cases"].values():
        blocks += section(case, n, folder)
    blocks.append("## How to read it")
    blocks.append(LEGEND)
    versions = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    blocks.append(f"Made with {versions}.")
    return "\n\n".join(block for block in blocks if block) + "\n"


LEGEND = """\
- **Feature agreement**: share of the top 3 features that two seeds have in common; **rank
  agreement**: in the same rank. **Stability** (Nogueira): 1 where all seeds choose the same 3, 0 by
  chance. **Sign consensus**: share of seeds that give a top feature the sign of most. **ICC**:
  intraclass correlation of the attributions themselves over all rows.
- **Cross-precision**: how often another seed's model keeps its answer under a seed's anchor. **Mass
  IoU**: share of the data under either of two anchors that is under both. **Cross-validity**: share
  of the other seeds in which a seed's counterfactual does what it should. **Shared changes**: how
  alike the sets of changed columns are.
- SHAP and LIME explain probabilities, or the values of a regression. TreeSHAP reaches probabilities
  from log-odds by stretching, as shap does.
- Anchors and counterfactuals were searched for fewer rows than attributions, so their intervals
  are wide."""


def overview(cases: Numbers) -> str:
    rows = []
    for case in cases.values():
        for family in MANY:
            numbers = case[family]
            models, shap = numbers["models"], shap_of(numbers)
            one = models["scores"][models["score"]]
            same = numbers["same_answers"][shap]
            name = "R²" if models["score"] == "r2" else "accuracy"
            audit = numbers["audit"]
            rows.append(
                [
                    case["data"]["name"],
                    MANY[family],
                    f"{name} {one['mean']:.3f} ± {one['sd']:.3f}",
                    "–" if "churn" not in models else f"{models['churn']:.1%}",
                    told(score_of(numbers, shap, "feature_agreement"), null=True),
                    told(score_of(numbers, shap, "rank_agreement"), null=True),
                    "–" if same is None else f"{same['n_flagged']} of {same['n_unanimous']}",
                    f"{audit['verdict']} ({audit['counts'].get('fail', 0)} fail)",
                ]
            )
    return table(
        [
            "data",
            "models",
            "performance",
            "churn",
            "SHAP: feature agreement",
            "SHAP: rank agreement",
            "same answer, different reasons",
            "audit",
        ],
        rows,
    )


def section(case: Numbers, n_seeds: int, folder: str) -> list[str]:
    data = case["data"]
    kinds = ", ".join(f"{n} {kind}" for kind, n in data["kinds"].items() if n)
    pictures, name = case["pictures"], data["name"]

    def picture(what: str, text: str) -> str:
        return f"![{text}]({folder}/{pictures[what]})" if what in pictures else ""

    blocks = [
        f"## {name}",
        f"A {data['task']} of `{data['target']}`: {data['n_train']} rows to train, "
        f"{data['n_test']} to test, {sum(data['kinds'].values())} columns ({kinds}). "
        f"{data['source']}. Licence: {data['licence']}. {data['notes']}{alike(data)}",
        "\n".join(f"- {text}" for text in words.reading(case, n_seeds)),
        "### Which features count, by every seed",
    ]
    for family in MANY:
        blocks.append(
            picture(f"importance-{family}", f"{name}: importance by SHAP, {MANY[family]}")
        )
    blocks += [
        "### Agreement between seeds",
        tables.attribution_table(case),
        tables.search_table(case),
    ]
    for family in MANY:
        blocks.append(
            picture(f"rows-{family}", f"{name}: feature agreement at every row, {MANY[family]}")
        )
    if case["networks"]["same_answers"][shap_of(case["networks"])] is not None:
        blocks += ["### Same answer, different reasons", tables.same_table(case)]
        for family in MANY:
            blocks.append(
                picture(f"divided-{family}", f"{name}: rows of one answer, {MANY[family]}")
            )
    blocks += ["### Groups of seeds, and the order on which they agree", tables.order_table(case)]
    for family in MANY:
        blocks.append(picture(f"modes-{family}", f"{name}: groups of seeds, {MANY[family]}"))
    blocks += ["### Methods against seeds", tables.method_table(case)]
    blocks.append(picture("methods-networks", f"{name}: agreement of methods, networks"))
    if case["networks"]["groups"]:
        blocks += ["### Groups of people", tables.group_table(case)]
    blocks += ["### How many seeds are enough", tables.seeds_table(case)]
    blocks += ["### Asking the models again", tables.check_table(case)]
    blocks += ["### Audit", tables.audit_table(case), tables.unanswered(case)]
    return blocks


def alike(data: Numbers) -> str:
    """Say that columns stand in for each other, where they do."""
    n = data["n_alike"]
    if not n:
        return ""
    pairs = "One pair of columns is" if n == 1 else f"{n} pairs of columns are"
    return (
        f" {pairs} correlated beyond 0.9: what one model says of one column, another can say of "
        "the other and answer the same."
    )
