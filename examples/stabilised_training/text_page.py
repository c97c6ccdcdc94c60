"""The page about text networks; every number comes from the results."""

from typing import Any

import text_words as words
from page import document, mean_and_sd, number, picture, points, ratio_text, table, told
from text_cases import (
    AVERAGED,
    FAST,
    GRID,
    LEARNING_RATE,
    MAX_TOKENS,
    MIN_COUNT,
    PLAIN,
    SAME_LOSS,
    Case,
    Training,
)
from text_cases import like as stopped_like
from text_measuring import METHODS, VALIDATION_SHARE
from text_summary import ENTROPY, TRIED, Cell, measure_of

COMMAND = "python examples/stabilised_training/texts.py --page docs/stabilised_texts.md"
ALL = (PLAIN, *TRIED, *SAME_LOSS)


def write(results: dict[str, Any], cells: list[Cell], folder: str, pictures: dict[str, str]) -> str:
    """Return the page in Markdown; `folder` holds its pictures."""
    cases = list({cell.case.key: cell.case for cell in cells}.values())
    blocks = [
        introduction(results["amounts"], cells),
        "## In short",
        points(words.findings(cells, results["amounts"]["epochs"])),
        overview(cells),
        *(picture(f"{folder}/{file}", text) for text, file in pictures.items()),
    ]
    for case in cases:
        blocks += section(case, [cell for cell in cells if cell.case.key == case.key])
    blocks += ["## How to read it", legend(results["amounts"])]
    versions = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    blocks.append(
        f"Made with {versions}. Training, explaining and measuring took "
        f"{results['seconds'] / 60:.0f} minutes of processor time."
    )
    title = "Stabilised training of text networks: does attention agree between seeds?"
    return document(title, "texts.py", COMMAND, blocks)


def introduction(amounts: dict[str, Any], cells: list[Cell]) -> str:
    n_cells = len(cells)
    return (
        "Jain and Madhyastha (CoNLL 2019, doi:10.18653/v1/K19-1036; Jain 2019) train ten seeds of "
        "text networks with averages of the weights, ASWA and NASWA, and find that accuracy, "
        "attention and gradients differ less from seed to seed. This page repeats it in small: "
        f"{n_cells} cells, each a data set and a network, {amounts['n_seeds']} seeds, trained "
        f"plainly, with ASWA and with NASWA ({3 * n_cells} ensembles), and the controls that are "
        f"needed to read them. Networks have word vectors of {amounts['size']} numbers that start "
        "at random (the source takes 300 from FastText), an encoder (convolutions of widths 1, 3, "
        f"5 and 7, or an LSTM in both directions; {amounts['hidden']} units of each width or "
        "direction, where the source's LSTM has 128), and additive or "
        f"scaled dot-product attention. Adam with a constant step of {LEARNING_RATE} and batches "
        f"of 32. One rule for all: at most {amounts['epochs']} epochs, until the loss on the "
        f"{VALIDATION_SHARE:.0%} of texts held back has not fallen for {amounts['patience']} "
        "epochs; the best epoch is kept (the source stops by the area under the ROC curve). The "
        "library's defaults for each averaging "
        "([definitions](stabilised_training.md)).\n\n"
        "**The trap.** Averages that restart lag behind: at a constant pace the e-th restart keeps "
        "about 1/(2e) of what the epoch moved, and E epochs lead about as far as (ln E + 0.58)/2 "
        f"of plain training, {reach(amounts['epochs']):.1f} for {amounts['epochs']}. Networks that "
        "have learnt little have nearly even attention, and even "
        "weights agree for nothing. So each averaging is also compared with **plain training "
        f"stopped** at the same training loss: between the two numbers of epochs (among "
        f"{', '.join(map(str, GRID))}) whose training losses enclose that of the averaging, "
        "agreement is interpolated. Beside every agreement stand "
        f"training loss, test loss, confidence and how even attention is. {FAST.label} is ASWA "
        "that goes further."
    )


def reach(epochs: int) -> float:
    """Return how many epochs of plain training ASWA's lead as far as, at a constant pace."""
    return sum(1 / (2 * e) for e in range(1, epochs + 1))


def overview(cells: list[Cell]) -> str:
    entropies = [words.entropy_ratio(method) for method in METHODS]
    rows = [
        [
            cell.name,
            own.label,
            *(
                ratio_text(compare(cell, own, reference))
                for compare in (words.accuracy_ratio, *entropies)
                for reference in (PLAIN.key, stopped_like(own).key)
            ),
        ]
        for cell in cells
        for own in AVERAGED
    ]
    header = ["data, network", "training"]
    for what in ("SD of accuracy", "entropy of attention", "entropy of gradients"):
        header += [f"{what}: ratio to plain", "to plain at the same loss"]
    return table(header, rows)


