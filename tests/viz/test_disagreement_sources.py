from dataclasses import replace

import numpy as np
import pytest
import vl_convert

from xaigeo.agreement.crossed import CrossedAttributions
from xaigeo.agreement.disagreement_sources import disagreement_sources as sources_of
from xaigeo.errors import InputError
from xaigeo.viz.disagreement_sources import (
    disagreement_sources,
    disagreement_sources_finding,
    disagreement_sources_notes,
    disagreement_sources_tables,
)

FACTORS = ("init", "order", "explainer", "method")
NONE = {("lime", "explainer"): "none: the method does not draw"}


@pytest.fixture(scope="module")
def values():
    rng = np.random.default_rng(0)
    found = rng.normal(size=(1, 1, 1, 2, 6, 5)) + 0.5 * rng.normal(size=(3, 1, 1, 1, 6, 5))
    found = found + 0.2 * rng.normal(size=(3, 3, 3, 2, 6, 5))
    found[:, :, 1:, 0] = found[:, :, :1, 0]  # the first method does not draw
    return found


@pytest.fixture(scope="module")
def sources(values):
    crossed = CrossedAttributions(
        values=values,
        factors=FACTORS,
        levels={"method": ("lime", "kernel_shap")},
        sizes=True,
        reasons=NONE,
    )
    return sources_of(crossed, n_bootstrap=30)


def said(chart):
    title = chart.to_dict()["title"]
    return " ".join(title["text"]), " ".join(title["subtitle"])


@pytest.mark.parametrize("method", [None, "lime", "kernel_shap"])
@pytest.mark.parametrize("width", [240, 420])
def test_fields_and_picture(sources, make, method, width):
    spec = disagreement_sources(sources, method, width=width).to_dict()
    make.check_fields(spec, make.tables_of(spec))
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")
    sides = [part["width"] for part in spec["hconcat"]]
    assert sides[0] == sides[1]
    assert sum(sides) + spec["spacing"] == pytest.approx(width, abs=1)


def test_rows_stand_at_one_height_on_both_sides(sources, make):
    spec = disagreement_sources(sources).to_dict()
    rows = make.tables_of(spec)["sources"]
    domains = [
        layer["encoding"]["y"]["scale"]["domain"]
        for part in spec["hconcat"]
        for layer in part["layer"]
    ]
    assert all(domain == [row["label"] for row in rows] for domain in domains)


def test_the_table_holds_the_numbers_of_the_method(sources, make):
    rows = make.tables_of(disagreement_sources(sources, "kernel_shap").to_dict())["sources"]
    table = sources.table[sources.table["method"] == "kernel_shap"].set_index("source")
    by = {row["label"]: row for row in rows}
    assert rows[0]["label"] == "Initial weights"
    assert rows[-1]["label"] == "Everything at once"
    assert rows[-1]["share"] is None
    assert by["Other interactions"]["agreement"] is None
    shares = [row["share"] for row in rows[:-1]]
    assert shares == sorted(shares, reverse=True)
    for label, source in (("Batch order", "order"), ("Weights and order together", "init × order")):
        for column, name in (("share", "share"), ("high", "high"), ("agreement_low",) * 2):
            assert by[label][column] == pytest.approx(table.loc[source, name], abs=1e-4)
        assert by[label]["agreement"] == pytest.approx(
            table.loc[source, "feature_agreement"], rel=1e-3
        )


def test_the_finding_names_the_two_largest_sources(sources):
    table = sources.table[sources.table["method"] == "kernel_shap"].set_index("source")["share"]
    ranked = table.drop(["everything", "other interactions"]).sort_values(ascending=False)
    assert ranked.index[0] == "init"
    finding = disagreement_sources_finding(sources, "kernel_shap")
    first = f"Kernel SHAP explanations vary most with initial weights ({ranked.iloc[0]:.0%} of the"
    assert finding.startswith(first)
    assert said(disagreement_sources(sources))[0].startswith("Explanations vary most with ")


def test_notes_say_what_is_missing_and_what_is_compared(sources):
    notes = " ".join(disagreement_sources_notes(sources, "lime"))
    assert "(6 rows, 9 runs)" in notes
    assert "Explainer's seed: the method does not draw." in notes
    assert "Upright tick: unrelated explanations (60%)." in notes
    notes = " ".join(disagreement_sources_notes(sources, "all methods"))
    assert "(6 rows, 36 runs)" in notes
    assert "Sizes are compared: signs do not mean the same in all methods." in notes
    assert "Too few levels" not in notes
    assert "Thick line: 95% interval with other seeds, samples and rows; thin, light: over" in notes


def test_the_interval_with_other_seeds_is_the_bold_one(sources):
    layers = disagreement_sources(sources).to_dict()["hconcat"][0]["layer"]
    width = {
        layer["encoding"]["x2"]["field"]: layer["mark"]["strokeWidth"]
        for layer in layers
        if layer["mark"]["type"] == "rule" and "x2" in layer["encoding"]
    }
    assert width["level_high"] > 2 * width["high"]


def test_a_source_without_variance_reads_none(sources):
    table = disagreement_sources_tables(sources, "lime")["sources"].set_index("label")
    assert table.loc["Explainer's seed", "none"]
    assert not table.loc["Everything at once", "none"]
    assert not table.loc["Batch order", "none"]


def test_two_levels_leave_the_thick_line_out(values, make):
    few = sources_of(
        CrossedAttributions(values=values[:, :2, :, 1], factors=FACTORS[:3]), n_bootstrap=9
    )
    chart = disagreement_sources(few)
    assert "Too few levels to say how far other seeds and samples would differ." in said(chart)[1]
    assert "Thin line: 95% interval over rows, for these runs alone." in said(chart)[1]
    assert vl_convert.vegalite_to_svg(chart.to_dict()).startswith("<svg")


def test_nothing_varies(values, make):
    still = np.repeat(values[:1, 0, 0, 1], 3, axis=0)
    found = sources_of(CrossedAttributions(values=still, factors=("a long name of my own",)))
    chart = disagreement_sources(found)
    assert said(chart)[0] == "method explanations vary with nothing that was changed"
    assert vl_convert.vegalite_to_svg(chart.to_dict()).startswith("<svg")


def test_interactions_are_named_only_where_they_are_the_most(sources):
    table = sources.table.copy()
    largest = (table["method"] == "kernel_shap") & (table["source"] == "other interactions")
    assert "other interactions" not in disagreement_sources_finding(sources, "kernel_shap")
    table.loc[largest, "share"] = 0.97
    finding = disagreement_sources_finding(replace(sources, table=table), "kernel_shap")
    assert finding.startswith(
        "Kernel SHAP explanations vary most with other interactions (97% of the"
    )


def test_messages(sources):
    with pytest.raises(InputError, match="sources of disagreement, got DataFrame"):
        disagreement_sources(sources.table)
    with pytest.raises(InputError, match=r"a method of the experiment .* Did you mean 'lime'"):
        disagreement_sources(sources, "lim")
    with pytest.raises(InputError, match="width to be a whole number of at least 120"):
        disagreement_sources(sources, width=50)
