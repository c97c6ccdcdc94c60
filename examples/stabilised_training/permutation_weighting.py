"""What the numbers say of weighted classes: judged at equal training, told beside stopped ones."""

from collections.abc import Callable
from itertools import chain

import numpy as np
from intervals import Interval
from page import listed, number, told
from permutation_summary import PLAIN, WEIGHTED, Compared
from permutation_verdicts import judged_again, judged_signs, sentences

# Table 3.2 of the source: hit ratio at 10, in percent, without and with weighted classes.
PUBLISHED_HITS = (70.41, 68.61)
# What is compared, as a ratio of class weighting to the plain loss.
RATIOS: dict[str, Callable[[Compared], Interval]] = {
    "change of the probability": lambda own: own.gain("median_change"),
    "change of the log-odds": lambda own: own.log_odds_gain(),
    "change of the probability at the same confidence": lambda own: own.matched_gain(
        "median_change"
    ),
}


def findings(found: list[Compared]) -> list[str]:
    """Return the points on weighted classes; the claim is that of Jain (2019), section 3.4."""
    return [more_when_weighted(found), stopping(found), missed(found), rare_class(found)]


def at_equal_training(
    found: list[Compared], of: Callable[[Compared], Interval]
) -> list[list[Interval]]:
    """Return a comparison of every network, one after each number of epochs."""
    return [[of(equal) for equal in own.equal.values()] for own in found]


def trained_for(found: list[Compared]) -> str:
    """Return the numbers of epochs of equal training, such as "2, 4, 6 and 8 epochs"."""
    return f"{listed([str(epochs) for epochs in found[0].equal])} epochs"


def judged_at_equal(ratios: list[list[Interval]]) -> str:
    """Judge that ratios are above 1, every network and number of epochs a case."""
    return judged_signs(list(chain.from_iterable(ratios)), wanted=1, middle=1.0)


def by_network(found: list[Compared], ratios: list[list[Interval]]) -> str:
    return "; ".join(
        f"{own.network.encoder.upper()} {', '.join(map(told, of))}"
        for own, of in zip(found, ratios, strict=True)
    )


def more_when_weighted(found: list[Compared]) -> str:
    """Judge the claim by three measures, each by its own intervals, at equal training."""
    parts = []
    for name, of in RATIOS.items():
        ratios = at_equal_training(found, of)
        parts.append(f"{name}: {judged_at_equal(ratios)}; {by_network(found, ratios)}")
    return (
        "**“Weighting the classes makes the answer more sensitive to shuffling”**, by the median "
        "change with class weighting as a ratio to that without, all test texts, **at equal "
        f"training**: after {trained_for(found)} of both losses, in this order. {sentences(parts)}"
    )


def stopping(found: list[Compared]) -> str:
    """Say which ratios the stopping epoch makes, and how much training alone moves."""
    ratios, clear = [], []
    for name, of in RATIOS.items():
        ratios.append(f"{name}: {by_network(found, [[of(own)] for own in found])}")
        for own, equal in zip(found, at_equal_training(found, of), strict=True):
            if (stopped := of(own)).side(1.0):
                verdict = judged_again(stopped, equal)
                clear.append(f"{name}, {own.network.encoder.upper()}: {verdict}")
    grown = "; ".join(
        f"{own.network.encoder.upper()}, {loss} {told(own.growth(loss), 1)}"
        for own in found
        for loss in (PLAIN, WEIGHTED)
    )
    fewest, most = min(found[0].equal), max(found[0].equal)
    return (
        "**Does stopping make the difference?** The validation loss stops the two losses at "
        f"different epochs: {kept(found)}. Training alone changes what shuffling does: the change "
        f"of the log-odds after {most} epochs as a ratio to that after {fewest} is {grown}. Class "
        "weighting as a ratio to the plain loss, each where its validation loss stops it. "
        f"{sentences(ratios)} {sentences(clear) or 'None of them is clear.'}"
    )


def kept(found: list[Compared]) -> str:
    """Say how long trained and how sure the stopped networks are."""
    parts = []
    for own in found:
        told_of = ", ".join(
            f"{loss} epoch {number(float(np.mean(own.runs[loss].epochs)), 1)} (mean confidence "
            f"{number(own.change(loss, 'confidence').value)})"
            for loss in (PLAIN, WEIGHTED)
        )
        parts.append(f"{own.network.encoder.upper()} {told_of}")
    return "; ".join(parts)


def missed(found: list[Compared]) -> str:
    def gain(own: Compared) -> Interval:
        return own.gain("mean_change", "missed")

    def matched(own: Compared) -> Interval:
        return own.matched_gain("mean_change", "missed")

    ratios = at_equal_training(found, gain)
    return (
        "**False negatives** (positive texts answered negative, as in figure 3.9 of the source), "
        f"more sensitive with class weighting, by the mean change, after {trained_for(found)} of "
        f"both losses: {judged_at_equal(ratios)}; "
        f"{by_network(found, ratios)}. At the same confidence: "
        f"{by_network(found, at_equal_training(found, matched))}. Each stopped by its validation "
        f"loss: {by_network(found, [[gain(own)] for own in found])}, at the same confidence "
        f"{by_network(found, [[matched(own)] for own in found])}. The two losses miss different "
        "texts, so the ratio compares different answers."
    )


def rare_class(found: list[Compared]) -> str:
    gains = [own.recall_gain() for own in found]
    equal = at_equal_training(found, Compared.recall_gain)
    parts = []
    for own, gain, of in zip(found, gains, equal, strict=True):
        accuracy = ", ".join(
            f"{loss} {np.mean(own.own_scores(loss, 'accuracy')):.1%}" for loss in (PLAIN, WEIGHTED)
        )
        longer = ", ".join(told(one, signed=True) for one in of)
        parts.append(
            f"{own.network.encoder.upper()} recall of the rare class "
            f"{told(own.recall(PLAIN))} with plain loss, {told(gain, signed=True)} more with class "
            f"weighting ({longer} after {trained_for(found)}); accuracy on the balanced test texts "
            f"{accuracy}"
        )
    before, after = PUBLISHED_HITS
    clear = [gain.sign == 1 for of in equal for gain in of]
    return (
        "**Does class weighting find more of the rare class?** The source does not say so; its hit "
        f"ratios are alike ({before:.2f} % without, {after:.2f} % with). Here "
        f"{sum(gain.sign == 1 for gain in gains)} of {len(gains)} networks, each stopped by its "
        f"validation loss, clearly find more, and so they do in {sum(clear)} of {len(clear)} cases "
        f"at equal training. {'. '.join(parts)}."
    )
