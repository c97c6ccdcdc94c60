from __future__ import annotations

import json
from dataclasses import dataclass

import joblib
import numpy as np
import pytest
from scipy.optimize import linprog

import xaigeo as xg
from xaigeo.ensemble.members import CallableMembers
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.explainers.counterfactuals import CounterfactualExplainer
from xaigeo.explanations import Counterfactuals
from xaigeo.schema import FeatureSchema


@dataclass(frozen=True)
class Logistic:
    """Two classes with the log-odds ``intercept + x @ slope`` of an array or frame of numbers."""

    slope: tuple[float, ...]
    intercept: float = 0.0

    def __call__(self, rows):
        odds = self.intercept + np.asarray(rows, dtype=float) @ np.array(self.slope)
        yes = 1 / (1 + np.exp(-odds))
        return np.column_stack([1 - yes, yes])


@dataclass(frozen=True)
class Mixed:
    """Says yes to large red or very large things."""

    border: float = 0.0

    def __call__(self, frame):
        score = frame["length"] - 50 + 4.0 * (frame["colour"] == "red") - 6.0 + self.border
        yes = (1 / (1 + np.exp(-score))).to_numpy()
        return np.column_stack([1 - yes, yes])


def ensemble_of(*models, frame, classes=("no", "yes")):
    schema = FeatureSchema.from_data(frame)
    members = CallableMembers(models, schema, classification=True)
    seeds = tuple(range(len(models)))
    return SeedEnsemble(members=members, seeds=seeds, schema=schema, classes=classes)


def explain(ensemble, rows, background, **parameters) -> Counterfactuals:
    return xg.explain(
        ensemble,
        rows,
        method="counterfactuals",
        background=background,
        **{"random_state": 0} | parameters,
    )


@pytest.fixture
def numbers():
    rng = np.random.default_rng(0)
    return rng.normal(size=(400, 4)) * [1.0, 10.0, 0.1, 3.0] + [0.0, 50.0, 1.0, -2.0]


SLOPE = (1.0, -0.08, 4.0, 0.2)
LINEAR = Logistic(SLOPE, intercept=0.4)


def log_odds(rows):
    return LINEAR.intercept + rows @ np.array(SLOPE)


def test_of_a_linear_model_the_best_single_column_changes(numbers):
    rows = numbers[np.abs(log_odds(numbers)) < 1.0][:10]
    result = explain(ensemble_of(LINEAR, frame=numbers), rows, numbers)
    mad = np.median(np.abs(numbers - np.median(numbers, axis=0)), axis=0)
    worth = np.abs(SLOPE) * mad
    best = int(worth.argmax())
    # The class must lead by the margin 1e-5, a log-odds of about 2e-5.
    nearest = (np.abs(log_odds(rows)) + 2e-5) / worth[best]
    assert result.array("valid").all()
    assert (result.array("changed")[0, :, 0] == (np.arange(4) == best)).all()
    assert result.array("distance")[0, :, 0] == pytest.approx(nearest, abs=2e-5)
    assert result.array("feature_mad") == pytest.approx(mad)


def test_where_ranges_end_the_nearest_point_is_that_of_a_linear_program(numbers):
    rows = numbers[np.argsort(log_odds(numbers))[:12]]
    near = numbers[np.abs(log_odds(numbers)) < 0.8]
    near = near[(near < np.quantile(near, 0.8, axis=0)).all(axis=1)]
    result = explain(ensemble_of(LINEAR, frame=numbers), rows, near, change_cost=0.0)
    mad = result.array("feature_mad")
    for i, row in enumerate(rows):
        # Steps up and down by column, in original units.
        price = np.concatenate([1 / mad, 1 / mad])
        gain = np.concatenate([SLOPE, np.negative(SLOPE)])
        low, high = np.minimum(near.min(axis=0), row), np.maximum(near.max(axis=0), row)
        program = linprog(
            price,
            A_ub=-gain[None],
            b_ub=[log_odds(row) - 2e-5],
            bounds=list(zip([0] * 8, np.concatenate([high - row, row - low]), strict=True)),
        )
        assert result.array("valid")[0, i, 0]
        assert result.array("distance")[0, i, 0] == pytest.approx(program.fun, rel=1e-4)
    assert (result.array("n_changed") > 1).any()


