"""What the numbers say, in sentences; each follows from the results, whatever they are."""

import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import published
from intervals import Interval, count
from page import number
from text_cases import AVERAGED, FAST, PLAIN, Training, like
from text_measuring import METHODS
from text_summary import ENTROPY, TRIED, Cell, measure_of

# Jain (2019), section 4.6.2: the relative entropy of attention falls "for example" by about 60 %.
PUBLISHED_ENTROPY = 1 - 0.60
NAMES = {"attention": "attention", "saliency": "gradients"}
JACCARD = "jaccard_10"
Compare = Callable[[Cell, Training, str], Interval]


def findings(cells: list[Cell], epochs: int) -> list[str]:
    """Return the points that open the page; `epochs` is how many a training may last."""
    return [
        in_one_sentence(cells, epochs),
        how_good(cells),
        accuracy(cells),
        predictions(cells),
        *(entropy(cells, method) for method in METHODS),
        top_words(cells),
        how_far(cells, epochs),
        even(cells),
        further(cells),
        by_chance(cells),
    ]


def looked(
    cells: list[Cell], compare: Compare, tried: Iterable[Training], *, same_loss: bool
) -> list[Interval]:
    """Return a comparison for every cell and training, against plain or at the same loss."""
    return [
        compare(cell, own, like(own).key if same_loss else PLAIN.key)
        for own in tried
        for cell in cells
    ]


def entropy_ratio(method: str) -> Compare:
    return lambda cell, own, reference: cell.ratio(own.key, reference, measure_of(method, ENTROPY))


def accuracy_ratio(cell: Cell, own: Training, reference: str) -> Interval:
    return cell.accuracy_sd(own.key, reference)


def spread_ratio(cell: Cell, own: Training, reference: str) -> Interval:
    return cell.ratio(own.key, reference, "prediction")


def jaccard_difference(method: str) -> Compare:
    name = measure_of(method, JACCARD)
    return lambda cell, own, reference: cell.difference(own.key, reference, name)


def in_one_sentence(cells: list[Cell], epochs: int) -> str:
    """Say what is left of the fall in attention's relative entropy, and what it costs."""
    compare = entropy_ratio("attention")
    plain, same = (
        typical(looked(cells, compare, AVERAGED, same_loss=same)) for same in (False, True)
    )
    points = 100 * np.mean(
        [
            cell.seed_mean(own.key, "accuracy") - cell.seed_mean(PLAIN.key, "accuracy")
            for cell in cells
            for own in AVERAGED
        ]
    )
    spread = typical(looked(cells, accuracy_ratio, AVERAGED, same_loss=False))
    stopped = sum(at_the_end(cells, own, epochs) for own in AVERAGED)
    return (
        "**In one sentence.** ASWA and NASWA bring the relative entropy of attention between seeds "
        f"to {plain} of that of plain training, but to {same} of that of plain training stopped at "
        f"the same training loss, change accuracy by {number(float(points), 1, signed=True)} "
        f"points and its spread over seeds to {spread} of what it was; in {stopped} of "
        f"{len(AVERAGED) * len(cells)} cases they were cut off by the {epochs} epochs allowed."
    )


def how_good(cells: list[Cell]) -> str:
    parts = []
    for training in (PLAIN, *TRIED):
        accuracy = np.mean([cell.seed_mean(training.key, "accuracy") for cell in cells])
        loss = np.mean([cell.seed_mean(training.key, "log_loss") for cell in cells])
        parts.append(f"{training.label} {accuracy:.1%} ({loss:.3f})")
    higher = sum(
        cell.seed_mean(own.key, "accuracy") > cell.seed_mean(PLAIN.key, "accuracy")
        for cell in cells
        for own in AVERAGED
    )
    return (
        f"**How good.** Mean accuracy and, in brackets, test loss: {'; '.join(parts)}. ASWA or "
        f"NASWA is the more accurate in {higher} of {2 * len(cells)} comparisons with plain "
        "training."
    )


