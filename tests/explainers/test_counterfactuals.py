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
        **{"random_state": 0, "n_samples": 200, "n_starts": 4} | parameters,
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
    rows = birds.iloc[::50]
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
    rows = birds.iloc[::50]
    result = explain(species, rows, birds)
    second = np.argsort(result.array("prediction"), axis=-1)[..., -2]
    assert (result.array("target") == second).all()
    named = explain(species, rows, birds, target="Gentoo")
    assert (named.array("target") == 2).all()


def test_where_the_target_is_given_already_the_instance_is_the_answer(species, birds):
    rows = birds.iloc[::50]
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
    result = explain(species, birds.iloc[::60], birds, n_candidates=2)
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
    result = explain(species, birds.iloc[::50], birds, immutable=["island", "bill_length_mm"])
    changed = result.array("changed")
    assert not changed[..., [0, 4]].any()
    assert result.array("valid").any()


def test_max_changed_bounds_the_changed_columns(species, birds):
    free = explain(species, birds.iloc[::50], birds, change_cost=0.0)
    assert free.array("n_changed").max() > 1
    tied = explain(species, birds.iloc[::50], birds, change_cost=0.0, max_changed=1)
    assert tied.array("n_changed").max() == 1


def test_a_higher_price_of_changes_leaves_fewer_changed_columns(species, birds):
    rows = birds.iloc[::80]
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
    cost = result.array("distance") + result.array("n_changed")
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
    result = explain(twins, birds.iloc[::80], birds)
    assert (result.array("point")[0] == result.array("point")[1]).all()
    assert result.array("cross_validity").all()


def test_answers_do_not_depend_on_how_the_work_is_cut(species, birds):
    rows = birds.iloc[[0, 150, 300]]
    whole = explain(species, rows, birds, n_starts=4)
    with joblib.parallel_config(backend="threading"):
        cut = explain(species, rows, birds, n_starts=4, n_jobs=2)
    # So little that every step takes few points at a time.
    grouped = explain(species, rows, birds, n_starts=4, max_memory=2**20)
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


SEARCHES = ("model_agnostic", "growing_spheres", "nearest_unlike")


@pytest.mark.parametrize("search", [*SEARCHES, "gradient"])
def test_all_searches_keep_all_limits(request, birds, search):
    ensemble = request.getfixturevalue("single_logit" if search == "gradient" else "species")
    rows = birds.iloc[::60]
    result = explain(
        ensemble,
        rows,
        birds,
        search=search,
        n_candidates=3,
        immutable=["sex"],
        increase=["flipper_length_mm"],
        decrease=["bill_depth_mm"],
        ranges={"bill_length_mm": (40, 50)},
        allowed={"island": {"Biscoe": ["Dream"]}},
        max_step={"body_mass_g": 500},
        max_changed=4,
    )
    n_features = birds.shape[1]
    origin, point = result.array("input")[:, None], result.array("point")
    places = {name: j for j, name in enumerate(result.features)}
    moved = point != origin
    length = point[..., places["bill_length_mm"]]
    assert ((length >= 40) & (length <= 50) | ~moved[..., places["bill_length_mm"]]).all()
    assert (point - origin)[..., places["flipper_length_mm"]].min() >= 0
    assert (point - origin)[..., places["bill_depth_mm"]].max() <= 0
    assert np.abs(point - origin)[..., places["body_mass_g"]].max() <= 500
    island = result.schema["island"].categories
    left, to = np.broadcast_to(origin, point.shape)[..., 4], point[..., 4]
    changed = moved[..., 4] & (left == island.index("Biscoe"))
    assert (to[changed] == island.index("Dream")).all()
    assert not moved[..., places["sex"]].any()
    assert moved.sum(axis=-1).max() <= 4
    answers = ensemble.outputs_encoded(point.reshape(-1, n_features)).argmax(axis=-1)
    own = answers.reshape(len(point), *point.shape[:3])[
        np.arange(len(point)), np.arange(len(point))
    ]
    assert (result.array("valid") == (own == result.array("target")[..., None])).all()
    assert result.array("valid").any()


@pytest.mark.parametrize("search", SEARCHES)
def test_a_regression_gets_a_value_in_the_wanted_interval(mass, birds, search):
    rows = birds.iloc[::60]
    result = explain(mass, rows, birds, search=search, target=(0.5, 1.0))
    point = result.array("point")[:, :, 0]
    values = np.stack([mass.member_outputs_encoded(s, point[s])[:, 0] for s in range(2)])
    valid = result.array("valid")[..., 0]
    assert (valid == ((values >= 0.5) & (values <= 1.0))).all()
    assert valid.mean() > 0.9
    start = result.array("prediction")[..., 0]
    there = (start >= 0.5) & (start <= 1.0)
    assert (result.array("distance")[there] == 0).all()
    frame = result.to_frame()
    assert set(frame["target"]) == {"mass"}
    assert set(frame["target_lower"]) == {0.5}
    assert set(frame["target_upper"]) == {1.0}
    flip = result.array("flip_fraction")[..., 0]
    assert np.isnan(flip[there | ~valid]).all()
    assert ((flip > 0) & (flip <= 1))[valid & ~there].all()


