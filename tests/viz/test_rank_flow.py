from dataclasses import replace

import numpy as np
import pytest
import vl_convert

from xaigeo.errors import InputError
from xaigeo.viz.rank_flow import named_every, rank_finding, rank_flow, rank_tables


@pytest.fixture(scope="module")
def shap(study):
    return study.by_method["kernel_shap"]


def test_ranks_of_all_rows_equal_a_loop(shap, make):
    spec = rank_flow(shap, output="Gentoo").to_dict()
    tables = make.tables_of(spec)
    make.check_fields(spec, tables)
    sizes = np.abs(shap.array("attribution")[..., 2]).mean(axis=1)
    for row in tables["ranks"]:
        s, j = shap.seeds.tolist().index(int(row["seed"])), shap.features.index(row["label"])
        assert row["rank"] == 1 + sum(other > sizes[s, j] for other in sizes[s])
        assert row["size"] == pytest.approx(sizes[s, j], rel=1e-4)
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_ranks_of_one_row(shap, make):
    label = shap.instances[3]
    spec = rank_flow(shap, instance=label, output="Adelie", max_features=2).to_dict()
    tables = make.tables_of(spec)
    for row in tables["ranks"]:
        s, j = shap.seeds.tolist().index(int(row["seed"])), shap.features.index(row["label"])
        own = np.abs(shap.array("attribution")[s, 3, :, 0])
        assert row["rank"] == 1 + (own > own[j]).sum()
    assert f"on row {label}" in " ".join(spec["title"]["subtitle"])
    assert f"Grey: the other {len(shap.features) - 2} features." in " ".join(
        spec["title"]["subtitle"]
    )
    assert len(tables["names"]) == 4
    assert len({row["label"] for row in tables["ranks"] if row["named"]}) == 2


def test_ties_share_a_rank_and_their_names_do_not_meet():
    sizes = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [2.0, 1.0, 0.0]])
    tables = rank_tables(sizes, ["a", "b", "c"], np.arange(3), height=60)
    ranks = tables["ranks"]
    assert set(ranks[ranks["seed"] == "0"]["rank"]) == {1.5, 3.0}
    left = tables["names"][tables["names"]["side"] == "left"]
    assert (np.diff(np.sort(left["at"])) * 30 >= 13 - 1e-9).all()


def test_like_seeds_are_neighbours():
    up, down = np.arange(1.0, 7.0), np.arange(6.0, 0.0, -1.0)
    tables = rank_tables(np.stack([up, down, up, down]), list("abcdef"), np.arange(4))
    order = tables["ranks"].sort_values("place")["seed"].unique().tolist()
    assert {frozenset(order[:2]), frozenset(order[2:])} == {frozenset("02"), frozenset("13")}


def test_finding():
    names = ["a", "b", "c"]
    same = np.array([[3.0, 2.0, 1.0]] * 4)
    assert rank_finding(same, names) == (
        "No feature of 3 changes rank between seeds; a ranks first in all 4"
    )
    swapped = same.copy()
    swapped[0] = [3.0, 1.0, 2.0]
    assert rank_finding(swapped, names) == (
        "2 of 3 features change rank between seeds; a ranks first in all 4"
    )
    swapped[1] = [1.0, 2.0, 3.0]
    assert rank_finding(swapped, names).endswith("a ranks first in 3 of 4")
    assert rank_finding(np.ones((4, 3)), names) == (
        "No feature of 3 changes rank between seeds; none ranks first alone in any"
    )


def test_regression_and_zeros(make, study, shap):
    model = make.regression_seeds(study.data.X)
    one = make.attributions(model, study.X, study.background, "kernel_shap")
    assert "prediction of “mass”" in " ".join(rank_flow(one).to_dict()["title"]["subtitle"])
    data = shap.data.copy(deep=True)
    data["attribution"][:] = 0.0
    spec = rank_flow(replace(shap, data=data)).to_dict()
    assert "none ranks first alone" in " ".join(spec["title"]["text"])


def test_errors(study, shap):
    with pytest.raises(InputError, match="Attributions for a chart of ranks"):
        rank_flow(study.by_method["anchors"])
    with pytest.raises(InputError, match=r"at least two seeds.*one seed \(2\)"):
        rank_flow(shap.sel(seed=[2]))
    with pytest.raises(InputError, match="an instance of the explanation"):
        rank_flow(shap, instance="x")
    with pytest.raises(InputError, match="an output of the explanation"):
        rank_flow(shap, output="x")


def test_where_seeds_are_many_some_are_named_and_that_is_said(study):
    seeds = [str(seed) for seed in range(20)]
    assert named_every(seeds, 420) == 1
    assert named_every(seeds, 200) == 2
    long = study.by_method["kernel_shap"]
    data = long.data.assign_coords(seed=[100000 + k for k in range(len(long.seeds))])
    spec = rank_flow(replace(long, data=data), width=160).to_dict()
    assert "One seed in 2 is named below." in " ".join(spec["title"]["subtitle"])
    axis = spec["layer"][0]["encoding"]["x"]["axis"]
    assert len(axis["values"]) == 3
