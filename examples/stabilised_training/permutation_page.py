"""The page about shuffled attention; every number comes from the results."""

from typing import Any

import permutation_words as words
from page import document, mean_and_sd, number, picture, points, ratio_text, table, told
from permutation_measuring import NEGATIVES
from permutation_summary import CONTROLS, PLAIN, WEIGHTED, Compared
from permutation_weighting import RATIOS, trained_for
from text_cases import LEARNING_RATE, SENTENCES

COMMAND = "python examples/stabilised_training/permutation.py --page docs/attention_permutation.md"
GROUPS = {
    "all": "all texts",
    "positive": "positive texts",
    "negative": "negative texts",
    "missed": "false negatives",
    "alarms": "false positives",
}


def write(
    results: dict[str, Any], found: list[Compared], folder: str, pictures: dict[str, str]
) -> str:
    """Return the page in Markdown; `folder` holds its pictures."""
    versions = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    every = [one for own in found for one in (own, *own.equal.values())]
    minutes = sum(one.seconds for one in every) / 60
    blocks = [
        introduction(results["amounts"], found),
        trap(found),
        "## In short",
        points(words.findings(found)),
        *(picture(f"{folder}/{file}", text) for text, file in pictures.items()),
        "## The networks",
        models(found),
        "## Class weighting at equal training",
        equal_training(found),
        "## Shuffled attention",
        changes(found),
        "## How to read it",
        legend(results["amounts"], found),
        f"Made with {versions}. Training and shuffling took {minutes:.1f} minutes of processor "
        "time.",
    ]
    title = "Shuffled attention: does the answer follow, and does weighting classes change it?"
    return document(title, "permutation.py", COMMAND, blocks)


def introduction(amounts: dict[str, Any], found: list[Compared]) -> str:
    data = SENTENCES.load()
    run = found[0].runs[PLAIN]
    n_positive = int((run.labels == found[0].positive(PLAIN)).sum())
    return (
        "If attention says why a network gives its answer, the answer should move when the weights "
        "are dealt to other words. Jain (2019, chapter 3) shuffles the attention of a recommender, "
        f"trained on {NEGATIVES} negatives for each positive, and finds that shuffling matters "
        "less the more confident the answer is, and that weighting the classes in the loss makes "
        "answers more sensitive to it. Here the same is asked of sentences "
        f"({data.source}; {data.licence}): positive training sentences are thinned to one for "
        f"{NEGATIVES} negative ones ({run.counts['positive']} and {run.counts['negative']}; 20 % "
        f"of both are held back), test sentences stay as they are ({n_positive} of "
        f"{len(run.labels)} positive). {len(found)} networks with additive attention, "
        f"{amounts['n_seeds']} seeds "
        'each, trained with the plain loss and with `class_weight="balanced"`; Adam with a step '
        f"of {LEARNING_RATE}, at most {amounts['epochs']} epochs, stopped when the validation loss "
        f"has not fallen for {amounts['patience']}. Every text's weights are shuffled "
        f"{amounts['n_draws']} times, the same shuffles for all networks "
        "(`xg.faithfulness.attention_permutation`)."
    )


def trap(found: list[Compared]) -> str:
    return (
        "**The trap.** The validation loss stops the two losses at different epochs, and shuffling "
        "moves little where training has moved little: even weights can be dealt anywhere. So both "
        f"losses are also trained for the same {trained_for(found)}, none of them stopped, on the "
        "same texts, and what is claimed of weighted classes is judged at this **equal training**. "
        "Where nothing else is said, networks are the stopped ones."
    )


def models(found: list[Compared]) -> str:
    rows = []
    for own in found:
        for loss in (PLAIN, WEIGHTED):
            accuracy = [100 * v for v in own.own_scores(loss, "accuracy").tolist()]
            rows.append(
                [
                    own.network.label,
                    loss,
                    number(sum(own.runs[loss].epochs) / len(own.runs[loss].epochs), 1),
                    mean_and_sd(accuracy, 1),
                    number(float(own.own_scores(loss, "log_loss").mean()), 3),
                    told(own.recall(loss)),
                    *(
                        told(own.gap(loss, group), signed=True)
                        for group in ("positive", "negative")
                    ),
                ]
            )
    header = [
        "network",
        "loss",
        "epoch kept",
        "accuracy in %, ± SD over seeds",
        "test loss",
        "recall of positive texts",
        "confidence less accuracy, positive texts",
        "negative texts",
    ]
    return table(header, rows)


