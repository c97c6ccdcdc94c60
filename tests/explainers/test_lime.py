from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lime.lime_tabular import LimeTabularExplainer

from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.explainers.background import Background
from xaigeo.explainers.base import Block
from xaigeo.explainers.lime import LimeExplainer
from xaigeo.explainers.surrogates.neighbourhood import random_stream
from xaigeo.schema import FeatureSchema

ARRAYS = ("attribution", "slope", "intercept", "local_r2", "explained_value")
# Fixtures that no example changes.
FIXTURES = [HealthCheck.function_scoped_fixture]
SHARED = ("feature_location", "feature_scale", "kernel_radius")


class Wave:
    """Members whose outputs are cheap; they hold one array besides their answer."""

    kind, has_logits = "callable", False

    def __init__(self, n_members):
        self.n_members = n_members

    def values(self, rows, scale):
        phase = np.arange(self.n_members)[:, None, None] + np.arange(3)
        return np.sin(rows[:, :1] + phase)


def assert_equal_results(ours, theirs, atol=1e-9):
    assert set(ours.data) == set(theirs.data)
    for name in ours.data:
        np.testing.assert_allclose(ours.array(name), theirs.array(name), atol=atol, err_msg=name)


@pytest.mark.parametrize("kind", ["species", "mass", "single_logit"])
@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"sample_around_instance": True, "kernel_width": 0.8, "alpha": 0.1},
        {"discretiser": "quartile"},
        {"discretiser": "decile", "distance_metric": "cosine"},
        {"distance_metric": "manhattan", "feature_selection": "auto", "num_features": 2},
        {"feature_selection": "highest_weights", "num_features": 3},
        {"feature_selection": "lasso_path", "num_features": 3, "discretiser": "quartile"},
        {"share_draws": True},
        {"share_draws": True, "discretiser": "decile", "n_repeats": 2},
        {"n_repeats": 2, "feature_selection": "auto", "num_features": 2},
    ],
    ids=lambda parameters: ",".join(parameters),
)
def test_engines_agree(request, birds, kind, parameters):
    ensemble = request.getfixturevalue(kind)
    ours, theirs = (
        LimeExplainer(n_samples=200, **parameters).explain(
            ensemble, birds.iloc[[0, 170, 300]], background=birds, random_state=2, engine=engine
        )
        for engine in ("batched", "upstream")
    )
    assert_equal_results(ours, theirs)


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"sample_around_instance": True},
        {"share_draws": True},
        {"discretiser": "quartile"},
        {"distance_metric": "cosine"},
        {"feature_selection": "forward_selection", "num_features": 2},
        {"feature_selection": "highest_weights", "num_features": 3},
        {"feature_selection": "lasso_path", "num_features": 2},
    ],
    ids=lambda parameters: ",".join(parameters),
)
def test_a_column_that_the_background_never_varies_is_credited_nothing(wrap_values, parameters):
    random = np.random.default_rng(0)
    X = np.column_stack([random.normal(size=(30, 3)), np.full(30, 0.1)])
    models = [lambda rows, k=k: np.sin(rows @ [1.0, 0.5 + k, 0.2, 3.0])[:, None] for k in (0, 1)]
    ensemble = wrap_values(*models, rows=X)
    rows = X[:3].copy()
    rows[2, 3] = 7.0
    ours, theirs = (
        LimeExplainer(n_samples=200, **parameters).explain(
            ensemble, rows, background=X, random_state=2, engine=engine
        )
        for engine in ("batched", "upstream")
    )
    assert_equal_results(ours, theirs)
    own = ours.array("attribution")
    # A bin in which no row lies is the last instance's alone.
    places = slice(2) if "discretiser" in parameters else slice(None)
    assert (own[:, places, 3] == 0).all()
    given = ours.array("selected")[:, :, 0] if "selected" in ours.data else True
    assert ((own[:, :, 0] != 0) == given).all()
    np.testing.assert_allclose(ours.array("explained_value"), ensemble.outputs(rows))


