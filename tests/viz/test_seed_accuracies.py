from collections import Counter

import numpy as np
import pytest

from xaigeo.viz import seed_accuracies
from xaigeo.viz.seed_accuracies import accuracy_dots


def test_one_dot_a_seed_at_its_accuracy(study, make):
    spec = seed_accuracies(study.evaluation).to_dict()
    tables = make.tables_of(spec)
    make.check_fields(spec, tables)
    for row in tables["seeds"]:
        place = int(np.flatnonzero(study.evaluation.seeds == row["seed"])[0])
        own = np.mean(study.evaluation.predicted[place] == study.evaluation.labels)
        assert row["score"] == pytest.approx(own, rel=1e-4)
    assert len(tables["seeds"]) == len(study.evaluation.seeds)


def test_title_gives_range_and_rows(study):
    scores = study.evaluation.scores["accuracy"]
    assert seed_accuracies(study.evaluation).to_dict()["title"]["text"] == (
        f"{len(scores)} seeds reach accuracy {scores.min():.3f} to {scores.max():.3f} "
        f"on {len(study.evaluation.labels)} test rows"
    )


def test_equal_scores_are_stacked(make, study):
    model = make.linear_seeds(study.data.X, study.data.y, wobble=0.0)
    dots = accuracy_dots(make.evaluation_of(model, study.data.X, study.data.y))
    assert dots["stack"].tolist() == [1, 2, 3, 4, 5]
    assert Counter(dots["score"]).most_common(1)[0][1] == 5


def test_regression_shows_r2(make, study):
    X = study.data.X[["bill_length_mm", "bill_depth_mm"]]
    evaluation = make.evaluation_of(make.regression_seeds(X), X, study.data.X["body_mass_g"])
    title = seed_accuracies(evaluation).to_dict()["title"]["text"]
    assert title.startswith("5 seeds reach R² ")


def test_equal_scores_are_one_number(make, study):
    model = make.linear_seeds(study.data.X, study.data.y, wobble=0.0)
    given = make.evaluation_of(model, study.data.X, study.data.y)
    score = given.scores["accuracy"].iloc[0]
    title = seed_accuracies(given).to_dict()["title"]["text"]
    assert title == f"5 seeds reach accuracy {score:.3f} on {len(study.data.X)} test rows"
