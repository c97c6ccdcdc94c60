"""The shared pieces of the stabilised-training experiments, and the tabular one in small."""

from __future__ import annotations

import importlib
import math
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import f as f_distribution
from scipy.stats import t as student

FOLDER = Path(__file__).parent.parent / "examples" / "stabilised_training"


@pytest.fixture(scope="module")
def load():
    """Import modules as the commands do, from their folder, and forget them afterwards."""
    before = set(sys.modules)
    sys.path.insert(0, str(FOLDER))
    yield importlib.import_module
    sys.path.remove(str(FOLDER))
    for name in set(sys.modules) - before:
        if (FOLDER / f"{name}.py").exists():
            del sys.modules[name]


@pytest.fixture(scope="module")
def intervals(load):
    return load("intervals")


@pytest.fixture(scope="module")
def page(load):
    return load("page")


def test_a_paired_difference_leaves_out_rows_that_one_side_lacks(intervals):
    a = [np.array([1.0, 2.0, np.nan, 4.0]), np.array([3.0, 5.0])]
    b = [np.array([0.5, 1.0, 9.0, 2.5]), np.array([3.0, 4.0])]
    found = intervals.paired_difference(a, b)
    assert found.value == pytest.approx(((0.5 + 1.0 + 1.5) / 3 + (0.0 + 1.0) / 2) / 2)
    assert found.low < found.value < found.high


def test_the_interval_of_a_mean_is_that_of_the_normal_law_for_many_rows(intervals):
    rng = np.random.default_rng(1)
    splits = [rng.normal(0.3, 1.0, size=400), rng.normal(0.5, 1.0, size=400)]
    found = intervals.mean(splits, n_bootstrap=4000)
    error = math.sqrt(sum(s.var() / 400 for s in splits)) / 2
    assert found.high - found.low == pytest.approx(2 * 1.96 * error, rel=0.05)


def test_a_mean_of_nothing_has_no_interval(intervals):
    found = intervals.mean([np.array([np.nan, np.nan])])
    assert math.isnan(found.value)
    assert found.sign == 0
    assert not found.excludes(0.0)


def test_the_spread_between_splits_is_enlarged_for_shared_rows(intervals):
    found = intervals.over_splits(
        [np.array([0.1, 0.3]), np.array([0.4]), np.array([0.6, np.nan])], test_share=0.3
    )
    means = np.array([0.2, 0.4, 0.6])
    half = student.ppf(0.975, 2) * math.sqrt((1 / 3 + 3 / 7) * 0.04)
    assert found.value == pytest.approx(means.mean())
    assert found.high == pytest.approx(0.4 + half)
    assert math.isnan(intervals.over_splits([np.array([0.1])], test_share=0.3).low)


def test_the_ratio_of_spreads_is_near_the_law_of_f_for_independent_normal_seeds(intervals):
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=200), rng.normal(scale=2.0, size=200)
    found = intervals.sd_ratio([a], [b])
    ratio = a.std(ddof=1) / b.std(ddof=1)
    assert found.value == pytest.approx(ratio)
    assert found.low == pytest.approx(
        ratio / math.sqrt(f_distribution.ppf(0.975, 199, 199)), rel=0.05
    )
    assert found.high == pytest.approx(
        ratio * math.sqrt(f_distribution.ppf(0.975, 199, 199)), rel=0.05
    )


def test_the_ratio_of_spreads_takes_variances_within_splits(intervals):
    a = [np.array([1.0, 2.0, 3.0]), np.array([11.0, 15.0, 13.0])]
    b = [np.array([2.0, 4.0, 9.0]), np.array([0.0, 5.0, 1.0])]
    want = math.sqrt(
        (np.var(a[0], ddof=1) + np.var(a[1], ddof=1))
        / (np.var(b[0], ddof=1) + np.var(b[1], ddof=1))
    )
    assert intervals.sd_ratio(a, b).value == pytest.approx(want)
    same = intervals.sd_ratio([3 * b[0], 3 * b[1]], b)  # drawn together, the ratio does not move
    assert (same.low, same.high) == pytest.approx((3.0, 3.0))


def test_seeds_that_do_not_vary_give_no_ratio(intervals):
    still, moving = [np.ones(5)], [np.arange(5.0)]
    assert math.isinf(intervals.sd_ratio(moving, still).value)
    assert math.isnan(intervals.sd_ratio(moving, still).high)
    none = intervals.sd_ratio(still, moving)
    assert none.value == 0.0
    assert math.isnan(none.low)


