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
from xaigeo.explainers.background import Background
from xaigeo.explainers.base import Block
from xaigeo.explainers.rules.cells import Cells
from xaigeo.explainers.rules.local_region import LocalRegion, LocalSampler
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


BOUNDS = ("lower", "upper")


def cells_of(result) -> Cells:
    background = Background.from_frame(result.schema, result.array("background"))
    return Cells.from_background(background, result.provenance["resolved"]["n_cuts"])


def make_block(ensemble, rows, background, order=None, max_memory=2**31) -> Block:
    """A block whose instances may be reordered, each with the random numbers that are its own."""
    shared, *own = np.random.SeedSequence(0).spawn(len(rows) + 1)
    order = range(len(rows)) if order is None else order
    encode = ensemble.schema.encode
    return Block(
        ensemble=ensemble,
        rows=encode(rows)[list(order)],
        background=Background.from_frame(ensemble.schema, encode(background)),
        seeds=[own[i] for i in order],
        shared_seed=shared,
        max_memory=max_memory,
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


@pytest.mark.parametrize("search", ["box", "beam"])
@pytest.mark.parametrize("sampling", ["conditional", "marginal"])
def test_precision_holds_on_many_fresh_rows(species, birds, sampling, search):
    rows = birds.iloc[[0, 200]]
    result = explain(species, rows, birds, sampling=sampling, search=search)
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


@pytest.mark.parametrize("search", ["box", "beam"])
def test_the_bound_exceeds_the_true_precision_no_more_often_than_promised(search):
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
        search=search,
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
    result = explain(twins, birds.iloc[[0, 150, 300]], birds, n_cross=1000)
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
    assert (np.abs(cross[2, 0] - share) < 5 * np.sqrt(share * (1 - share) / 250)).all()


def test_answers_do_not_depend_on_how_the_work_is_cut(species, birds):
    rows = birds.iloc[::50]
    whole = explain(species, rows, birds)
    with joblib.parallel_config(backend="threading"):
        cut = explain(species, rows, birds, n_jobs=2)
    alone = explain(species, rows, birds)
    for name in whole.data:
        for other in (cut, alone):
            kind = whole.array(name).dtype.kind
            assert np.array_equal(whole.array(name), other.array(name), equal_nan=kind == "f")


@pytest.mark.parametrize("sampling", ["conditional", "local"])
@pytest.mark.parametrize("search", ["box", "beam"])
def test_memory_limit_changes_nothing(species, birds, sampling, search):
    explainer = AnchorExplainer(sampling=sampling, search=search, max_predicates=3)
    whole, cut = (
        explainer.explain_batched(make_block(species, birds.iloc[::110], birds, max_memory=most))
        for most in (2**31, 2**20)
    )
    assert whole.keys() == cut.keys()
    for name, array in whole.items():
        assert np.array_equal(array, cut[name], equal_nan=array.dtype != bool)


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


@pytest.mark.parametrize("draws", ["uniform", "normal"])
def test_local_precision_holds_on_many_fresh_rows_of_the_region(species, birds, draws):
    rows = birds.iloc[[100, 200]]
    result = explain(species, rows, birds, sampling="local", radius=1.5, local_draws=draws)
    background = Background.from_frame(result.schema, result.array("background"))
    rng = np.random.default_rng(3)
    for seed, i in np.ndindex(result.array("met").shape):
        region = LocalRegion(background, result.array("input")[i], 1.5, draws)
        sampler = LocalSampler(region, region.cells(4))
        drawn = sampler.pool(rng, 100_000)
        mine = result.members(drawn)[seed, i]
        share = result.array("perturbation_coverage")[seed, i]
        assert 1e-5 < binom.cdf(round(share * 5000), 5000, mine.mean()) <= 1
        assert binom.sf(round(share * 5000) - 1, 5000, mine.mean()) > 1e-5
        kept = species.member_outputs_encoded(seed, drawn[mine]).argmax(axis=-1)
        true = (kept == result.predicted[seed, i]).mean()
        hits = round(result.array("precision")[seed, i] * 1000)
        assert binom.cdf(hits, 1000, true) > 1e-5
        assert binom.sf(hits - 1, 1000, true) > 1e-5


def test_precision_on_the_data_counts_the_rows_that_obey(species, birds):
    result = explain(species, birds.iloc[[0, 150, 300]], birds)
    inside = result.members(result.array("background"))
    classes = result.array("background_prediction").argmax(axis=-1)
    for seed, i in np.ndindex(result.array("met").shape):
        kept = classes[seed][inside[seed, i]] == result.predicted[seed, i]
        assert result.array("data_precision")[seed, i] == pytest.approx(kept.mean())


def test_precision_on_the_data_is_undefined_where_no_row_obeys(frame):
    beyond = frame.head(1).assign(width=99.0)
    result = explain(
        ensemble_of(InBox((("width", (98.0, 100.0)),)), frame=frame),
        beyond,
        frame,
        sampling="local",
    )
    assert result.array("met").all()
    assert (result.array("coverage") == 0).all()
    assert np.isnan(result.array("data_precision")).all()
    assert (result.array("perturbation_coverage") > 0).all()


def test_a_regression_keeps_its_value_within_the_tolerance(mass, birds):
    rows = birds.iloc[[0, 150, 300]]
    result = explain(mass, rows, birds, tolerance=0.4)
    own = mass.outputs(rows)[..., 0]
    assert result.array("answer_lower") == pytest.approx(own - 0.4)
    assert result.array("answer_upper") == pytest.approx(own + 0.4)
    assert result.provenance["resolved"]["tolerance"] == 0.4
    rng = np.random.default_rng(1)
    for seed, i in np.ndindex(result.array("met").shape):
        values = mass.member_outputs_encoded(seed, fresh_rows(result, seed, i, 100_000, rng))
        true = (np.abs(values[:, 0] - own[seed, i]) <= 0.4).mean()
        hits = round(result.array("precision")[seed, i] * 1000)
        assert binom.cdf(hits, 1000, true) > 1e-5
        assert binom.sf(hits - 1, 1000, true) > 1e-5


def test_a_tolerance_left_open_is_recorded(mass, birds):
    result = explain(mass, birds.head(1), birds)
    spread = mass.outputs(birds)[..., 0].std(axis=1)
    resolved = result.provenance["resolved"]
    assert resolved["tolerance"] == pytest.approx(0.5 * np.sqrt((spread**2).mean()))
    assert resolved["output"] == "mass"
    width = result.array("answer_upper") - result.array("answer_lower")
    assert width == pytest.approx(2 * resolved["tolerance"])


def test_cross_precision_of_a_regression_asks_for_the_same_interval(birds):
    def flat(frame):
        return np.zeros(len(frame))

    def far(frame):
        return np.full(len(frame), 5.0)

    ensemble = SeedEnsemble.wrap(
        [flat, far, flat], schema=birds, classes=("mass",), task="regression"
    )
    result = explain(ensemble, birds.head(2), birds, tolerance=1.0)
    expected = np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]])
    assert (result.array("cross_precision") == expected[..., None]).all()


