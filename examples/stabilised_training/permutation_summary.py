"""Two losses compared: recall of each class, calibration, and what shuffled attention does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from intervals import Interval, drawn_again
from permutation_measuring import WEIGHTS, Run
from scipy.special import expit
from scipy.stats import rankdata
from scipy.stats import t as student
from text_cases import POSITIVE, Network

PLAIN, WEIGHTED = WEIGHTS
N_BINS = 10
# Confidence of two classes at its ends and in its middle.
BANDS = ((0.5, 0.6), (0.7, 0.8), (0.9, 1.0))
# What takes the place of a network's own weights, and how it is told.
CONTROLS = {
    "median_change": "shuffled, median",
    "mean_change": "shuffled, mean",
    "uniform_change": "uniform weights",
    "swap_change": "weights of another seed",
}


@dataclass(frozen=True)
class Compared:
    """The two runs of one network, by the name of their loss.

    Attributes
    ----------
    equal : mapping of int to Compared
        The same at equal training: by a number of epochs that both losses train for.
    """

    network: Network
    runs: dict[str, Run]
    seconds: float
    n_bootstrap: int = field(kw_only=True)
    equal: Mapping[int, Compared] = field(default_factory=dict, kw_only=True)

    def positive(self, loss: str) -> int:
        return self.runs[loss].classes.index(POSITIVE)

    def inside(self, loss: str, group: str) -> np.ndarray:
        """Return which answers belong to a group, shape (n_seeds, n_texts).

        Groups: "all", "positive" and "negative" by true class, "missed" for positive texts that
        are answered negative (false negatives), "alarms" for the reverse (false positives).
        """
        check = self.runs[loss].check
        predicted, label = check.array("predicted"), check.array("label")
        is_positive = np.broadcast_to(label == self.positive(loss), predicted.shape)
        return {
            "all": np.ones(predicted.shape, dtype=bool),
            "positive": is_positive,
            "negative": ~is_positive,
            "missed": is_positive & (predicted != self.positive(loss)),
            "alarms": ~is_positive & (predicted == self.positive(loss)),
        }[group]

    def change(self, loss: str, name: str, group: str = "all") -> Interval:
        """Return the mean change of the answers of a group."""
        return of_answers([(self.runs[loss].check.array(name), self.inside(loss, group))], self)

    def gain(self, name: str, group: str = "all") -> Interval:
        """Return the mean change with weighted classes as a ratio to that without."""
        return of_answers(
            [
                (self.runs[loss].check.array(name), self.inside(loss, group))
                for loss in (WEIGHTED, PLAIN)
            ],
            self,
        )

    def log_odds_change(self, loss: str) -> np.ndarray:
        """Return the median size of the change of the log-odds, shape (n_seeds, n_texts)."""
        odds = self.runs[loss].log_odds
        return np.asarray(np.median(np.abs(odds["shuffled"] - odds["own"][..., None]), axis=-1))

    def log_odds_mean(self, loss: str) -> Interval:
        """Return the mean over answers of `log_odds_change`."""
        return of_answers([(self.log_odds_change(loss), self.inside(loss, "all"))], self)

    def log_odds_gain(self, group: str = "all") -> Interval:
        """Return the mean change of the log-odds with weighted classes as a ratio."""
        return of_answers(
            [(self.log_odds_change(loss), self.inside(loss, group)) for loss in (WEIGHTED, PLAIN)],
            self,
        )

    def growth(self, loss: str) -> Interval:
        """Return the change of the log-odds after most epochs as a ratio to that after fewest."""
        ends = [self.equal[epochs] for epochs in (max(self.equal), min(self.equal))]
        return of_answers(
            [(own.log_odds_change(loss), own.inside(loss, "all")) for own in ends], self
        )

    def matched_gain(self, name: str, group: str = "all") -> Interval:
        """Return `gain` at the same confidence.

        Answers of the weighted networks count so that their confidence, in bins of a tenth, is
        spread as that of the others; bins that only one side has are left out.
        """
        plain, weighted = (self.inside(loss, group) for loss in (PLAIN, WEIGHTED))
        bins = {loss: self._bins(loss) for loss in (PLAIN, WEIGHTED)}
        there = np.bincount(bins[PLAIN][plain], minlength=N_BINS)
        own = np.bincount(bins[WEIGHTED][weighted], minlength=N_BINS)
        share = np.divide(there, own, out=np.zeros(N_BINS), where=own > 0)
        values = {loss: self.runs[loss].check.array(name) for loss in (PLAIN, WEIGHTED)}
        counted = (
            (values[WEIGHTED], weighted * share[bins[WEIGHTED]]),
            (values[PLAIN], plain * (own > 0)[bins[PLAIN]]),
        )
        return of_answers(list(counted), self)

    def _bins(self, loss: str) -> np.ndarray:
        sure = self.runs[loss].check.array("confidence")
        return np.minimum((sure * N_BINS).astype(int), N_BINS - 1)

    def trend(self, loss: str, group: str = "all", name: str = "median_change") -> Interval:
        """Return the rank correlation of confidence and change, mean over seeds.

        `name` is that of an array of the check, or "log_odds".
        """
        check = self.runs[loss].check
        change = self.log_odds_change(loss) if name == "log_odds" else check.array(name)
        return rank_trend(check.array("confidence"), change, self.inside(loss, group))

    def dealt_trend(self, loss: str) -> Interval:
        """Return the trend of probabilities that the flat ends of the logistic curve make alone.

        The log-odds' changes of each text are dealt to another one, so that they know nothing of
        its confidence; the median change of the probability follows.
        """
        odds = self.runs[loss].log_odds
        rng = np.random.default_rng(0)
        moved = odds["shuffled"] - odds["own"][..., None]
        dealt = np.stack([rng.permutation(own) for own in moved])
        before = expit(odds["own"])
        change = np.median(np.abs(expit(odds["own"][..., None] + dealt) - before[..., None]), -1)
        return rank_trend(before, change, self.inside(loss, "all"))

    def even_trend(self, loss: str) -> Interval:
        """Return the trend of the log-odds' change with the confidence under even weights."""
        sure = np.abs(self.runs[loss].log_odds["even"])
        return rank_trend(sure, self.log_odds_change(loss), self.inside(loss, "all"))

    def by_confidence(self, loss: str, name: str = "mean_change") -> list[Interval]:
        """Return the mean change of answers in each of `BANDS` of confidence."""
        values = self.runs[loss].check.array(name)
        return [of_answers([(values, inside)], self) for inside in self._bands(loss)]

    def dip(self, loss: str, name: str = "mean_change") -> list[Interval]:
        """Return how much further the least sure answers and the surest move than the middle."""
        values, (least, middle, most) = self.runs[loss].check.array(name), self._bands(loss)
        return [
            of_answers([(values, end), (values, middle)], self, ratio=False)
            for end in (least, most)
        ]

    def _bands(self, loss: str) -> list[np.ndarray]:
        sure = self.runs[loss].check.array("confidence")
        return [(sure > low) & (sure <= high) for low, high in BANDS]

    def recall(self, loss: str) -> Interval:
        """Return the share of positive texts that are found, over seeds and texts."""
        hit = self.runs[loss].check.array("predicted") == self.positive(loss)
        return of_answers([(hit.astype(float), self.inside(loss, "positive"))], self)

    def recall_gain(self) -> Interval:
        found = [
            (
                (self.runs[loss].check.array("predicted") == self.positive(loss)).astype(float),
                self.inside(loss, "positive"),
            )
            for loss in (WEIGHTED, PLAIN)
        ]
        return of_answers(found, self, ratio=False)

    def own_scores(self, loss: str, name: str) -> np.ndarray:
        return self.runs[loss].evaluation.scores[name].to_numpy()

    def gap(self, loss: str, group: str) -> Interval:
        """Return confidence less accuracy: above 0, the networks are too sure."""
        check = self.runs[loss].check
        right = check.array("predicted") == check.array("label")
        return of_answers([(check.array("confidence") - right, self.inside(loss, group))], self)


