"""The page about tabular networks; every number comes from the results."""

from collections.abc import Callable, Sequence
from typing import Any

import tabular_words as words
from page import counted, document, number, picture, points, table, told
from tabular_cases import AVERAGED, EARLY, LEARNING_RATE, PLAIN, SAME_LOSS, SMALL, Training
from tabular_summary import ANSWERS, METHODS, REASONS, Measure, Measured, like
from tabular_training import GRID
from tabular_words import small

TRIED = (EARLY, SMALL, *AVERAGED)
COMMAND = "python examples/stabilised_training/tables.py --page docs/stabilised_tables.md"


def write(
    results: dict[str, Any], cases: list[Measured], folder: str, pictures: dict[str, str]
) -> str:
    """Return the page in Markdown; `folder` holds its pictures."""
    amounts = results["amounts"]
    blocks = [
        introduction(amounts, len(cases)),
        "## In short",
        "Numbers are means over data sets and averagings of each method's main score: feature "
        "agreement of SHAP and LIME, mass IoU of anchors, cross-validity of counterfactuals. A "
        "difference is *clear* where its intervals over rows and over splits both exclude 0.",
        points(words.findings(cases)),
        overview(cases),
        picture(
            f"{folder}/{pictures['differences']}",
            "Agreement with averaged weights, less agreement without",
        ),
        picture(f"{folder}/{pictures['losses']}", "Agreement of Kernel SHAP against training loss"),
    ]
    for case in cases:
        blocks += section(case)
    blocks += ["## How to read it", legend(amounts)]
    versions = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    blocks.append(
        f"Made with {versions}. Training, explaining and measuring took "
        f"{results['seconds'] / 60:.0f} minutes of processor time, which two processes share."
    )
    title = "Stabilised training of tabular networks: do averaged weights give steadier reasons?"
    return document(title, "tables.py", COMMAND, blocks)


def introduction(amounts: dict[str, Any], n_cases: int) -> str:
    splits = counted(amounts["n_splits"], "split")
    return (
        "Averages of weights along training (SWA, EMA, and ASWA and NASWA of Jain and Madhyastha "
        "2019, doi:10.18653/v1/K19-1036) were shown to make accuracy and attention of text models "
        "steadier from seed to seed. Do they make SHAP, LIME, anchors and counterfactuals of "
        f"*tabular* networks agree? {counted(n_cases, 'data set')}, {splits} of each, "
        f"{amounts['n_seeds']} seeds a split (other seeds in each), networks with two hidden "
        f"layers (32 and 16), Adam with a step of {LEARNING_RATE}, {amounts['epochs']} epochs, "
        "80 % of the training rows trained on and 20 % held back, the library's defaults for each "
        f"averaging. In every split {amounts['n_rows']} test rows are explained by Kernel SHAP and "
        f"LIME and {amounts['n_searched']} by anchors and counterfactuals; all trainings are asked "
        "about the same rows with the same draws.\n\n"
        "Averages lag behind: a network that is trained less may agree more, or less, for that "
        "alone. So every averaging is compared with three trainings without one: **plain** with as "
        "many epochs; **early stopping** (patience 10, best epoch kept); and **plain, stopped** "
        "after the number of epochs at which its mean training loss is nearest in ratio to that of "
        f"the averaging, in each split (among {', '.join(map(str, GRID))}). Plain training with a "
        "tenth of the step is a further control."
    )


def overview(cases: list[Measured]) -> str:
    rows = [
        [
            case.name,
            training.label,
            scored(case, training),
            "–" if training is PLAIN else told(case.sd_ratio(training.key)),
            told(case.value(training.key, words.SHAP)),
            *(
                "–"
                if training in without or training.key == reference
                else difference(case, training, reference, words.SHAP)
                for reference, without in (("plain", (PLAIN,)), ("like", (PLAIN, EARLY, SMALL)))
            ),
        ]
        for case in cases
        for training in (PLAIN, *TRIED)
    ]
    return table(
        [
            "data",
            "training",
            "accuracy or R², ± SD over seeds",
            "SD as a ratio to plain",
            "SHAP: feature agreement",
            "difference from plain",
            "from plain at the same training loss",
        ],
        rows,
    )


def section(case: Measured) -> list[str]:
    data = case.numbers["data"]
    measures = [m for m in REASONS if case.has(m)]
    return [
        f"## {case.name}",
        f"A {data['task']} of `{data['target']}`: {data['n_train']} rows to train, "
        f"{data['n_test']} to test, {data['n_columns']} columns. {data['source']}. Licence: "
        f"{data['licence']}.",
        points(words.reading(case)),
        "### The models",
        models(case),
        "### Agreement between seeds",
        by_measure(measures, (PLAIN, *TRIED), lambda t, m: told(case.value(t.key, m))),
        "### Differences from plain training",
        by_measure(measures, TRIED, lambda t, m: difference(case, t, "plain", m)),
        "### Differences from early stopping",
        by_measure(measures, AVERAGED, lambda t, m: difference(case, t, "early", m)),
        "### Differences from plain training stopped at the same training loss",
        by_measure(measures, AVERAGED, lambda t, m: difference(case, t, "like", m)),
    ]