def accuracy(cells: list[Cell]) -> str:
    plain, same = (
        looked(cells, accuracy_ratio, AVERAGED, same_loss=same) for same in (False, True)
    )
    reached = sum(r.low <= published.SD_RATIO for r in plain)
    return (
        f"**Spread of accuracy over seeds.** Published: {published.told()}. Here: "
        f"{of_plain(plain)}; {reached} of {len(plain)} intervals reach down to "
        f"{published.SD_RATIO:.2f}. {at_same_loss(same)}"
    )


def predictions(cells: list[Cell]) -> str:
    plain, same = (looked(cells, spread_ratio, AVERAGED, same_loss=same) for same in (False, True))
    return (
        "**Spread of predictions.** The standard deviation over seeds of a text's probability, as "
        f"a ratio to plain training: {of_plain(plain)}. {at_same_loss(same)}"
    )


def entropy(cells: list[Cell], method: str) -> str:
    plain, same = (
        looked(cells, entropy_ratio(method), AVERAGED, same_loss=same) for same in (False, True)
    )
    source = (
        f"Published: it falls, for example to {PUBLISHED_ENTROPY:.2f} (CNN, notes on diabetes). "
        if method == "attention"
        else "Published: the same trend as for attention. "
    )
    return (
        f"**Relative entropy of {NAMES[method]} between seeds.** {source}Here, as a ratio to "
        f"plain training: {of_plain(plain)}. {at_same_loss(same)} {verdict(plain, same)}"
    )


def verdict(plain: Sequence[Interval], same: Sequence[Interval]) -> str:
    """Say what of the clear falls is left at the same training loss."""
    fallen = [i for i, r in enumerate(plain) if r.high < 1]
    if not fallen:
        return "Nowhere does averaging lower it clearly."
    kept = sum(same[i].high < 1 for i in fallen)
    lost = sum(same[i].low > 1 for i in fallen)
    return (
        f"Of the {len(fallen)} clear falls against plain training, {kept} are clear falls at the "
        f"same loss too, {lost} are clear rises there, and {len(fallen) - kept - lost} neither."
    )


def top_words(cells: list[Cell]) -> str:
    """Say whether seeds name other words at the top, whatever the size of the weights."""
    parts = []
    for method, name in NAMES.items():
        for same, told in ((False, "plain training"), (True, "plain training of the same loss")):
            found = looked(cells, jaccard_difference(method), AVERAGED, same_loss=same)
            counts = count(found)
            mean = float(np.mean([d.value for d in found]))
            parts.append(
                f"{name} against {told} {number(mean, signed=True)} (clearly lower in "
                f"{counts.below}, higher in {counts.above} of {counts.n})"
            )
    return (
        "**Which words lead.** The Jaccard distance of the tenth of the words with most weight "
        "does not depend on how even the weights are. It changes on average by: "
        f"{'; '.join(parts)}."
    )


def at_the_end(cells: list[Cell], training: Training, epochs: int) -> int:
    """Return in how many cells all seeds keep the last epoch allowed."""
    return sum(bool((cell.seeds(training.key, "epoch") >= epochs).all()) for cell in cells)


def how_far(cells: list[Cell], epochs: int) -> str:
    """Say how far each training has gone, and how outspoken its networks are."""
    parts = []
    for training in (PLAIN, *TRIED):
        loss, confidence, kept = (
            np.mean([cell.seed_mean(training.key, name) for cell in cells])
            for name in ("training_loss", "confidence", "epoch")
        )
        parts.append(
            f"{training.label} {loss:.2f} after {kept:.1f} epochs, confidence {confidence:.2f}"
        )
    behind = sum(
        cell.seed_mean(own.key, "training_loss") > cell.seed_mean(PLAIN.key, "training_loss")
        for cell in cells
        for own in AVERAGED
    )
    return (
        f"**How far trained.** Mean training loss: {'; '.join(parts)}. ASWA or NASWA ends at a "
        f"higher training loss than plain training in {behind} of {2 * len(cells)} comparisons. "
        f"{capped(cells, epochs)}"
    )