def test_intervals_are_counted_by_side(intervals, page):
    ends = [(0.1, 0.2), (-0.2, -0.1), (-0.1, 0.1), (0.05, 0.3), (np.nan, np.nan)]
    made = [intervals.Interval(value=0.0, low=low, high=high) for low, high in ends]
    counts = intervals.count(made)
    assert (counts.n, counts.above, counts.below) == (4, 2, 1)
    assert page.chance(counts) == (
        "Of 4 intervals, 2 lie above 0 and 1 below; about 0 would exclude 0 if nothing differed."
    )
    assert page.chance(intervals.count([]), "differences") == "No differences could be told."


def test_numbers_are_told_with_their_interval(intervals, page):
    found = intervals.Interval(value=0.0512, low=-0.001, high=0.1)
    assert page.told(found) == "0.05 [0.00, 0.10]"
    assert page.told(found, signed=True, bold=True) == "**+0.05 [0.00, +0.10]**"
    assert page.told(intervals.Interval(value=1.0, low=np.nan, high=np.nan)) == "1.00"
    assert page.told(intervals.Interval(value=np.nan, low=np.nan, high=np.nan)) == "–"
    assert page.mean_and_sd([1.0, 2.0, 3.0], 1) == "2.0 ± 1.0"
    assert page.mean_and_sd([1.0]) == "1.000"
    assert page.listed(["SWA"]) == "SWA"
    assert page.listed(["SWA", "EMA"]) == "SWA and EMA"


def test_a_page_has_title_command_and_blocks(page):
    made = page.document(
        "Title", "tables.py", "python x", ["One.", "", page.points(["a", "", "b"])]
    )
    assert made == (
        "# Title\n\n<!-- Written by examples/stabilised_training/tables.py; a change made here is "
        "lost. -->\n\n```\npython x\n```\n\nOne.\n\n- a\n- b\n"
    )
    assert page.table(["a", "b"], [["x|y", "z"]]) == "| a | b |\n| --- | --- |\n| x\\|y | z |"
    assert page.picture("a.png", "What") == "![What](a.png)"


def test_plain_training_stops_at_the_nearest_loss(load):
    training = load("tabular_training")
    asked = []

    def loss_at(epochs):
        asked.append(epochs)
        return 1.0 / epochs

    grid = [1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20]
    for wanted in (2.0, 0.9, 0.4, 0.24, 0.11, 0.05, 0.01):
        best = min(grid, key=lambda n: abs(math.log(1 / n) - math.log(wanted)))
        assert training.nearest(wanted, loss_at, grid) == best
    assert len(asked) < 7 * len(grid)
    assert training.nearest(0.3, lambda n: 0.3, [7]) == 7


def _measured(load, shift):
    """Return a data set of made-up numbers in which each training is shifted by so much."""
    cases, summary = load("tabular_cases"), load("tabular_summary")
    rng = np.random.default_rng(0)
    splits = []
    for _ in range(4):
        base = {m.key: rng.uniform(0.4, 0.6, size=12) for m in (*summary.ANSWERS, *summary.REASONS)}
        seeds = {
            "score": rng.normal(0.8, 0.02, size=6),
            "train_loss": rng.uniform(0.1, 0.2, size=6),
            "test_loss": rng.uniform(0.3, 0.4, size=6),
            "outspoken": rng.uniform(0.7, 0.8, size=6),
        }
        splits.append(
            {
                t.key: {
                    "rows": {
                        k: (v + shift.get(t.key, 0.0) + rng.normal(0, 0.004, size=12)).tolist()
                        for k, v in base.items()
                    },
                    "seeds": {k: v.tolist() for k, v in seeds.items()},
                    "epochs": 10.0,
                }
                for t in cases.TRAININGS
            }
        )
    data = {
        "name": "Made up",
        "source": "None",
        "licence": "None",
        "target": "y",
        "n_columns": 3,
        "n_train": 70,
        "n_test": 30,
        "task": "classification",
    }
    return summary.Measured({"data": data, "splits": splits}, 200)


def test_differences_are_clear_where_rows_and_splits_agree(load):
    summary = load("tabular_summary")
    made = _measured(load, {"aswa": 0.2, "like_aswa": 0.2, "swa": -0.2})
    main, falling = summary.MAIN[0], summary.ANSWERS[0]
    up = made.difference("aswa", "plain", main)
    rows = zip(made.rows("aswa", main), made.rows("plain", main), strict=True)
    assert up.rows.value == pytest.approx(np.mean([(a - b).mean() for a, b in rows]))
    assert up.better == 1
    assert made.difference("aswa", "plain", falling).better == -1
    assert made.difference("swa", "plain", main).better == -1
    assert made.difference("aswa", "like_aswa", main).better == 0
    assert made.sd_ratio("aswa").value == pytest.approx(1.0)