def models(case: Measured) -> str:
    """Return how good, how far trained and how outspoken the networks of each training are."""
    rows = []
    for training in (PLAIN, *TRIED, *SAME_LOSS):
        key = training.key
        rows.append(
            [
                training.label,
                kept(case.epochs(key)),
                small(case.seed_mean(key, "train_loss")),
                number(case.seed_mean(key, "test_loss"), 3),
                scored(case, training),
                "–" if training is PLAIN else told(case.sd_ratio(key)),
                number(case.seed_mean(key, "outspoken"), 3),
                *(told(case.value(key, m), 3) for m in ANSWERS if case.has(m)),
            ]
        )
    header = [
        "training",
        "epoch kept, over splits",
        "training loss",
        "test loss",
        ("R²" if case.is_regression else "accuracy") + ", ± SD over seeds",
        "SD as a ratio to plain",
        "spread of predictions" if case.is_regression else "mean confidence",
        *(m.label for m in ANSWERS if case.has(m)),
    ]
    return table(header, rows)


def kept(epochs: Sequence[float]) -> str:
    """Return the range over splits of the epoch that is kept (mean over seeds)."""
    low, high = (f"{end:.0f}" for end in (min(epochs), max(epochs)))
    return low if low == high else f"{low} to {high}"


def by_measure(
    measures: Sequence[Measure],
    trainings: Sequence[Training],
    cell: Callable[[Training, Measure], str],
) -> str:
    return table(
        ["method", "score", *(t.label for t in trainings)],
        [
            [METHODS[m.method], m.label + m.arrow, *(cell(t, m) for t in trainings)]
            for m in measures
        ],
    )


def difference(case: Measured, training: Training, reference: str, measure: Measure) -> str:
    """Return a difference with its interval over rows, bold where splits say the same."""
    other = like(training) if reference == "like" else reference
    found = case.difference(training.key, other, measure)
    return told(found.rows, signed=True, bold=found.better != 0)


def scored(case: Measured, training: Training) -> str:
    mean, sd = case.score(training.key)
    return f"{mean:.3f} ± {sd:.3f}"


def legend(amounts: dict[str, Any]) -> str:
    return points(
        [
            "**Brackets** hold 95 % bootstrap intervals. Of values and differences they are over "
            "the explained rows (of churn and deviation all test rows), drawn again within splits; "
            "differences are paired row by row. They say nothing about other seeds or splits. A "
            "difference is **bold** where a second interval excludes 0 as well: that of the "
            f"{amounts['n_splits']} splits' differences (each with its own seeds), by Student's t "
            "with the variance enlarged for rows that splits share (Nadeau and Bengio 2003). Bold "
            "is clear, not large: 0.00 in bold is a tiny difference that all splits share.",
            "**SD as a ratio to plain**: standard deviation over seeds within splits. The interval "
            f"is over seeds; from {amounts['n_seeds']} seeds in {amounts['n_splits']} splits it is "
            "wide, and one that holds 1 says little either way.",
            "**Training loss, test loss**: cross-entropy; of the regression squared error as a "
            "share of the variance. **Mean confidence**: mean of the largest probability. **Spread "
            "of predictions**: their standard deviation over test rows, as a share of the "
            "target's. Both are low where a network answers flatly.",
            "**Churn**: share of test rows that two seeds answer differently. **Prediction "
            "deviation**: standard deviation over seeds of the majority's probability, or of the "
            "prediction as a share of the target's standard deviation.",
            "**Feature agreement**, **rank agreement**: of the top 3 features, the share that two "
            "seeds have in common, and in the same rank. **ICC**: within a row, mean over rows. "
            "**Stability** (Nogueira): 1 where all seeds choose the same top 3, 0 by chance. "
            "**Same answer, other reasons**: of the rows on which all seeds answer alike, the "
            "share with stability below 0.40; differences are over rows on which they do so in "
            "both trainings. ↓: lower is better.",
            "**Mass IoU**: share of the data under either of two anchors that is under both. "
            "**Cross-precision**: how often another seed's model keeps its answer under an anchor. "
            "**Cross-validity**: share of the other seeds in which a counterfactual does what it "
            "should. **Dispersion**: distance between two seeds' counterfactuals.",
            "Feature agreement of SHAP and LIME, mass IoU of anchors and cross-validity of "
            "counterfactuals were chosen as main scores before the study was run; the sentences "
            "rest on them.",
            "Plain training is stopped at whole epochs, in each split at those of the nearest loss "
            "in ratio; the tables show means over splits, in which one split with a large loss "
            "counts most, so a mean may lie further off than that of another row. One training "
            "loss does not make two networks alike in all else: the tables of the models show both "
            "losses.",
        ]
    )
