from __future__ import annotations

from dataclasses import dataclass

import joblib
import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

import xaigeo as xg
from xaigeo.ensemble.members import CallableMembers
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.explainers.anchors import AnchorExplainer
from xaigeo.explanations import Anchors
from xaigeo.schema import FeatureSchema


@dataclass(frozen=True)
class InBox:
    """Answers yes where a column's value lies in its interval or set, for every column named."""

    limits: tuple[tuple[str, object], ...]

    def __call__(self, frame):
        inside = np.ones(len(frame), dtype=bool)
        for name, limit in self.limits:
            values = frame[name]
            inside &= (
                values.isin(limit)
                if isinstance(limit, frozenset)
                else values.between(*limit).to_numpy()
            )
        return np.column_stack([~inside, inside]).astype(float)


@dataclass(frozen=True)
class Noise:
    """Answers by a hash of the first column, so that no rule holds."""

    salt: float

    def __call__(self, frame):
        odd = (np.floor(frame.iloc[:, 0].to_numpy() * 1e6 + self.salt) % 2).astype(bool)
        return np.column_stack([~odd, odd]).astype(float)


def ensemble_of(*models, frame):
    schema = FeatureSchema.from_data(frame)
    members = CallableMembers(models, schema, classification=True)
    seeds = tuple(range(len(models)))
    return SeedEnsemble(members=members, seeds=seeds, schema=schema, classes=("no", "yes"))


def explain(ensemble, rows, background, **parameters) -> Anchors:
    return xg.explain(
        ensemble, rows, method="anchors", background=background, **{"random_state": 0} | parameters
    )


@pytest.fixture
def frame():
    rng = np.random.default_rng(0)
    n = 500
    return pd.DataFrame(
        {
            "width": rng.uniform(0, 10, n),
            "count": rng.integers(0, 40, n),
            "colour": rng.choice(["blue", "green", "red"], n),
            "size": pd.Categorical(
                rng.choice(["S", "M", "L", "XL"], n), categories=["S", "M", "L", "XL"], ordered=True
            ),
        }
    )


def fresh_rows(result, seed, instance, n, rng, sampling="conditional"):
    """Draw rows under a rule as `RuleSampler` documents them, from the result alone."""
    background = result.array("background")
    lower = result.array("lower")[seed, instance]
    upper = result.array("upper")[seed, instance]
    allowed = result.array("allowed")[seed, instance]
    rows = background[rng.integers(len(background), size=n)].copy()
    for j, feature in enumerate(result.schema.features):
        values = background[:, j]

        def obeys(values, j=j, feature=feature):
            if feature.is_discrete:
                return allowed[j][values.astype(int)]
            return (values >= lower[j]) & (values <= upper[j])

        drawn = rng.choice(values[obeys(values)], size=n)
        keep = obeys(rows[:, j]) & (sampling == "conditional")
        rows[:, j] = np.where(keep, rows[:, j], drawn)
    return rows


def test_a_box_is_recovered_up_to_a_cell(frame):
    truth = InBox((("width", (2.0, 6.0)), ("colour", frozenset({"blue", "red"}))))
    ensemble = ensemble_of(truth, frame=frame)
    inside = frame[ensemble.predict(frame)[0] == "yes"].head(8)
    result = explain(ensemble, inside, frame, threshold=0.99, n_cuts=30)
    cell = np.diff(np.quantile(frame["width"], np.linspace(0, 1, 32))).max()
    width, colour = frame.columns.get_loc("width"), frame.columns.get_loc("colour")
    assert result.array("met").all()
    assert (np.abs(result.array("lower")[0, :, width] - 2.0) <= cell).all()
    assert (np.abs(result.array("upper")[0, :, width] - 6.0) <= cell).all()
    assert (result.array("allowed")[0, :, colour, :3] == [True, False, True]).all()
    # The other two columns do not matter, and no rule names them.
    assert np.isinf(result.array("lower")[0, :, 1]).all()
    assert np.isinf(result.array("upper")[0, :, 1]).all()
    assert result.array("allowed")[0, :, 3].all()


def test_outside_the_box_one_predicate_is_enough(frame):
    truth = InBox((("width", (2.0, 6.0)), ("colour", frozenset({"blue", "red"}))))
    green = frame[(frame["colour"] == "green") & (frame["width"].between(3, 5))].head(3)
    result = explain(ensemble_of(truth, frame=frame), green, frame)
    assert [result.rule(0, label) for label in green.index] == ["colour = green"] * 3


