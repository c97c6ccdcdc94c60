"""What the numbers say of shuffled attention, in sentences that follow from the results."""

from collections.abc import Callable, Sequence

import permutation_weighting as weighting
from intervals import Interval
from page import listed, told
from permutation_summary import BANDS, PLAIN, WEIGHTED, Compared
from permutation_verdicts import judged_signs, sentences

# What takes the place of false negatives in the source: figures 3.8 and 3.9 of Jain (2019).
WRONG = {"missed": "false negatives", "alarms": "false positives"}


def findings(found: list[Compared]) -> list[str]:
    """Return the points that open the page; the claims are those of Jain (2019), section 3.4."""
    return [
        less_when_sure(found),
        bent(found),
        beneath(found),
        *weighting.findings(found),
        controls(found),
        calibration(found),
    ]


def each(found: list[Compared], of: Callable[[Compared, str], Interval]) -> list[Interval]:
    """Return an interval for every network and loss."""
    return [of(own, loss) for own in found for loss in (PLAIN, WEIGHTED)]


def named(found: list[Compared], intervals: Sequence[Interval]) -> str:
    """Return intervals of `each` with the network and loss that they are of."""
    names = [
        f"{own.network.encoder.upper()}, {loss}" for own in found for loss in (PLAIN, WEIGHTED)
    ]
    return "; ".join(
        f"{name} {told(one, signed=True)}" for name, one in zip(names, intervals, strict=True)
    )


def less_when_sure(found: list[Compared]) -> str:
    """Judge the first claim by the answers that the source draws, and by all."""
    parts = []
    for group, name in (*WRONG.items(), ("all", "all texts")):
        trends = each(found, lambda own, loss, group=group: own.trend(loss, group, "mean_change"))
        parts.append(f"{name}: {judged_signs(trends, wanted=-1)}; {named(found, trends)}")
    return (
        "**“Shuffling matters less, the surer the answer”**, by the rank correlation of confidence "
        "and the mean change of the answer, over texts, among wrong answers (as in the source; its "
        f"figures 3.8 and 3.9 show false negatives) and among all. {sentences(parts)}"
    )


def bent(found: list[Compared]) -> str:
    """Say whether changes fall and rise again, which a rank correlation does not see."""
    parts, valleys = [], 0
    for own in found:
        for loss in (PLAIN, WEIGHTED):
            values = ", ".join(f"{band.value:.3f}" for band in own.by_confidence(loss))
            ends = own.dip(loss)
            valleys += all(end.sign == 1 for end in ends)
            apart = " and ".join(told(end, 3, signed=True) for end in ends)
            parts.append(f"{own.network.encoder.upper()}, {loss} {values}; less the middle {apart}")
    bands = listed([f"{low} to {high}" for low, high in BANDS])
    return (
        "**A rank correlation does not see a valley.** Mean change of the answer at a confidence "
        f"of {bands}, and both ends less the middle: clearly above it at both ends in {valleys} of "
        f"{len(parts)} cases. {'. '.join(parts)}."
    )


def beneath(found: list[Compared]) -> str:
    """Say whether the trend is more than the flat ends of the logistic curve."""
    trends = each(found, lambda own, loss: own.trend(loss, name="log_odds"))
    even = each(found, Compared.even_trend)
    return (
        "**Is it the attention or the curve?** A probability near 1 hardly moves, whatever moves "
        "the log-odds beneath it. If each text's changes of the log-odds were dealt to another "
        "text, the rank correlation of confidence and the change of the probability would be, by "
        f"the curve alone: {named(found, each(found, Compared.dealt_trend))}. The change of the "
        "log-odds themselves, which has no trend if it has nothing to do with confidence: "
        f"{way(trends)}; {named(found, trends)}. An answer that its weights have made sure has "
        "further to fall, so the same stands here with the confidence under uniform weights, which "
        f"they have not made: {way(even)}; {named(found, even)}."
    )


def way(trends: Sequence[Interval]) -> str:
    signs = [trend.sign for trend in trends]
    return f"{signs.count(1)} of {len(signs)} trends clearly rise, {signs.count(-1)} clearly fall"


def controls(found: list[Compared]) -> str:
    parts = []
    for own in found:
        for loss in (PLAIN, WEIGHTED):
            shuffled, even, swap = (
                own.change(loss, name).value
                for name in ("mean_change", "uniform_change", "swap_change")
            )
            parts.append(
                f"{own.network.encoder.upper()}, {loss}: shuffled {shuffled:.3f}, "
                f"uniform {even:.3f}, another seed's {swap:.3f}"
            )
    return f"**Controls.** Mean change of the probability under other weights: {'; '.join(parts)}."


def calibration(found: list[Compared]) -> str:
    parts = []
    for own in found:
        for loss in (PLAIN, WEIGHTED):
            gaps = ", ".join(
                f"{group} {told(own.gap(loss, group), signed=True)}"
                for group in ("positive", "negative")
            )
            parts.append(f"{own.network.encoder.upper()}, {loss}: {gaps}")
    return (
        "**Calibration by true class.** Confidence less accuracy, above 0 where networks are too "
        f"sure: {'; '.join(parts)}. Networks that expect few positive texts and meet as many as "
        "negative ones are too sure on positive texts by construction."
    )