def test_a_relative_interval_is_of_each_seeds_own_value(mass, birds):
    result = explain(mass, birds.iloc[::60], birds, target=(0.3, None), relative=True)
    point = result.array("point")[:, :, 0]
    values = np.stack([mass.member_outputs_encoded(s, point[s])[:, 0] for s in range(2)])
    rise = values - result.array("prediction")[..., 0]
    # Points end where the interval begins, up to the margin of a spread's hundred-thousandth.
    valid = result.array("valid")[..., 0]
    assert (rise[valid] >= 0.3).all()
    assert valid.any()
    changed_one = valid & (result.array("n_changed")[..., 0] == 1)
    numeric = ~result.array("changed")[..., 0, 4:].any(axis=-1)
    assert (rise[changed_one & numeric] < 0.31).all()


def test_of_a_linear_regression_the_best_single_column_changes(numbers, wrap_values, linear):
    ensemble = wrap_values(linear(SLOPE), rows=numbers)
    rows = numbers[:8]
    result = explain(ensemble, rows, numbers, target=(0.3, None), relative=True)
    mad = result.array("feature_mad")
    worth = np.abs(SLOPE) * mad
    room = np.where(
        np.array(SLOPE) > 0, numbers.max(axis=0) - rows, rows - numbers.min(axis=0)
    ) * np.abs(SLOPE)
    for i in range(len(rows)):
        open_ = np.flatnonzero(room[i] >= 0.31)
        assert result.array("distance")[0, i, 0] == pytest.approx(
            0.3 / worth[open_].max(), rel=1e-3
        )


def test_real_rows_are_shown_as_they_are(species, birds):
    result = explain(species, birds.iloc[::60], birds, search="nearest_unlike", n_candidates=2)
    held = {tuple(row) for row in result.array("background")}
    points = result.array("point").reshape(-1, birds.shape[1])
    assert all(tuple(point) in held for point in points)
    assert result.array("valid").all()


def test_points_are_as_plausible_as_asked(species, birds):
    rows = birds.iloc[::80]
    free = explain(species, rows, birds, target="Gentoo")
    bound = explain(species, rows, birds, target="Gentoo", min_plausibility=0.3)
    there = free.array("distance") == 0
    assert free.array("plausibility")[~there].min() < 0.3
    valid = bound.array("valid")
    assert valid.mean() > 0.9
    # An instance that has the answer stays as it is only if it is plausible.
    assert (bound.array("plausibility")[valid] >= 0.3).all()
    assert bound.array("distance").mean() > free.array("distance").mean()


def test_seeds_in_another_order_get_the_same_points(species, birds):
    rows = birds.iloc[::60]
    result = explain(species, rows, birds)
    other = SeedEnsemble.wrap(
        species.members.functions[::-1],
        seeds=species.seeds[::-1],
        schema=birds,
        classes=species.classes,
    )
    turned = explain(other, rows, birds)
    for name in ("point", "valid", "plausibility"):
        assert (turned.array(name) == result.array(name)[::-1]).all()


def test_instances_in_another_order_get_the_same_real_rows(species, birds):
    rows = birds.iloc[::60]
    result = explain(species, rows, birds, search="nearest_unlike")
    turned = explain(species, rows.iloc[::-1], birds, search="nearest_unlike")
    assert (turned.array("point") == result.array("point")[:, ::-1]).all()


@pytest.mark.parametrize("search", ["model_agnostic", "growing_spheres"])
def test_rescaling_a_column_changes_its_units_only(numbers, search):
    # A power of two, so that nothing is rounded.
    scale = np.array([1.0, 1024.0, 1.0, 0.25])
    rows = numbers[:5]
    result = explain(ensemble_of(LINEAR, frame=numbers), rows, numbers, search=search)
    scaled = Logistic(tuple(np.array(SLOPE) / scale), intercept=LINEAR.intercept)
    other = explain(
        ensemble_of(scaled, frame=numbers * scale), rows * scale, numbers * scale, search=search
    )
    np.testing.assert_allclose(other.array("point"), result.array("point") * scale, rtol=1e-9)
    np.testing.assert_allclose(other.array("distance"), result.array("distance"), rtol=1e-9)


def test_dense_points_keep_the_direction_of_their_start(numbers):
    rows = numbers[:5]
    ensemble = ensemble_of(LINEAR, frame=numbers)
    sparse = explain(ensemble, rows, numbers, search="growing_spheres")
    dense = explain(ensemble, rows, numbers, search="growing_spheres", sparse=False)
    assert (dense.array("n_changed") == 4).all()
    assert sparse.array("n_changed").mean() < 4
    assert dense.array("valid").all()


def test_gradients_need_torch_networks(species, birds):
    with pytest.raises(
        InputError,
        match="Expected an ensemble of torch networks for counterfactuals with search='gradient', "
        "which needs their gradients, got callable models",
    ):
        explain(species, birds.head(1), birds, search="gradient")


def test_regression_needs_an_interval(mass, birds):
    with pytest.raises(InputError, match="Expected target to be the wanted interval of 'mass'"):
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
        (
            {"search": "spheres"},
            "Expected search to be one of 'model_agnostic', 'gradient', 'growing_spheres', "
            "'nearest_unlike', got 'spheres'. Did you mean 'growing_spheres'?",
        ),
        ({"diversity": -1}, "Expected diversity to be a number of at least 0, got -1."),
        (
            {"min_plausibility": 1.5},
            "Expected min_plausibility to be a number of at least 0 and at most 1, got 1.5.",
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