def test_ordinal_columns_are_restricted_to_neighbouring_categories(frame):
    truth = InBox((("size", frozenset({"M", "L"})),))
    ensemble = ensemble_of(truth, frame=frame)
    rows = frame[frame["size"] == "M"].head(3)
    result = explain(ensemble, rows, frame)
    assert (result.array("allowed")[0, :, 3] == [False, True, True, False]).all()


def test_whole_numbers_are_cut_between_them(frame):
    truth = InBox((("count", (10, 20)),))
    rows = frame[frame["count"] == 15].head(2)
    result = explain(ensemble_of(truth, frame=frame), rows, frame, n_cuts=60, threshold=0.99)
    assert (result.array("lower")[0, :, 1] == 9.5).all()
    assert (result.array("upper")[0, :, 1] == 20.5).all()


@pytest.mark.parametrize("sampling", ["conditional", "marginal"])
def test_precision_holds_on_many_fresh_rows(species, birds, sampling):
    rows = birds.iloc[[0, 120, 200, 300]]
    result = explain(species, rows, birds, sampling=sampling)
    rng = np.random.default_rng(1)
    n_fresh = 100_000
    for seed, instance in np.ndindex(result.array("met").shape):
        drawn = fresh_rows(result, seed, instance, n_fresh, rng, sampling)
        classes = species.member_outputs_encoded(seed, drawn).argmax(axis=-1)
        true = (classes == result.predicted[seed, instance]).mean()
        hits = round(result.array("precision")[seed, instance] * 1000)
        # The chance that 1000 rows of this precision have so few, or so many, hits.
        assert binom.cdf(hits, 1000, true) > 1e-5
        assert binom.sf(hits - 1, 1000, true) > 1e-5


def test_the_bound_exceeds_the_true_precision_no_more_often_than_promised():
    # One column of distinct values: the true precision of a rule can be counted.
    rng = np.random.default_rng(0)
    values = np.sort(rng.uniform(0, 1, 400))
    frame = pd.DataFrame({"x": values})
    noisy = rng.random(400) < np.where(values < 0.6, 0.95, 0.3)

    def model(rows):
        hit = noisy[np.searchsorted(values, rows["x"].to_numpy())]
        return np.column_stack([~hit, hit]).astype(float)

    place = int(np.flatnonzero(noisy)[5])
    n_runs, delta = 400, 0.3
    result = explain(
        ensemble_of(model, frame=frame),
        frame.iloc[[place] * n_runs].reset_index(drop=True),
        frame,
        threshold=0.9,
        delta=delta,
        n_samples=120,
        n_checks=2,
    )
    inside = result.members(result.array("background"))[0]
    true = np.array([noisy[mask].mean() for mask in inside])
    n_wrong = int((result.array("precision_low")[0] > true).sum())
    assert n_wrong <= binom.ppf(0.9999, n_runs, delta)


def test_coverage_is_the_share_of_background_rows_that_obey(species, birds):
    result = explain(species, birds.head(5), birds)
    obeying = result.members(result.array("background"))
    assert result.array("coverage") == pytest.approx(obeying.mean(axis=-1))


def test_rules_hold_for_instances_beyond_the_background(species, birds):
    few = birds[birds["island"] != "Torgersen"]
    far = birds[birds["island"] == "Torgersen"].head(3).copy()
    far["bill_length_mm"] = [5.0, 44.0, 200.0]
    result = explain(species, far, few)
    places = np.arange(3)
    assert result.members(result.array("input"))[:, places, places].all()


def test_where_no_rule_holds_the_best_one_comes_back_unmet(frame):
    result = explain(ensemble_of(Noise(0.0), frame=frame), frame.head(4), frame)
    assert not result.array("met").any()
    assert (result.array("precision_low") < 0.95).all()
    assert (result.array("precision") > 0).all()


def test_a_model_that_never_changes_its_answer_needs_no_rule(frame):
    always = InBox(())
    result = explain(ensemble_of(always, frame=frame), frame.head(2), frame)
    assert result.rule(0, 0) == "any row (empty rule)"
    assert (result.array("coverage") == 1).all()
    assert (result.array("precision") == 1).all()


def test_identical_models_get_identical_rules_and_their_own_precision(species, birds):
    model = species.members.functions[0]
    twins = SeedEnsemble.wrap([model, model, model], schema=birds, classes=species.classes)
    result = explain(twins, birds.iloc[[0, 150, 300]], birds)
    for name in ("lower", "upper", "allowed", "precision", "coverage"):
        array = result.array(name)
        assert (array == array[:1]).all()
    cross = result.array("cross_precision")
    assert (cross == result.array("precision")[:, None]).all()


