from itertools import combinations

import numpy as np
import pytest

from xaigeo.agreement import compare
from xaigeo.agreement.seed_subsets import SubsetSource, seed_subsets

SUBSETS = np.array([[0, 2, 4], [1, 2, 3], [0, 1, 4]])


def explanations(build, rng):
    labels = rng.integers(0, 2, (5, 7))
    lower, upper = rng.uniform(0, 0.5, (5, 7, 3)), rng.uniform(0.5, 1, (5, 7, 3))
    points = rng.uniform(size=(5, 7, 2, 3))
    return {
        "attributions": build.make_attributions(rng.normal(size=(5, 7, 4)), labels=labels),
        "regression": build.make_attributions(rng.normal(size=(5, 7, 4)), task="regression"),
        "anchors": build.make_anchors(
            lower, upper, cross=rng.uniform(size=(5, 5, 7)), labels=labels
        ),
        "no cross": build.make_anchors(lower, upper),
        "counterfactuals": build.make_counterfactuals(
            points, valid=rng.random((5, 7, 2)) < 0.7, cross=rng.random((5, 5, 7, 2)) < 0.5
        ),
    }


@pytest.mark.parametrize(
    "kind", ["attributions", "regression", "anchors", "no cross", "counterfactuals"]
)
@pytest.mark.parametrize("output", [None, "no"])
def test_a_stack_is_the_comparisons_of_its_subsets(build, rng, kind, output):
    explanation = explanations(build, rng)[kind]
    stacked = SubsetSource.of(explanation, k=2, output=output).stacked(SUBSETS)
    n = len(explanation.instances)
    for place, subset in enumerate(SUBSETS):
        alone = compare(explanation.sel(seed=subset.tolist()), k=2, output=output)
        cut = stacked.at(np.arange(place * n, (place + 1) * n))
        assert cut.__dict__.keys() == alone.__dict__.keys()
        for name, wanted in alone.__dict__.items():
            if isinstance(wanted, np.ndarray):
                np.testing.assert_array_equal(cut.__dict__[name], wanted, err_msg=name)
            else:
                assert cut.__dict__[name] == wanted, name


def test_another_majority_has_another_output(build, rng):
    explanation = explanations(build, rng)["attributions"]
    references = [compare(explanation.sel(seed=s.tolist())).reference for s in SUBSETS]
    assert len({tuple(reference) for reference in references}) > 1


def test_all_subsets_where_they_are_few():
    subsets, every = seed_subsets(6, 3, 20, np.random.default_rng(0))
    assert every
    assert [tuple(s) for s in subsets] == list(combinations(range(6), 3))


def test_drawn_subsets_hold_each_seed_equally_often():
    subsets, every = seed_subsets(12, 5, 500, np.random.default_rng(0))
    assert not every
    assert subsets.shape == (500, 5)
    assert (np.diff(subsets, axis=1) > 0).all()
    share = np.bincount(subsets.ravel(), minlength=12) / 500
    assert np.abs(share - 5 / 12).max() < 4 * np.sqrt(5 / 12 * 7 / 12 / 500)