def test_the_trace_ends_at_the_rule_and_its_measurement(species, birds):
    result = explain(species, birds.iloc[::60], birds)
    precision = result.array("trace_precision")
    n_steps = np.isfinite(precision).sum(axis=-1)
    # Steps come first, padding after them.
    assert (np.isfinite(precision) == (np.arange(precision.shape[-1]) < n_steps[..., None])).all()
    places = cells_of(result)
    for seed, i in np.ndindex(n_steps.shape):
        last = n_steps[seed, i] - 1
        for name in ("lower", "upper", "allowed"):
            traced = result.array(f"trace_{name}")[seed, i]
            assert (traced[last] == result.array(name)[seed, i]).all()
        for name in ("precision", "precision_low", "coverage"):
            traced = result.array(f"trace_{name}")[seed, i]
            assert traced[last] == pytest.approx(result.array(name)[seed, i])
        # Every step holds for the instance, and between cuts of the data.
        lower, upper = (result.array(f"trace_{side}")[seed, i][: last + 1] for side in BOUNDS)
        own = result.array("input")[i]
        numeric = ~result.schema.discrete
        assert ((lower <= own) & (own <= upper))[:, numeric].all()
        for j in np.flatnonzero(numeric):
            known = [-np.inf, np.inf, *places.edges[j]]
            assert np.isin(lower[:, j], known).all()
            assert np.isin(upper[:, j], known).all()


def test_traces_are_kept_where_they_are_small_or_asked_for(species, birds):
    rows = birds.head(1)
    assert "trace_lower" in explain(species, rows, birds).data
    without = explain(species, rows, birds, keep_trace=False)
    assert "trace_lower" not in without.data
    assert without.provenance["resolved"]["keep_trace"] is False
    many = species.select(list(species.seeds))
    wide = AnchorExplainer()
    assert wide.traces(many)
    object.__setattr__(many, "seeds", tuple(range(5000)))
    assert not wide.traces(many)
    assert AnchorExplainer(keep_trace=True).traces(many)


def test_rules_name_only_the_columns_allowed(species, birds):
    result = explain(species, birds.iloc[::60], birds, features=["sex", "bill_length_mm"])
    for rule in result.rules().ravel():
        named = {part.split(" in ")[0] for part in rule.split(" and ")}
        assert not any(
            name in text for text in named for name in ("depth", "flipper", "mass", "island")
        )