def test_points_are_valid_by_the_models_own_answer_and_cross_validity_by_the_others(species, birds):
    rows = birds.iloc[::20]
    result = explain(species, rows, birds, n_candidates=3)
    point, target = result.array("point"), result.array("target")
    n_seeds, n_instances, n_candidates, n_features = point.shape
    for seed, other in np.ndindex(n_seeds, n_seeds):
        answers = species.member_outputs_encoded(other, point[seed].reshape(-1, n_features))
        right = answers.argmax(axis=-1).reshape(n_instances, n_candidates) == target[seed][:, None]
        assert (result.array("cross_validity")[seed, other] == right).all()
        if seed == other:
            assert (result.array("valid")[seed] == right).all()
    assert result.array("valid").all()


def test_the_target_is_the_runner_up_unless_named(species, birds):
    rows = birds.iloc[::20]
    result = explain(species, rows, birds)
    second = np.argsort(result.array("prediction"), axis=-1)[..., -2]
    assert (result.array("target") == second).all()
    named = explain(species, rows, birds, target="Gentoo")
    assert (named.array("target") == 2).all()


def test_where_the_target_is_given_already_the_instance_is_the_answer(species, birds):
    rows = birds.iloc[::20]
    result = explain(species, rows, birds, target="Gentoo")
    there = result.predicted == 2
    assert there.any()
    assert (result.array("distance")[there] == 0).all()
    assert (result.array("distance")[~there] > 0).all()
    assert result.array("valid")[there].all()
    assert np.isnan(result.array("flip_fraction")[there]).all()


def test_points_stay_in_range_and_whole_numbers_whole(mixed_frame):
    def model(frame):
        score = (
            0.3 * (frame["length"] - 50)
            + (frame["count"] - 4)
            + (frame["colour"] == "red")
            - (frame["size"] == "small").astype(float)
        )
        yes = (1 / (1 + np.exp(-score))).to_numpy(dtype=float)
        return np.column_stack([1 - yes, yes])

    result = explain(ensemble_of(model, model, frame=mixed_frame), mixed_frame, mixed_frame)
    point, background = result.array("point"), result.array("background")
    assert result.array("valid").all()
    assert (point >= background.min(axis=0)).all()
    assert (point <= background.max(axis=0)).all()
    whole = [1, 2, 3, 4]
    assert (point[..., whole] == np.round(point[..., whole])).all()
    assert result.to_frame()["count"].dtype == np.int64


def test_reported_numbers_follow_from_the_points(species, birds):
    result = explain(species, birds.iloc[::30], birds, n_candidates=2)
    point, origin = result.array("point"), result.array("input")[:, None, :]
    changed = point != origin
    mad = result.array("feature_mad")
    moved = np.where(
        result.schema.discrete, changed, np.abs(point - origin) / np.where(mad > 0, mad, 1)
    )
    assert (result.array("changed") == changed).all()
    assert (result.array("n_changed") == changed.sum(axis=-1)).all()
    assert result.array("distance") == pytest.approx(moved.sum(axis=-1))


def test_immutable_columns_do_not_change(species, birds):
    result = explain(species, birds.iloc[::20], birds, immutable=["island", "bill_length_mm"])
    changed = result.array("changed")
    assert not changed[..., [0, 4]].any()
    assert result.array("valid").any()


def test_max_changed_bounds_the_changed_columns(species, birds):
    free = explain(species, birds.iloc[::20], birds, change_cost=0.0)
    assert free.array("n_changed").max() > 1
    tied = explain(species, birds.iloc[::20], birds, change_cost=0.0, max_changed=1)
    assert tied.array("n_changed").max() == 1


def test_a_higher_price_of_changes_leaves_fewer_changed_columns(species, birds):
    rows = birds.iloc[::40]
    many = explain(species, rows, birds, change_cost=0.0).array("n_changed").mean()
    few = explain(species, rows, birds, change_cost=3.0).array("n_changed").mean()
    assert few < many


