from dataclasses import replace

import numpy as np
import pytest
import vl_convert

from xaigeo.errors import InputError
from xaigeo.viz.confusion_matrix import confusion_matrix


def title(chart):
    return " ".join(chart.to_dict()["title"]["text"])


def test_fields_and_cells(study, make):
    given = study.evaluation
    spec = confusion_matrix(given).to_dict()
    tables = make.tables_of(spec)
    make.check_fields(spec, tables)
    for row in tables["cells"]:
        own = given.labels == given.classes.index(row["true"])
        shares = (given.predicted[:, own] == given.classes.index(row["predicted"])).mean(axis=1)
        assert row["share"] == pytest.approx(shares.mean(), rel=1e-4)
        assert (row["low"], row["high"]) == pytest.approx((shares.min(), shares.max()), rel=1e-4)
        if shares.min() < shares.max():
            assert row["range"] == f"{shares.min():.0%}–{shares.max():.0%}"
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_title_names_the_commonest_mistake(study):
    given = study.evaluation
    counts = {
        (true, other): (given.predicted[:, given.labels == true] == other).sum()
        for true in range(3)
        for other in range(3)
        if true != other
    }
    true, other = max(counts, key=counts.get)
    text = title(confusion_matrix(given))
    assert f"of “{given.classes[true]}” rows are taken for “{given.classes[other]}”" in text


def test_titles_without_mistakes_and_of_one_seed(study):
    given = study.evaluation
    perfect = replace(given, prediction=np.tile(np.eye(3)[given.labels], (2, 1, 1)))
    n = len(given.labels)
    assert title(confusion_matrix(perfect)) == f"No seed confuses any of the {n} test rows"
    one = replace(given, prediction=given.prediction[:1], seeds=np.array([0]))
    assert "by seed" not in title(confusion_matrix(one))


def test_classes_without_rows_and_many_classes(study, make):
    given = study.evaluation
    wide = np.zeros((5, len(given.labels), 9))
    wide[..., :3] = given.prediction
    names = (*given.classes, *(f"a class with a long name {k}" for k in range(6)))
    spec = confusion_matrix(replace(given, classes=names, prediction=wide), width=300).to_dict()
    cells = make.tables_of(spec)["cells"]
    assert {row["text"] for row in cells if row["true"] == names[5]} == {"no rows"}
    assert len(spec["layer"]) == 2  # no room for ranges
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_a_stranger_is_refused(study):
    with pytest.raises(InputError, match=r"an Evaluation for a confusion matrix, got LinearSeeds"):
        confusion_matrix(study.model)
