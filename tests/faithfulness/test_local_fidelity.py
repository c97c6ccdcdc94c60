import numpy as np
import pytest

import xaigeo as xg
from xaigeo.errors import InputError
from xaigeo.explainers.blocks.streams import instance_seed
from xaigeo.explainers.surrogates.neighbourhood import NeighbourhoodSampler, random_stream
from xaigeo.faithfulness import local_fidelity
from xaigeo.faithfulness.neighbours import (
    FRESH,
    RemovalNeighbours,
    SlopeNeighbours,
    SurrogateNeighbours,
    drawn_coalitions,
)
from xaigeo.faithfulness.subject import Subject
from xaigeo.store import check_digest, load_check

OUTPUT = ("seed", "instance", "output")
EACH = ("seed", "instance", "feature", "output")


def of_kind(kind, explanation, ensemble, *, n_samples=6, radius=0.5, **given):
    return kind(Subject.of(explanation, ensemble, **given), n_samples, 50, radius, 0, 2**24)


def naive_fit(answers):
    """Return R² and RMSE of each model, neighbour by neighbour."""
    found = []
    for said, given in zip(answers.said, answers.given, strict=True):
        pairs = list(zip(said, given, answers.weights, strict=True))
        mean = sum(w * g for _, g, w in pairs)
        error = sum(w * (g - s) ** 2 for s, g, w in pairs)
        found.append((1 - error / sum(w * (g - mean) ** 2 for _, g, w in pairs), error**0.5))
    return np.array(found).T


@pytest.fixture
def lime(classifiers, birds):
    return xg.explain(
        classifiers, birds[:4], method="lime", background=birds, n_samples=3000, random_state=0
    )


def test_linear_models_are_said_exactly(contributions, linear, numbers):
    found = local_fidelity(contributions(), linear, n_samples=20)
    assert found.provenance["parameters"]["neighbourhood"] == "removal"
    np.testing.assert_allclose(found.array("r2"), 1.0)
    np.testing.assert_allclose(found.array("rmse"), 0.0, atol=1e-9)
    slope = contributions().array("attribution") / (numbers[:8] - numbers[20:].mean(0))[..., None]
    sloped = contributions(arrays={"slope": (EACH, slope)})
    found = local_fidelity(sloped, linear, neighbourhood="slope", n_samples=20)
    np.testing.assert_allclose(found.array("r2"), 1.0)


def test_worse_attributions_are_told(contributions, linear):
    r2 = [
        local_fidelity(contributions(factor=f), linear).array("r2").mean() for f in (1, 0.7, 0, -1)
    ]
    assert r2 == sorted(r2, reverse=True)
    assert r2[1] > 0 > r2[3]


def test_removal_against_a_loop(classifiers, birds, attributed):
    rows, background = birds[:2], birds[30:]
    values = np.random.default_rng(1).normal(size=(2, 2, 4, 2))
    explanation = attributed(classifiers, rows, background, values)
    neighbours = of_kind(RemovalNeighbours, explanation, classifiers, output="yes")
    encoded, other = (classifiers.schema.encode(part) for part in (rows, background))
    for i in range(2):
        answers = neighbours.answers(i)
        kept = drawn_coalitions(neighbours.generator(i), 6, 4)
        full = classifiers.outputs(rows)[:, i, 1]
        for k in range(2):
            for n in range(6):
                mixed = np.where(kept[n], encoded[i], other)
                worth = classifiers.member_outputs_encoded(k, mixed)[:, 1].mean()
                gone = sum(values[k, i, j, 1] for j in range(4) if not kept[n, j])
                assert answers.given[k, n] == pytest.approx(worth)
                assert answers.said[k, n] == pytest.approx(full[k] - gone)
        found = local_fidelity(explanation, classifiers, output="yes", n_samples=6)
        r2, rmse = naive_fit(answers)
        np.testing.assert_allclose(found.array("r2")[:, i], r2)
        np.testing.assert_allclose(found.array("rmse")[:, i], rmse)


def test_sets_are_drawn_by_the_shapley_kernel():
    kept = drawn_coalitions(np.random.default_rng(0), 20000, 5)
    share = np.bincount(kept.sum(axis=1), minlength=6) / 20000
    mass = np.array([0, 1 / 4, 1 / 6, 1 / 6, 1 / 4, 0])
    np.testing.assert_allclose(share, mass / mass.sum(), atol=0.02)
    np.testing.assert_allclose(kept.mean(axis=0), 0.5, atol=0.02)


