from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

import xaigeo as xg
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.explainers.background import Background
from xaigeo.explainers.rules.cells import Cells
from xaigeo.explainers.rules.confidence import share_lower_bound
from xaigeo.explainers.rules.rule_samples import DataSampler, Noise


def explain(ensemble, rows, background, **parameters):
    return xg.explain(
        ensemble,
        rows,
        method="consensus_anchors",
        background=background,
        **{"random_state": 0} | parameters,
    )


@pytest.fixture(scope="module")
def found(species, birds):
    return explain(species, birds.iloc[[0, 60, 120, 200, 300]], birds)


def fresh(result, instance, n=100_000):
    """Rows under a rule, drawn anew by the result's own bounds."""
    rows = result.array("background")
    background = Background.from_frame(result.schema, rows)
    cells = Cells.from_background(background, result.provenance["resolved"]["n_cuts"])
    inside = result.members(rows)[0, instance]
    assert inside.any()
    rule = np.concatenate(
        [
            _opened(cells, j, result.array("lower")[0, instance, j],
                    result.array("upper")[0, instance, j],
                    result.array("allowed")[0, instance, j])
            for j in range(len(result.features))
        ]
    )  # fmt: skip
    sampler = DataSampler(
        background=background,
        cells=cells,
        places=cells.places(rows),
        instance=result.array("input")[instance],
        marginal=False,
    )
    noise = Noise.draw(np.random.default_rng(7), n, result.features)
    drawn, places = sampler.sample(rule, noise)
    assert cells.obeying(rule, places).all()
    return drawn


def _opened(cells, j, lower, upper, allowed):
    if cells.schema.features[j].is_discrete:
        return allowed[: len(cells.schema.features[j].categories)]
    ends = np.concatenate([[-np.inf], cells.edges[j], [np.inf]])
    return (ends[:-1] >= lower) & (ends[1:] <= upper)


def test_all_seeds_carry_one_rule(found):
    for name in ("lower", "upper", "allowed", "coverage", "perturbation_coverage"):
        array = found.array(name)
        assert (array == array[:1]).all()
    assert found.method == "consensus_anchors"
    # Each has its own precision under it.
    assert np.ptp(found.array("precision"), axis=0).max() > 0


def test_the_rule_holds_for_every_seed_on_fresh_rows(species, found):
    met = found.array("met").all(axis=0)
    assert met.sum() >= 3
    for instance in np.flatnonzero(met):
        rows = fresh(found, instance)
        classes = species.outputs_encoded(rows).argmax(axis=-1)
        kept = classes == found.predicted[:, instance][:, None]
        # With probability 1 - delta, 0.9, for each instance; a bound that fails fails barely.
        assert (kept.mean(axis=1) >= found.array("precision_low")[:, instance] - 0.02).all()
        joint = round(found.array("joint_precision")[instance] * 1000)
        true = kept.all(axis=0).mean()
        assert 1e-5 < binom.cdf(joint, 1000, true) < 1 - 1e-5


def test_bounds_are_at_a_level_shared_by_all_seeds_and_checks(found):
    hits = np.rint(found.array("precision") * 1000).astype(int)
    level = 0.1 / 10 / 3
    assert found.array("precision_low") == pytest.approx(share_lower_bound(hits, 1000, level))


def test_all_bounds_hold_together_as_often_as_promised():
    # One column of distinct values: the true precision of a rule can be counted for each seed.
    rng = np.random.default_rng(0)
    values = np.sort(rng.uniform(0, 1, 400))
    frame = pd.DataFrame({"x": values})
    likely = np.where((values > 0.2) & (values < 0.7), 0.96, 0.3)
    noisy = rng.random((3, 400)) < likely

    def model(hits):
        def answer(rows):
            hit = hits[np.searchsorted(values, rows["x"].to_numpy())]
            return np.column_stack([~hit, hit]).astype(float)

        return answer

    ensemble = SeedEnsemble.wrap([model(hits) for hits in noisy], schema=frame, classes=(0, 1))
    place = int(np.flatnonzero(noisy.all(axis=0) & (values > 0.3))[0])
    n_runs, delta = 200, 0.3
    rows = frame.iloc[[place] * n_runs].reset_index(drop=True)
    result = explain(ensemble, rows, frame, threshold=0.9, delta=delta, n_samples=120, n_checks=2)
    inside = result.members(result.array("background"))[0]
    true = np.array([[hits[mask].mean() for mask in inside] for hits in noisy])
    n_wrong = int((result.array("precision_low") > true).any(axis=0).sum())
    assert n_wrong <= binom.ppf(0.9999, n_runs, delta)


def test_all_at_once_is_at_most_the_worst_seed_alone(found):
    precision, joint = found.array("precision"), found.array("joint_precision")
    assert (joint <= precision.min(axis=0) + 1e-12).all()
    assert (joint >= 1 - (1 - precision).sum(axis=0) - 1e-12).all()
    assert (found.to_frame()["joint_precision"].to_numpy().reshape(3, -1) == joint).all()


def test_identical_models_have_the_rule_that_two_of_them_have(species, birds):
    model = species.members.functions[0]
    twins, triplets = (
        SeedEnsemble.wrap([model] * n, schema=birds, classes=species.classes) for n in (2, 3)
    )
    # With bounds at the same level for both.
    two = explain(twins, birds.iloc[[0, 150]], birds, delta=0.1)
    three = explain(triplets, birds.iloc[[0, 150]], birds, delta=0.15)
    for name in ("lower", "upper", "allowed", "precision"):
        assert (two.array(name)[0] == three.array(name)[0]).all()
    assert (two.array("joint_precision") == two.array("precision")[0]).all()


def test_where_seeds_disagree_each_keeps_its_own_answer(species, birds):
    classes = species.outputs(birds).argmax(axis=-1)
    split = np.flatnonzero((classes != classes[0]).any(axis=0))[:4]
    result = explain(species, birds.iloc[split], birds)
    assert (result.predicted == classes[:, split]).all()
    cross = result.array("cross_precision")
    seeds = np.arange(3)
    assert (cross[seeds, seeds] == result.array("precision")).all()
    # A seed that answers otherwise seldom gives the first one's answer where it keeps its own.
    for i in range(len(split)):
        for s in seeds:
            for other in seeds[result.predicted[:, i] != result.predicted[s, i]]:
                missed = 1 - result.array("precision")[other, i]
                assert cross[s, other, i] <= missed + 5 / np.sqrt(250)


def test_too_few_samples_for_so_many_seeds_are_refused(species, birds):
    with pytest.raises(InputError, match=r"Expected n_samples of at least 112, .*n_samples=100"):
        explain(species, birds.head(1), birds, n_samples=100)
