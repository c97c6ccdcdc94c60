from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

import xaigeo as xg
from xaigeo.checks import beats_random, random_order_p_values
from xaigeo.errors import InputError
from xaigeo.faithfulness import deletion, insertion
from xaigeo.faithfulness.feature_curves import _RANDOM, falling_orders, removal_counts
from xaigeo.faithfulness.subject import Subject
from xaigeo.store import check_digest, load_check

SHARES = np.linspace(0, 1, 6)


def naive_curve(ensemble, place, row, background, order, counts, output, *, insert=False):
    """Replace features one step after another and ask one model about every row by itself."""
    curve = []
    for count in counts:
        gone = set(order[count:] if insert else order[:count])
        answers = []
        for other in background:
            mixed = [other[j] if j in gone else row[j] for j in range(len(row))]
            asked = ensemble.member_outputs_encoded(place, np.array([mixed]))
            answers.append(asked[0, output])
        curve.append(np.mean(answers))
    return np.array(curve)


def naive_area(curve, shares):
    widths, heights = np.diff(shares), (curve[1:] + curve[:-1]) / 2
    return float(np.sum(widths * heights))


@pytest.mark.parametrize("check", [deletion, insertion])
def test_curve_of_linear_models_is_a_sum(check, contributions, linear, numbers):
    explanation = contributions()
    found = check(explanation, linear, n_random=3)
    values = explanation.array("attribution")[..., 0]
    falling = -np.sort(-values, axis=-1)
    steps = np.concatenate([np.zeros((3, 8, 1)), np.cumsum(falling, axis=-1)], axis=-1)
    full = linear.outputs(numbers[:8])
    wanted = full - steps if check is deletion else full - values.sum(-1, keepdims=True) + steps
    np.testing.assert_allclose(found.array("curve"), wanted, atol=1e-9)
    np.testing.assert_allclose(found.data["step"], SHARES)
    area = [[naive_area(c, SHARES) for c in own] for own in found.array("curve")]
    np.testing.assert_allclose(found.array("area"), area, atol=1e-12)


@pytest.mark.parametrize("check", [deletion, insertion])
@pytest.mark.parametrize("steps", [3, 50])
def test_against_a_loop_over_rows(check, steps, classifiers, birds, attributed):
    rows, background = birds[:3], birds[36:]
    values = np.random.default_rng(2).normal(size=(2, 3, 4, 2))
    explanation = attributed(classifiers, rows, background, values)
    found = check(explanation, classifiers, n_random=2, steps=steps)
    counts = [0, 1, 3, 4] if steps == 3 else range(5)
    answer, insert = Subject.of(explanation, classifiers).places, check is insertion
    encoded = classifiers.schema.encode(rows)
    other = classifiers.schema.encode(background)
    for k in range(2):
        for i in range(3):
            order = np.argsort(-values[k, i, :, answer[i]])
            asked = (classifiers, k, encoded[i], other, order, counts, answer[i])
            wanted = naive_curve(*asked, insert=insert)
            np.testing.assert_allclose(found.array("curve")[k, i], wanted, atol=1e-12)


def test_random_orders_are_shared_by_seeds_and_asked_of_every_model(classifiers, birds, attributed):
    rows, background = birds[:2], birds[36:]
    values = np.zeros((2, 2, 4, 2))
    explanation = attributed(classifiers, rows, background, values)
    found = deletion(explanation, classifiers, n_random=2, output="yes")
    encoded, other = (classifiers.schema.encode(part) for part in (rows, background))
    subject = Subject.of(explanation, classifiers)
    for i in range(2):
        tiled = np.tile(np.arange(4), (3, 1))
        orders = subject.generator(0, i).permuted(tiled, axis=-1)
        for k in range(2):
            curves = [
                naive_curve(classifiers, k, encoded[i], other, order, range(5), 1)
                for order in orders[1:]
            ]
            np.testing.assert_allclose(found.array("random_curve")[k, i], np.mean(curves, axis=0))
            areas = [naive_area(curve, np.linspace(0, 1, 5)) for curve in curves]
            np.testing.assert_allclose(found.array("random_area")[k, i], areas)
            # Attributions that are all alike are a random order too: the one drawn for ties.
            own = naive_curve(classifiers, k, encoded[i], other, orders[0], range(5), 1)
            np.testing.assert_allclose(found.array("curve")[k, i], own)