def test_engines_agree_on_logits(single_logit, birds):
    ours, theirs = (
        LimeExplainer(n_samples=300, scale="logit").explain(
            single_logit, birds.head(2), background=birds, random_state=0, engine=engine
        )
        for engine in ("batched", "upstream")
    )
    assert_equal_results(ours, theirs)
    assert ours.scale == "logit"
    # The two logits are z and -z, and so are their surrogates.
    attribution = ours.array("attribution")
    np.testing.assert_allclose(attribution[..., 0], -attribution[..., 1], atol=1e-12)


def test_equals_the_lime_package_called_by_hand(species, birds, own_seed):
    result = LimeExplainer(n_samples=500).explain(
        species, birds.iloc[[40]], background=birds, random_state=5
    )
    rows = species.schema.encode(birds)
    own = own_seed(5, species.schema, rows, rows[40])
    theirs = LimeTabularExplainer(
        rows,
        categorical_features=[4, 5],
        discretize_continuous=False,
        feature_selection="none",
        random_state=random_stream(own),
    ).explain_instance(
        rows[40],
        lambda encoded: species.member_outputs_encoded(1, encoded),
        labels=(0, 1, 2),
        num_features=6,
        num_samples=500,
    )
    for label in range(3):
        expected = [weight for _, weight in sorted(theirs.local_exp[label])]
        np.testing.assert_allclose(
            result.array("attribution")[1, 0, :, label], expected, atol=1e-10
        )
        assert result.array("intercept")[1, 0, label] == pytest.approx(theirs.intercept[label])
    assert result.array("local_r2")[1, 0, 2] == pytest.approx(theirs.score)


def test_linear_model_gives_its_own_slope_and_value(cloud, wrap_values, linear):
    slope = (2.0, -0.3, 50.0, 0.004)
    ensemble = wrap_values(linear(slope), rows=cloud)
    result = LimeExplainer(n_samples=200, alpha=1e-10).explain(
        ensemble, cloud[:3], background=cloud, random_state=0
    )
    for i in range(3):
        np.testing.assert_allclose(result.array("slope")[0, i, :, 0], slope, rtol=1e-8)
    np.testing.assert_allclose(
        result.array("attribution")[0, 0, :, 0], slope * cloud.std(axis=0), rtol=1e-8
    )
    # g(x) = intercept + sum of attribution * (x - location) / scale is the model itself.
    z = (cloud[:3] - result.array("feature_location")) / result.array("feature_scale")
    surrogate = result.array("intercept")[0, :, 0] + np.einsum(
        "if,if->i", z, result.array("attribution")[0, :, :, 0]
    )
    np.testing.assert_allclose(surrogate, 0.5 + cloud[:3] @ slope, rtol=1e-8)
    np.testing.assert_allclose(result.array("local_r2"), 1.0)


def test_default_penalty_keeps_the_direction_of_a_linear_model(cloud, wrap_values, linear):
    slope = np.array([2.0, -0.3, 50.0, 0.004])
    result = LimeExplainer().explain(
        wrap_values(linear(tuple(slope)), rows=cloud), cloud[:1], background=cloud, random_state=0
    )
    found = result.array("attribution")[0, 0, :, 0]
    true = slope * cloud.std(axis=0)
    assert found @ true / (np.linalg.norm(found) * np.linalg.norm(true)) > 0.9999


def test_category_term_is_the_own_category_s(birds, wrap_values):
    def male(frame):
        return (frame["sex"] == "male").to_numpy(dtype=float)

    ensemble = wrap_values(male, rows=birds)
    rows = birds.groupby("sex").head(1)
    result = LimeExplainer(n_samples=400, alpha=1e-10).explain(
        ensemble, rows, background=birds, random_state=0
    )
    sign = np.where(rows["sex"] == "male", 1.0, -1.0)
    np.testing.assert_allclose(result.array("attribution")[0, :, 5, 0], sign, atol=1e-8)
    np.testing.assert_allclose(
        result.array("intercept")[0, :, 0], np.where(sign > 0, 0.0, 1.0), atol=1e-8
    )
    assert np.isnan(result.array("slope")[..., 4:, :]).all()
    assert np.isfinite(result.array("slope")[..., :4, :]).all()


