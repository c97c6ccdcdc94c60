import json
from dataclasses import replace

import numpy as np
import pytest
import vl_convert

from xaigeo.ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.geometry.decision_regions import decision_regions as regions_of
from xaigeo.viz.decision_regions import decision_regions


def ensemble_of(model):
    def seed(place):
        return lambda X: model.outputs(model.schema.encode(X))[place]

    return SeedEnsemble.wrap(
        [seed(place) for place in range(model.n_seeds)],
        schema=model.schema,
        classes=model.classes,
        task=model.task,
    )


@pytest.fixture(scope="module")
def regions(study, make):
    return regions_of(
        ensemble_of(study.model), study.data.X, make.view, y=study.data.y, resolution=20
    )


def title(chart):
    text = chart.to_dict()["title"]["text"]
    return " ".join(text) if isinstance(text, list) else text


def test_fields_panels_and_size(regions, make):
    spec = decision_regions(regions).to_dict()
    make.check_fields(spec, make.tables_of(spec))
    panels = [panel for row in spec["vconcat"] for panel in row["hconcat"]]
    assert [panel["title"]["text"] for panel in panels] == [f"seed {s}" for s in regions.seeds]
    assert len(json.dumps(spec)) < 200_000
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_rectangles_hold_the_predictions(regions, make):
    rows = make.tables_of(decision_regions(regions, seeds=[3]).to_dict())["regions"]
    assert {str(row["seed"]) for row in rows} == {"3"}
    for i, j in ((0, 0), (10, 4), (19, 19), (7, 13)):
        x, y = regions.x[j], regions.y[i]
        found = [
            row["predicted"]
            for row in rows
            if float(row["x"]) < x < float(row["x2"]) and float(row["y"]) < y < float(row["y2"])
        ]
        assert found == [regions.outputs[regions.predicted[3, i, j]]]


def test_the_title_counts_the_cells_on_which_all_agree(regions):
    same = np.mean(
        [[len(set(regions.predicted[:, i, j].tolist())) == 1 for j in range(20)] for i in range(20)]
    )
    assert title(decision_regions(regions)) == (
        f"All 5 seeds predict the same class on {same:.0%} of this view"
    )
    one = decision_regions(regions, seeds=[0])
    assert title(one).startswith("Seed 0 predicts “")


def test_notes_say_what_is_held_and_whose_classes_are_shown(regions):
    notes = " ".join(decision_regions(regions).to_dict()["title"]["subtitle"])
    assert "Other columns held at medians and commonest categories." in notes
    assert "by their true class" in notes
    own = decision_regions(replace(regions, labelled=False)).to_dict()["title"]["subtitle"]
    assert "by the class that most seeds predict" in " ".join(own)


def test_panels_fit_the_width(regions):
    for width, columns in ((400, 3), (700, 5)):
        spec = decision_regions(regions, width=width).to_dict()
        first = spec["vconcat"][0]["hconcat"]
        assert len(first) == columns
        assert sum(panel["width"] + 8 for panel in first) + 60 <= width + 8
    assert len(decision_regions(regions, columns=2).to_dict()["vconcat"]) == 3


def test_a_regression_is_coloured_by_value(study, make):
    model = make.regression_seeds(study.data.X)
    found = regions_of(ensemble_of(model), study.data.X, "pca", resolution=10)
    chart = decision_regions(found)
    spec = chart.to_dict()
    make.check_fields(spec, make.tables_of(spec))
    assert "up to" in title(chart)
    gap = np.ptp(found.predicted, axis=0).max()
    assert f"{gap:.3g} apart in one place" in title(chart)
    assert title(decision_regions(found, seeds=[1])).startswith("Seed 1 predicts ")
    notes = " ".join(spec["title"]["subtitle"])
    assert "The plane passes through means" in notes


def test_messages(regions):
    with pytest.raises(InputError, match=r"DecisionRegions, got dict"):
        decision_regions({})
    with pytest.raises(InputError, match=r"seeds of the regions \(0, 1, 2, 3, 4\), got 9"):
        decision_regions(regions, seeds=[1, 9])
    with pytest.raises(InputError, match=r"got none"):
        decision_regions(regions, seeds=[])
    with pytest.raises(InputError, match=r"columns to be a whole number of at least 1, got 0"):
        decision_regions(regions, columns=0)


def test_beyond_the_colours_areas_have_their_number(regions, make):
    names = tuple(f"kind {k}" for k in range(12))
    predicted = np.zeros_like(regions.predicted)
    predicted[:, :, 10:] = 9
    predicted[:, 0, 0] = 3
    many = replace(
        regions,
        outputs=names,
        predicted=predicted,
        point_class=np.zeros_like(regions.point_class),
    )
    spec = decision_regions(many).to_dict()
    tables = make.tables_of(spec)
    # One cell has no room for a number.
    assert {row["number"] for row in tables["numbers"]} == {"1", "10"}
    for row in tables["numbers"]:
        place = list(map(str, regions.seeds)).index(str(row["seed"]))
        i = np.abs(regions.y - float(row["y"])).argmin()
        j = np.abs(regions.x - float(row["x"])).argmin()
        assert names[predicted[place, i, j]] == row["predicted"] == names[int(row["number"]) - 1]
    assert "Number: the class of an area" in " ".join(spec["title"]["subtitle"])
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")
    assert "numbers" not in make.tables_of(decision_regions(regions).to_dict())