def test_stacked_networks_answer_as_each_by_itself(numbers, attributed):
    def make():
        return nn.Sequential(nn.Linear(5, 8), nn.ReLU(), nn.Linear(8, 2))

    torch.manual_seed(0)
    ensemble = xg.SeedEnsemble.wrap([make() for _ in range(3)], schema=numbers, classes=["a", "b"])
    values = np.random.default_rng(3).normal(size=(3, 4, 5, 2))
    found = deletion(attributed(ensemble, numbers[:4], numbers[40:], values), ensemble, n_random=3)
    for k, seed in enumerate(ensemble.seeds):
        one = ensemble.select([seed])
        explanation = attributed(one, numbers[:4], numbers[40:], values[[k]])
        alone = deletion(explanation, one, n_random=3, output="a")
        answer = found.provenance["parameters"]["outputs"]
        same = [i for i, name in enumerate(answer) if name == "a"]
        for name in ("curve", "random_curve", "area", "random_area"):
            np.testing.assert_allclose(
                found.array(name)[k, same], alone.array(name)[0, same], atol=1e-6
            )


def test_one_background_row_replaces_by_a_constant(contributions, linear, numbers):
    baseline = numbers[[50]]
    found = deletion(contributions(2), linear, background=baseline, n_random=1)
    np.testing.assert_allclose(
        found.array("curve")[:, :, -1], np.tile(linear.outputs(baseline)[..., 0], (1, 2))
    )


def test_background_mean_is_one_row_of_means_and_commonest_categories(
    classifiers, birds, attributed
):
    explanation = attributed(classifiers, birds[:2], birds, np.ones((2, 2, 4, 2)))
    found = deletion(explanation, classifiers, replace="background_mean", output="yes", n_random=1)
    mean = birds[["length", "depth", "mass"]].mean().to_frame().T
    row = mean.assign(colour=birds["colour"].mode()[0])
    np.testing.assert_allclose(
        found.array("curve")[:, 0, -1], classifiers.outputs(row)[:, 0, 1], atol=1e-12
    )


def test_true_contributions_beat_every_random_order(contributions, linear):
    for check in (deletion, insertion):
        found = check(contributions(20), linear)
        assert beats_random(found).tolist() == [1.0] * 20
        # Only orders that are as good may tie.
        assert np.median(random_order_p_values(found)) == pytest.approx(1 / 21)
        lost = check(contributions(20, factor=-1.0), linear)
        assert beats_random(lost).tolist() == [0.0] * 20
        assert np.median(random_order_p_values(lost)) == 1.0


def test_random_attributions_beat_random_orders_half_of_the_time(linear, numbers, attributed):
    rows = np.random.default_rng(5).normal(size=(300, 5))
    values = np.random.default_rng(6).normal(size=(3, 300, 5, 1))
    explanation = attributed(linear, rows, numbers, values)
    for check in (deletion, insertion):
        found = check(explanation, linear, n_background=5)
        assert abs(beats_random(found).mean() - 0.5) < 3 * np.sqrt(0.25 / 300)
        p = random_order_p_values(found)
        assert abs((p <= 0.5).mean() - 0.5) < 0.08