def test_kernel_is_one_half_at_the_kernel_radius(species, birds):
    result = LimeExplainer(n_samples=50, kernel_width=1.3).explain(
        species, birds.head(2), background=birds, random_state=0
    )
    radius = result.array("kernel_radius")
    np.testing.assert_allclose(np.sqrt(np.exp(-(radius**2) / 1.3**2)), 0.5)


def test_rescaling_a_column_changes_no_attribution(cloud, wrap_values, linear):
    factor = np.array([1.0, 1000.0, 1e-4, 1.0])

    def curved(rows):
        return np.tanh(rows / [1.0, 10.0, 0.01, 1000.0]).sum(axis=1)

    def rescaled(rows):
        return curved(rows / factor)

    # Shared draws: an instance's own are those of its row, which other units make another one.
    one, two = (
        LimeExplainer(n_samples=300, share_draws=True).explain(
            wrap_values(model, rows=rows), rows[:4], background=rows, random_state=1
        )
        for model, rows in ((curved, cloud), (rescaled, cloud * factor))
    )
    np.testing.assert_allclose(one.array("attribution"), two.array("attribution"), atol=1e-9)
    np.testing.assert_allclose(
        one.array("slope"), two.array("slope") * factor[:, None], rtol=1e-6, atol=1e-9
    )


def test_identical_models_get_identical_attributions(cloud, wrap_values):
    def curved(rows):
        return np.tanh(rows / [1.0, 10.0, 0.01, 1000.0]).sum(axis=1)

    result = LimeExplainer(n_samples=200).explain(
        wrap_values(curved, curved, rows=cloud), cloud[:3], background=cloud, random_state=0
    )
    for name in ARRAYS:
        np.testing.assert_array_equal(*result.array(name))


def test_constant_output_has_no_attribution_and_full_fit(cloud, wrap_values):
    ensemble = wrap_values(lambda rows: np.full(len(rows), 0.3), rows=cloud)
    for engine in ("batched", "upstream"):
        result = LimeExplainer(n_samples=100).explain(
            ensemble, cloud[:1], background=cloud, random_state=0, engine=engine
        )
        np.testing.assert_allclose(result.array("attribution"), 0, atol=1e-15)
        assert result.array("local_r2").item() == 1.0


def test_provenance_tells_the_width_and_what_the_surrogate_is_linear_in(species, birds):
    result = LimeExplainer(n_samples=50).explain(
        species, birds.head(1), background=birds, random_state=0
    )
    assert result.provenance["resolved"]["kernel_width"] == pytest.approx(0.75 * 6**0.5)
    assert "attribution * z" in result.provenance["resolved"]["surrogate"]
    assert not result.additive


def test_too_few_samples_raises(species, birds):
    with pytest.raises(InputError, match="n_samples of at least 8 for 6 features, got 7"):
        LimeExplainer(n_samples=7).explain(species, birds.head(1), background=birds)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_samples": 0}, "n_samples to be a whole number of at least 2, got 0"),
        ({"n_samples": 50.5}, "n_samples to be a whole number"),
        ({"alpha": 0}, "alpha to be a finite number above zero, got 0"),
        ({"alpha": -1.0}, "alpha to be a finite number above zero"),
        ({"kernel_width": float("inf")}, "kernel_width to be a finite number above zero"),
        ({"scale": "odds"}, "scale to be one of 'probability', 'logit', 'value'"),
    ],
)
def test_bad_parameters_raise(parameters, message):
    with pytest.raises(InputError, match=message):
        LimeExplainer(**parameters)