def test_cross_precision_is_the_other_models_share_of_the_same_class(frame):
    one = InBox((("width", (2.0, 6.0)),))
    opposite = InBox((("width", (6.0, 100.0)),))
    always = InBox(())
    rows = frame[frame["width"].between(3, 5)].head(3)
    ensemble = ensemble_of(one, opposite, always, frame=frame)
    result = explain(ensemble, rows, frame, threshold=0.99, n_cuts=40)
    cross = result.array("cross_precision")
    own = result.array("precision")
    assert (cross[0, 0] == own[0]).all()
    # Under the first rule the second model says no, the third yes.
    assert (cross[0, 1] <= 0.01).all()
    assert (cross[0, 2] == 1).all()
    # The third rule is empty: the first model's share of yes among all rows.
    share = frame["width"].between(2, 6).mean()
    assert (np.abs(cross[2, 0] - share) < 5 * np.sqrt(share * (1 - share) / 1000)).all()


def test_answers_do_not_depend_on_how_the_work_is_cut(species, birds):
    rows = birds.iloc[::50]
    whole = explain(species, rows, birds)
    with joblib.parallel_config(backend="threading"):
        cut = explain(species, rows, birds, n_jobs=2)
    alone = explain(species, rows, birds)
    for name in whole.data:
        assert (whole.array(name) == cut.array(name)).all()
        assert (whole.array(name) == alone.array(name)).all()


def test_memory_limit_changes_nothing(species, birds, monkeypatch):
    rows = birds.iloc[::60]
    whole = explain(species, rows, birds)
    monkeypatch.setattr("xaigeo.explainers.anchors.MAX_NUMBERS", 1)
    grouped = explain(species, rows, birds)
    for name in whole.data:
        assert (whole.array(name) == grouped.array(name)).all()


def test_another_random_state_draws_other_rows(species, birds):
    rows = birds.iloc[[150]]
    shares = [
        explain(species, rows, birds, random_state=state).array("precision") for state in (0, 1)
    ]
    assert (shares[0] != shares[1]).any()


def test_max_predicates_bounds_the_length_of_rules(species, birds):
    result = explain(species, birds.iloc[::40], birds, max_predicates=1)
    named = np.isfinite(result.array("lower")) | np.isfinite(result.array("upper"))
    for j in np.flatnonzero(result.schema.discrete):
        named[:, :, j] = ~result.array("allowed")[:, :, j].all(axis=-1)
    assert (named.sum(axis=-1) <= 1).all()


def test_parameters_and_bound_ride_in_the_provenance(species, birds):
    result = explain(species, birds.head(1), birds, threshold=0.9)
    assert result.provenance["parameters"]["threshold"] == 0.9
    assert result.provenance["parameters"]["sampling"] == "conditional"
    assert result.provenance["random_state"] == 0


def test_regression_is_refused(mass, birds):
    with pytest.raises(
        InputError, match="Expected a classification ensemble for anchors, got a regression"
    ):
        explain(mass, birds.head(1), birds)


def test_the_upstream_engine_is_refused(species, birds):
    with pytest.raises(InputError, match=r"Expected an engine of anchors \(batched\), got 'up"):
        explain(species, birds.head(1), birds, engine="upstream")


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        (
            {"threshold": 1.0},
            "Expected threshold to be a number between 0 and 1, both excluded, got 1.0. "
            "Pass a number such as threshold=0.95.",
        ),
        (
            {"delta": "a"},
            "Expected delta to be a number between 0 and 1, both excluded, got 'a'. "
            "Pass a number such as delta=0.1.",
        ),
        ({"n_cuts": 0}, "Expected n_cuts to be a whole number of at least 1, got 0."),
        (
            {"max_predicates": 0},
            "Expected max_predicates to be a whole number of at least 1, got 0.",
        ),
        ({"sampling": "rows"}, "Expected sampling to be one of 'conditional', 'marginal'"),
        (
            {"n_samples": 50},
            "Expected n_samples of at least 90, so that a rule without a miss can show a precision "
            "of 0.95, got n_samples=50. Raise n_samples, or lower threshold, n_checks or the "
            "confidence 1 - delta.",
        ),
        ({"n_search": 50}, "Raise n_search, or lower threshold"),
    ],
)
def test_bad_parameters_are_refused(parameters, text):
    with pytest.raises(InputError) as error:
        AnchorExplainer(**parameters)
    assert text in str(error.value)
