from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import vl_convert

from xaigeo.errors import InputError
from xaigeo.viz.prediction_deviation import prediction_deviation


def title(chart):
    return " ".join(chart.to_dict()["title"]["text"])


def test_fields_and_rows(study, make):
    spec = prediction_deviation(study.evaluation).to_dict()
    tables = make.tables_of(spec)
    make.check_fields(spec, tables)
    assert len(tables["rows"]) == len(study.evaluation.labels)
    assert sum(row["n_rows"] for row in tables["bins"]) == len(study.evaluation.labels)
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_title_names_the_bin_in_which_seeds_differ_most(study):
    values = study.evaluation.prediction[..., 0]
    mean, sd = values.mean(axis=0), values.std(axis=0, ddof=1)
    place = np.clip(np.ceil(mean * 10) - 1, 0, 9)
    means = {b: sd[place == b].mean() for b in set(place)}
    most = max(means, key=means.get)
    text = title(prediction_deviation(study.evaluation, output="Adelie"))
    n = int((place == most).sum())
    assert f"the mean probability of “Adelie” is {most / 10:.2g} to {most / 10 + 0.1:.2g}" in text
    assert text.endswith(f": {n} row" if n == 1 else f": {n} rows")
    assert f"(SD {means[most]:.2g} on average)" in text


def test_seeds_that_are_alike(study):
    same = np.repeat(study.evaluation.prediction[:1], 3, axis=0)
    given = replace(study.evaluation, prediction=same, seeds=np.arange(3))
    n = len(given.labels)
    assert title(prediction_deviation(given)) == f"All 3 seeds predict the same for {n} rows"


def test_round_off_is_no_deviation(study):
    values = study.evaluation.prediction[:1] * (1 + 1e-8 * np.arange(3)[:, None, None])
    given = replace(study.evaluation, prediction=values, seeds=np.arange(3))
    assert title(prediction_deviation(given)).startswith("All 3 seeds predict the same for")


def test_one_filled_bin_is_not_compared_with_others(study):
    said = title(prediction_deviation(study.evaluation, n_bins=1))
    n = len(study.evaluation.labels)
    assert said.startswith("The SD between seeds is ")
    assert said.endswith(f" on average over {n} rows")


def test_a_line_spans_no_empty_bin(study, make):
    bins = make.tables_of(prediction_deviation(study.evaluation, n_bins=40).to_dict())["bins"]
    for one, after in pairwise(bins):
        assert (one["run"] == after["run"]) == (abs(one["high"] - after["low"]) < 1e-6)


def test_explanations_and_regressions(study, make):
    spec = prediction_deviation(study.by_method["kernel_shap"]).to_dict()
    assert len(make.tables_of(spec)["rows"]) == 6
    model = make.regression_seeds(study.data.X)
    given = make.evaluation_of(model, study.data.X, study.data.X["body_mass_g"] / 100)
    chart = prediction_deviation(given)
    spec = chart.to_dict()
    tables = make.tables_of(spec)
    make.check_fields(spec, tables)
    assert "predicted mass" in title(chart)
    assert len(tables["rows"]) == 300
    assert f"(300 of {len(study.data.X)})" in " ".join(spec["title"]["subtitle"])


def test_a_single_seed_is_refused(study):
    one = replace(study.evaluation, prediction=study.evaluation.prediction[:1], seeds=np.array([0]))
    with pytest.raises(InputError, match="two seeds or more"):
        prediction_deviation(one)
