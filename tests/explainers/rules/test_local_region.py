from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kstest, truncnorm

from xaigeo.explainers.background import Background
from xaigeo.explainers.rules.local_region import LocalRegion, LocalSampler
from xaigeo.explainers.rules.rule_samples import Noise
from xaigeo.schema import FeatureSchema

N = 20_000
SIZES = ["S", "M", "L", "XL"]


@pytest.fixture
def background():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "width": rng.uniform(0, 10, 400),
            "count": rng.integers(0, 40, 400),
            "colour": rng.choice(["blue", "green", "red"], 400, p=[0.5, 0.3, 0.2]),
            "size": pd.Categorical(rng.choice(SIZES, 400), categories=SIZES, ordered=True),
        }
    )
    schema = FeatureSchema.from_data(frame)
    return Background.from_frame(schema, schema.encode(frame))


@pytest.fixture
def instance():
    return np.array([5.0, 20.0, 1.0, 1.0])


def draw(region, rule=None, n_cuts=6):
    sampler = LocalSampler(region, region.cells(n_cuts))
    noise = Noise.draw(np.random.default_rng(0), N, region.background.schema.names)
    rule = sampler.cells.anything if rule is None else rule
    return sampler, *sampler.sample(rule, noise)


@pytest.mark.parametrize("draws", ["uniform", "normal"])
def test_numeric_values_follow_the_documented_distribution(background, instance, draws):
    region = LocalRegion(background, instance, 0.8, draws)
    _, rows, _ = draw(region)
    reach = 0.8 * background.rows[:, 0].std()
    low, high = background.rows[:, 0].min(), background.rows[:, 0].max()
    if draws == "uniform":
        low, high = max(low, 5 - reach), min(high, 5 + reach)
        law = ("uniform", (low, high - low))
    else:
        law = (truncnorm((low - 5) / reach, (high - 5) / reach, loc=5, scale=reach).cdf, ())
    assert kstest(rows[:, 0], *law).pvalue > 1e-4
    assert low <= rows[:, 0].min() < rows[:, 0].max() <= high


def test_whole_numbers_are_equally_likely_in_the_region(background, instance):
    region = LocalRegion(background, instance, 0.5, "uniform")
    _, rows, _ = draw(region)
    reach = 0.5 * background.rows[:, 1].std()
    values, counts = np.unique(rows[:, 1], return_counts=True)
    assert values.tolist() == list(range(int(np.ceil(20 - reach)), int(np.floor(20 + reach)) + 1))
    expected = N / len(values)
    assert (np.abs(counts - expected) < 5 * np.sqrt(expected)).all()


def test_categories_keep_the_shares_of_the_data_and_ordinals_stay_near(background, instance):
    region = LocalRegion(background, instance, 1.0, "uniform")
    _, rows, _ = draw(region)
    shares = np.bincount(background.rows[:, 2].astype(int)) / len(background.rows)
    drawn = np.bincount(rows[:, 2].astype(int)) / N
    assert (np.abs(drawn - shares) < 5 * np.sqrt(shares * (1 - shares) / N)).all()
    reach = background.rows[:, 3].std()
    assert 1 < reach < 2
    assert set(rows[:, 3]) == {0.0, 1.0, 2.0}


@pytest.mark.parametrize("draws", ["uniform", "normal"])
def test_rows_under_a_rule_are_the_regions_rows_that_obey(background, instance, draws):
    region = LocalRegion(background, instance, 1.0, draws)
    sampler, free, places = draw(region)
    rule = sampler.cells.anything
    own = sampler.cells.places(instance[None])[:, 0]
    for j in range(4):
        part = sampler.cells.part(j)
        # Close the lowest cell, or where that is the instance's the highest.
        rule[part.start if own[j] > 0 else part.stop - 1] = False
    _, rows, ruled = draw(region, rule)
    assert sampler.cells.obeying(rule, ruled).all()
    obeying = free[sampler.cells.obeying(rule, places)]
    assert 100 < len(obeying) < N
    for j in range(2):
        assert kstest(rows[:, j], obeying[:, j]).pvalue > 1e-4
    for j in (2, 3):
        share, other = (
            np.bincount(r[:, j].astype(int), minlength=4) / len(r) for r in (rows, obeying)
        )
        assert (np.abs(share - other) < 5 / np.sqrt(len(obeying))).all()


def test_an_instance_beyond_the_data_lies_in_its_region(background):
    far = np.array([25.0, 90.0, 0.0, 3.0])
    for draws in ("uniform", "normal"):
        region = LocalRegion(background, far, 0.5, draws)
        assert (region.low <= far).all()
        assert (region.high >= far).all()
        sampler, rows, _ = draw(region)
        assert np.isfinite(rows).all()
        assert (sampler.cells.places(far[None]) < 16).all()


def test_an_unknown_category_is_drawn_alone_under_its_own_rule(background, instance):
    lacking = Background.from_frame(background.schema, background.rows[background.rows[:, 2] != 1])
    region = LocalRegion(lacking, instance, 1.0, "uniform")
    rule = region.cells(4).anything
    rule[region.cells(4).part(2)] = [False, True, False]
    _, rows, _ = draw(region, rule, n_cuts=4)
    assert (rows[:, 2] == 1).all()


def test_rescaling_a_column_rescales_its_values_only(background, instance):
    factor = np.array([4.0, 1.0, 1.0, 1.0])
    scaled = Background.from_frame(background.schema, background.rows * factor)
    one = draw(LocalRegion(background, instance, 1.0, "uniform"))
    other = draw(LocalRegion(scaled, instance * factor, 1.0, "uniform"))
    assert (one[1] * factor == other[1]).all()
    assert (one[2] == other[2]).all()


def test_several_rules_are_drawn_as_each_alone(background, instance):
    region = LocalRegion(background, instance, 1.0, "uniform")
    sampler, whole, _ = draw(region)
    rule = sampler.cells.anything
    rule[0] = False
    noise = Noise.draw(np.random.default_rng(0), N, background.schema.names)
    many = sampler.sample_many(np.stack([sampler.cells.anything, rule]), noise)
    assert (many[0] == whole).all()
    assert (many[1] == sampler.sample(rule, noise)[0]).all()
