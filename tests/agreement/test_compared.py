import numpy as np
import pytest

from xaigeo.agreement.compared import ComparedConnectors, ComparedRules, compare
from xaigeo.agreement.per_instance import per_instance
from xaigeo.errors import InputError


def test_all_seeds_are_compared_on_the_majoritys_class(build, distinct):
    labels = np.ones((5, 7), dtype=int)
    labels[0, 0] = 0  # one seed flips: it is still compared on class 1
    labels[:, 1] = 0
    found = compare(build.make_attributions(distinct, labels=labels))
    np.testing.assert_array_equal(found.values[:, 0], distinct[:, 0])
    np.testing.assert_array_equal(found.values[:, 1], -distinct[:, 1])
    assert found.reference[:3].tolist() == [1, 0, 1]


def test_output_by_name_or_place(build, distinct):
    explanation = build.make_attributions(distinct)
    for output in ("no", 0):
        np.testing.assert_array_equal(compare(explanation, output=output).values, -distinct)


def test_of_several_targets_of_a_regression_the_first_is_compared(build, distinct):
    # The second target has the larger amounts everywhere.
    explanation = build.make_attributions(distinct, task="regression")
    found = compare(explanation)
    np.testing.assert_array_equal(found.values, -distinct)
    np.testing.assert_array_equal(found.reference, np.zeros(7))
    assert per_instance(explanation)["share_agreeing"].eq(1).all()
    np.testing.assert_array_equal(compare(explanation, output="yes").values, distinct)


def test_rounding_counts_as_zero(build, distinct):
    values = distinct.copy()
    values[..., 0] = 1e-17
    found = compare(build.make_attributions(values))
    assert (found.values[..., 0] == 0).all()
    np.testing.assert_array_equal(found.values[..., 1:], distinct[..., 1:])


def test_ties_are_noticed(build, tied, distinct):
    assert compare(build.make_attributions(tied)).has_ties
    assert not compare(build.make_attributions(distinct)).has_ties


def test_one_seed_raises(build, distinct):
    with pytest.raises(InputError, match=r"at least two seeds, .*, got one seed \(0\)\. Train"):
        compare(build.make_attributions(distinct[:1]))


def test_something_else_raises(distinct):
    with pytest.raises(InputError, match=r"Expected an explanation .*, got ndarray"):
        compare(distinct)


def test_k_outside_the_features_raises(build, distinct):
    with pytest.raises(InputError, match="k to be a whole number from 1 to 6"):
        compare(build.make_attributions(distinct), k=9)


def test_shuffling_keeps_each_seeds_numbers(build, distinct, rng):
    found = compare(build.make_attributions(distinct)).shuffled(rng)
    np.testing.assert_array_equal(np.sort(found.values), np.sort(distinct))
    assert (found.values != distinct).any()


def test_rules_hold_members_of_the_background(build):
    lower = np.full((2, 3, 2), -np.inf)
    lower[0, 0, 0] = 0.25
    explanation = build.make_anchors(lower, np.full((2, 3, 2), np.inf))
    found = compare(explanation)
    assert isinstance(found, ComparedRules)
    assert found.members.shape == (2, 3, 200)
    background = explanation.array("background")
    np.testing.assert_array_equal(found.members[0, 0], background[:, 0] >= 0.25)
    assert found.members[1].all()
    # The builder's models give class 1 where x0 > 0.5.
    np.testing.assert_allclose(found.empty_precision, (background[:, 0] > 0.5).mean())


def test_the_nearest_valid_counterfactual_counts(build):
    points = np.full((2, 1, 3, 2), 0.5)
    points[:, 0, 0, 0] = 0.6  # nearest, but not valid
    points[:, 0, 1, 0] = 0.9
    points[:, 0, 2, 0] = 0.7  # nearest of the valid ones
    valid = np.array([[[False, True, True]], [[False, False, False]]])
    cross = np.zeros((2, 2, 1, 3), dtype=bool)
    cross[0, 1, 0, 2] = True
    found = compare(build.make_counterfactuals(points, valid=valid, cross=cross))
    assert isinstance(found, ComparedConnectors)
    assert found.points[0, 0].tolist() == [0.7, 0.5]
    assert found.valid[:, 0].tolist() == [True, False]
    assert found.cross_validity[0, 1, 0] == 1.0
    assert np.isnan(found.cross_validity[1, 0, 0])  # no counterfactual to carry over
    np.testing.assert_allclose(found.deltas[0, 0], [0.2 / 0.25, 0.0])


def test_scale_falls_back_on_the_background(build):
    explanation = build.make_counterfactuals(np.full((2, 1, 1, 2), 0.7))
    without = explanation.data.drop_vars("feature_mad")
    changed = type(explanation)(
        data=without,
        schema=explanation.schema,
        method=explanation.method,
        provenance=explanation.provenance,
    )
    rows = explanation.array("background")
    expected = np.median(np.abs(rows - np.median(rows, axis=0)), axis=0)
    np.testing.assert_allclose(compare(changed).scale, expected)


@pytest.mark.parametrize("kind", ["rules", "connectors", "attributions"])
def test_some_instances(build, distinct, rng, kind):
    if kind == "rules":
        lower, upper = rng.uniform(0, 0.5, (3, 4, 2)), rng.uniform(0.5, 1, (3, 4, 2))
        found = compare(build.make_anchors(lower, upper, cross=rng.random((3, 3, 4))))
        part = found.at(np.array([0, 2]))
        np.testing.assert_array_equal(part.cross_precision, found.cross_precision[..., [0, 2]])
        np.testing.assert_array_equal(part.members, found.members[:, [0, 2]])
    elif kind == "connectors":
        found = compare(build.make_counterfactuals(rng.random((3, 4, 1, 2))))
        part = found.at(np.array([0, 2]))
        np.testing.assert_array_equal(part.points, found.points[:, [0, 2]])
        assert part.usable.shape == (3, 2)
    else:
        found = compare(build.make_attributions(distinct))
        part = found.at(np.array([0, 2]))
        np.testing.assert_array_equal(part.values, distinct[:, [0, 2]])
    assert part.n_instances == 2


def test_chance_of_a_regression_is_the_share_of_rows_in_the_wanted_interval(build, rng):
    found = build.make_counterfactuals(rng.random((3, 4, 1, 2)))
    low, high = rng.uniform(0.0, 0.4, (3, 4)), rng.uniform(0.5, 1.0, (3, 4))
    shape = ("seed", "instance")
    asked = type(found)(
        data=found.data.assign(target_lower=(shape, low), target_upper=(shape, high)),
        schema=found.schema,
        method=found.method,
        provenance=found.provenance,
    )
    share = compare(asked).empty_validity
    values, place = found.array("background_prediction"), found.array("target")
    for seed, other, i in np.ndindex(3, 3, 4):
        own = values[other, :, place[seed, i]]
        inside = [low[seed, i] <= value <= high[seed, i] for value in own]
        assert share[seed, other, i] == pytest.approx(np.mean(inside))


def test_no_more_top_features_than_a_surrogate_was_given(build, distinct):
    explanation = build.make_attributions(distinct, resolved={"num_features": 2})
    assert compare(explanation).k == 2
    assert compare(explanation, k=4).k == 4
    assert compare(build.make_attributions(distinct, resolved={"num_features": 5})).k == 3
