import numpy as np
import pytest

from xaigeo.agreement.additive_steps import additive_steps, is_additive
from xaigeo.errors import InputError


def test_base_and_values_add_up_for_seeds_and_for_the_mean(build, rng):
    values = rng.normal(size=(4, 3, 5))
    steps = additive_steps(build.make_attributions(values, additive=True), 2, 1)
    for s in range(4):
        assert steps.base[s] + sum(values[s, 2]) == pytest.approx(steps.end[s], abs=1e-12)
    mean = steps.base.mean() + steps.values.mean(axis=0).sum()
    assert mean == pytest.approx(steps.end.mean(), abs=1e-6)
    assert (steps.gap == 0).all()


def test_the_consensus_are_the_seeds_with_the_answer_of_most(build, rng):
    labels = np.array([[1], [0], [1]])
    explanation = build.make_attributions(
        rng.normal(size=(3, 1, 4)), labels=labels, additive=True, seeds=[5, 6, 9]
    )
    steps = additive_steps(explanation, 0, 1)
    assert steps.majority == 1
    assert steps.consensus.seeds.tolist() == [5, 9]
    assert np.allclose(steps.consensus.values, steps.values[[0, 2]])


def test_what_is_missing_is_told(build, rng):
    values = rng.normal(size=(3, 1, 4))
    steps = additive_steps(build.make_attributions(values, additive=True, gap=0.1), 0, 1)
    assert np.allclose(steps.gap, 0.1 * values[:, 0].sum(axis=1))


def test_methods_that_do_not_add_up_are_refused(build):
    explanation = build.make_attributions(np.ones((2, 1, 3)), method="saliency")
    assert not is_additive(explanation)
    with pytest.raises(InputError, match=r"that add up to the output.*those of 'saliency'"):
        additive_steps(explanation, 0, 1)
