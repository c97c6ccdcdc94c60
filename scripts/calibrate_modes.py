"""How often the test of explanatory modes splits seeds of one mode, and finds those of two.

Run ``python scripts/calibrate_modes.py [N_SETS]``; the numbers stand in the notes of
`xaigeo.geometry.modes.explanatory_modes`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

import numpy as np

from xaigeo.geometry.mode_test import mode_test

LEVEL = 0.05
N_SEEDS = (5, 6, 8, 10, 20, 50, 100)
N_DIMENSIONS = (2, 5, 20, 60)
Draw = Callable[[np.random.Generator, tuple[int, int]], np.ndarray]


def _on_spheres(radius: Callable[[np.random.Generator, int, int], np.ndarray]) -> Draw:
    def draw(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
        z = rng.normal(size=shape)
        return radius(rng, *shape)[:, None] * z / np.linalg.norm(z, axis=1, keepdims=True)

    return draw


PROMISED: dict[str, Draw] = {
    "normal": lambda rng, shape: rng.normal(size=shape),
    "uniform": lambda rng, shape: rng.random(shape),
    "exponential": lambda rng, shape: rng.exponential(size=shape),
    "Laplace": lambda rng, shape: rng.laplace(size=shape),
    "t3": lambda rng, shape: rng.standard_t(3, shape),
    "uniform ball": _on_spheres(lambda rng, n, p: rng.random(n) ** (1 / p)),
    "elliptic t3": _on_spheres(
        lambda rng, n, p: np.sqrt(rng.chisquare(p, n) * 3 / rng.chisquare(3, n))
    ),
    "elliptic Laplace": _on_spheres(
        lambda rng, n, p: np.sqrt(rng.chisquare(p, n) * rng.exponential(size=n))
    ),
}
BEYOND: dict[str, Draw] = {
    "t2": lambda rng, shape: rng.standard_t(2, shape),
    "gamma(2)": lambda rng, shape: rng.gamma(2.0, size=shape),
    "half-normal": lambda rng, shape: np.abs(rng.normal(size=shape)),
    "triangular": lambda rng, shape: rng.triangular(-1.0, 0.0, 1.0, shape),
    "ramp": lambda rng, shape: rng.triangular(0.0, 1.0, 1.0, shape),
    "beta(1.3, 1.3)": lambda rng, shape: rng.beta(1.3, 1.3, shape),
    "log-normal": lambda rng, shape: rng.lognormal(0.0, 0.75, shape),
    "chi-square(1)": lambda rng, shape: rng.chisquare(1, shape),
}


def spreads(n: int) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the standard deviations of n coordinates."""
    yield "isotropic", np.ones(n)
    yield "one dominates", np.append(5.0, np.ones(n - 1))
    yield "geometric", 0.6 ** np.arange(n)


def splits(sets: Iterator[np.ndarray]) -> float:
    """Return the share of sets that the test splits."""
    return float(np.mean([mode_test(one).p_value <= LEVEL for one in sets]))


def main(n_sets: int) -> None:
    rng = np.random.default_rng(0)
    for n_seeds in N_SEEDS:
        for title, laws in (("promised", PROMISED), ("beyond", BEYOND)):
            rates = {
                (law, n, name): splits(draw(rng, (n_seeds, n)) * spread for _ in range(n_sets))
                for law, draw in laws.items()
                for n in N_DIMENSIONS
                for name, spread in spreads(n)
            }
            worst = sorted(rates.items(), key=lambda item: -item[1])[:3]
            mean = np.mean(list(rates.values()))
            print(f"{n_seeds} seeds, {title}: mean {mean:.3f}, worst {worst}", flush=True)
        for n in (2, 10, 60):
            for second in sorted({n_seeds // 2, n_seeds // 5}):
                for apart in (5, 6, 8, 12):
                    step = np.zeros((n_seeds, n))
                    step[:second, 0] = apart
                    found = splits(rng.normal(size=step.shape) + step for _ in range(n_sets))
                    print(f"  {n_seeds - second}+{second} in {n}, {apart} SD: {found:.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
