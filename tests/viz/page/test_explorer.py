import numpy as np
import pytest

from xaigeo.viz.method_words import BINNED
from xaigeo.viz.page.agreement import measure_agreement
from xaigeo.viz.page.drawing import draw
from xaigeo.viz.page.explorer import ALIKE, MOST_POINTS, SAME_ANSWER, SPLIT, explorer_data


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


def test_methods_may_explain_different_rows(study, make):
    few = study.by_method["lime"].sel(instance=study.X.index[2:4].tolist())
    given = [few, study.by_method["anchors"]]
    data = explorer_data(given, draw(given, [make.view]), measure_agreement(given))
    assert len(data["instances"]) == len(study.X)
    lime = data["methods"][0]
    assert [data_label(data, place) for place in lime["rows"]] == study.X.index[2:4].tolist()


def data_label(data, place):
    return next(one["label"] for one in data["instances"] if one["id"] == place)


def test_binned_lime_is_drawn_as_arrows_beside_other_marks(study, make):
    binned = make.binned(study.by_method["lime"])
    given = [binned, study.by_method["anchors"]]
    method = explorer_data(given, draw(given, [make.view]), None)["methods"][0]
    assert (method["mark"], method["reading"]) == ("arrows", BINNED)
    assert method["exact"]["kind"] == "vectors"
    assert method["unit"] == "probability"
    assert any("< bill_length_mm ≤" in text for text in next(iter(method["labels"].values())))


def test_rows_and_predictions_of_all_methods_travel(data, study):
    assert data["rows"]["s"] == [len(study.X), len(study.model.schema.names)]
    n = (study.model.n_seeds, len(study.X), len(study.model.classes))
    assert data["prediction"]["s"] == list(n)
    assert data["background"]["s"][0] == len(study.background) <= MOST_POINTS
    assert data["points_note"] == ""


def test_of_two_classes_the_second_is_written_as_the_negative_of_the_first(study, make):
    two = study.data.y.replace("Gentoo", "Adelie")
    model = make.linear_seeds(study.data.X, two)
    model.weights[..., 1] = -model.weights[..., 0]
    shap = make.attributions(model, study.X, study.background, "kernel_shap")
    exact = explorer_data([shap], draw([shap], None), None)["methods"][0]["exact"]
    assert exact["attribution"][1] == "negative"
    three = explorer_data(study.explanations[:1], draw(study.explanations[:1], None), None)
    assert all(isinstance(one, dict) for one in three["methods"][0]["exact"]["attribution"])


def test_of_many_rows_of_the_data_an_even_sample_is_drawn_and_said(study, make, monkeypatch):
    monkeypatch.setattr("xaigeo.viz.page.explorer.MOST_POINTS", 10)
    data = explorer_data(study.explanations, draw(study.explanations, [make.view]), None)
    assert data["background"]["s"][0] == 10
    assert data["points_note"] == f"10 of the {len(study.background)} rows of the data are drawn. "
