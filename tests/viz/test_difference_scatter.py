from dataclasses import replace

import numpy as np
import pytest
import vl_convert
from scipy.stats import spearmanr

from xaigeo.agreement.model_difference import model_difference
from xaigeo.ensemble.evaluation import Evaluation
from xaigeo.errors import InputError
from xaigeo.viz.difference_scatter import (
    difference_scatter,
    difference_scatter_finding,
    difference_scatter_tables,
)


@pytest.fixture(scope="module")
def worse_and_worse():
    """Ten models, the last five shifted further and further from five that are alike."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 400)
    gap = 2.0 * (truth - 0.5) + rng.normal(0, 1, 400)
    shifts = np.array([0, 0, 0, 0, 0, 0.5, 0.8, 1.1, 1.5, 2.0])
    p = 1 / (1 + np.exp(-gap - shifts[:, None] - 0.1 * rng.normal(size=(10, 400))))
    return Evaluation(
        name="test",
        seeds=np.arange(10),
        classes=("no", "yes"),
        task="classification",
        rows=np.zeros((400, 1)),
        labels=truth,
        prediction=np.stack([1 - p, p], axis=-1),
    )


@pytest.fixture(scope="module")
def difference(worse_and_worse):
    return model_difference(worse_and_worse, reference=[0, 1, 2], n_bootstrap=20)


def test_one_point_a_seed_with_its_measures(difference, make):
    spec = difference_scatter(difference).to_dict()
    tables = make.tables_of(spec)
    make.check_fields(spec, tables)
    table = difference.table.set_index("seed")
    assert len(tables["seeds"]) == 7
    for row in tables["seeds"]:
        own = table.loc[int(row["seed"])]
        assert row["order"] == pytest.approx(own["alpha_hat"], rel=1e-4)
        assert row["churn_ensemble"] == pytest.approx(own["churn_ensemble"], rel=1e-4)
        assert row["ece"] == pytest.approx(own["ece"], rel=1e-4)
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_titles_hold_rho(difference):
    spec = difference_scatter(difference).to_dict()
    rho = spearmanr(difference.table["alpha_hat"], difference.table["churn_ensemble"]).statistic
    assert spec["vconcat"][0]["title"]["text"].startswith(
        f"Churn against the majority: ρ {rho:.2f}"
    )
    finding = difference_scatter_finding(difference_scatter_tables(difference))
    assert finding.startswith(f"Over 7 seeds the trimmed share rises with churn, ρ {rho:.2f} (95%:")


def test_other_orders_stand_on_the_axis(difference):
    tables = difference_scatter_tables(difference, "distance")
    np.testing.assert_array_equal(tables["seeds"]["order"], difference.table["distance"])
    spec = difference_scatter(difference, by="distance").to_dict()
    x = spec["vconcat"][0]["layer"][0]["encoding"]["x"]
    assert x["title"] == "Distance, nothing trimmed"
    assert " ".join(spec["title"]["text"]).startswith("Over 7 seeds the distance rises with churn")


def test_the_distance_takes_the_place_of_a_share_that_is_zero_for_all(difference, make):
    table = difference.table.assign(alpha_hat=0.0, accepts=True)
    spec = difference_scatter(replace(difference, table=table)).to_dict()
    make.check_fields(spec, make.tables_of(spec))
    drawn = {int(row["seed"]): row["order"] for row in make.tables_of(spec)["seeds"]}
    for row in table.itertuples():
        assert drawn[row.seed] == pytest.approx(row.distance, rel=1e-4)
    line, points = spec["vconcat"][0]["layer"]
    assert line["encoding"]["x"]["datum"] == difference.delta
    assert points["encoding"]["x"]["title"] == "Distance, nothing trimmed"
    assert "The trimmed share is 0 for all seeds" in " ".join(spec["title"]["subtitle"])
    assert len(difference_scatter(difference).to_dict()["vconcat"][0]["layer"]) == 1


def test_findings_where_nothing_varies(difference):
    table = difference.table.assign(alpha_hat=0.0, accepts=True)
    equal = replace(difference, table=table)
    assert difference_scatter_finding(difference_scatter_tables(equal)) == (
        "The trimmed share is 0 for all 7 seeds, so that nothing can go with it"
    )
    none = replace(difference, table=table.assign(alpha_hat=np.nan, accepts=False))
    assert difference_scatter_finding(difference_scatter_tables(none)) == (
        "No trimming makes any of 7 seeds pass, so that nothing can go with it"
    )
    assert vl_convert.vegalite_to_svg(difference_scatter(none).to_dict()).startswith("<svg")
    few = replace(difference, table=difference.table.head(3))
    assert difference_scatter_finding(difference_scatter_tables(few)) == (
        "3 seeds cannot tell whether the trimmed share goes with another measure"
    )
    flat = replace(difference, table=difference.table.assign(churn_ensemble=0.0))
    assert "cannot go with churn, which is equal for all" in difference_scatter_finding(
        difference_scatter_tables(flat)
    )


def test_findings_where_it_falls_or_shows_nothing(difference):
    alpha = np.linspace(0, 0.6, 7)
    table = difference.table.assign(
        alpha_hat=alpha, churn_ensemble=1 - alpha, ece=[0.3, 0.1, 0.2, 0.4, 0.1, 0.3, 0.2]
    )
    finding = difference_scatter_finding(
        difference_scatter_tables(replace(difference, table=table))
    )
    assert "falls with churn, ρ −1.00 (95%: −1.00 to −1.00)" in finding
    assert "is not shown to go with calibration error" in finding


def test_no_trimming_is_a_diamond_at_one(difference):
    table = difference.table.copy()
    table.loc[6, ["alpha_hat", "accepts"]] = [np.nan, False]
    table["accepts"] = table["accepts"].astype(bool)
    given = replace(difference, table=table)
    assert difference_scatter_tables(given)["seeds"]["order"].iloc[6] == 1.0
    subtitle = " ".join(difference_scatter(given, width=300).to_dict()["title"]["subtitle"])
    assert "Diamond: no trimming makes it pass, shown at 1." in subtitle


def test_regression_has_one_panel():
    rng = np.random.default_rng(1)
    truth = rng.normal(size=200)
    given = Evaluation(
        name="test", seeds=np.arange(6), classes=("y",), task="regression",
        rows=np.zeros((200, 1)), labels=truth,
        prediction=(truth + np.linspace(0, 2, 6)[:, None])[..., None],
    )  # fmt: skip
    spec = difference_scatter(model_difference(given, n_bootstrap=5)).to_dict()
    assert [panel["title"]["text"].split(":")[0] for panel in spec["vconcat"]] == ["RMSE"]


def test_two_charts_join(difference):
    joined = difference_scatter(difference) | difference_scatter(difference, by="distance")
    assert vl_convert.vegalite_to_svg(joined.to_dict()).startswith("<svg")


def test_what_cannot_be_drawn_is_refused(difference):
    with pytest.raises(InputError, match="the difference of models for a scatter plot, got list"):
        difference_scatter([])
    with pytest.raises(InputError, match="width to be a whole number of at least 120, got 9"):
        difference_scatter(difference, width=9)
    with pytest.raises(InputError, match="by to be one of 'alpha_hat', 'alpha_mean', 'distance'"):
        difference_scatter(difference, by="alpha")
