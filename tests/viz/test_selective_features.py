from dataclasses import replace

import numpy as np
import pytest
import vl_convert

from xaigeo.agreement.selective import selective
from xaigeo.errors import InputError
from xaigeo.viz.selective_features import (
    selective_features,
    selective_features_finding,
    selective_features_tables,
)


@pytest.fixture(scope="module")
def shap(make):
    from xaigeo.datasets import penguins

    data = penguins()
    model = make.linear_seeds(data.X, data.y, n_seeds=9, wobble=0.6)
    return make.attributions(model, data.X.iloc[::40], data.X.iloc[::10], "kernel_shap")


@pytest.fixture(scope="module")
def selection(shap):
    return selective(shap)


def words_of(spec):
    return " ".join(spec["title"]["text"]), " ".join(spec["title"]["subtitle"])


@pytest.mark.parametrize("width", [150, 380])
def test_it_compiles_with_its_fields(selection, make, width):
    spec = selective_features(selection, width=width).to_dict()
    make.check_fields(spec, make.tables_of(spec))
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


@pytest.mark.parametrize("by", ["sign", "both", "top_k"])
def test_parts_against_a_loop(shap, by):
    found = selective(shap, by=by, k=3)
    parts = selective_features_tables(found)["parts"]
    n_rows = len(shap.instances)
    for name, part in parts.groupby("label"):
        j = shap.features.index(name)
        n = dict(zip(part["part"], part["n"], strict=True))
        shown = found.shown[:, j]
        assert n["Not agreed"] == n_rows - shown.sum()
        if by == "top_k":
            assert n["Agreed"] == shown.sum()
        else:
            assert n["Above zero"] == sum(shown & (found.sign[:, j] > 0))
            assert n["Below zero"] == sum(shown & (found.sign[:, j] < 0))
        assert sum(n.values()) == n_rows
        ends = part.sort_values("start", kind="stable")
        assert ends["start"].iloc[0] == 0
        assert ends["end"].iloc[-1] == pytest.approx(1)
        np.testing.assert_allclose(part["end"] - part["start"], part["n"] / n_rows)
    not_agreed = parts.loc[parts["part"] == "Not agreed", "n"].to_numpy()
    assert (np.diff(not_agreed) >= 0).all()


def test_findings(shap, selection):
    share = f"{selection.shown.mean():.0%}"
    said = f"The seeds agree on the sign of {share} of the attributions"
    none = len(selection.nothing_shown)
    end = f"; on {none} of 9 rows they agree on none" if none else ", and on at least one in every"
    assert selective_features_finding(selection).startswith(said + end)
    shown = selection.shown.copy()
    shown[:2] = False
    told = selective_features_finding(replace(selection, shown=shown))
    assert told.endswith("; on 2 of 9 rows they agree on none")
    top = selective_features_finding(selective(shap, by="top_k", k=3))
    assert top.startswith("The seeds agree on a place among the top 3 for ")
    few = selective(shap.sel(seed=[0, 1]))
    assert selective_features_finding(few) == (
        f"2 seeds are too few to show anything at level 0.05: {few.fewest} are the fewest"
    )
    one = selective(shap.sel(instance=[shap.instances[0]]))
    assert "every row" not in selective_features_finding(one)


def test_too_few_seeds_show_how_many_of_them_agree(shap, make):
    few = selective(shap.sel(seed=shap.seeds[:3].tolist()))
    assert few.reason is not None
    spec = selective_features(few, 4).to_dict()
    parts = selective_features_tables(few, 4)["parts"]
    assert set(parts["part"]) == {
        "All seeds agree", "Most, not all, agree", "No more than half agree"
    }  # fmt: skip
    for name, part in parts.groupby("label"):
        n = dict(zip(part["part"], part["n"], strict=True))
        count = few.count[:, shap.features.index(name)]
        assert n["All seeds agree"] == (count == 3).sum()
        assert n["Most, not all, agree"] == (count == 2).sum()
        assert sum(n.values()) == len(shap.instances)
    assert "Too few seeds to tell: drawn is how many of these agree." in words_of(spec)[1]
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_features_alike_in_what_is_shown_are_drawn_by_size(selection):
    median = np.zeros_like(selection.median)
    median[:, 3], median[:, 1] = 5.0, 2.0
    same = {
        "shown": np.zeros_like(selection.shown),
        "count": np.full_like(selection.count, 5),
        "median": median,
    }
    labels = selective_features_tables(replace(selection, **same), 2)["parts"]["label"].unique()
    assert labels.tolist() == [selection.features[3], selection.features[1]]


def test_the_first_features_are_drawn(selection, make):
    spec = selective_features(selection, 2).to_dict()
    assert len({row["label"] for row in make.tables_of(spec)["parts"]}) == 2
    assert "of 6 features; 4 are not shown." in words_of(spec)[1]
    assert "Share of 9 rows." in words_of(spec)[1]


def test_messages(shap, selection):
    with pytest.raises(InputError) as told:
        selective_features(shap)
    assert str(told.value) == (
        "Expected what the seeds agree on, a Selective, got Attributions. Pass the answer of "
        "xaigeo.agreement.selective(explanation)."
    )
    with pytest.raises(InputError, match="max_features to be a whole number of at least 1"):
        selective_features(selection, 0)
    with pytest.raises(InputError, match="width to be a whole number of at least 120"):
        selective_features(selection, width=5)
