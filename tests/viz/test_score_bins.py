import numpy as np
import pandas as pd
import pytest
import vl_convert

from tests.text_models import TEXTS, linear_text_ensemble
from xaigeo import explain
from xaigeo.agreement import score_bins as bins_of
from xaigeo.errors import InputError
from xaigeo.viz.score_bins import score_bins, score_bins_finding, score_bins_tables


def bins(values, n=20, length=0.1, score="relative_entropy"):
    values = np.asarray(values, dtype=float)
    n = np.broadcast_to(n, len(values))
    ends = np.arange(len(values) + 1) / 10
    return pd.DataFrame(
        {
            "score": score,
            "low": ends[:-1],
            "high": ends[1:],
            "prediction": ends[:-1] + 0.05,
            "n_rows": n,
            "n_defined": n,
            "value": values,
            "value_low": values - length / 2,
            "value_high": values + length / 2,
        }
    )


def two_scores(values, **more):
    jaccard = bins(np.asarray(values) / 2, score="jaccard_distance", **more)
    return pd.concat([bins(values, **more), jaccard], ignore_index=True)


def drawn(chart, make):
    spec = chart.to_dict()
    tables = make.tables_of(spec)
    make.check_fields(spec, tables)
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")
    return spec, tables


def test_a_panel_a_score_and_a_line_an_ensemble(make):
    given = {"plain": two_scores([0.5, 0.8]), "ASWA": two_scores([0.2, 0.3], n=[2, 30])}
    spec, tables = drawn(score_bins(given, output="yes"), make)
    assert len(spec["vconcat"]) == 2
    for place, share in ((0, 1.0), (1, 0.5)):
        rows = tables[f"score_{place}"]
        assert [(row["ensemble"], row["value"]) for row in rows] == [
            ("plain", 0.5 * share),
            ("plain", 0.8 * share),
            ("ASWA", 0.2 * share),
            ("ASWA", 0.3 * share),
        ]
        assert [row["few"] for row in rows] == [False, False, True, False]
        # A bin with few rows is joined to none.
        assert rows[0]["run"] == rows[1]["run"]
        assert rows[2]["run"] != rows[3]["run"]
    heads = [" ".join(panel["title"]["text"]) for panel in spec["vconcat"]]
    assert (
        heads[0] == "Relative entropy (lower: more alike). Mean over rows: plain 0.65, ASWA 0.29."
    )
    assert spec["vconcat"][1]["layer"][0]["encoding"]["x"]["title"] == "Mean prediction of “yes”"
    assert "Hollow, unjoined: fewer than 5 rows." in " ".join(spec["title"]["subtitle"])


def test_marks_of_ensembles_stand_aside_in_their_bin():
    given = {name: bins([0.5, 0.8]) for name in ("a", "b", "c")}
    table = score_bins_tables(given)["score_0"]
    for low, own in table.groupby("low"):
        assert own["middle"].between(low, low + 0.1).all()
        assert own["middle"].is_unique


def test_finding_of_several_ensembles():
    plain = bins([0.5, 0.7])
    less, same = bins([0.3, 0.42]), bins([0.5, 0.71])
    assert score_bins_finding({"plain": plain, "ASWA": less}) == (
        "ASWA lowers the relative entropy by 40% (mean over rows, against plain)"
    )
    assert score_bins_finding({"plain": plain, "ASWA": same}) == (
        "ASWA makes no clear change to the relative entropy (mean over rows, against plain)"
    )
    assert score_bins_finding({"ASWA": less, "plain": plain}) == (
        "plain raises the relative entropy by 67% (mean over rows, against ASWA)"
    )
    many = {"plain": plain, **dict.fromkeys("abcd", same)}
    assert score_bins_finding(many) == (
        "None of 4 ensembles clearly changes the relative entropy of plain"
    )
    assert score_bins_finding({**many, "d": less}) == (
        "1 of 4 ensembles clearly change the relative entropy of plain: d lowers it by 40%"
    )


def test_finding_of_one():
    assert score_bins_finding(bins([0.5, 0.8])) == (
        "The relative entropy is highest, 0.8, where the mean prediction is 0.1 to 0.2: 20 rows"
    )
    assert score_bins_finding(bins([0.5], n=1)) == (
        "The relative entropy is 0.5 on average over 1 row"
    )
    assert score_bins_finding(bins([0.0, 0.0])) == "The relative entropy is 0 in every bin"
    assert score_bins_finding(bins([np.nan], n=0)) == "The relative entropy is defined in no bin"


def test_finding_of_one_passes_over_bins_of_few_rows():
    assert score_bins_finding(bins([0.5, 0.9, 0.8, 0.6], n=[20, 1, 5, 4])) == (
        "The relative entropy is highest, 0.8, where the mean prediction is 0.2 to 0.3: 5 rows"
    )
    assert score_bins_finding(bins([0.5, 0.9], n=[20, 1])) == (
        "The relative entropy is 0.5 where the mean prediction is 0 to 0.1: 20 rows, "
        "the only bin with at least 5 rows"
    )
    assert score_bins_finding(bins([0.5, 0.9, 0.5], n=[20, 1, 8])) == (
        "The relative entropy is 0.5 in every bin with at least 5 rows"
    )
    # Unless all have few.
    assert score_bins_finding(bins([0.5, 0.9], n=[2, 1])) == (
        "The relative entropy is highest, 0.9, where the mean prediction is 0.1 to 0.2: 1 row"
    )


def test_one_table_has_no_legend_and_undefined_bins_are_not_drawn(make):
    table = bins([0.5, np.nan, 0.8], n=[9, 0, 9])
    spec, tables = drawn(score_bins(table, width=340), make)
    assert [row["value"] for row in tables["score_0"]] == [0.5, 0.8]
    assert [row["run"] for row in tables["score_0"]] == [1, 2]
    colour = spec["vconcat"][0]["layer"][0]["encoding"]["color"]
    assert "scale" not in colour


def test_bins_of_texts(make):
    ensemble = linear_text_ensemble(n_seeds=4, pooled=True, max_tokens=12)
    attention = explain(ensemble, TEXTS, method="attention")
    table = bins_of(attention, n_bootstrap=20)
    _, tables = drawn(score_bins(table), make)
    own = table[(table["score"] == "relative_entropy") & (table["n_defined"] > 0)]
    assert [row["value"] for row in tables["score_0"]] == pytest.approx(own["value"], rel=1e-4)


def test_scores_that_are_not_registered_keep_their_name():
    table = bins([0.5, 0.8], score="own_score")
    assert score_bins_finding(table).startswith("The own score is highest")


def test_errors():
    own = bins([0.5])
    with pytest.raises(InputError, match=r"bins as xaigeo\.agreement\.score_bins returns them"):
        score_bins(own[["score"]])
    with pytest.raises(
        InputError, match=r"bins of 'a' as xaigeo\.agreement\.score_bins .* got int"
    ):
        score_bins({"a": 3})
    with pytest.raises(InputError, match=r"the scores of 'a' \(relative_entropy\), got spearman"):
        score_bins({"a": own, "b": bins([0.5], score="spearman")})
    with pytest.raises(InputError, match="one to 6 tables of bins by name, got 7"):
        score_bins({str(n): own for n in range(7)})
    with pytest.raises(InputError, match="one to 6 tables of bins by name, got 0"):
        score_bins({})
    with pytest.raises(InputError, match="names of tables of bins as text, got 1"):
        score_bins({1: own})
