from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from xaigeo.agreement.predictions import churn
from xaigeo.viz.page.agreement import measure_agreement
from xaigeo.viz.page.drawing import draw
from xaigeo.viz.page.summary import _span, summarise


@pytest.fixture(scope="module")
def told(study, make, the_audit):
    return summarise(
        study.explanations,
        drawing=draw(study.explanations, [make.view]),
        agreement=measure_agreement(study.explanations),
        evaluation=study.evaluation,
        audit=the_audit,
        title=None,
        notes="A note.",
    )


def test_the_verdict_says_the_numbers(told, study):
    scores = study.evaluation.scores["accuracy"]
    differ = churn(study.evaluation.predicted).mean()
    split = sum(len(set(votes)) > 1 for votes in study.evaluation.predicted.T.tolist())
    assert split > 1
    assert told["verdict"][0] == (
        f"The 5 seeds reach accuracy {scores.min():.3f} to {scores.max():.3f} on "
        f"{len(study.evaluation.labels)} test rows; on {split} of {len(study.evaluation.labels)} "
        f"rows they do not all agree, and any two differ on {differ:.1%} of the answers on average."
    )
    assert "of their top 3 features" in told["verdict"][1]
    assert told["verdict"][-1].startswith("The audit: ")


def test_scores_that_are_all_one_number_are_no_range():
    assert _span(pd.Series([1.0, 1.0])) == "1.000 each"
    assert _span(pd.Series([0.9, 1.0])) == "0.900 to 1.000"
    assert _span(pd.Series([0.9])) == "0.900"


def test_without_a_title_it_names_seeds_and_answers(told):
    assert told["title"] == "5 seeds, 3 classes"


def test_what_was_trained(told):
    assert told["trained"]["finding"].startswith(
        "5 linear models learned to tell Adelie, Chinstrap and Gentoo apart from 6 features."
    )
    assert ("Rows given", "333") in told["trained"]["rows"]
    assert told["trained"]["notes"] == "A note."


def test_groups_are_told_apart_from_the_columns_that_the_models_read(study, make):
    shap = study.by_method["kernel_shap"]
    said = shap.provenance
    parameters = said["parameters"] | {"groups": {"island": ["torgersen", "dream", "biscoe"]}}
    grouped = replace(shap, provenance=said | {"parameters": parameters})
    told = summarise(
        [grouped],
        drawing=draw([grouped], [make.view]),
        agreement=measure_agreement([grouped]),
        evaluation=None,
        audit=None,
        title=None,
        notes=None,
    )
    assert (
        "apart from 8 columns, explained as 1 group and 5 single columns."
        in (told["trained"]["finding"])
    )
    assert "8 columns, explained as 1 group and 5 single columns" in told["facts"]
    assert "island (torgersen, dream, biscoe)" in dict(told["trained"]["rows"])["Features"]


def test_every_method_has_its_scores_with_null_and_interval(told, study):
    table = measure_agreement(study.explanations).table
    for method in told["reasons"]["methods"]:
        own = table[table["method"] == method["name"]]
        assert len(method["rows"]) == len(own)
        first, row = own.iloc[0], method["rows"][0]
        assert row["value"] == f"{first['value']:.2f}"
        assert row["interval"] == f"{first['low']:.2f} to {first['high']:.2f}"


def test_the_heat_map_stands_behind_the_last_attributions(told):
    assert told["reasons"]["heatmap_after"] == 3


def test_classes_carry_the_marks_of_the_charts(told):
    domain = told["specs"]["maps"]["pair"]["layer"][-1]["encoding"]["color"]["scale"]
    assert [one["name"] for one in told["classes"]] == domain["domain"]
    assert [one["colour"] for one in told["classes"]] == domain["range"]


def test_audit_rows_are_all_there(told, the_audit):
    rows = told["audit"]["rows"] + told["audit"]["unanswered"]
    assert sorted(row["id"] for row in rows) == sorted(f.id for f in the_audit.findings)
    assert told["audit"]["finding"].startswith(f"Of {len(rows)} items: ")


def test_seeds_that_agree_are_said_to(make, study):
    model = make.linear_seeds(study.data.X, study.data.y, wobble=0.0)
    given = make.all_methods(model, study.X, study.background)
    told = summarise(
        given,
        drawing=draw(given, [make.view]),
        agreement=measure_agreement(given),
        evaluation=None,
        audit=None,
        title="t",
        notes=None,
    )
    assert told["verdict"] == [
        "Two seeds share 100% of their top 3 features; unrelated reasons would reach 50% "
        "(Kernel SHAP).",
        f"Of the {len(study.X)} rows on which all seeds give the same answer, on none does the "
        "stability of the top features fall below 0.40 (Kernel SHAP).",
    ]
    assert np.all([one["flip_rate"] == 0 for one in told["explorer"]["instances"]])


def test_models_that_are_all_the_same_are_told_before_anything_is_praised(study, make):
    model = make.linear_seeds(study.data.X, study.data.y, wobble=0.0)
    shap = make.attributions(model, study.X, study.background, "kernel_shap")
    ensemble = shap.provenance["ensemble"]
    same = ensemble | {"record": ensemble["record"] | {"identical": True}}
    given = [replace(shap, provenance=shap.provenance | {"ensemble": same})]
    found = summarise(
        given,
        drawing=draw(given, [make.view]),
        agreement=measure_agreement(given),
        evaluation=None,
        audit=None,
        title=None,
        notes=None,
    )
    assert found["verdict"][-1].startswith("All models are the same: nothing depends on the seed")


def test_a_rare_class_is_told_beside_accuracy(study, make):
    evaluation = make.evaluation_of(study.model, study.data.X, study.data.y)
    common = np.flatnonzero(evaluation.labels != 1)
    rare = np.concatenate([common, np.flatnonzero(evaluation.labels == 1)[:5]])
    few = replace(
        evaluation,
        rows=evaluation.rows[rare],
        labels=evaluation.labels[rare],
        prediction=evaluation.prediction[:, rare],
        instances=None,
    )
    found = summarise(
        study.explanations[:1],
        drawing=draw(study.explanations[:1], [make.view]),
        agreement=None,
        evaluation=few,
        audit=None,
        title=None,
        notes=None,
    )
    recall = (few.predicted[:, -5:] == 1).mean()
    name = study.model.classes[1]
    assert found["verdict"][1] == (
        f"Only {5 / len(rare):.1%} of these rows are {name}; of them the seeds find {recall:.0%} "
        "on average, so accuracy says little."
    )
