import re
from dataclasses import replace

import numpy as np
import pytest
import vl_convert

from tests.viz.text_results import token_result
from xaigeo.errors import InputError
from xaigeo.viz.prediction_spread import prediction_spread


def title(chart):
    return " ".join(chart.to_dict()["title"]["text"])


def test_fields_and_rows(study, make):
    given = study.evaluation
    spec = prediction_spread(given).to_dict()
    tables = make.tables_of(spec)
    make.check_fields(spec, tables)
    assert len(tables["rows"]) == 30
    assert len(tables["agree"]) + len(tables["flip"]) == 150
    widths = [row["width"] for row in tables["rows"]]
    assert widths == sorted(widths, reverse=True)
    for row in tables["rows"]:
        own = given.prediction[:, row["instance"], given.classes.index(row["majority"])]
        assert row["low"] == pytest.approx(own.min(), rel=1e-4)
        assert row["high"] == pytest.approx(own.max(), rel=1e-4)
    for row in tables["flip"]:
        seed = given.prediction[int(row["seed"]), int(row["instance"])]
        assert given.classes[int(seed.argmax())] == row["predicted"]
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_rows_are_told_by_their_labels(study, make):
    labels = np.empty(len(study.evaluation.labels), dtype=object)
    labels[:] = [("b", i) for i in range(len(labels))]
    chart = prediction_spread(replace(study.evaluation, instances=labels))
    drawn = make.tables_of(chart.to_dict())
    first = drawn["rows"][0]
    assert first["instance"].startswith("('b', ")
    assert first["label"].startswith(f"row {first['instance']}")
    assert f"on row {first['instance']} (" in title(chart)
    assert {row["instance"] for row in drawn["flip"]} <= {row["instance"] for row in drawn["rows"]}


def test_title_counts_the_rows_with_flips(study):
    votes = study.evaluation.predicted
    n = sum(len(set(column.tolist())) > 1 for column in votes.T)
    text = title(prediction_spread(study.evaluation))
    assert text.startswith(f"Seeds differ in the class of {n} of {votes.shape[1]} rows; ")


def test_the_rest_is_counted(study):
    n = len(study.evaluation.labels)
    notes = " ".join(prediction_spread(study.evaluation, n_rows=10).to_dict()["title"]["subtitle"])
    assert f"{n - 10} further rows not drawn: seeds at most" in notes
    notes = " ".join(prediction_spread(study.evaluation, n_rows=n).to_dict()["title"]["subtitle"])
    assert "further" not in notes


def test_titles_of_odd_cases(study):
    given = study.evaluation
    sure = np.tile(np.eye(3)[given.labels], (4, 1, 1))
    alike = replace(given, prediction=sure, seeds=np.arange(4))
    n = len(given.labels)
    assert title(prediction_spread(alike)) == f"All 4 seeds predict the same for {n} rows"
    wobble = sure.copy()
    wobble[0] = 0.9 * sure[0] + 0.1 / 3
    text = title(prediction_spread(replace(alike, prediction=wobble)))
    assert text.startswith("All seeds predict the same class for each row; furthest apart")
    one = replace(given, prediction=given.prediction[:1], seeds=np.array([0]))
    assert title(prediction_spread(one)) == "One seed has no others to differ from"


def test_labels_stay_apart(study, make):
    explanation = study.by_method["kernel_shap"]
    label = explanation.instances[0]
    twice = replace(explanation, data=explanation.data.isel(instance=[0, 0, 1]))
    labels = [row["label"] for row in make.tables_of(prediction_spread(twice).to_dict())["rows"]]
    assert len(set(labels)) == 3
    assert any(text.startswith(f"row {label}") and text.endswith("(2)") for text in labels)


def test_a_tie_is_not_most_seeds(study):
    votes = np.eye(3)[[[0, 0, 1], [0, 0, 1], [0, 1, 1], [0, 1, 1]]]
    given = replace(study.evaluation, seeds=np.arange(4), labels=np.zeros(3, dtype=int))
    given = replace(given, rows=given.rows[:3], instances=np.arange(3))
    tied = prediction_spread(replace(given, prediction=votes)).to_dict()["title"]["subtitle"]
    assert "another class than most seeds, or at a tie than the likelier." in " ".join(tied)
    votes[2, 1] = [1, 0, 0]
    most = prediction_spread(replace(given, prediction=votes)).to_dict()["title"]["subtitle"]
    assert "another class than most seeds do." in " ".join(most)


def test_flips_are_whole_however_long_names_are(make):
    def labels(name, classes):
        values = np.random.default_rng(0).normal(size=(20, 12, 2))
        sure = np.clip(np.random.default_rng(1).normal(0.5, 0.2, (20, 12)), 0.01, 0.99)
        told = token_result([["a", "film"]] * 12, values, sure, classes=classes)
        data = told.data.assign_coords(instance=[f"{name}-{100 + i}" for i in range(12)])
        drawn = make.tables_of(prediction_spread(replace(told, data=data)).to_dict())
        return [row["label"] for row in drawn["rows"]]

    short = labels("yelp", ("negative", "positive"))
    assert all(re.fullmatch(r"text yelp-1\d\d: (nega|posi)tive, \d+ flips", one) for one in short)
    long = labels("yelp", ("disappointed customers", "satisfied customers"))
    assert all(re.fullmatch(r"text yelp-1\d\d, \d+ flips", one) for one in long)
    cut = labels("review of a restaurant", ("negative", "positive"))
    assert all(re.fullmatch(r"text review .*….*-1\d\d, \d+ flips", one) for one in cut)


def test_a_regression_has_no_flips(study, make):
    model = make.regression_seeds(study.data.X)
    given = make.evaluation_of(model, study.data.X, study.data.X["body_mass_g"])
    chart = prediction_spread(given, n_rows=12, width=240)
    spec = chart.to_dict()
    tables = make.tables_of(spec)
    make.check_fields(spec, tables)
    widths = np.ptp(given.prediction[..., 0], axis=0)
    assert title(chart).startswith(f"Furthest apart are the seeds on row {widths.argmax()} (")
    assert len(spec["layer"]) == 3


def test_messages(study):
    with pytest.raises(InputError, match="an Evaluation or an explanation, got LinearSeeds"):
        prediction_spread(study.model)
    with pytest.raises(InputError, match="n_rows to be a whole number of at least 1, got 0"):
        prediction_spread(study.evaluation, n_rows=0)