def test_sizes_go_by_size_and_follow_the_distance(contributions, linear):
    signed = contributions()
    sizes = contributions(method="saliency", absolute=True)
    values = np.abs(signed.array("attribution"))
    data = signed.data.assign(attribution=(signed.data["attribution"].dims, values))
    sizes = type(sizes)(
        data=data, schema=sizes.schema, method="saliency", provenance=sizes.provenance
    )
    found = deletion(sizes, linear, n_random=2)
    assert found.provenance["parameters"]["order"] == "absolute"
    explicit = deletion(signed, linear, n_random=2, order="absolute")
    np.testing.assert_array_equal(found.array("area"), explicit.array("area"))
    one = signed.array("attribution")[0, 0, :, 0]
    order = np.argsort(-np.abs(one))
    gone = np.concatenate([[0.0], np.cumsum(one[order])])
    np.testing.assert_allclose(found.array("curve")[0, 0], -np.abs(gone), atol=1e-9)
    back = insertion(signed, linear, n_random=2, order="absolute").array("curve")[0, 0]
    np.testing.assert_allclose(back, -np.abs(one.sum() - gone), atol=1e-9)
    with pytest.raises(InputError, match=r"sizes without a sign.*order='signed' for 'saliency'"):
        deletion(sizes, linear, order="signed")


def test_falling_orders_leave_ties_in_the_drawn_order():
    values = np.array([[[1.0, 2.0, 1.0, 2.0]]])
    ties = np.array([[3, 2, 1, 0]])
    assert falling_orders(values, ties).tolist() == [[[3, 1, 2, 0]]]


def test_counts():
    assert removal_counts(4, 50).tolist() == [0, 1, 2, 3, 4]
    assert removal_counts(10, 4).tolist() == [0, 2, 5, 8, 10]
    assert removal_counts(784, 50)[[0, -1]].tolist() == [0, 784]
    assert len(set(removal_counts(784, 50))) == 51


def test_rows_on_which_nothing_matters_are_undefined(numbers, attributed):
    def model(amount):
        def answer(rows):
            return 2.0 + amount * (rows[:, 0] > 0.0) * rows[:, 1]

        return answer

    ensemble = xg.SeedEnsemble.wrap([model(0.0), model(1.0)], schema=numbers, task="regression")
    # The second model takes no notice of anything around its second row.
    rows = np.array([[1.0, 1.0, 0, 0, 0], [-1.0, 1.0, 0, 0, 0]])
    background = np.array([[-1.0, 0.5, 0, 0, 0], [-2.0, 0.1, 0, 0, 0]])
    values = np.random.default_rng(0).normal(size=(2, 2, 5, 1))
    found = deletion(attributed(ensemble, rows, background, values), ensemble)
    assert np.isnan(found.array("area")).tolist() == [[True, True], [False, True]]
    assert np.isnan(found.array("random_area")).all(axis=-1).tolist() == [
        [True, True],
        [False, True],
    ]
    assert np.isnan(beats_random(found)).tolist() == [False, True]
    assert np.isnan(random_order_p_values(found)).tolist() == [[True, True], [False, True]]


def test_a_single_feature_has_one_order(numbers, attributed):
    ensemble = xg.SeedEnsemble.wrap(
        [lambda rows: rows[:, 0], lambda rows: 2 * rows[:, 0]],
        schema=numbers[:, :1],
        task="regression",
    )
    explanation = attributed(ensemble, numbers[:3, :1], numbers[:, :1], np.ones((2, 3, 1, 1)))
    found = deletion(explanation, ensemble)
    assert np.isfinite(found.array("area")).all()
    assert np.isnan(beats_random(found)).all()
    assert np.isnan(random_order_p_values(found)).all()


def test_draws_follow_the_row_and_not_its_place(contributions, linear):
    whole = deletion(contributions(6), linear, n_random=4)
    part = deletion(contributions(6).at([4, 1]), linear, n_random=4)
    for name in ("curve", "random_area"):
        np.testing.assert_array_equal(whole.array(name)[:, [4, 1]], part.array(name))
    other = deletion(contributions(6), linear, n_random=4, random_state=1)
    assert not np.array_equal(other.array("random_area"), whole.array("random_area"))


