"""What the numbers say of shuffled attention, in sentences that follow from the results."""

from collections.abc import Callable, Sequence

import numpy as np
from intervals import Interval
from page import listed, sentence, told
from permutation_summary import BANDS, PLAIN, WEIGHTED, Compared

# What takes the place of false negatives in the source: figures 3.8 and 3.9 of Jain (2019).
WRONG = {"missed": "false negatives", "alarms": "false positives"}
# Table 3.2 of the source: hit ratio at 10, in percent, without and with weighted classes.
PUBLISHED_HITS = (70.41, 68.61)


def findings(found: list[Compared]) -> list[str]:
    """Return the points that open the page; the claims are those of Jain (2019), section 3.4."""
    return [
        less_when_sure(found),
        bent(found),
        beneath(found),
        more_when_weighted(found),
        missed(found),
        controls(found),
        rare_class(found),
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


def more_when_weighted(found: list[Compared]) -> str:
    """Judge the second claim by three measures, each by its own intervals."""
    measures = {
        "change of the probability": [own.gain("median_change") for own in found],
        "of the log-odds": [own.log_odds_gain() for own in found],
        "of the probability at the same confidence": [
            own.matched_gain("median_change") for own in found
        ],
    }
    parts = []
    for name, gains in measures.items():
        values = "; ".join(
            f"{own.network.encoder.upper()} {told(gain)}"
            for own, gain in zip(found, gains, strict=True)
        )
        parts.append(f"{name}: {judged_signs(gains, wanted=1, middle=1.0)}; {values}")
    return (
        "**“Weighting the classes makes the answer more sensitive to shuffling”**, by the median "
        "change with class weighting as a ratio to that without, all test texts. "
        f"{sentences(parts)} {less_sure(found)}"
    )


def less_sure(found: list[Compared]) -> str:
    """Say how sure and how long trained the networks are that the ratio compares."""
    parts = []
    for own in found:
        told_of = ", ".join(
            f"{loss} {own.change(loss, 'confidence').value:.2f} (epoch "
            f"{np.mean(own.runs[loss].epochs):.1f})"
            for loss in (PLAIN, WEIGHTED)
        )
        parts.append(f"{own.network.encoder.upper()} {told_of}")
    return f"Mean confidence and the epoch kept: {'; '.join(parts)}."


def missed(found: list[Compared]) -> str:
    gains = [own.gain("mean_change", "missed") for own in found]
    parts = [
        f"{own.network.encoder.upper()} ratio {told(gain)}, at the same confidence "
        f"{told(own.matched_gain('mean_change', 'missed'))}"
        for own, gain in zip(found, gains, strict=True)
    ]
    return (
        "**False negatives** (positive texts answered negative, as in figure 3.9 of the source), "
        "more sensitive with class weighting, by the mean change: "
        f"{judged_signs(gains, wanted=1, middle=1.0)}. {'; '.join(parts)}. The two losses miss "
        "different texts, so the ratio compares different answers."
    )


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


def rare_class(found: list[Compared]) -> str:
    gains = [own.recall_gain() for own in found]
    parts = []
    for own, gain in zip(found, gains, strict=True):
        accuracy = ", ".join(
            f"{loss} {np.mean(own.own_scores(loss, 'accuracy')):.1%}" for loss in (PLAIN, WEIGHTED)
        )
        parts.append(
            f"{own.network.encoder.upper()} recall of the rare class "
            f"{told(own.recall(PLAIN))} with plain loss, {told(gain, signed=True)} more with class "
            f"weighting; accuracy on the balanced test texts {accuracy}"
        )
    before, after = PUBLISHED_HITS
    return (
        "**Does class weighting find more of the rare class?** The source does not say so; its hit "
        f"ratios are alike ({before:.2f} % without, {after:.2f} % with). Here "
        f"{sum(gain.sign == 1 for gain in gains)} of {len(gains)} networks clearly find more. "
        f"{'. '.join(parts)}."
    )


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


def judged_signs(found: Sequence[Interval], *, wanted: int, middle: float = 0.0) -> str:
    """Judge a claim by intervals, of which it wants those above `middle` (1) or below it (-1)."""
    sides = [int(one.low > middle) - int(one.high < middle) for one in found]
    return judged(sides.count(wanted), sides.count(-wanted), len(sides))


def judged(agree: int, against: int, n: int) -> str:
    """Say whether a claim holds, from how many clear comparisons agree with it."""
    if agree == n:
        return f"**as claimed**, clearly so in {n} of {n} cases"
    if against == n:
        return f"**contrary** to the claim, clearly so in {n} of {n} cases"
    return (
        f"**cannot be told** ({agree} of {n} cases clearly as claimed, {against} clearly contrary)"
    )


def sentences(parts: Sequence[str]) -> str:
    return " ".join(f"{sentence(part)}." for part in parts)