def _rounded(text):
    """Return a text whose numbers of three digits have two."""
    return re.sub(r"\d\.\d{3}", lambda found: f"{float(found[0]):.2f}", text)


def test_plain_training_that_is_its_own_reference_is_named(load):
    words = load("tabular_words")
    made = _measured(load, {"swa": 0.2})
    for split in made.numbers["splits"]:
        for key in ("like_ema", "like_aswa", "like_naswa"):
            split[key]["epochs"] = 3.0
    assert words.same_again([made]) == (
        "For SWA on Made up, plain training of the nearest loss is plain training after as many "
        "epochs: 4 of the clear differences at the same loss are the first comparison again."
    )
    for split in made.numbers["splits"]:
        split["like_swa"]["epochs"] = 3.0
    assert words.same_again([made]) == ""


def test_the_sentences_follow_from_the_numbers(load):
    words = load("tabular_words")
    gained = {"aswa": 0.2, "naswa": 0.2}
    alone = [_measured(load, gained)]
    assert "SHAP +0.10 (clearly higher in 2, lower in 0 of 4)" in words.against("plain", "x", alone)
    assert "Most of the gain is not had by training less." in words.verdict(alone)
    shared = [_measured(load, gained | {"like_aswa": 0.2, "like_naswa": 0.2})]
    assert "Clear gains against plain training: 8, +0.20 on average." in words.verdict(shared)
    assert "Most of the gain is had by training less, without averaging." in words.verdict(shared)
    half = words.verdict([_measured(load, gained | {"like_aswa": 0.2})])
    assert "Part of the gain is had by training less, without averaging." in half
    fallen = words.verdict([_measured(load, {"swa": -0.3, "like_swa": -0.3})])
    assert "There is no clear gain" in fallen
    assert "Clear losses against plain training: 4, -0.30 on average." in fallen
    assert "Most of the loss is had by training less" in fallen
    left = words.left_at(alone, "like", "At the same loss")
    assert left.startswith("**At the same loss**, of 16 differences: 8 clear gains: ")
    assert "Kernel SHAP, ASWA, Made up +0.20 [" in left
    assert left.endswith(". 0 clear losses.")
    lost = words.left_at([_measured(load, {"swa": -0.3})], "plain", "Against plain")
    assert "0 clear gains. 4 clear losses: " in lost
    assert "ASWA 0.70, 0.50 (apart)" in _rounded(words.predictions(alone))
    assert "SWA 0.50, 0.50;" in _rounded(words.predictions(alone))
    assert words.verdict([_measured(load, {})]).startswith(
        "**Is it the averaging?** There is no clear gain against plain training. "
        "There is no clear loss against plain training."
    )
    assert "feature agreement: against plain training, higher with ASWA and NASWA" in words.changes(
        alone[0], "kernel_shap"
    )
    assert "Here ASWA and NASWA have 1.00 (Made up)" in words.spread(alone)
    assert "2 of 2 intervals reach down to 0.31" not in words.spread(alone)
    assert "(SWA less early stopping: 0.000 [0.000, 0.000])" in words.performance(alone)


@pytest.fixture(scope="module")
def made(load, tmp_path_factory):
    """Run the tabular study once in its quick form."""
    out = tmp_path_factory.mktemp("tables")
    arguments = ["--quick", "--jobs", "1", "--out", str(out), "--only", "breast_cancer", "diabetes"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["tables.py", *arguments])
        load("tables").main()
    return out


def test_the_page_tells_every_training_and_method(made):
    text = (made / "stabilised_tables.md").read_text()
    for name in ("SWA", "EMA", "ASWA", "NASWA", "early stopping", "plain, stopped like NASWA"):
        assert f"| {name} |" in text
    for name in ("Kernel SHAP | ICC", "LIME | stability", "anchors | mass IoU", "dispersion ↓"):
        assert name in text
    assert not re.search(r"\b(nan|None)\b", text)
    shown = re.findall(r"!\[[^]]*\]\(([^)]+)\)", text)
    assert [(made / name).exists() for name in shown] == [True, True]


def test_the_page_in_the_docs_has_its_pictures():
    page = FOLDER.parent.parent / "docs" / "stabilised_tables.md"
    shown = re.findall(r"!\[[^]]*\]\(([^)]+)\)", page.read_text())
    assert {path.name for path in page.with_suffix("").glob("*")} == {Path(n).name for n in shown}
    assert max((page.parent / name).stat().st_size for name in shown) < 150_000
