from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import vl_convert

from xaigeo.agreement.model_difference import model_difference
from xaigeo.ensemble.evaluation import Evaluation
from xaigeo.errors import InputError
from xaigeo.viz.seed_outliers import (
    seed_outliers,
    seed_outliers_finding,
    seed_outliers_tables,
)


def shifted(shifts, n_rows=300, seed=0):
    """The difference of models of two classes whose logits are shifted by these amounts."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 2, n_rows)
    gap = 2.0 * (truth - 0.5) + rng.normal(0, 1, n_rows)
    logits = gap + np.asarray(shifts)[:, None] + 0.1 * rng.normal(size=(len(shifts), n_rows))
    p = 1 / (1 + np.exp(-logits))
    given = Evaluation(
        name="test",
        seeds=np.arange(len(shifts)) * 10,
        classes=("no", "yes"),
        task="classification",
        rows=np.zeros((n_rows, 1)),
        labels=truth,
        prediction=np.stack([1 - p, p], axis=-1),
    )
    return model_difference(given, n_bootstrap=40)


@pytest.fixture(scope="module")
def one_odd():
    return shifted([0.0] * 7 + [1.2])


def test_tables_hold_the_difference_most_different_first(one_odd, make):
    spec = seed_outliers(one_odd, limits=(0.05, 0.15)).to_dict()
    tables = make.tables_of(spec)
    make.check_fields(spec, tables)
    table = one_odd.table.set_index("seed")
    assert tables["seeds"][0]["seed"] == "70"
    for row in tables["seeds"]:
        own = table.loc[int(row["seed"])]
        assert row["alpha"] == pytest.approx(own["alpha_hat"], rel=1e-4)
        assert (row["low"], row["high"]) == pytest.approx(
            (own["alpha_low"], own["alpha_high"]), rel=1e-4
        )
        assert row["outlier"] == own["outlier"]
        assert row["tag"] == ("outlier" if own["outlier"] else "")
    assert [row["limit"] for row in tables["limits"]] == [0.05, 0.15]
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_without_limits_no_line_is_drawn(one_odd, make):
    spec = seed_outliers(one_odd).to_dict()
    assert "limits" not in make.tables_of(spec)
    assert len(spec["layer"]) == 4


def test_where_nothing_is_trimmed_the_distance_is_drawn_beside_delta(make):
    alike = shifted([0.0, 0.05, 0.1, 0.15, 0.2])
    assert not alike.sizes.any()
    spec = seed_outliers(alike).to_dict()
    tables = make.tables_of(spec)
    make.check_fields(spec, tables)
    drawn = {int(row["seed"]): row["alpha"] for row in tables["seeds"]}
    for row in alike.table.itertuples():
        assert drawn[row.seed] == pytest.approx(row.distance, rel=1e-4)
    assert tables["limits"] == [{"limit": pytest.approx(alike.delta, rel=1e-4), "told": "δ"}]
    x = spec["layer"][-1]["encoding"]["x"]
    assert x["title"] == "Distance, nothing trimmed"
    assert x["scale"]["domain"][1] > alike.delta
    notes = " ".join(spec["title"]["subtitle"])
    assert f"Dashed: the test lets {alike.delta:.1%} pass (δ)." in notes
    assert "95% interval" not in notes
    limits = make.tables_of(seed_outliers(alike, limits=(0.05,)).to_dict())
    assert {row["alpha"] for row in limits["seeds"]} == {0}
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_findings_of_one_several_and_none(one_odd):
    row = one_odd.table.iloc[7]
    assert seed_outliers_finding(one_odd) == (
        f"Seed 70 is an outlier among 8 seeds: its trimmed share is {row['alpha_hat']:.3g} "
        f"(95%: {row['alpha_low']:.3g} to {row['alpha_high']:.3g})"
    )
    two = shifted([0.0] * 10 + [1.5, -1.6])
    assert seed_outliers_finding(two) == "2 of 12 seeds are outliers: 100, 110"
    assert seed_outliers_finding(shifted([0.0] * 5)) == (
        "None of 5 seeds is an outlier: the trimmed share is 0 for all"
    )
    spread = shifted([-0.9, -0.5, 0.0, 0.5, 0.9])
    largest = spread.largest
    assert seed_outliers_finding(spread).startswith(
        "Scores differ, though none of 5 seeds is an outlier; the largest trimmed share is "
        f"{largest['alpha_hat']:.3g}"
    )


def test_no_trimming_is_drawn_at_one_and_told(make):
    far = shifted([0.0] * 7 + [30.0])
    assert seed_outliers_finding(far).endswith(
        "is an outlier among 8 seeds: no trimming makes it pass"
    )
    tables = make.tables_of(seed_outliers(far).to_dict())
    assert tables["seeds"][0]["alpha"] == 1
    assert tables["seeds"][0]["tag"] == "outlier · no trimming makes it pass"
    assert tables["seeds"][0]["told"] == "no trimming makes it pass"
    apart = shifted([0.0, 40.0])
    assert seed_outliers_finding(apart) == (
        "None of 2 seeds is an outlier, though no trimming makes 2 of them pass for the others"
    )


def test_many_seeds_are_cut_and_told():
    many = shifted([0.0] * 11 + [2.0], n_rows=100)
    chart = seed_outliers(many, max_seeds=4, width=300).to_dict()
    assert "8 seeds with smaller shares not drawn." in " ".join(chart["title"]["subtitle"])
    assert len(seed_outliers_tables(many, max_seeds=4)["seeds"]) == 4
    assert "On 100 test rows a difference that touches less than 24.0%" in " ".join(
        chart["title"]["subtitle"]
    )


def test_says_what_seeds_are_compared_with(one_odd):
    for reference, against, told in (
        (None, "pooled", "all other seeds pooled"),
        (None, "ensemble", "all other seeds' mean logits"),
        ((0, 10, 20), "pooled", "3 reference seeds pooled"),
    ):
        given = replace(one_odd, reference=reference, against=against)
        assert told in " ".join(seed_outliers(given).to_dict()["title"]["subtitle"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"limits": (0.05, 2)}, r"limits to be numbers from 0 to 1, got \(0\.05, 2\)"),
        ({"limits": "0.05"}, "limits to be numbers from 0 to 1, got '0.05'"),
        ({"max_seeds": 0}, "max_seeds to be a whole number of at least 1, got 0"),
        ({"width": 50}, "width to be a whole number of at least 120, got 50"),
    ],
)
def test_what_cannot_be_drawn_is_refused(one_odd, options, message):
    with pytest.raises(InputError, match=message):
        seed_outliers(one_odd, **options)


def test_only_differences_are_drawn():
    with pytest.raises(InputError, match="difference of models for a chart of outliers, got Dat"):
        seed_outliers(pd.DataFrame())
