import numpy as np
import pytest

import xaigeo as xg
from xaigeo.errors import InputError
from xaigeo.faithfulness.subject import Subject


def test_contributions_are_the_attributions_of_methods_that_give_them(contributions, linear):
    subject = Subject.of(contributions(), linear)
    np.testing.assert_array_equal(
        subject.contributions, contributions().array("attribution")[..., 0]
    )


@pytest.mark.parametrize("held", [True, False])
def test_changes_for_a_standard_deviation_become_contributions(
    held, contributions, linear, numbers, attributed
):
    """A linear model's slope times the way from the mean is its contribution."""
    background = numbers[20:]
    spread, mean = background.std(axis=0), background.mean(axis=0)
    exact = contributions().array("attribution")
    slopes = exact / ((numbers[:8] - mean) / spread)[:, :, None]
    arrays = {"feature_location": ("feature", mean), "feature_scale": ("feature", spread)}
    for method, parameters in (("lime", {}), ("saliency", {"absolute": False})):
        explanation = attributed(
            linear,
            numbers[:8],
            background,
            slopes,
            method=method,
            arrays=arrays if held else {},
            **parameters,
        )
        np.testing.assert_allclose(Subject.of(explanation, linear).contributions, exact[..., 0])


def test_having_a_category_is_a_contribution(classifiers, birds, attributed):
    values = np.random.default_rng(0).normal(size=(2, 3, 4, 2))
    explanation = attributed(classifiers, birds[:3], birds, values, method="lime")
    subject = Subject.of(explanation, classifiers, output="yes")
    np.testing.assert_array_equal(subject.contributions[..., 3], values[..., 3, 1])
    assert not np.array_equal(subject.contributions[..., 0], values[..., 0, 1])


def test_output_of_most_seeds_unless_named(classifiers, birds, attributed):
    values = np.random.default_rng(0).normal(size=(2, 6, 4, 2))
    explanation = attributed(classifiers, birds[:6], birds, values)
    votes = explanation.array("prediction").argmax(axis=-1)
    subject = Subject.of(explanation, classifiers)
    agreed = votes[0] == votes[1]
    assert subject.places[agreed].tolist() == votes[0, agreed].tolist()
    assert Subject.of(explanation, classifiers, output="no").places.tolist() == [0] * 6
    outputs = np.random.default_rng(1).normal(size=(2, 6, 3, 2))
    picked = subject.of_output(outputs)
    assert picked.shape == (2, 6, 3)
    for i, place in enumerate(subject.places):
        np.testing.assert_array_equal(picked[:, i], outputs[:, i, :, place])


def test_other_models_are_refused(contributions, linear, numbers, make_anchors):
    with pytest.raises(InputError, match=r"Expected Attributions[^.]* Anchors"):
        Subject.of(make_anchors(), linear)
    with pytest.raises(InputError, match="a SeedEnsemble"):
        Subject.of(contributions(), contributions())
    with pytest.raises(InputError, match=r"differ from them in the seeds \(\[4, 9\]\)"):
        Subject.of(contributions(), linear.select([4, 9]))
    functions = [lambda rows: rows[:, 0]] * 2 + [lambda rows: rows[:, 1]]
    other = xg.SeedEnsemble.wrap(functions, seeds=[4, 5, 9], schema=numbers, task="regression")
    with pytest.raises(InputError, match="their predictions at the explained rows"):
        Subject.of(contributions(), other)
    wider = xg.SeedEnsemble.wrap(functions, seeds=[4, 5, 9], schema=2 * numbers, task="regression")
    with pytest.raises(InputError, match="columns of other ranges, categories or units"):
        Subject.of(contributions(), wider)