def test_min_probability_is_reached(numbers):
    rows = numbers[:10]
    result = explain(ensemble_of(LINEAR, frame=numbers), rows, numbers, min_probability=0.9)
    yes = LINEAR(result.array("point")[0, :, 0])
    reached = np.take_along_axis(yes, result.array("target")[0][:, None], axis=1)[:, 0]
    assert result.array("valid").all()
    assert (reached >= 0.9).all()


def test_the_class_flips_where_the_log_odds_cross_zero(numbers):
    rows = numbers[np.abs(log_odds(numbers)) > 0.1][:10]
    result = explain(ensemble_of(LINEAR, frame=numbers), rows, numbers, min_probability=0.9)
    # On a straight way the log-odds of a linear model change evenly, here up to log 9.
    start = np.abs(log_odds(rows))
    end = np.abs(log_odds(result.array("point")[0, :, 0]))
    assert result.array("flip_fraction")[0, :, 0] == pytest.approx(start / (start + end), abs=1e-5)


def test_a_needed_change_of_category_flips_the_class_at_the_end(mixed_frame):
    def model(frame):
        yes = (frame["colour"] == "red").to_numpy(dtype=float)
        return np.column_stack([1 - yes, yes])

    rows = mixed_frame[mixed_frame["colour"] != "red"].head(3)
    result = explain(ensemble_of(model, frame=mixed_frame), rows, mixed_frame)
    assert (result.array("flip_fraction") == 1.0).all()
    assert (result.array("distance") == 1.0).all()
    assert result.to_frame()["changed"].tolist() == ["colour"] * 3


def test_the_cheaper_of_a_category_and_a_number_changes(mixed_frame):
    ensemble = ensemble_of(Mixed(), frame=mixed_frame)
    no = mixed_frame[ensemble.predict(mixed_frame)[0] == "no"]
    red, other = no[no["colour"] == "red"].head(1), no[no["colour"] != "red"]
    # 3 below the border: turning red is enough; a red row has only its length to change.
    close = other.assign(length=53.0).head(1)
    assert explain(ensemble, close, mixed_frame).to_frame()["changed"].tolist() == ["colour"]
    assert explain(ensemble, red, mixed_frame).to_frame()["changed"].tolist() == ["length"]


def test_where_no_row_has_the_target_the_closest_point_comes_back_invalid(numbers):
    never = Logistic((0.1, 0.0, 0.0, 0.0), intercept=-9.0)
    result = explain(ensemble_of(never, frame=numbers), numbers[:3], numbers)
    assert not result.array("valid").any()
    assert np.isnan(result.array("flip_fraction")).all()
    # The probability rises with the first column alone: its largest value comes closest.
    assert (result.array("point")[0, :, 0, 0] == numbers[:, 0].max()).all()


def test_a_class_that_no_sampled_row_has_is_climbed_to(numbers):
    # Four columns at their utmost are needed; neither data nor random rows come near.
    low, high = numbers.min(axis=0), numbers.max(axis=0)
    slope = 10 / (high - low)
    rare = Logistic(tuple(slope), intercept=float(-(slope @ high) + 1.5))
    ensemble = ensemble_of(rare, frame=numbers)
    assert (ensemble.predict(numbers)[0] == "no").all()
    result = explain(ensemble, numbers[:4], numbers, n_samples=50)
    assert result.array("valid").all()
    assert (result.array("n_changed") == 4).all()


def test_candidates_change_different_columns_cheapest_first(numbers):
    rows = numbers[np.abs(log_odds(numbers)) < 0.2][:5]
    result = explain(ensemble_of(LINEAR, frame=numbers), rows, numbers, n_candidates=3)
    for i in range(len(rows)):
        assert len({tuple(mask) for mask in result.array("changed")[0, i]}) == 3
    cost = result.array("distance") + 0.1 * result.array("n_changed")
    assert (np.diff(cost, axis=-1) >= 0).all()