def capped(cells: list[Cell], epochs: int) -> str:
    """Say where the most epochs allowed, not the rule, ended training."""
    found = [(own.label, at_the_end(cells, own, epochs)) for own in (PLAIN, *TRIED)]
    told = ", ".join(f"{label} in {n}" for label, n in found)
    end = (
        " There the cap, not the rule, ended training, and part of what accuracy lacks may be the "
        "cap's."
        if any(n for _, n in found)
        else ""
    )
    return (
        f"All seeds keep the last epoch allowed, the {epochs}th: {told} of {len(cells)} cells.{end}"
    )


def even(cells: list[Cell]) -> str:
    """Say how even attention is, and whether another seed tells more than even weights."""
    told = ", ".join(
        f"{t.label} {np.mean([c.mean(t.key, 'attention.evenness') for c in cells]):.3f}"
        for t in (PLAIN, *TRIED)
    )
    shares = {
        t.label: [cell.to_even(t.key, "attention") for cell in cells] for t in (PLAIN, *AVERAGED)
    }
    parts = [
        f"{name} {np.mean(values):.2f} (above 1 in {sum(v > 1 for v in values)} of {len(values)})"
        for name, values in shares.items()
    ]
    return (
        "**Even weights agree for nothing.** The entropy of attention is, as a share of the "
        f"largest possible: {told}. Relative entropy between seeds as a share of that to even "
        f"weights: {', '.join(parts)}; above 1, even weights tell more of a seed's attention than "
        "another seed's do."
    )


def further(cells: list[Cell]) -> str:
    """Say what ASWA does that goes as far as plain training."""
    plain, same = (
        looked(cells, entropy_ratio("attention"), (FAST,), same_loss=same) for same in (False, True)
    )
    spread = looked(cells, accuracy_ratio, (FAST,), same_loss=False)
    words = looked(cells, jaccard_difference("attention"), (FAST,), same_loss=True)
    counts, mean = count(words), float(np.mean([d.value for d in words]))
    return (
        f"**{FAST.label}**, which goes further: relative entropy of attention as a ratio to plain "
        f"training {of_plain(plain)}. {at_same_loss(same)} Jaccard distance of the words with most "
        f"attention less that at the same loss: {number(mean, signed=True)} (clearly lower in "
        f"{counts.below}, higher in {counts.above} of {counts.n}). Spread of accuracy as a ratio "
        f"to plain training: {of_plain(spread)}."
    )


def by_chance(cells: list[Cell]) -> str:
    """Count all comparisons that were looked at."""
    ratios = [
        ratio
        for compare in (spread_ratio, *map(entropy_ratio, METHODS))
        for same in (False, True)
        for ratio in looked(cells, compare, TRIED, same_loss=same)
    ]
    known = [r for r in ratios if math.isfinite(r.low)]
    clear = sum(r.excludes(1.0) for r in known)
    return (
        f"**Many comparisons.** Of {len(known)} ratios of predictions, attention and gradients, "
        f"{clear} have an interval without 1; about {0.05 * len(known):.0f} would if nothing "
        "differed. They share texts and models, so they are far from as many independent answers."
    )


def of_plain(ratios: Sequence[Interval]) -> str:
    """Return the geometric mean of ratios, their range and how many are clear."""
    known = [r for r in ratios if math.isfinite(r.value) and r.value > 0]
    if not known:
        return "no ratio could be told"
    values = [r.value for r in known]
    below, above = sum(r.high < 1 for r in known), sum(r.low > 1 for r in known)
    return (
        f"{typical(known)} (geometric mean; from {min(values):.2f} to {max(values):.2f}), clearly "
        f"below 1 in {below} of {len(known)} cases, above in {above}, no clear change in "
        f"{len(known) - below - above}"
    )


def at_same_loss(ratios: Sequence[Interval]) -> str:
    return f"Against plain training stopped at the same training loss: {of_plain(ratios)}."


def typical(ratios: Sequence[Interval]) -> str:
    known = [math.log(r.value) for r in ratios if math.isfinite(r.value) and r.value > 0]
    return number(math.exp(float(np.mean(known)))) if known else "–"
