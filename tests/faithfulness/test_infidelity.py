import numpy as np
import pytest
import torch
from captum.metrics import infidelity as captum_infidelity
from torch import nn

import xaigeo as xg
from xaigeo.errors import InputError
from xaigeo.faithfulness import infidelity
from xaigeo.faithfulness.neighbours import RemovalNeighbours, SlopeNeighbours, drawn_coalitions
from xaigeo.faithfulness.subject import Subject

EACH = ("seed", "instance", "feature", "output")
N = 12


@pytest.fixture
def networks(numbers):
    torch.manual_seed(0)
    modules = [
        nn.Sequential(nn.Linear(5, 6), nn.Tanh(), nn.Linear(6, 1)).double() for _ in range(2)
    ]
    return modules, xg.SeedEnsemble.wrap(modules, schema=numbers, task="regression")


def of_captum(module, row, attribution, changes):
    """Ask captum with given changes of a row, the same for every call."""
    turn = iter(torch.as_tensor(changes))

    def perturb(inputs):
        change = torch.stack([next(turn) for _ in range(len(inputs))])
        return change, inputs - change

    return float(
        captum_infidelity(
            lambda x: module(x)[:, 0],
            perturb,
            torch.as_tensor(row)[None],
            torch.as_tensor(attribution)[None],
            n_perturb_samples=len(changes),
        )
    )


def test_slopes_against_captum(networks, numbers, attributed):
    modules, ensemble = networks
    rows = numbers[:3]
    slope = np.random.default_rng(0).normal(size=(2, 3, 5, 1))
    explanation = attributed(
        ensemble,
        rows,
        numbers,
        np.abs(slope),
        method="saliency",
        arrays={"slope": (EACH, slope)},
        absolute=True,
    )
    found = infidelity(explanation, ensemble, n_samples=N, radius=0.4)
    neighbours = SlopeNeighbours(Subject.of(explanation, ensemble), N, 50, 0.4, 0, 2**24)
    for i in range(3):
        steps = neighbours.generator(i).normal(size=(N, 5)) * 0.4 * numbers.std(axis=0)
        for k, module in enumerate(modules):
            wanted = of_captum(module, rows[i], slope[k, i, :, 0], -steps)
            assert found[k, i] == pytest.approx(wanted, rel=1e-5)


def test_amounts_against_captum(networks, numbers, attributed):
    """With one background row taking features away is a change of the row."""
    modules, ensemble = networks
    rows, baseline = numbers[:3], numbers[[50]]
    values = np.random.default_rng(0).normal(size=(2, 3, 5, 1))
    explanation = attributed(ensemble, rows, numbers, values)
    found = infidelity(explanation, ensemble, background=baseline, n_samples=N)
    subject = Subject.of(explanation, ensemble, background=baseline)
    neighbours = RemovalNeighbours(subject, N, 50, 0.1, 0, 2**24)
    for i in range(3):
        kept = drawn_coalitions(neighbours.generator(i), N, 5)
        changes = np.where(kept, 0.0, rows[i] - baseline[0])
        for k, module in enumerate(modules):
            each = values[k, i, :, 0] / (rows[i] - baseline[0])
            wanted = of_captum(module, rows[i], each, changes)
            assert found[k, i] == pytest.approx(wanted, rel=1e-5)


def test_contributions_of_linear_models_have_none(contributions, linear):
    np.testing.assert_allclose(infidelity(contributions(), linear), 0.0, atol=1e-12)
    assert (infidelity(contributions(factor=0.5), linear) > 0.01).all()


def test_surrogates_are_judged_by_their_slopes(classifiers, birds):
    explanation = xg.explain(
        classifiers, birds[:2], method="lime", background=birds, n_samples=100, random_state=0
    )
    found = infidelity(explanation, classifiers, n_samples=N)
    sloped = infidelity(explanation, classifiers, n_samples=N, perturbation="slope")
    np.testing.assert_array_equal(found, sloped)
    with pytest.raises(InputError, match="perturbation 'removal' or 'slope', which change the row"):
        infidelity(explanation, classifiers, perturbation="surrogate")


def test_messages(contributions, linear):
    with pytest.raises(InputError, match="a neighbourhood that 'kernel_shap' speaks of"):
        infidelity(contributions(), linear, perturbation="slope")
    with pytest.raises(InputError, match="sizes alone"):
        infidelity(contributions(method="saliency", absolute=True), linear)