def test_of_a_single_feature_the_one_set_takes_it_away():
    kept = drawn_coalitions(np.random.default_rng(0), 50, 1)
    assert kept.shape == (50, 1)
    assert not kept.any()


def test_slope_against_a_loop(classifiers, birds, attributed):
    rows = birds[:2]
    random = np.random.default_rng(1)
    slope = random.normal(size=(2, 2, 4, 2))
    slope[:, :, 3] = np.nan
    explanation = attributed(
        classifiers,
        rows,
        birds,
        np.abs(slope[:, :, [0, 1, 2, 0]]),
        method="saliency",
        arrays={"slope": (EACH, slope)},
        absolute=True,
    )
    neighbours = of_kind(SlopeNeighbours, explanation, classifiers, output="yes")
    spread = [birds[name].std(ddof=0) for name in ("length", "depth", "mass")]
    for i in range(2):
        answers = neighbours.answers(i)
        steps = neighbours.generator(i).normal(size=(6, 4))[:, :3] * 0.5 * spread
        for n in range(6):
            moved = rows.iloc[[i]].copy()
            moved.loc[:, ["length", "depth", "mass"]] += steps[n]
            change = (slope[:, i, :3, 1] * steps[n]).sum(axis=1)
            full = classifiers.outputs(rows)[:, i, 1]
            np.testing.assert_allclose(answers.said[:, n], full + change)
            np.testing.assert_allclose(answers.given[:, n], classifiers.outputs(moved)[:, 0, 1])
    found = local_fidelity(explanation, classifiers, output="yes", n_samples=6, radius=0.5)
    assert found.provenance["parameters"]["neighbourhood"] == "slope"
    np.testing.assert_allclose(found.array("r2")[:, 1], naive_fit(answers)[0])


def test_surrogate_against_a_loop(lime, classifiers, birds):
    neighbours = of_kind(SurrogateNeighbours, lime, classifiers, output="yes")
    answers = neighbours.answers(2)
    sampler = NeighbourhoodSampler.from_background(neighbours.subject.background)
    own = instance_seed(0, neighbours.subject.identities[2])
    seed = np.random.SeedSequence(0, spawn_key=(*own.spawn_key, FRESH))
    drawn = sampler.draw(7, random_stream(seed)).rows
    row = classifiers.schema.encode(birds)[2]
    location, scale = (lime.array(name) for name in ("feature_location", "feature_scale"))
    weights = []
    for n, other in enumerate(drawn):
        z = [(other[j] - location[j]) / scale[j] for j in range(3)] + [float(other[3] == row[3])]
        here = [(row[j] - location[j]) / scale[j] for j in range(3)] + [1.0]
        square = sum((a - b) ** 2 for a, b in zip(z, here, strict=True))
        weights.append(np.exp(-square / (2 * (0.75 * 4**0.5) ** 2)))
        said = lime.array("intercept")[:, 2, 1] + lime.array("attribution")[:, 2, :, 1] @ z
        np.testing.assert_allclose(answers.said[:, n], said)
    np.testing.assert_allclose(answers.weights, np.array(weights) / sum(weights))
    given = classifiers.outputs_encoded(drawn)[..., 1]
    np.testing.assert_allclose(answers.given, given)
    found = local_fidelity(lime, classifiers, output="yes", n_samples=6)
    np.testing.assert_allclose(found.array("r2")[:, 2], naive_fit(answers)[0])
    np.testing.assert_allclose(found.array("rmse")[:, 2], naive_fit(answers)[1])


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"discretiser": "quartile"},
        {"sample_around_instance": True},
        {"discretiser": "entropy"},
        {"distance_metric": "manhattan", "kernel_width": 2.0},
    ],
)
def test_many_fresh_rows_agree_with_the_rows_of_the_fit(settings, classifiers, birds):
    explanation = xg.explain(
        classifiers, birds[:3], method="lime", background=birds, random_state=0, **settings
    )
    found = local_fidelity(explanation, classifiers, output="yes", n_samples=5000)
    assert found.provenance["parameters"]["neighbourhood"] == "surrogate"
    np.testing.assert_allclose(found.array("r2"), explanation.array("local_r2")[..., 1], atol=0.06)


def test_rows_of_few_draws_fit_better_in_sample(classifiers, birds):
    few = xg.explain(
        classifiers, birds[:20], method="lime", background=birds, n_samples=10, random_state=0
    )
    found = local_fidelity(few, classifiers, output="yes")
    assert found.array("r2").mean() < few.array("local_r2")[..., 1].mean() - 0.1


