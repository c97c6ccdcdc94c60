from dataclasses import replace

import numpy as np
import pytest

from xaigeo.errors import InputError
from xaigeo.geometry import scene
from xaigeo.viz.map_tables import drawn_tables
from xaigeo.viz.method_words import BINNED
from xaigeo.viz.page.agreement import measure_agreement
from xaigeo.viz.page.explorer import (
    ALIKE,
    ENLARGED,
    SAME_ANSWER,
    SPLIT,
    default_view,
    draw,
    explorer_data,
)


@pytest.fixture(scope="module")
def data(study, make):
    drawing = draw(study.explanations, [make.view, ("bill_depth_mm", "body_mass_g")])
    return explorer_data(study.explanations, drawing, measure_agreement(study.explanations))


def test_rows_come_flagged_first_then_split_then_alike(data):
    groups = [one["group"] for one in data["instances"]]
    assert groups == sorted(groups, key=[SAME_ANSWER, SPLIT, ALIKE].index)
    assert data["groups"] == list(dict.fromkeys(groups))


def test_answers_and_sentence_of_a_row(data, study):
    first = study.explanations[0]
    for one in data["instances"]:
        place = first.instances.tolist().index(one["label"])
        assert one["id"] == place
        assert one["answers"] == first.predicted[:, place].tolist()
        share = np.mean(np.array(one["answers"]) == np.bincount(one["answers"]).argmax())
        assert one["flip_rate"] == pytest.approx(1 - share, abs=1e-3)
        if share == 1:
            assert one["sentence"].startswith("All 5 seeds answer ")


def test_tables_have_the_rows_of_the_scene(data, the_scene):
    tables, drawn = data["views"][0]["tables"], drawn_tables(the_scene)
    for name in ("points", "instances", "lines", "cones", "vectors", "boxes", "connectors"):
        assert tables[name]["n"] == len(drawn[name]), name


def test_what_no_view_changes_is_written_once(data):
    first, second = (view["tables"] for view in data["views"])
    assert "rule" in first["boxes"]["columns"]
    assert second["boxes"]["rest"]
    assert not {"rule", "precision", "seed"} & set(second["boxes"]["columns"])
    assert "x2" in second["connectors"]["columns"]


def test_changes_in_words(data, study):
    found = study.by_method["counterfactuals"]
    entry = next(m for m in data["methods"] if m["name"] == "counterfactuals")["changes"]
    feature = found.schema.features[0]
    for i in range(len(found.instances)):
        for s in range(len(found.seeds)):
            words = [entry["parts"][k] for k in entry["rows"][i][s]]
            assert len(words) == found.array("n_changed")[s, i, 0]
            start, end = found.array("input")[i, 0], found.array("point")[s, i, 0, 0]
            if start != end:
                assert words[0] == (
                    f"{feature.name} {feature.text(start)} → {feature.text(end)} {feature.unit}"
                )


def test_a_counterfactual_not_found_has_no_words(study, make):
    found = study.by_method["counterfactuals"]
    nothing = replace(found, data=found.data.assign(valid=found.data["valid"] & False))
    drawing = draw([nothing], [make.view])
    method = explorer_data([nothing], drawing, measure_agreement([nothing]))["methods"][0]
    assert {row for rows in method["changes"]["rows"] for row in rows} == {None}


def test_methods_may_explain_different_rows(study, make):
    few = study.by_method["lime"].sel(instance=study.X.index[2:4].tolist())
    given = [few, study.by_method["anchors"]]
    data = explorer_data(given, draw(given, [make.view]), measure_agreement(given))
    assert len(data["instances"]) == len(study.X)
    lime = data["methods"][0]
    assert [data_label(data, place) for place in lime["rows"]] == study.X.index[2:4].tolist()


def data_label(data, place):
    return next(one["label"] for one in data["instances"] if one["id"] == place)


def test_the_default_view_is_what_explanations_speak_of(study):
    shap = study.by_method["kernel_shap"]
    size = np.abs(shap.array("attribution")).mean(axis=(0, 1, 3))
    numeric = np.flatnonzero(~shap.schema.discrete)
    top = numeric[np.argsort(-size[numeric])[:2]]
    assert set(default_view([shap])) == {shap.features[j] for j in top}


def test_binned_lime_is_drawn_as_arrows_beside_other_marks(study, make):
    binned = make.binned(study.by_method["lime"])
    given = [binned, study.by_method["anchors"]]
    drawing = draw(given, [make.view])
    assert not len(drawing.scenes[0].lines)
    assert set(drawing.scenes[0].vectors["method"]) == {"lime"}
    data = explorer_data(given, drawing, None)
    method = data["methods"][0]
    assert (method["mark"], method["reading"]) == ("arrows", BINNED)
    assert method["unit"] == "probability"
    assert any("< bill_length_mm ≤" in text for text in method["medians"]["columns"]["label"]["d"])
    assert len(draw([binned], [make.view]).scenes[0].vectors)


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        (["bill_length_mm", "sex"], "only bill_length_mm is numeric"),
        (["island", "sex"], "no column is numeric"),
    ],
)
def test_too_few_numeric_columns_leave_the_map_out_and_say_so(make, study, columns, reason):
    X = study.data.X[columns]
    model = make.linear_seeds(X, study.data.y)
    given = [make.attributions(model, X.iloc[:3], X, "kernel_shap")]
    drawn = draw(given, None)
    assert drawn.scenes == []
    assert drawn.no_map == f"A map needs two numeric columns, and {reason}."


def test_views_that_cannot_be_drawn_are_refused(make, study):
    with pytest.raises(InputError, match="at least one view"):
        draw(study.explanations, [])
    with pytest.raises(InputError, match="a view of two numeric columns"):
        draw(study.explanations, [("bill_length_mm", "island")])


def test_the_scene_is_the_core_s_but_for_the_scale_of_arrows(study, make):
    drawn = draw(study.explanations, [make.view]).scenes[0]
    own = scene(study.explanations, view=make.view)
    for name in ("points", "instances", "lines", "boxes", "connectors"):
        assert getattr(drawn, name).equals(getattr(own, name)), name
    for method in ("kernel_shap", "integrated_gradients"):
        alone = scene(study.by_method[method], view=make.view)
        assert drawn.arrow_scale[method] == pytest.approx(ENLARGED * alone.arrow_scale[method])