# Values and how much each counts, (n_seeds, n_texts) each.
Group = tuple[np.ndarray, np.ndarray]


def of_answers(groups: list[Group], owner: Compared, *, ratio: bool = True) -> Interval:
    """Return the mean over the answers of a group, or how two groups' means compare.

    The interval is for other texts and other seeds: the variance of a bootstrap over texts, the
    same in both groups, plus that of the jackknife over seeds; Student's t of the seeds less one.
    """
    n_seeds, n_texts = groups[0][0].shape
    log = ratio and len(groups) == 2
    weights = drawn_again(n_texts, owner.n_bootstrap)
    every = np.ones(n_seeds)
    leave = 1 - np.eye(n_seeds)

    def compare(seeds: np.ndarray, texts: np.ndarray) -> np.ndarray:
        means = [_mean(values, inside, seeds, texts) for values, inside in groups]
        told = [np.log(mean) if log else mean for mean in means]
        return np.asarray(told[0] - told[1] if len(told) == 2 else told[0])

    with np.errstate(divide="ignore", invalid="ignore"):
        value = float(compare(every[None], np.ones((1, n_texts)))[0])
        drawn = compare(every[None], weights)
        left = compare(leave, np.ones((1, n_texts)))
    if not np.isfinite(value):
        return Interval(value=np.nan, low=np.nan, high=np.nan)
    left = left[np.isfinite(left)]
    jackknife = (n_seeds - 1) / n_seeds * ((left - left.mean()) ** 2).sum()
    spread = np.sqrt(drawn[np.isfinite(drawn)].var() + jackknife)
    half = float(student.ppf(0.975, n_seeds - 1) * spread)
    ends = (value, value - half, value + half)
    value, low, high = map(float, np.exp(ends) if log else ends)
    return Interval(value=value, low=low, high=high)


def _mean(
    values: np.ndarray, inside: np.ndarray, seeds: np.ndarray, texts: np.ndarray
) -> np.ndarray:
    """Return means over answers weighted by seed and text; one of the two has one row."""
    weights = inside.astype(float)
    total = ((seeds @ (weights * values)) * texts).sum(axis=1)
    return np.asarray(total / ((seeds @ weights) * texts).sum(axis=1))


def rank_trend(x: np.ndarray, y: np.ndarray, inside: np.ndarray, n_least: int = 5) -> Interval:
    """Return the rank correlation over texts, mean over seeds, shapes (n_seeds, n_texts).

    Seeds with fewer answers than `n_least` are left out. The interval is Student's t over seeds.
    """
    found = []
    for own_x, own_y, there in zip(x, y, inside, strict=True):
        if there.sum() >= n_least:
            ranks = np.corrcoef(rankdata(own_x[there]), rankdata(own_y[there]))
            found.append(float(ranks[0, 1]))
    values = np.array(found)
    if len(values) < 2:
        return Interval(
            value=float(values.sum()) if len(values) else np.nan, low=np.nan, high=np.nan
        )
    half = float(student.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values)))
    middle = float(values.mean())
    return Interval(value=middle, low=middle - half, high=middle + half)
