"""What was measured of one network on one data set, compared between trainings."""

from functools import cached_property

import numpy as np
from intervals import Interval, sd_ratio
from text_cases import AVERAGED, FAST, PLAIN, POSITIVE, Case, Network, Training
from text_cases import like as stopped_like
from text_intervals import ByText, difference, of_pairs, of_seeds, of_spread, ratio
from text_training import Trainings

import xaigeo as xg

TRIED = (*AVERAGED, FAST)
ENTROPY = "relative_entropy"


def measure_of(method: str, name: str) -> str:
    return f"{method}.{name}"


class Cell:
    """One network on one data set; trainings are named by their keys."""

    def __init__(self, case: Case, network: Network, measured: Trainings, n_bootstrap: int) -> None:
        self.case, self.network = case, network
        self.trainings, self.mixes = measured.by_key, measured.mixes
        self.n_bootstrap = n_bootstrap
        self._by_text: dict[tuple[str, str], ByText] = {}

    @property
    def name(self) -> str:
        return f"{self.case.name}, {self.network.label}"

    def mean(self, key: str, name: str) -> float:
        """Return the mean over seeds and texts of an array."""
        return float(self.by_text(key, name).values.mean())

    def seed_mean(self, key: str, name: str) -> float:
        return self.trainings[key].mean(name)

    def seeds(self, key: str, name: str) -> np.ndarray:
        return self.trainings[key].arrays[name]

    def by_text(self, key: str, name: str) -> ByText:
        if (key, name) not in self._by_text:
            values = self.trainings[key].arrays[name]
            if name == "prediction":
                found = of_spread(values)
            else:
                found = of_pairs(values) if values.ndim == 3 else of_seeds(values)
            self._by_text[key, name] = found
        return self._by_text[key, name]

    def ratio(self, key: str, reference: str, name: str) -> Interval:
        """Return the mean of a measure as a ratio to that of another training."""
        return ratio(
            self.by_text(key, name), self._of(reference, name), n_bootstrap=self.n_bootstrap
        )

    def difference(self, key: str, reference: str, name: str) -> Interval:
        return difference(
            self.by_text(key, name), self._of(reference, name), n_bootstrap=self.n_bootstrap
        )

    def _of(self, reference: str, name: str) -> list[tuple[ByText, float]]:
        mix = self.mixes.get(reference, {reference: 1.0})
        return [(self.by_text(key, name), share) for key, share in mix.items()]

    def to_even(self, key: str, method: str) -> float:
        """Return relative entropy to another seed as a share of that to even weights.

        From 1 on, even weights tell as much about a seed's weights as another seed does.
        """
        even = self.mean(key, measure_of(method, "from_even"))
        return self.mean(key, measure_of(method, ENTROPY)) / even if even > 0 else np.nan

    def accuracy_sd(self, key: str, reference: str) -> Interval:
        """Return the standard deviation of accuracy over seeds as a ratio."""
        return sd_ratio(
            [self.seeds(key, "accuracy")],
            [self.seeds(reference, "accuracy")],
            n_bootstrap=self.n_bootstrap,
        )

    def evaluation(self, key: str) -> xg.Evaluation:
        """Return the answers to all test texts, for charts."""
        arrays = self.trainings[key].arrays
        positive = arrays["prediction"]
        return xg.Evaluation(
            name="test",
            seeds=np.arange(len(positive)),
            classes=(f"not {POSITIVE}", POSITIVE),
            task="classification",
            rows=np.zeros((positive.shape[1], 0)),
            labels=arrays["labels"].astype(int),
            prediction=np.stack([1 - positive, positive], axis=-1),
        )

    @cached_property
    def n_explained(self) -> int:
        return len(self.by_text(PLAIN.key, measure_of("attention", ENTROPY)).values)

    @property
    def n_tested(self) -> int:
        return int(self.trainings[PLAIN.key].arrays["prediction"].shape[1])


def references(training: Training) -> tuple[tuple[str, str], ...]:
    """Return keys and names of what a training is compared with."""
    return (
        (PLAIN.key, "plain"),
        (stopped_like(training).key, "plain at the same training loss"),
    )
