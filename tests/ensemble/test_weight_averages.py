"""Running averages against sums over all that was added, one seed after another."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from xaigeo.ensemble.weight_averages import ExponentialMean, NormFilteredMean, PlainMean

TRACE = (1.0, 1.0, 5.0, 5.0)


def walk(n_seeds: int = 4, n_steps: int = 30) -> np.ndarray:
    """Return weights along training, shape (n_steps + 1, n_seeds, n_weights)."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(n_steps + 1, n_seeds, 5)).cumsum(axis=0)


def shown(average, steps: np.ndarray) -> list[np.ndarray]:
    shares = [average.add(torch.as_tensor(values)) for values in steps]
    return [np.broadcast_to(np.asarray(share), (steps.shape[1],)) for share in shares]


@pytest.mark.parametrize(("divisor", "expected"), [("iterations", 7 / 3), ("accepted", 3.0)])
def test_the_trace_of_the_design(divisor, expected):
    # The initial weights 0 are not averaged; 1 and the first 5 are accepted.
    average = NormFilteredMean(
        torch.zeros(1, 1, dtype=torch.float64), by_accepted=divisor == "accepted"
    )
    shown(average, np.array(TRACE)[:, None, None])
    assert average.values.item() == pytest.approx(expected, abs=1e-12)
    assert average.n_averaged.tolist() == [2]


@pytest.mark.parametrize("n_initial", [0, 1])
def test_the_plain_mean(n_initial):
    path = walk()
    average = PlainMean(torch.as_tensor(path[0]), n_initial=n_initial)
    shares = shown(average, path[1:])
    taken = path[1 - n_initial :]
    np.testing.assert_allclose(average.values.numpy(), taken.mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(shares[4], 1 / (5 + n_initial))
    assert average.n_averaged.tolist() == [30] * 4


@pytest.mark.parametrize("decay", [0.0, 0.6, 0.999])
def test_the_exponential_mean(decay):
    path = walk()[1:]
    powers = decay ** np.arange(29, -1, -1.0)
    corrected = ExponentialMean(torch.zeros(4, 5).double(), decay=decay, bias_correction=True)
    shown(corrected, path)
    weighted = np.tensordot(powers / powers.sum(), path, axes=1)
    np.testing.assert_allclose(corrected.values.numpy(), weighted, atol=1e-10)
    plain = ExponentialMean(torch.zeros(4, 5).double(), decay=decay, bias_correction=False)
    shown(plain, path)
    weights = (1 - decay) * powers
    weights[0] = powers[0]
    np.testing.assert_allclose(
        plain.values.numpy(), np.tensordot(weights, path, axes=1), atol=1e-10
    )


def filtered(path: np.ndarray, *, by_accepted: bool, n_initial: int) -> tuple[np.ndarray, int]:
    """Algorithm 2 for one seed with its list of norms."""
    average, norms, n_accepted = path[0].copy(), [], 0
    for step, values in enumerate(path[1:], start=1):
        norm = np.abs(values - average).sum()
        if norms and not norm > np.mean(norms):
            norms.append(norm)
            continue
        norms, n_accepted = [norm], n_accepted + 1
        average += (values - average) / ((n_accepted if by_accepted else step) + n_initial)
    return average, n_accepted


@pytest.mark.parametrize("n_initial", [0, 1])
@pytest.mark.parametrize("by_accepted", [True, False])
def test_the_norm_filtered_mean_and_seeds_that_leave(by_accepted, n_initial):
    path = walk()
    options = {"by_accepted": by_accepted, "n_initial": n_initial}
    average = NormFilteredMean(torch.as_tensor(path[0]), **options)
    shown(average, path[1:11])
    average.keep([3, 1])
    shares = shown(average, path[11:, [3, 1]])
    for place, seed in enumerate((3, 1)):
        expected, n_accepted = filtered(path[:, seed], **options)
        np.testing.assert_allclose(average.values[place].numpy(), expected, atol=1e-12)
        assert average.n_averaged[place] == n_accepted
        assert 1 < n_accepted < 30
    assert {bool(share[0]) for share in shares} == {True, False}


def test_initial_weights_are_left_alone_and_wait_in_the_average():
    initial = torch.ones(2, 3)
    average = PlainMean(initial)
    assert torch.equal(average.values, initial)
    average.add(torch.full((2, 3), 5.0))
    assert torch.equal(initial, torch.ones(2, 3))
    assert torch.equal(average.values, torch.full((2, 3), 5.0))
