import numpy as np
import pytest
import xarray as xr

from xaigeo.checks import Check, permutation_bins
from xaigeo.errors import InputError


@pytest.fixture
def make():
    """Return a maker of checks of random numbers, of three seeds and forty texts."""

    def make(*, labelled=True, n_seeds=3, n_texts=40):
        rng = np.random.default_rng(5)
        shape = (n_seeds, n_texts)
        names = ("median_change", "mean_change", "uniform_change", "swap_change", "largest_weight")
        data = {name: (("seed", "instance"), rng.uniform(size=shape)) for name in names}
        data["confidence"] = (("seed", "instance"), rng.uniform(0.5, 1, shape))
        data["predicted"] = (("seed", "instance"), rng.integers(0, 2, shape))
        data["n_tokens"] = (("instance",), rng.integers(2, 9, n_texts))
        if labelled:
            data["label"] = (("instance",), rng.integers(0, 2, n_texts))
        if n_seeds == 1:
            data["swap_change"] = (("seed", "instance"), np.full(shape, np.nan))
        return Check(
            kind="attention_permutation",
            method="",
            data=xr.Dataset(data, coords={"seed": range(n_seeds), "instance": range(n_texts)}),
            seeds=np.arange(n_seeds),
            provenance={"parameters": {"classes": ["no", "yes"]}},
        )

    return make


def test_bins_against_a_loop(make):
    check = make()
    table = permutation_bins(check, bins=5, n_bootstrap=50)
    confidence, label = check.array("confidence"), check.array("label")
    right = check.array("predicted") == label
    groups = table[["true_class", "answers", "weights"]].drop_duplicates()
    assert len(groups) == 27
    arrays = {"shuffled": "mean_change", "uniform": "uniform_change", "another seed": "swap_change"}
    for row in table.itertuples():
        inside = (confidence > row.low) & (confidence <= row.high)
        if isinstance(row.true_class, str):
            inside &= label == ["no", "yes"].index(row.true_class)
        if row.answers != "all":
            inside &= right == (row.answers == "right")
        assert row.n_answers == inside.sum()
        assert row.n_texts == inside.any(axis=0).sum()
        assert row.value == pytest.approx(check.array(arrays[row.weights])[inside].mean())
        assert row.mean_by == pytest.approx(confidence[inside].mean())
        if row.answers == "all":
            assert row.accuracy == pytest.approx(right[inside].mean())
        else:
            assert np.isnan(row.accuracy)
        if row.n_texts > 1:
            assert row.value_low <= row.value <= row.value_high
        else:
            assert np.isnan(row.value_low)
    total = table[(table["answers"] == "all") & (table["weights"] == "shuffled")]
    assert total[total["true_class"].isna()]["n_answers"].sum() == confidence.size


def test_intervals_draw_texts_and_not_answers(make):
    check = make(n_seeds=1)
    one = permutation_bins(check, bins=1, n_bootstrap=400)
    # The same answers three times over are no more texts.
    data = check.data.isel(seed=[0, 0, 0]).assign_coords(seed=[0, 1, 2])
    tripled = Check(
        kind=check.kind,
        method="",
        data=data,
        seeds=np.arange(3),
        provenance=check.provenance,
    )
    three = permutation_bins(tripled, bins=1, n_bootstrap=400)
    for name in ("value", "value_low", "value_high"):
        np.testing.assert_allclose(one[name], three[name])
    values = check.array("mean_change")[0]
    row = one.iloc[0]
    width = 2 * 1.96 * values.std() / np.sqrt(len(values))
    assert row.value_high - row.value_low == pytest.approx(width, rel=0.2)


def test_other_axes_and_numbers(make):
    check = make()
    table = permutation_bins(check, by="largest_weight", change="median", n_bootstrap=0)
    first = table.iloc[0]
    weight = check.array("largest_weight")
    inside = (weight >= first.low) & (weight <= first.high)
    assert first.value == pytest.approx(check.array("median_change")[inside].mean())
    assert table["value_low"].isna().all()


def test_without_classes_there_is_one_group_and_with_one_seed_no_other(make):
    table = permutation_bins(make(labelled=False), n_bootstrap=10)
    assert table["true_class"].isna().all()
    assert set(table["answers"]) == {"all"}
    assert table["accuracy"].isna().all()
    alone = permutation_bins(make(n_seeds=1), n_bootstrap=10)
    assert set(alone["weights"]) == {"shuffled", "uniform"}


def test_ends_of_the_first_bin_belong_to_it(make):
    check = make()
    values = check.array("confidence").copy()
    values[0, 0], values[0, 1] = 0.0, 1.0
    check.data["confidence"] = check.data["confidence"].copy(data=values)
    table = permutation_bins(check, bins=4, n_bootstrap=0)
    assert table["low"].min() == 0.0
    assert table["high"].max() == 1.0


def test_what_cannot_be_is_refused(make):
    with pytest.raises(InputError, match="a check of attention_permutation") as raised:
        permutation_bins("check")
    assert "str" in str(raised.value)
    with pytest.raises(InputError, match="by to be one of"):
        permutation_bins(make(), by="accuracy")
    with pytest.raises(InputError, match="change to be one of"):
        permutation_bins(make(), change="largest")
    with pytest.raises(InputError, match="bins to be a whole number"):
        permutation_bins(make(), bins=0)
    for name in ("n_bootstrap", "random_state"):
        with pytest.raises(InputError, match=f"{name} to be a whole number"):
            permutation_bins(make(), **{name: -1})
    deletion = Check(
        kind="randomisation",
        method="lime",
        data=xr.Dataset({"rank_correlation": (("seed", "instance", "layer"), np.ones((1, 1, 1)))}),
        seeds=np.arange(1),
    )
    with pytest.raises(InputError, match="a check of randomisation"):
        permutation_bins(deletion)
