import numpy as np
import pytest
import vl_convert
import xarray as xr

from xaigeo.checks import Check
from xaigeo.errors import InputError
from xaigeo.viz.attention_permutation import attention_permutation

CLASSES = ["no", "yes"]


def check(*, labelled=True, n_seeds=3, n_texts=60, scale=1.0, classes=CLASSES, seed=5):
    rng = np.random.default_rng(seed)
    shape, dims = (n_seeds, n_texts), ("seed", "instance")
    names = ("median_change", "mean_change", "uniform_change", "swap_change", "largest_weight")
    data = {name: (dims, scale * rng.uniform(size=shape)) for name in names}
    data["confidence"] = (dims, rng.uniform(0.5, 1, shape))
    data["predicted"] = (dims, rng.integers(0, 2, shape))
    data["n_tokens"] = (dims[1:], rng.integers(2, 9, n_texts))
    if labelled:
        data["label"] = (dims[1:], rng.integers(0, 2, n_texts))
    if n_seeds == 1:
        data["swap_change"] = (dims, np.full(shape, np.nan))
    return Check(
        kind="attention_permutation",
        method="",
        data=xr.Dataset(data, coords={"seed": range(n_seeds), "instance": range(n_texts)}),
        seeds=np.arange(n_seeds),
        provenance={"parameters": {"classes": classes, "n_draws": 100}},
    )


def drawn(chart, make):
    spec = chart.to_dict()
    tables = make.tables_of(spec)
    make.check_fields(spec, tables)
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")
    return spec, tables


def title(chart):
    return " ".join(chart.to_dict()["title"]["text"])


def notes(chart):
    return " ".join(chart.to_dict()["title"]["subtitle"])


def test_lines_of_one_check_against_a_loop(make):
    given = check()
    _, tables = drawn(attention_permutation(given, bins=5), make)
    arrays = {"shuffled": "mean_change", "uniform": "uniform_change", "another seed": "swap_change"}
    confidence = given.array("confidence")
    right = given.array("predicted") == given.array("label")
    assert {row["ensemble"] for row in tables["moves_0"]} == set(arrays)
    for row in tables["moves_0"]:
        inside = (confidence > row["low"]) & (confidence <= row["high"])
        moved = given.array(arrays[row["ensemble"]])[inside]
        assert row["value"] == pytest.approx(moved.mean(), rel=1e-4)
        assert row["few"] == (inside.any(axis=0).sum() < 5)
    for row in tables["accuracy_0"]:
        inside = (confidence > row["low"]) & (confidence <= row["high"])
        assert row["accuracy"] == pytest.approx(right[inside].mean(), rel=1e-4)


def test_finding_of_one_check():
    given = check()
    for name, level in (("mean", 0.25), ("uniform", 0.2), ("swap", 0.204)):
        given.data[f"{name}_change"] *= level / given.array(f"{name}_change").mean()
    chart = attention_permutation(given)
    assert title(chart).startswith(
        "Shuffling attention moves the probability of answers by 0.25 on average: 0."
    )
    assert "Means: shuffled 0.25, uniform 0.20, another seed 0.20." in notes(chart)
    assert "another seed: the weights of the other models" in notes(chart)
    assert "Mean change, up or down, of the predicted class's probability" in notes(chart)
    median = attention_permutation(given, change="median")
    assert f"by {given.array('median_change').mean():.2f} on average" in title(median)
    assert notes(median).startswith("Median change, up or down,")


def test_one_seed_has_no_other_and_one_bin_no_trend(make):
    given = check(n_seeds=1)
    chart = attention_permutation(given, bins=1)
    _, tables = drawn(chart, make)
    assert {row["ensemble"] for row in tables["moves_0"]} == {"shuffled", "uniform"}
    assert title(chart).endswith("on average")
    assert "another seed" not in notes(chart)


def test_without_true_classes_there_is_no_accuracy(make):
    chart = attention_permutation(check(labelled=False), width=340)
    spec, tables = drawn(chart, make)
    assert not [name for name in tables if name.startswith("accuracy") or name == "diagonal"]
    assert "accuracy" not in " ".join(spec["title"]["subtitle"])


@pytest.mark.parametrize("width", [340, 620])
def test_wrong_answers_by_class(make, width):
    given = check()
    chart = attention_permutation(given, answers="wrong", by_class=True, width=width)
    _, tables = drawn(chart, make)
    label = given.array("label")
    wrong = given.array("predicted") != label
    means = [given.array("mean_change")[wrong & (label == place)].mean() for place in (0, 1)]
    most, least = (CLASSES[int(place)] for place in (np.argmax(means), np.argmin(means)))
    assert title(chart) == (
        "Shuffling attention moves the probability of wrong answers most on texts of "
        f"“{most}” ({max(means):.2f}), least on “{least}” ({min(means):.2f})"
    )
    total = sum(row["n_answers"] for row in tables["moves_0"] if row["ensemble"] == "shuffled")
    assert total == (wrong & (label == 0)).sum()
    # Accuracy is that of all answers.
    assert sum(row["n_answers"] for row in tables["accuracy_0"]) == 3 * (label == 0).sum()


def test_two_checks_are_two_lines_of_shuffled_weights(make):
    given = {"plain": check(), "balanced": check(scale=0.5)}
    chart = attention_permutation(given)
    _, tables = drawn(chart, make)
    assert {row["ensemble"] for row in tables["moves_0"]} == {"plain", "balanced"}
    assert title(chart) == (
        "balanced lowers the effect of shuffled attention on answers by 50% "
        "(mean over texts, against plain)"
    )
    by_class = attention_permutation(given, answers="wrong", by_class=True)
    drawn(by_class, make)
    assert "on wrong answers by 50%" in title(by_class)
    alike = "In the title texts count alike, however many seeds answer them so."
    assert alike in notes(by_class)
    assert alike not in notes(chart)
    other = {"plain": check(), "again": check(seed=6)}
    assert "makes no clear change" in title(attention_permutation(other))


def test_errors():
    with pytest.raises(InputError, match="a check of attention_permutation, got str"):
        attention_permutation("check")
    with pytest.raises(InputError, match="one to 6 checks by name, got 0"):
        attention_permutation({})
    with pytest.raises(InputError, match="answers to be one of 'all', 'right', 'wrong'"):
        attention_permutation(check(), answers="false")
    with pytest.raises(InputError, match="by_class to be True or False"):
        attention_permutation(check(), by_class="yes")
    with pytest.raises(InputError, match="change to be one of 'mean', 'median'"):
        attention_permutation(check(), change="sum")
    for asked in ({"by_class": True}, {"answers": "wrong"}):
        with pytest.raises(InputError, match="checks that know the true classes"):
            attention_permutation(check(labelled=False), **asked)
    with pytest.raises(InputError, match="models with the classes no, yes, got others in 'b'"):
        attention_permutation({"a": check(), "b": check(classes=["down", "up"])})
    given = check()
    given.data["predicted"] = (
        given.data["label"].broadcast_like(given.data["predicted"]).transpose("seed", "instance")
    )
    with pytest.raises(InputError, match="answers that are wrong, in every check, got none"):
        attention_permutation(given, answers="wrong")