def test_what_is_kept_of_random_orders_changes_nothing(contributions, linear):
    first = insertion(contributions(4), linear, n_random=4)
    again = insertion(contributions(4), linear, n_random=4)  # kept
    _RANDOM.clear()
    deletion(contributions(4), linear, n_random=4)
    after = insertion(contributions(4), linear, n_random=4)
    for found in (again, after):
        assert found.data.identical(first.data)
    more = insertion(contributions(4), linear, n_random=5)
    assert more.data.sizes["draw"] == 5


def test_areas_of_insertion_are_those_of_deletion_in_the_reversed_order(contributions, linear):
    gone = deletion(contributions(4, factor=-1.0), linear, n_random=4)
    back = insertion(contributions(4), linear, n_random=4)
    np.testing.assert_allclose(back.array("area"), gone.array("area"))
    np.testing.assert_allclose(back.array("random_area"), gone.array("random_area"))


def test_provenance_and_storing(contributions, linear, tmp_path):
    explanation = contributions(4)
    found = deletion(explanation, linear, n_random=4, n_background=7)
    told = found.provenance["parameters"]
    wanted = {
        "order": "signed",
        "replace": "background_rows",
        "n_random": 4,
        "n_background": 7,
        "steps": 50,
        "scale": "value",
        "outputs": ["y"] * 4,
    }
    assert wanted.items() <= told.items()
    assert found.provenance["explanation_sha256"] == xg.store.digest(explanation)
    assert check_digest(load_check(found.save(tmp_path / "c.npz"))) == check_digest(found)
    found.check_belongs(explanation)


def test_messages(contributions, linear, numbers):
    explanation = contributions(2)
    for check in (deletion, insertion):
        with pytest.raises(InputError, match="order to be one of 'signed', 'absolute'"):
            check(explanation, linear, order="size")
        with pytest.raises(InputError, match="replace to be one of"):
            check(explanation, linear, replace="zero")
        with pytest.raises(InputError, match="n_random to be a whole number of at least 1"):
            check(explanation, linear, n_random=0)
        with pytest.raises(InputError, match="steps to be a whole number"):
            check(explanation, linear, steps=0.5)
        with pytest.raises(InputError, match="Name one of the listed outputs"):
            check(explanation, linear, output="z")
        with pytest.raises(InputError, match="background with two dimensions"):
            check(explanation, linear, background=numbers[0])


def test_random_attributions_of_features_that_act_together_do_so_too(numbers, attributed):
    """Areas are skewed and tied here, so that half would not lie below their mean."""

    def model(columns):
        return lambda rows: (rows[:, columns] > 0).all(axis=1).astype(float)

    rows = np.sign(np.random.default_rng(5).normal(size=(300, 5)))
    known = np.sign(numbers[:6])
    models = [model(slice(0, 4)), model(slice(1, 5))]
    ensemble = xg.SeedEnsemble.wrap(models, seeds=[0, 1], schema=numbers, task="regression")
    values = np.random.default_rng(6).normal(size=(2, 300, 5, 1))
    explanation = attributed(ensemble, rows, known, values)
    for check in (deletion, insertion):
        found = beats_random(check(explanation, ensemble))
        found = found[np.isfinite(found)]
        assert abs(found.mean() - 0.5) < 3 * np.sqrt(0.25 / len(found))


def test_labels_of_several_levels(contributions, linear, tmp_path):
    explanation = contributions(4)
    labels = np.empty(4, dtype=object)
    labels[:] = [("a", 1), ("a", 2), ("b", 1), ("b", 2)]
    data = explanation.data.assign_coords(instance=labels)
    explanation = replace(explanation, data=data)
    check = deletion(explanation, linear, n_random=2)
    check.check_belongs(explanation)
    again = load_check(check.save(tmp_path / "c.npz"))
    assert again.instances.tolist() == check.instances.tolist() == labels.tolist()
    assert check_digest(again) == check_digest(check)
