import json
from dataclasses import replace

import numpy as np
import pytest
import vl_convert

from xaigeo.agreement.seeds_needed import seeds_needed
from xaigeo.errors import InputError
from xaigeo.viz.seed_curve import (
    seed_curve,
    seed_curve_finding,
    seed_curve_notes,
    seed_curve_tables,
)


@pytest.fixture(scope="module")
def shap(make):
    from xaigeo.datasets import penguins

    data = penguins()
    model = make.linear_seeds(data.X, data.y, n_seeds=8, wobble=0.5)
    return make.attributions(model, data.X.iloc[::40], data.X.iloc[::10], "kernel_shap")


@pytest.fixture(scope="module")
def needed(shap):
    return seeds_needed(shap, n_bootstrap=50, n_draws=20)


def words_of(spec):
    return " ".join(spec["title"]["text"]), " ".join(spec["title"]["subtitle"])


def panel_of(spec):
    return spec["spec"] | {"data": spec["data"]}


@pytest.mark.parametrize("width", [150, 600])
def test_it_compiles_with_its_fields(needed, make, width):
    spec = seed_curve(needed, width=width).to_dict()
    make.check_fields(panel_of(spec), make.tables_of(spec))
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")
    assert spec["columns"] == max(1, width // 190)
    assert spec["columns"] * (spec["spec"]["width"] + 40) <= width


def test_the_curve_is_that_of_the_result(needed, make):
    curve = seed_curve_tables(needed, 4)["curve"]
    whole = needed.curve.set_index(["score", "n_seeds"])
    assert curve["score"].nunique() == 4
    for row in curve.itertuples():
        wanted = whole.loc[(row.score, row.n_seeds)]
        for name in ("value", "low", "high"):
            assert getattr(row, name) == wanted[name]
            assert getattr(row, f"{name}_y") == np.clip(wanted[name], row.floor, row.ceiling)
        assert row.half == wanted["seed_half_width"]
        assert row.part == "trained" or row.n_seeds >= needed.n_trained
        assert row.at_trained == (row.n_seeds == 8 and row.part == "trained")
    # Both parts hold the trained number, so that no gap is drawn.
    assert curve.loc[curve["n_seeds"] == 8, "part"].value_counts().tolist() == [4, 4]
    assert len(make.tables_of(seed_curve(needed, 4).to_dict())["curve"]) == len(curve)


def test_scores_that_need_most_seeds_come_first(needed):
    curve = seed_curve_tables(needed, 30)["curve"]
    answers = curve[curve["at_trained"]]
    assert answers["rank"].tolist() == list(range(len(answers)))
    need = answers["least"].fillna(np.inf).to_numpy()
    assert (np.diff(need[np.isfinite(need)]) <= 0).all()
    rows = needed.scores.set_index("score")
    for row in answers.itertuples():
        assert row.top - row.bottom == pytest.approx(needed.width)
        wanted = rows.loc[row.score, "n_seeds"]
        told = {"not reached": "not reached", "no spread": "no difference"}
        assert row.told.startswith(told.get(rows.loc[row.score, "status"], f"{wanted:.0f} seeds"))
    notes = " ".join(seed_curve_notes(needed, 4))
    assert f"{len(answers) - 4} other scores are not shown" in notes
    assert "not shown" not in " ".join(seed_curve_notes(needed, 30))


def test_headings_of_a_row_are_level(needed):
    spec = seed_curve(needed, width=400).to_dict()
    written = spec["facet"]["header"]["labelExpr"].removesuffix("[datum.value]")
    headings = json.loads(written)
    assert set(headings) == set(seed_curve_tables(needed)["curve"]["score"])
    assert len({len(lines) for lines in headings.values()}) == 1
    told = seed_curve_tables(needed)["curve"].drop_duplicates("score").set_index("score")["told"]
    assert all(lines[-1] == told[name] for name, lines in headings.items())


def test_findings(shap):
    def told(width, **options):
        found = seeds_needed(
            shap, ["spearman", "churn"], width=width, n_bootstrap=1, n_draws=20, **options
        )
        return found, seed_curve_finding(found)

    wide, said = told(2.0)
    assert wide.status == "trained"
    assert wide.scores["status"].tolist() == ["trained", "no spread"]
    assert said == (
        "5 seeds are enough for the interval of 1 of 2 scores to be at most 2 wide; 8 were trained"
    )
    all_told = replace(wide, scores=wide.scores.iloc[:1])
    assert seed_curve_finding(all_told).startswith("5 seeds are enough for the interval to be")
    half = float(wide.scores.set_index("score").loc["spearman", "seed_half_width"])
    some, said = told(half, up_to=400)
    assert some.status == "extrapolated"
    assert said.startswith(f"About {some.n_seeds} seeds (")
    assert " are enough for the interval of 1 of 2 scores" in said
    assert some.n_seeds > 8
    none, said = told(1e-4)
    n = int((none.scores["status"] == "not reached").sum())
    assert said == f"Even 32 seeds leave {n} of 2 intervals wider than 0.0001; 8 were trained"
    one = seeds_needed(shap, "spearman", width=1e-4, n_bootstrap=1, n_draws=20)
    assert seed_curve_finding(one).startswith("Even 32 seeds leave the interval wider")


def test_the_title_tells_the_range(needed):
    scores = needed.scores.assign(n_seeds=7.0, n_seeds_low=5.0, n_seeds_high=18.0, status="trained")
    found = replace(needed, scores=scores)
    start = "About 7 seeds (5 to 18) are enough for every interval to be at most 0.1 wide"
    assert seed_curve_finding(found) == f"{start}; 8 were trained"
    scores.loc[scores.index[2], "n_seeds_high"] = np.nan
    assert seed_curve_finding(replace(needed, scores=scores)).startswith(
        "About 7 seeds (5 or more) are enough"
    )


def test_equal_scores_share_a_panel(needed, make):
    first, second = needed.scores["score"].tolist()[:2]
    curve = needed.curve.copy()
    rows = curve[curve["score"] == first][["value", "low", "high"]].to_numpy()
    curve.loc[curve["score"] == second, ["value", "low", "high"]] = rows
    found = replace(needed, curve=curve)
    drawn = set(seed_curve_tables(found, 30)["curve"]["score"])
    assert drawn == set(needed.scores["score"]) - {second}
    labels = needed.scores["label"]
    assert f"Equal throughout, drawn once: {labels[0]} = {labels[1]}." in seed_curve_notes(found)


def test_no_difference_is_said_to_tell_nothing(shap, make):
    sure = seeds_needed(shap, ["spearman", "churn"], n_bootstrap=0, n_draws=20)
    none = replace(sure, scores=sure.scores.assign(status="no spread", n_seeds=np.nan))
    assert seed_curve_finding(none) == (
        "The 8 trained seeds do not differ in any score, which does not tell how many are enough"
    )
    spec = seed_curve(none).to_dict()
    assert {row["told"] for row in make.tables_of(spec)["curve"]} == {"no difference"}
    assert "up to 31% of all seeds may differ all the same (95%)" in words_of(spec)[1]
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_few_seeds_cannot_tell(shap, make):
    few = seeds_needed(shap.sel(seed=[0, 1, 2]), n_bootstrap=20, n_draws=20)
    spec = seed_curve(few).to_dict()
    make.check_fields(panel_of(spec), make.tables_of(spec))
    finding, notes = words_of(spec)
    assert finding == "3 seeds cannot tell how many are enough: 5 are the fewest that can"
    assert "Line and band" not in notes
    assert {row["told"] for row in make.tables_of(spec)["curve"]} == {"cannot be told"}
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_an_undefined_score(study, make):
    shap = study.by_method["kernel_shap"]
    n = len(shap.features)
    alone = seeds_needed(shap, "stability", k=n, n_bootstrap=5, n_draws=20)
    spec = seed_curve(alone).to_dict()
    assert words_of(spec)[0] == "No score is defined, so that no number of seeds can be told"
    both = seeds_needed(shap, ["stability", "churn"], k=n, n_bootstrap=5, n_draws=20)
    assert seed_curve_tables(both)["curve"]["told"].tolist()[-1] == "undefined"
    assert vl_convert.vegalite_to_svg(seed_curve(both).to_dict()).startswith("<svg")


@pytest.mark.parametrize("method", ["lime", "anchors", "counterfactuals"])
def test_every_kind_of_explanation(study, make, method):
    found = seeds_needed(study.by_method[method], n_bootstrap=5, n_draws=20)
    spec = seed_curve(found).to_dict()
    make.check_fields(panel_of(spec), make.tables_of(spec))
    if method == "counterfactuals":
        joined = (seed_curve(found) | seed_curve(found, 2)).to_dict()
        assert vl_convert.vegalite_to_svg(joined).startswith("<svg")


def test_panels_of_scores_with_a_range_are_equally_high(shap):
    found = seeds_needed(
        shap, ["spearman", "mean_cosine", "relative_entropy"], n_bootstrap=5, n_draws=20
    )
    curve = seed_curve_tables(found)["curve"].set_index("score")
    height = (curve["ceiling"] - curve["floor"]).groupby("score").agg(["min", "max"])
    assert (height["min"] == height["max"]).all()
    assert height.loc["spearman", "min"] == pytest.approx(height.loc["mean_cosine", "min"])
    assert (curve.loc["relative_entropy", "floor"] >= 0).all()
    at = curve[curve["at_trained"]]
    assert ((at["floor"] <= at["value"]) & (at["value"] <= at["ceiling"])).all()


def test_messages(needed, shap):
    with pytest.raises(InputError) as told:
        seed_curve(shap)
    assert str(told.value) == (
        "Expected how many seeds are needed, got Attributions. Pass the answer of "
        "xaigeo.agreement.seeds_needed(explanation)."
    )
    with pytest.raises(InputError, match="max_scores to be a whole number of at least 1, got 0"):
        seed_curve(needed, 0)
    with pytest.raises(InputError, match="width to be a whole number of at least 120, got 5"):
        seed_curve(needed, width=5)