def test_answers_of_one_value_have_no_r2(numbers, attributed):
    models = [lambda rows: 0 * rows[:, 0] + 3.0, lambda rows: rows[:, 0]]
    ensemble = xg.SeedEnsemble.wrap(models, schema=numbers, task="regression")
    explanation = attributed(ensemble, numbers[:2], numbers, np.zeros((2, 2, 5, 1)))
    found = local_fidelity(explanation, ensemble, n_samples=10)
    assert np.isnan(found.array("r2")).tolist() == [[True, True], [False, False]]
    np.testing.assert_allclose(found.array("rmse")[0], 0.0, atol=1e-12)


def test_log_odds_of_a_link_are_compared_on_their_scale(classifiers, birds):
    plain, link = (
        xg.explain(
            classifiers,
            birds[:2],
            method="kernel_shap",
            background=birds,
            random_state=0,
            link=link,
        )
        for link in ("identity", "logit")
    )
    neighbours = of_kind(RemovalNeighbours, link, classifiers, output="yes")
    own = of_kind(RemovalNeighbours, plain, classifiers, output="yes").answers(0)
    answers = neighbours.answers(0)
    np.testing.assert_allclose(answers.given, np.log(own.given / (1 - own.given)))
    p = classifiers.outputs(birds[:1])[:, 0, 1]
    gone = link.array("attribution")[:, 0, :, 1].sum(axis=1)
    base = link.array("base_value")[:, 0, 1]
    np.testing.assert_allclose(np.log(p / (1 - p)) - gone, base)


def test_removed_features_take_what_the_method_gave_them(contributions, linear, numbers):
    background = numbers[20:]
    given = of_kind(RemovalNeighbours, contributions(), linear, background=numbers[:3])
    np.testing.assert_array_equal(given._reference.rows, numbers[:3])

    def reference(resolved, n_background=50):
        explanation = contributions()
        explanation.provenance["resolved"] = resolved
        subject = Subject.of(explanation, linear)
        return RemovalNeighbours(subject, 6, n_background, 0.1, 0, 2**24)._reference.rows

    row = dict(zip(linear.schema.names, [1.0, 2.0, 3.0, 4.0, 5.0], strict=True))
    assert reference({"baseline": row}).tolist() == [[1.0, 2.0, 3.0, 4.0, 5.0]]
    shares = row | {"x0": {"a": 0.5, "b": 0.5}}
    np.testing.assert_array_equal(reference({"baseline": shares}), background)
    np.testing.assert_array_equal(reference({"background_places": [3, 1]}), background[[3, 1]])
    drawn = reference({}, n_background=7)
    assert drawn.shape == (7, 5)
    assert {tuple(one) for one in drawn} < {tuple(one) for one in background}


def test_storing(contributions, linear, tmp_path):
    found = local_fidelity(contributions(), linear, n_samples=5)
    assert check_digest(load_check(found.save(tmp_path / "c.npz"))) == check_digest(found)
    found.check_belongs(contributions())
    assert found.provenance["parameters"]["outputs"] == ["y"] * 8
    whole = local_fidelity(contributions(factor=0.5), linear, n_samples=5)
    again = local_fidelity(contributions(factor=0.5).at([5]), linear, n_samples=5)
    np.testing.assert_allclose(again.array("rmse")[:, 0], whole.array("rmse")[:, 5])


def test_messages(contributions, linear, lime, classifiers, birds):
    with pytest.raises(InputError, match="a neighbourhood that 'kernel_shap' speaks of"):
        local_fidelity(contributions(), linear, neighbourhood="slope")
    with pytest.raises(InputError, match="neighbourhood to be one of"):
        local_fidelity(contributions(), linear, neighbourhood="near")
    with pytest.raises(InputError, match="radius to be a finite number above zero"):
        local_fidelity(contributions(), linear, radius=0)
    with pytest.raises(InputError, match="n_samples to be a whole number of at least 2"):
        local_fidelity(contributions(), linear, n_samples=1)
    sizes = contributions(method="saliency", absolute=True)
    with pytest.raises(InputError, match="those of 'saliency', sizes alone"):
        local_fidelity(sizes, linear)
    labels = ["a", "b"] * 20
    binned = xg.explain(
        classifiers,
        birds[:2],
        method="lime",
        background=birds,
        n_samples=50,
        discretiser="entropy",
        labels=labels,
        random_state=0,
    )
    with pytest.raises(InputError, match="bins made from labels, which an explanation does not"):
        local_fidelity(binned, classifiers)