def equal_training(found: list[Compared]) -> str:
    rows = []
    for own in found:
        kept = [number(sum(run.epochs) / len(run.epochs), 1) for run in own.runs.values()]
        trained = {f"stopped ({', '.join(kept)})": own}
        trained |= {str(epochs): equal for epochs, equal in own.equal.items()}
        for epochs, one in trained.items():
            rows.append(
                [
                    own.network.label,
                    epochs,
                    *(told(one.log_odds_mean(loss), 3) for loss in (PLAIN, WEIGHTED)),
                    *(ratio_text(of(one)) for of in RATIOS.values()),
                    ratio_text(one.gain("mean_change", "missed")),
                    *_of_both(one),
                    told(one.recall_gain(), signed=True),
                ]
            )
    header = [
        "network",
        "epochs",
        "change of the log-odds, plain loss",
        "with class weighting",
        *(f"{name}: ratio" for name in RATIOS),
        "false negatives: ratio",
        "confidence, plain loss and class weighting",
        "test loss",
        "more recall of positive texts",
    ]
    return table(header, rows)


def _of_both(own: Compared) -> list[str]:
    """Return confidence and test loss, each of both losses."""
    sure = [number(own.change(loss, "confidence").value) for loss in (PLAIN, WEIGHTED)]
    lost = [number(float(own.own_scores(loss, "log_loss").mean()), 3) for loss in (PLAIN, WEIGHTED)]
    return [", ".join(sure), ", ".join(lost)]


def changes(found: list[Compared]) -> str:
    rows = []
    for own in found:
        for group, label in GROUPS.items():
            for loss in (PLAIN, WEIGHTED):
                rows.append(
                    [
                        own.network.label,
                        label,
                        loss,
                        str(int(own.inside(loss, group).sum())),
                        *(told(own.change(loss, name, group), 3) for name in CONTROLS),
                        told(own.trend(loss, group), signed=True),
                        told(own.trend(loss, group, "log_odds"), signed=True),
                    ]
                )
    header = [
        "network",
        "answers",
        "loss",
        "how many",
        *CONTROLS.values(),
        "rank correlation with confidence",
        "the same of the log-odds",
    ]
    return table(header, rows)


def legend(amounts: dict[str, Any], found: list[Compared]) -> str:
    return points(
        [
            "**Change**: size of the change of the predicted class's probability, mean over the "
            "answers of all seeds. Of the shuffles of a text the median (Jain and Wallace 2019, "
            "arXiv:1902.10186) and the mean (Jain 2019) are told.",
            "**Uniform weights** and **weights of another seed** are controls: the first say what "
            "is lost without any choice of words, the second are weights that training does give.",
            "**Rank correlation with confidence** is over texts, mean over seeds; in the table of "
            "the median change of the probability, **the same of the log-odds** of the median "
            "change of the network's logit, from shuffles of its own.",
            "**Cannot be told**: not all intervals lie on one side of 0 (of ratios: 1).",
            f"**Equal training**: {trained_for(found)} of both losses, the same batches in the "
            "same order from the same first weights. Weighted and plain training losses are not "
            "the same quantity, so networks are not compared at the same training loss. Verdicts "
            "on weighted classes count every network and number of epochs as a case; **so at equal "
            "training too** asks that a ratio be clear the same way after every number. In the "
            "table, ratios are class weighting to plain loss, bold where the interval does not "
            "hold 1; of stopped networks the mean epochs kept stand in brackets, plain loss first.",
            "**Stopped** networks compare the two losses at different epochs: their ratios hold "
            "what weighting does and what the stopping epoch does, and no verdict on weighted "
            "classes rests on them alone.",
            "**At the same confidence**: answers of networks with class weighting count so that "
            "their confidence, in bins of a tenth, is spread as that of those without.",
            "**Intervals** are 95 %, for other texts and other seeds: the variance of a bootstrap "
            f"over texts ({amounts['n_bootstrap']} draws) plus that of the jackknife over seeds; "
            "of rank correlations Student's t over seeds, which tells of other seeds only.",
            "Test sentences are balanced, training sentences are not: networks with the plain loss "
            "expect fewer positive texts than there are.",
        ]
    )