def test_entropy_bins_follow_labels_or_the_seeds_votes(species, mass, birds):
    def explain(ensemble, engine, labels=None):
        return LimeExplainer(n_samples=200, discretiser="entropy", labels=labels).explain(
            ensemble, birds.iloc[[3, 250]], background=birds, random_state=0, engine=engine
        )

    votes = species.predict_proba(birds).argmax(axis=-1)
    majority = [np.bincount(row, minlength=3).argmax() for row in votes.T]
    unnamed, named = explain(species, "batched"), explain(species, "batched", majority)
    assert_equal_results(unnamed, explain(species, "upstream"))
    assert_equal_results(unnamed, named)
    assert unnamed.provenance["resolved"]["labels"] == "class that most seeds predict"
    assert named.provenance["resolved"]["labels"] == "given"
    assert named.provenance["parameters"]["labels"]["n"] == len(birds)
    heavy = birds["body_mass_g"] > 4000
    by_mass = explain(mass, "batched", heavy)
    assert_equal_results(by_mass, explain(mass, "upstream", heavy))
    # The tree's first cut of the mass itself is where the labels change.
    edges = by_mass.array("condition_lower")[:, 3], by_mass.array("condition_upper")[:, 3]
    assert any(abs(edge - 4000) <= 50 for edge in np.ravel(edges))


def test_discretised_attribution_belongs_to_the_instance_s_bin(species, birds):
    result = LimeExplainer(n_samples=200, discretiser="quartile").explain(
        species, birds.iloc[[5, 60]], background=birds, random_state=0
    )
    lower, upper = result.array("condition_lower"), result.array("condition_upper")
    rows = result.array("input")
    assert ((lower < rows) & (rows <= upper))[:, :4].all()
    assert np.isnan(lower[:, 4:]).all()
    assert np.isnan(upper[:, 4:]).all()
    assert np.isnan(result.array("slope")).all()
    assert not set(SHARED) & set(result.data)


def test_a_step_in_a_bin_is_its_attribution(cloud, wrap_values):
    median = np.median(cloud[:, 1])

    def above(rows):
        return 3.0 * (rows[:, 1] > median)

    # Two rows above the median, in the highest quarter: elsewhere the step is up in a third of
    # all bins, so being here adds 2 to an average of 1.
    rows = cloud[np.argsort(cloud[:, 1])[-2:]]
    result = LimeExplainer(
        n_samples=4000, discretiser="quartile", alpha=1e-10, kernel_width=1e6
    ).explain(wrap_values(above, rows=cloud), rows, background=cloud, random_state=0)
    attribution = result.array("attribution")[0, :, :, 0]
    np.testing.assert_allclose(attribution[:, 1], 2.0, atol=0.15)
    np.testing.assert_allclose(attribution[:, [0, 2, 3]], 0.0, atol=0.15)


def test_unselected_features_have_no_attribution(species, birds):
    result = LimeExplainer(n_samples=200, feature_selection="auto", num_features=2).explain(
        species, birds.head(3), background=birds, random_state=0
    )
    selected, attribution = result.array("selected"), result.array("attribution")
    np.testing.assert_array_equal(selected.sum(axis=2), 2)
    assert (attribution[~selected] == 0).all()
    assert (attribution[selected] != 0).all()
    assert result.provenance["resolved"]["num_features"] == 2


def test_shared_draws_are_one_draw_weighted_for_each_instance(single_logit, birds):
    explainer = LimeExplainer(n_samples=300, share_draws=True)
    together = explainer.explain(
        single_logit, birds.iloc[[0, 90, 300]], background=birds, random_state=4
    )
    alone = explainer.explain(single_logit, birds.iloc[[90]], background=birds, random_state=4)
    # float64 networks: a row's answer hardly depends on the rows beside it.
    for name in ARRAYS:
        np.testing.assert_allclose(together.array(name)[:, [1]], alone.array(name), atol=1e-9)