def test_too_few_candidates_repeat_the_first(mixed_frame):
    def model(frame):
        yes = frame["wild"].to_numpy(dtype=float)
        return np.column_stack([1 - yes, yes])

    result = explain(
        ensemble_of(model, frame=mixed_frame), mixed_frame.head(2), mixed_frame, n_candidates=3
    )
    assert (result.array("changed").sum(axis=(0, 1, 2)) == [0, 0, 0, 6, 0]).all()


def test_identical_models_get_identical_points(species, birds):
    model = species.members.functions[0]
    twins = SeedEnsemble.wrap([model, model], schema=birds, classes=species.classes)
    result = explain(twins, birds.iloc[::40], birds)
    assert (result.array("point")[0] == result.array("point")[1]).all()
    assert result.array("cross_validity").all()


def test_answers_do_not_depend_on_how_the_work_is_cut(species, birds, monkeypatch):
    rows = birds.iloc[[0, 150, 300]]
    whole = explain(species, rows, birds, n_starts=4)
    with joblib.parallel_config(backend="threading"):
        cut = explain(species, rows, birds, n_starts=4, n_jobs=2)
    monkeypatch.setattr("xaigeo.explainers.counterfactuals.GROUP_SIZE", 2)
    grouped = explain(species, rows, birds, n_starts=4)
    for name in ("point", "valid", "distance", "target", "flip_fraction", "cross_validity"):
        # BLAS adds up in another order for another number of rows.
        np.testing.assert_allclose(cut.array(name), whole.array(name), rtol=1e-6)
        np.testing.assert_allclose(grouped.array(name), whole.array(name), rtol=1e-6)


def test_the_same_random_state_gives_the_same_points(species, birds):
    rows = birds.iloc[::100]
    first, second = explain(species, rows, birds), explain(species, rows, birds)
    assert (first.array("point") == second.array("point")).all()


def test_parameters_are_json(species, birds):
    result = explain(species, birds.head(1), birds, immutable=("sex",), target=np.str_("Gentoo"))
    parameters = json.loads(json.dumps(result.provenance["parameters"]))
    assert parameters["immutable"] == ["sex"]
    assert parameters["target"] == "Gentoo"


def test_regression_is_refused(mass, birds):
    with pytest.raises(InputError, match="Expected a classification ensemble for counterfactuals"):
        explain(mass, birds.head(1), birds)


def test_an_unknown_target_is_refused(species, birds):
    with pytest.raises(
        InputError,
        match=r"Expected target to be a class of the ensemble \('Adelie', 'Chinstrap', 'Gentoo'\), "
        r"got 'Gento'. Did you mean 'Gentoo'\?",
    ):
        explain(species, birds.head(1), birds, target="Gento")


def test_an_unknown_immutable_column_is_refused(species, birds):
    with pytest.raises(InputError, match=r"got 'isle'. Did you mean 'island'\?"):
        explain(species, birds.head(1), birds, immutable=["isle"])


def test_some_column_must_be_free_to_change(species, birds):
    with pytest.raises(
        InputError,
        match=r"Expected at least one column that may change, got all of bill_length_mm.* in "
        r"immutable\. Leave a column out of immutable\.",
    ):
        explain(species, birds.head(1), birds, immutable=list(birds.columns))


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        (
            {"immutable": "sex"},
            "Expected immutable to be a list of column names, got 'sex'. Pass immutable=['sex'].",
        ),
        ({"n_candidates": 0}, "Expected n_candidates to be a whole number of at least 1, got 0."),
        ({"max_changed": 1.5}, "Expected max_changed to be a whole number of at least 1, got 1.5."),
        (
            {"change_cost": -1},
            "Expected change_cost to be a number of at least 0, got -1. Pass a number such as "
            "change_cost=0.1.",
        ),
        (
            {"min_probability": 2},
            "Expected min_probability to be a number of at least 0 and at most 1, got 2.",
        ),
    ],
)
def test_bad_parameters_are_refused(parameters, text):
    with pytest.raises(InputError) as error:
        CounterfactualExplainer(**parameters)
    assert text in str(error.value)
