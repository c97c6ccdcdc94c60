"""Charts of rows whose labels have several levels, or are dates."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from xaigeo import viz
from xaigeo.geometry import grand_tour, scene
from xaigeo.viz.records import of_row, plain


def relabelled(explanation, labels):
    held = np.empty(len(labels), dtype=object)
    held[:] = list(labels)
    return replace(explanation, data=explanation.data.assign_coords(instance=held))


@pytest.fixture(scope="module")
def index(study):
    return pd.MultiIndex.from_product([["q", "r"], range(len(study.X) // 2)])


@pytest.fixture(scope="module")
def given(study, index):
    return [relabelled(e, index) for e in study.explanations]


def test_labels_of_several_levels_are_written_as_plain_values():
    assert plain(("q", np.int64(0))) == plain(("q", 0)) == "('q', 0)"
    table = pd.DataFrame({"instance": [("q", 0), ("q", 1), ("q", 0)]})
    assert of_row(table, ("q", np.int64(0))).tolist() == [True, False, True]
    assert of_row(table, "('q', 1)").tolist() == [False, True, False]
    assert of_row(table.head(0), ("q", 0)).shape == (0,)


@pytest.mark.parametrize("place", [None, 1])
def test_a_tour_draws_what_it_draws_of_a_plain_label(given, study, index, make, place):
    """The same marks under other labels: as many rows of the same tables."""
    tour = grand_tour(given, random_state=0)
    asked = (None, None) if place is None else (index[place], study.X.index[place])
    levelled = make.tables_of(viz.tour_map(given, tour, asked[0], n_frames=2).to_dict())
    usual = make.tables_of(viz.tour_map(study.explanations, tour, asked[1], n_frames=2).to_dict())
    assert {name: len(rows) for name, rows in levelled.items()} == {
        name: len(rows) for name, rows in usual.items()
    }
    assert len(levelled["captions"]) > 0


def test_a_row_is_named_by_its_label_in_every_chart(given, study, index):
    shap = given[study.explanations.index(study.by_method["kernel_shap"])]
    drawn = scene(given, view="pca")
    for label in (index[1], ("q", 1)):
        for chart in (viz.attribution_waterfall, viz.attribution_force, viz.attribution_strip):
            assert "('q', 1)" in str(chart(shap, label).to_dict()["title"])
        shown = viz.explanation_map(drawn, instance=label, methods=["lime"]).to_dict()
        assert "('q', 1)" in str(shown["params"])


def test_dates_are_named_as_the_index_has_them(study):
    days = pd.date_range("2020-01-01", periods=len(study.X))
    written = np.array(days.astype(str), dtype=object)
    shap = relabelled(study.by_method["kernel_shap"], written)
    for label in (days[1], "2020-01-02"):
        assert "2020-01-02" in str(viz.attribution_waterfall(shap, label).to_dict()["title"])
        viz.explanation_map(scene(shap, view="pca"), instance=label).to_dict()
        viz.tour_map(shap, grand_tour(shap), label, n_frames=2).to_dict()
