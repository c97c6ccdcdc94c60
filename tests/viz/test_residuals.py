from dataclasses import replace

import numpy as np
import pytest
import vl_convert

from xaigeo.errors import InputError
from xaigeo.viz.number_text import number_text, share_text
from xaigeo.viz.residuals import residuals


@pytest.fixture(scope="module")
def values(study, make):
    X = study.data.X
    return make.evaluation_of(make.regression_seeds(X), X, X["body_mass_g"] / 100)


def title(chart):
    return " ".join(chart.to_dict()["title"]["text"])


def test_fields_and_rows(values, make):
    spec = residuals(values).to_dict()
    tables = make.tables_of(spec)
    make.check_fields(spec, tables)
    assert len(tables["rows"]) == len(values.labels)
    for row in tables["rows"][::50]:
        own = values.prediction[:, int(row["instance"]), 0]
        assert float(row["low"]) == pytest.approx(own.min(), rel=1e-4)
        assert float(row["high"]) == pytest.approx(own.max(), rel=1e-4)
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_title_gives_error_and_coverage(values):
    own = values.prediction[..., 0]
    miss = np.abs(values.labels - own.mean(axis=0)).mean()
    inside = ((own.min(axis=0) <= values.labels) & (values.labels <= own.max(axis=0))).mean()
    assert title(residuals(values)) == (
        f"The mean prediction misses by {number_text(miss)} on average; the observed value lies "
        f"between the seeds for {share_text(inside)} of rows"
    )
    one = replace(values, prediction=values.prediction[:1], seeds=np.array([0]))
    assert title(residuals(one)).startswith("Predictions miss by ")


def test_many_rows_are_thinned_and_said_so(values, make):
    many = replace(
        values,
        labels=np.tile(values.labels, 2),
        prediction=np.tile(values.prediction, (1, 2, 1)),
        rows=np.tile(values.rows, (2, 1)),
    )
    spec = residuals(many).to_dict()
    assert len(make.tables_of(spec)["rows"]) == 400
    assert f"400 of {len(many.labels)} rows are drawn" in " ".join(spec["title"]["subtitle"])


def test_messages(values, study):
    with pytest.raises(InputError, match="a regression for residuals, got that of a class"):
        residuals(study.evaluation)
    with pytest.raises(InputError, match=r"an output of the models \(mass\), got 'length'"):
        residuals(values, "length")