def test_permuting_seeds_and_instances_permutes_the_rules(species, birds):
    explainer = AnchorExplainer()
    rows = birds.iloc[[0, 150, 300]]
    order = [2, 0, 1]
    whole = explainer.explain_batched(make_block(species, rows, birds))
    turned = species.select([species.seeds[place] for place in order])
    moved = explainer.explain_batched(make_block(turned, rows, birds, order=order))
    for name in ("lower", "upper", "allowed", "precision", "precision_low", "coverage", "met"):
        assert (moved[name] == whole[name][order][:, order]).all()
    cross = whole["cross_precision"][order][:, order][:, :, order]
    assert (moved["cross_precision"] == cross).all()


@pytest.mark.parametrize("sampling", ["conditional", "marginal", "local"])
@pytest.mark.parametrize("search", ["box", "beam"])
def test_permuting_columns_permutes_the_rules(species, birds, sampling, search):
    turned = birds[birds.columns[[3, 0, 5, 2, 4, 1]]]
    moved_species = SeedEnsemble.wrap(
        species.members.functions, seeds=species.seeds, schema=turned, classes=species.classes
    )
    parameters = {"sampling": sampling, "search": search, "max_predicates": 3}
    one = explain(species, birds.iloc[[0, 200]], birds, **parameters)
    other = explain(moved_species, turned.iloc[[0, 200]], turned, **parameters)
    places = [other.features.index(name) for name in one.features]
    for name in ("lower", "upper", "allowed"):
        assert (one.array(name) == other.array(name)[:, :, places]).all()
    assert (one.array("precision") == other.array("precision")).all()


@pytest.mark.parametrize("sampling", ["conditional", "local"])
def test_rescaling_a_column_scales_its_bounds_only(species, birds, sampling):
    class Rescaled:
        def __init__(self, model):
            self.model = model

        def __call__(self, frame):
            return self.model(frame.assign(body_mass_g=frame["body_mass_g"] / 1024))

    scaled = birds.assign(body_mass_g=birds["body_mass_g"].astype(float) * 1024)
    plain = birds.assign(body_mass_g=birds["body_mass_g"] + 0.0)
    # As numbers that are not whole, which are drawn and written as such in both units.
    plain.iloc[0, 3] += 0.5
    scaled.iloc[0, 3] += 512.0
    results = [
        explain(
            SeedEnsemble.wrap(models, schema=rows, classes=species.classes),
            rows.iloc[[0, 200]],
            rows,
            sampling=sampling,
        )
        for models, rows in (
            (species.members.functions, plain),
            ([Rescaled(model) for model in species.members.functions], scaled),
        )
    ]
    factor = np.array([1, 1, 1, 1024, 1, 1])
    for name in ("lower", "upper"):
        assert (results[0].array(name) * factor == results[1].array(name)).all()
    for name in ("precision", "coverage", "allowed", "met"):
        assert (results[0].array(name) == results[1].array(name)).all()


def test_a_status_says_what_became_of_each_search(frame):
    always, noise = InBox(()), Noise(0.0)
    result = explain(ensemble_of(always, noise, frame=frame), frame.head(2), frame)
    assert (result.status[0] == "met, empty rule").all()
    assert (result.status[1] == "threshold not met").all()
    table = result.to_frame()
    assert table["empty"].tolist() == [True, True, False, False]


def test_parameters_and_bound_ride_in_the_provenance(species, birds):
    result = explain(species, birds.head(1), birds, threshold=0.9)
    assert result.provenance["parameters"]["threshold"] == 0.9
    assert result.provenance["parameters"]["sampling"] == "conditional"
    assert result.provenance["random_state"] == 0


def test_unknown_columns_are_refused(species, birds):
    with pytest.raises(InputError, match=r"got 'bill_length'. Did you mean 'bill_length_mm'?"):
        explain(species, birds.head(1), birds, features=["bill_length"])


def test_a_tolerance_of_a_classification_is_refused(species, birds):
    with pytest.raises(
        InputError, match=r"Expected no tolerance for a classification, .* got tolerance=0.5."
    ):
        explain(species, birds.head(1), birds, tolerance=0.5)


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
        ({"sampling": "rows"}, "Expected sampling to be one of 'conditional', 'marginal', 'local'"),
        ({"search": "grid"}, "Expected search to be one of 'box', 'beam', got 'grid'."),
        ({"local_draws": "beta"}, "Expected local_draws to be one of 'uniform', 'normal'"),
        ({"radius": 0}, "Expected radius to be a finite number above zero, got 0."),
        ({"tolerance": -1.0}, "Expected tolerance to be a finite number above zero, got -1.0."),
        ({"epsilon": 1}, "Expected epsilon to be a number between 0 and 1, both excluded, got 1."),
        ({"batch_size": 0}, "Expected batch_size to be a whole number of at least 1, got 0."),
        ({"keep_trace": "yes"}, "Expected keep_trace to be one of None, True, False, got 'yes'."),
        (
            {"features": "age"},
            "Expected features to be a list of column names, got 'age'. "
            "Pass features=['age', 'income'], or leave it out to allow all columns.",
        ),
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
