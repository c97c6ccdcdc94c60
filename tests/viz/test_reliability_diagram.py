from dataclasses import replace

import numpy as np
import pytest
import vl_convert

from xaigeo.agreement import calibration_error
from xaigeo.errors import InputError
from xaigeo.viz.reliability_diagram import reliability_diagram, reliability_finding


def title(chart):
    return " ".join(chart.to_dict()["title"]["text"])


def test_fields_and_numbers(study, make):
    given = study.evaluation
    spec = reliability_diagram(given, n_bins=10).to_dict()
    tables = make.tables_of(spec)
    make.check_fields(spec, tables)
    assert sum(float(row["n_answers"]) for row in tables["pooled"]) == given.predicted.size
    assert sum(row["share"] for row in tables["pooled"]) == pytest.approx(1.0, abs=1e-3)
    sure = given.prediction.max(axis=-1)
    for row in tables["seeds"]:
        own = sure[row["seed"]]
        inside = (own > row["low"] + 1e-6) & (own <= row["high"] + 1e-6)
        hits = given.predicted[row["seed"]][inside] == given.labels[inside]
        assert row["accuracy"] == pytest.approx(hits.mean(), rel=1e-4)
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_title_states_the_error_and_its_range(study):
    errors = calibration_error(study.evaluation.prediction, study.evaluation.labels)
    assert title(reliability_diagram(study.evaluation)) == (
        f"Confidence misses accuracy by {errors.mean():.1%} on average "
        f"(ECE {errors.min():.1%} to {errors.max():.1%} by seed)"
    )
    one = replace(study.evaluation, prediction=study.evaluation.prediction[:1], seeds=np.array([0]))
    assert title(reliability_diagram(one)).endswith(f"by {errors[0]:.1%} on average (ECE)")


def test_a_panel_for_each_class_with_rows(study, make):
    given = study.evaluation
    kept = given.labels != 1
    lacking = replace(
        given,
        labels=given.labels[kept],
        rows=given.rows[kept],
        prediction=given.prediction[:, kept],
    )
    spec = reliability_diagram(lacking, by_class=True, width=500).to_dict()
    tables = make.tables_of(spec)
    make.check_fields(spec, tables)
    assert set(tables) == {"diagonal", "seeds_0", "pooled_0", "seeds_2", "pooled_2"}
    assert "need not lie on the diagonal" in " ".join(spec["title"]["subtitle"])
    for place in (0, 2):
        n = (lacking.labels == place).sum() * len(lacking.seeds)
        assert sum(float(row["n_answers"]) for row in tables[f"pooled_{place}"]) == n


def test_title_by_class_names_the_largest_gap(study):
    given = study.evaluation
    gaps = {}
    for place, name in enumerate(given.classes):
        own = given.labels == place
        sure = given.prediction[:, own].max(axis=-1).mean()
        right = (given.predicted[:, own] == place).mean()
        gaps[name] = (abs(sure - right), f"{sure:.1%} sure, {right:.1%} right")
    name, (_, said) = max(gaps.items(), key=lambda item: item[1][0])
    text = reliability_finding(given, by_class=True)
    assert text.endswith(f"on rows of “{name}”: {said}")


def test_messages(study, make):
    model = make.regression_seeds(study.data.X)
    values = make.evaluation_of(model, study.data.X, study.data.X["body_mass_g"])
    with pytest.raises(InputError, match=r"a classification for a reliability diagram, got that"):
        reliability_diagram(values)
    with pytest.raises(InputError, match=r"by_class to be True or False, got 'yes'"):
        reliability_diagram(study.evaluation, by_class="yes")


def test_bins_of_few_answers_are_faded_and_joined_to_none(study, make):
    spec = reliability_diagram(study.evaluation, n_bins=10).to_dict()
    tables = make.tables_of(spec)
    assert any(row["few"] for row in tables["seeds"])
    for row in tables["seeds"]:
        assert row["few"] == (row["n_rows"] < 5)
        others = [one for one in tables["seeds"] if one["run"] == row["run"] and one is not row]
        assert not (row["few"] and others)
        assert all(one["seed"] == row["seed"] for one in others)
    assert "fewer than 5 answers" in " ".join(spec["title"]["subtitle"])


def test_a_range_that_reads_as_one_number_is_one(study):
    same = np.repeat(study.evaluation.prediction[:1], 3, axis=0)
    given = replace(study.evaluation, prediction=same, seeds=np.arange(3))
    error = calibration_error(same, given.labels)[0]
    assert title(reliability_diagram(given)).endswith(f"(ECE {error:.1%} by every seed)")
