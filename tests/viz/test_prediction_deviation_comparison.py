from dataclasses import replace

import numpy as np
import pytest
import vl_convert

from xaigeo.errors import InputError
from xaigeo.viz.prediction_deviation_comparison import prediction_deviation_comparison


@pytest.fixture
def calmer(study):
    """The same models, each half way to their mean."""
    values = study.evaluation.prediction
    return replace(study.evaluation, prediction=(values + values.mean(axis=0)) / 2)


def title(chart):
    return " ".join(chart.to_dict()["title"]["text"])


def test_bins_against_a_loop(study, calmer, make):
    given = {"plain": study.evaluation, "calm": calmer}
    spec = prediction_deviation_comparison(given, output="Adelie", n_bins=5).to_dict()
    tables = make.tables_of(spec)
    make.check_fields(spec, tables)
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")
    for row in tables["bins"]:
        values = given[row["ensemble"]].prediction[..., 0]
        mean, sd = values.mean(axis=0), values.std(axis=0, ddof=1)
        inside = np.clip(np.ceil(mean * 5) - 1, 0, 4) == round(row["low"] * 5)
        assert row["sd"] == pytest.approx(sd[inside].mean(), rel=1e-4)
        assert row["n_rows"] == inside.sum()
        assert row["few"] == (inside.sum() < 5)


def test_finding_is_the_change_of_the_mean(study, calmer):
    chart = prediction_deviation_comparison({"plain": study.evaluation, "calm": calmer})
    assert title(chart) == "calm lowers the SD between seeds by 50% (mean over rows, against plain)"
    assert "mean over rows: plain " in " ".join(chart.to_dict()["title"]["subtitle"])
    same = {"plain": study.evaluation, "copy": study.evaluation}
    assert title(prediction_deviation_comparison(same)) == (
        "copy makes no clear change to the SD between seeds (mean over rows, against plain)"
    )


def test_other_rows_are_compared_too(study, calmer, make):
    fewer = replace(
        calmer,
        rows=calmer.rows[:40],
        labels=calmer.labels[:40],
        prediction=calmer.prediction[:, :40],
    )
    chart = prediction_deviation_comparison({"plain": study.evaluation, "calm": fewer})
    assert len(make.tables_of(chart.to_dict())["bins"]) > 2


def test_regressions(study, make):
    model = make.regression_seeds(study.data.X)
    given = make.evaluation_of(model, study.data.X, study.data.X["body_mass_g"] / 100)
    spec = prediction_deviation_comparison({"a": given, "b": given}, width=340).to_dict()
    make.check_fields(spec, make.tables_of(spec))
    assert spec["layer"][0]["encoding"]["x"]["title"] == "Mean prediction of “mass”"
    with pytest.raises(InputError, match="ensembles of one task and output, classification as 'a'"):
        prediction_deviation_comparison({"a": study.evaluation, "b": given})


def test_errors(study):
    with pytest.raises(InputError, match="two ensembles' evaluations or more by name, got Evalua"):
        prediction_deviation_comparison(study.evaluation)
    with pytest.raises(InputError, match="two ensembles' evaluations or more by name, got 1"):
        prediction_deviation_comparison({"a": study.evaluation})
    one = replace(study.evaluation, prediction=study.evaluation.prediction[:1], seeds=np.array([0]))
    with pytest.raises(InputError, match="two seeds or more"):
        prediction_deviation_comparison({"a": study.evaluation, "b": one})