def test_models_are_asked_once_for_all_instances_that_share_draws(cloud, wrap_values):
    asked = []

    def count(rows):
        asked.append(len(rows))
        return rows.sum(axis=1)

    LimeExplainer(n_samples=100, share_draws=True).explain(
        wrap_values(count, rows=cloud), cloud[:30], background=cloud, random_state=0
    )
    assert asked.count(30 + 99) == 1
    assert max(n for n in asked if n != 30 + 99) <= len(cloud)


def test_repeats_give_the_mean_and_its_standard_error(species, birds):
    def explain(**parameters):
        return LimeExplainer(n_samples=100, **parameters).explain(
            species, birds.head(2), background=birds, random_state=3
        )

    once, two = explain(), explain(n_repeats=2)
    assert "std_error" not in once.data
    # Of two draws the error is half their difference, and the first is the only one of `once`.
    first, mean = once.array("attribution"), two.array("attribution")
    np.testing.assert_allclose(two.array("std_error"), np.abs(mean - first), atol=1e-12)
    assert (two.array("std_error") > 0).all()


def test_the_standard_error_is_the_spread_of_results_with_other_seeds(mass, birds):
    def explain(state):
        return LimeExplainer(n_samples=100, n_repeats=5).explain(
            mass, birds.head(1), background=birds, random_state=state
        )

    results = [explain(state) for state in range(150)]
    spread = np.std([one.array("attribution") for one in results], axis=0, ddof=1)
    claimed = np.sqrt(np.mean([one.array("std_error") ** 2 for one in results], axis=0))
    # 150 results know a standard deviation to 6 %, of long tails to less: five of those.
    np.testing.assert_allclose(claimed, spread, rtol=0.3)


def test_memory_limit_changes_nothing_but_rounding(single_logit, birds):
    rows = single_logit.schema.encode(birds)
    children = np.random.SeedSequence(0).spawn(3)

    def explain(share, **limit):
        block = Block(
            ensemble=single_logit,
            rows=rows[:2],
            background=Background.from_frame(single_logit.schema, rows),
            seeds=children[1:],
            shared_seed=children[0],
            **limit,
        )
        return LimeExplainer(n_samples=300, share_draws=share).explain_batched(block)

    for share in (False, True):
        free, tight = explain(share), explain(share, max_memory=60_000)
        for name in ARRAYS:
            np.testing.assert_allclose(free[name], tight[name], atol=1e-10)
    with pytest.raises(InputError, match="max_memory that holds 300 rows of 6 features"):
        explain(False, max_memory=20_000)


def test_memory_stays_below_its_limit(birds):
    n_seeds, limit = 60, 24 * 2**20
    schema = FeatureSchema.from_data(birds)
    ensemble = SeedEnsemble(
        members=Wave(n_seeds), seeds=tuple(range(n_seeds)), schema=schema, classes=(0, 1, 2)
    )
    rows = schema.encode(birds)
    children = np.random.SeedSequence(0).spawn(5)
    for share in (False, True):
        block = Block(
            ensemble=ensemble,
            rows=rows[:4],
            background=Background.from_frame(schema, rows),
            seeds=children[1:],
            shared_seed=children[0],
            max_memory=limit,
        )
        explainer = LimeExplainer(n_samples=40_000, share_draws=share)
        tracemalloc.start()
        explainer.explain_batched(block)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        # All outputs at once would take 55 MiB.
        assert peak < limit


@settings(max_examples=10, deadline=None, suppress_health_check=FIXTURES)
@given(st.permutations(range(3)), st.permutations(range(4)))
def test_permuted_seeds_and_shared_instances_permute_the_answer(species, birds, seeds, rows):
    explainer = LimeExplainer(n_samples=60, share_draws=True)

    def explain(ensemble, frame):
        return explainer.explain(ensemble, frame, background=birds, random_state=1)

    frame = birds.iloc[[0, 100, 200, 300]]
    whole = explain(species, frame)
    turned = explain(species.select([species.seeds[s] for s in seeds]), frame.iloc[rows])
    for name in ARRAYS:
        expected = whole.array(name)[np.ix_(seeds, rows)]
        np.testing.assert_allclose(turned.array(name), expected, atol=1e-10)