def section(case: Case, cells: list[Cell]) -> list[str]:
    data = case.load()
    first = cells[0]
    return [
        f"## {data.name}",
        f"{len(data.texts)} texts of {data.n_words.mean():.0f} words on average; "
        f"{1 - case.test_share:.0%} to train (of these {VALIDATION_SHARE:.0%} are held back), "
        f"{first.n_tested} to test, {first.n_explained} of them explained. {data.source}. Licence: "
        f"{data.licence}.",
        "### The networks",
        models(cells),
        "### Attention",
        agreement(cells, "attention"),
        "### Gradients",
        agreement(cells, "saliency"),
    ]


def models(cells: list[Cell]) -> str:
    """Return how good, how far trained and how outspoken the networks of each training are."""
    rows = []
    for cell in cells:
        for training in ALL:
            key, plain = training.key, training is PLAIN
            rows.append(
                [
                    cell.network.label,
                    training.label,
                    number(cell.seed_mean(key, "epoch"), 1),
                    number(cell.seed_mean(key, "training_loss"), 3),
                    number(cell.seed_mean(key, "log_loss"), 3),
                    mean_and_sd([100 * v for v in cell.seeds(key, "accuracy").tolist()], 1),
                    "–" if plain else ratio_text(cell.accuracy_sd(key, PLAIN.key)),
                    number(cell.seed_mean(key, "confidence")),
                    number(cell.mean(key, "prediction"), 3),
                    "–" if plain else ratio_text(cell.ratio(key, PLAIN.key, "prediction")),
                ]
            )
    header = [
        "network",
        "training",
        "epoch kept",
        "training loss",
        "test loss",
        "accuracy in %, ± SD over seeds",
        "its SD as a ratio to plain",
        "confidence",
        "spread of predictions",
        "as a ratio to plain",
    ]
    return table(header, rows)


def agreement(cells: list[Cell], method: str) -> str:
    entropy, jaccard = (measure_of(method, name) for name in (ENTROPY, words.JACCARD))
    rows = []
    for cell in cells:
        for training in ALL:
            key = training.key
            row = [
                cell.network.label,
                training.label,
                number(cell.mean(key, measure_of(method, "evenness")), 3),
                number(cell.mean(key, entropy), 3),
                *compared(cell, training, entropy, ratios=True),
                number(cell.to_even(key, method)),
                number(cell.mean(key, jaccard)),
                *compared(cell, training, jaccard, ratios=False),
                number(cell.mean(key, measure_of(method, "jaccard_20"))),
            ]
            rows.append(row)
    header = [
        "network",
        "training",
        "evenness",
        "relative entropy",
        "ratio to plain",
        "ratio to plain at the same loss",
        "share of that to even weights",
        "Jaccard distance, top 10 %",
        "less plain",
        "less plain at the same loss",
        "Jaccard distance, top 20 %",
    ]
    return table(header, rows)


def compared(cell: Cell, training: Training, name: str, *, ratios: bool) -> list[str]:
    """Return a training against plain training and against that of the same loss."""
    found = []
    same = stopped_like(training).key if training in TRIED else None
    for reference in (None if training is PLAIN else PLAIN.key, same):
        if reference is None:
            found.append("–")
        elif ratios:
            found.append(ratio_text(cell.ratio(training.key, reference, name)))
        else:
            own = cell.difference(training.key, reference, name)
            found.append(told(own, signed=True, bold=own.excludes(0.0)))
    return found


def legend(amounts: dict[str, Any]) -> str:
    return points(
        [
            "**Relative entropy** of two seeds' weights over the words of a text, Σ p log(p / q) "
            "in nats, mean over all ordered pairs of seeds; 0 for equal weights. **Jaccard "
            "distance** of the ⌈0.1 m⌉ words with most weight of a text of m words, as the code "
            "in the source prints it (its text says 20 %, which stands beside it). Gradients are "
            "lengths of the gradient at each word's vector, as shares of the text's sum.",
            "**Evenness**: entropy of a text's weights over log m; 1 for even weights. **Share of "
            "that to even weights**: relative entropy to another seed over relative entropy to "
            "even weights.",
            "**Spread of predictions**: standard deviation over seeds of the probability of the "
            "positive class, mean over test texts. **Confidence**: mean probability of the "
            "predicted class.",
            "**Intervals** in brackets are 95 %, bold where they leave out 1 (ratios) or 0 "
            "(differences). Those of accuracy are bootstrapped over seeds (ten seeds: wide). All "
            "others are for other texts and other seeds: the same texts and seeds stand on both "
            "sides, the variance is that of a bootstrap over texts "
            f"({amounts['n_bootstrap']} draws) plus that of the jackknife over seeds.",
            f"Words that occur less than {MIN_COUNT} times in the training texts share a vector, "
            f"and the first {MAX_TOKENS} words of a text are read. The explained texts are drawn "
            "from the test texts at random, and are the same for all trainings.",
            "**At the same training loss**: the reference lies between two plain trainings, at "
            "the place where a straight line between their training losses meets that of the "
            "averaging. Of ratios both a straight line and one between logarithms are drawn "
            "there: the value is half way between, the interval holds both. Rows “plain, stopped "
            "like ...” show the nearer of the two, and the SD of accuracy is compared with that.",
            "One split of each data set: intervals do not tell what other splits would give.",
        ]
    )
