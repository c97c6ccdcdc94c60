import json
import re

import pytest

from xaigeo.errors import InputError
from xaigeo.viz import report
from xaigeo.viz.page.agreement import measure_agreement
from xaigeo.viz.page.shown_rows import NUMBER, ROOM, fitting_rows, shown_rows


@pytest.fixture(scope="module")
def agreement(study):
    return measure_agreement(study.explanations)


def test_few_rows_are_all_shown(study, agreement):
    for limit in (None, 6, 300):
        shown = shown_rows(study.explanations, agreement, limit)
        assert shown.note == ""
        assert shown.explanations == study.explanations
        assert shown.agreement is agreement


def test_of_many_the_most_different_and_an_even_sample_are_shown(study, agreement):
    shown = shown_rows(study.explanations, agreement, 4)
    assert shown.note.startswith(
        "This page shows 4 of 6 explained rows: the 2 on which the seeds' reasons or answers "
        "differ most, and 2 spread evenly over the others."
    )
    steady = agreement.by_row["kernel_shap"]
    votes = study.explanations[0].predicted
    alike = [len(set(votes[:, i])) == 1 for i in range(6)]
    worst = sorted(
        range(6),
        key=lambda i: (
            steady.index[i] not in agreement.flagged["instance"].tolist(),
            alike[i],
            steady["feature_agreement"].iloc[i],
        ),
    )[0]
    for explanation in shown.explanations:
        labels = explanation.instances.tolist()
        assert len(labels) == 4
        assert steady.index[worst] in labels
        assert shown.agreement.by_row[explanation.method].index.tolist() == labels
    assert shown.agreement.table is agreement.table


def test_the_page_holds_them_and_says_so(study, tmp_path):
    shap = study.by_method["kernel_shap"]
    page = report(shap, tmp_path / "r.html", max_rows=3).read_text()
    assert page.count("This page shows 3 of 6 explained rows") == 2
    data = json.loads(re.search(r'id="report-data">(.*?)</script>', page, re.S)[1])
    assert len(data["explorer"]["instances"]) == 3
    assert "6 rows explained" in page


@pytest.mark.parametrize("limit", [0, 2.5, "all", True])
def test_the_limit_is_a_count(study, tmp_path, limit):
    with pytest.raises(InputError, match="max_rows to be a whole number above 0, or None"):
        report(study.explanations, tmp_path / "r.html", max_rows=limit)


def test_a_page_of_many_columns_and_classes_holds_fewer_rows(study):
    few = fitting_rows(study.explanations[:1])
    assert fitting_rows(study.explanations) < few
    n_seeds, n = study.model.n_seeds, len(study.model.schema.names) * len(study.model.classes)
    assert few == int(ROOM / (NUMBER * n_seeds * n))
    assert fitting_rows(study.explanations * 10_000) == 1
