from dataclasses import replace

import numpy as np
import pytest
import vl_convert

from xaigeo.errors import InputError
from xaigeo.viz.confusion_matrix import confusion_matrix
from xaigeo.viz.number_text import number_text
from xaigeo.viz.seed_scores import seed_scores


def title(chart):
    return " ".join(chart.to_dict()["title"]["text"])


def test_fields_and_scores(study, make):
    spec = seed_scores(study.evaluation).to_dict()
    tables = make.tables_of(spec)
    make.check_fields(spec, tables)
    scores = study.evaluation.scores
    for place, column in enumerate(("accuracy", "balanced_accuracy", "f1_macro", "log_loss")):
        drawn = {row["seed"]: row["score"] for row in tables[f"score_{place}"]}
        for seed, value in zip(scores["seed"], scores[column], strict=True):
            assert drawn[seed] == pytest.approx(value, rel=1e-4)
        median = tables[f"median_{place}"][0]["score"]
        assert median == pytest.approx(np.median(scores[column]), rel=1e-4)
    assert [strip["title"]["text"] for strip in spec["vconcat"]] == [
        "Accuracy (higher is better)",
        "Balanced accuracy (higher is better)",
        "Macro F1 (higher is better)",
        "Log loss (lower is better)",
    ]
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_title_gives_the_ranges(study):
    scores = study.evaluation.scores
    low, high = (number_text(v) for v in (scores["accuracy"].min(), scores["accuracy"].max()))
    assert title(seed_scores(study.evaluation)).startswith(f"5 seeds: accuracy {low} to {high}, ")
    one = replace(study.evaluation, prediction=study.evaluation.prediction[:1], seeds=np.array([0]))
    assert title(seed_scores(one)).startswith("1 seed: accuracy ")
    assert " to " not in title(seed_scores(one))


def test_like_scores_are_stacked(study, make):
    same = np.repeat(study.evaluation.prediction[:1], 5, axis=0)
    chart = seed_scores(replace(study.evaluation, prediction=same))
    rows = make.tables_of(chart.to_dict())["score_0"]
    assert sorted(row["stack"] for row in rows) == [1, 2, 3, 4, 5]


def test_several_targets(study, make):
    rng = np.random.default_rng(0)
    names = tuple(f"t{k}" for k in range(6))
    given = replace(
        study.evaluation,
        task="regression",
        classes=names,
        labels=rng.normal(size=(20, 6)),
        prediction=rng.normal(size=(5, 20, 6)),
    )
    spec = seed_scores(given).to_dict()
    assert len(spec["vconcat"]) == 3 + 3 * 4
    assert "2 further targets are not drawn" in " ".join(spec["title"]["subtitle"])
    assert "of t0" not in title(seed_scores(given))


def test_charts_can_be_joined(study):
    spec = (seed_scores(study.evaluation) | confusion_matrix(study.evaluation)).to_dict()
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_a_stranger_is_refused():
    with pytest.raises(InputError, match="an Evaluation for scores by seed, got NoneType"):
        seed_scores(None)