@settings(max_examples=15, deadline=None, suppress_health_check=FIXTURES)
@given(
    st.lists(st.floats(-5, 5), min_size=4, max_size=4),
    st.sampled_from(["euclidean", "manhattan", "chebyshev"]),
    st.booleans(),
)
def test_linear_models_get_their_slopes_as_the_penalty_vanishes(
    cloud, wrap_values, linear, slope, metric, share
):
    result = LimeExplainer(
        n_samples=100, alpha=1e-12, distance_metric=metric, share_draws=share
    ).explain(
        wrap_values(linear(tuple(slope)), rows=cloud), cloud[:2], background=cloud, random_state=0
    )
    expected = np.multiply(slope, cloud.std(axis=0))
    size = 1 + np.abs(expected).max()
    for found in result.array("attribution")[0, :, :, 0]:
        np.testing.assert_allclose(found, expected, atol=1e-7 * size)


def test_feature_that_linear_models_ignore_gets_nothing_and_others_little(
    cloud, wrap_values, linear
):
    def curved(rows):
        return np.tanh(rows[:, 0])

    ensemble = wrap_values(linear((1.0, 0.0, 2.0, 0.0)), curved, rows=cloud)
    result = LimeExplainer(n_samples=5000, alpha=1e-10).explain(
        ensemble, cloud[:4], background=cloud, random_state=0
    )
    attribution = result.array("attribution")[..., 0]
    np.testing.assert_allclose(attribution[0][:, [1, 3]], 0.0, atol=1e-9)
    assert np.abs(attribution[1][:, 1:]).max() < 4 / np.sqrt(5000)
    assert (np.abs(attribution[1][:, 0]) > 0.3).all()


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"discretiser": "octile"}, "discretiser to be one of 'quartile', 'decile', 'entropy'"),
        ({"distance_metric": "taxi"}, "distance_metric to be one of 'euclidean'"),
        ({"feature_selection": "best"}, "feature_selection to be one of 'none', 'auto'"),
        ({"n_repeats": 0}, "n_repeats to be a whole number of at least 1"),
        ({"num_features": 3}, "num_features with a feature selection, got .*'none'"),
        (
            {"num_features": 0, "feature_selection": "auto"},
            "num_features to be a whole number of at least 1",
        ),
        (
            {"share_draws": True, "sample_around_instance": True},
            "share_draws=True with draws around the mean, got sample_around_instance=True",
        ),
        (
            {"discretiser": "decile", "sample_around_instance": True},
            "sample_around_instance=False with a discretiser",
        ),
        ({"labels": [0, 1]}, "labels with discretiser='entropy' alone, got .*None"),
        (
            {"discretiser": "entropy", "labels": [[0, 1]]},
            r"labels with one dimension, a class a background row, got shape \(1, 2\)",
        ),
    ],
)
def test_parameters_that_do_not_go_together_raise(parameters, message):
    with pytest.raises(InputError, match=message):
        LimeExplainer(**parameters)


def test_bin_of_one_value_gives_models_that_value(cloud, wrap_values):
    """Plain lime draws 0 in place of it."""
    counts = np.column_stack([np.where(np.arange(60) < 30, 7.0, 7.0 + cloud[:, 0] ** 2), cloud])
    seen = []

    def watch(rows):
        seen.append(rows[:, 0].min())
        return rows[:, 1]

    for engine in ("batched", "upstream"):
        seen.clear()
        LimeExplainer(n_samples=100, discretiser="quartile").explain(
            wrap_values(watch, rows=counts), counts[:1], background=counts, engine=engine
        )
        assert min(seen) == 7.0
