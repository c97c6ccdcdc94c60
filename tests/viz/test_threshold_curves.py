from dataclasses import replace

import numpy as np
import pytest
import vl_convert
from sklearn.metrics import average_precision_score, roc_auc_score

from xaigeo.errors import InputError
from xaigeo.viz.threshold_curves import precision_recall_curves, roc_curves


def title(chart):
    return " ".join(chart.to_dict()["title"]["text"])


@pytest.mark.parametrize("draw", [roc_curves, precision_recall_curves])
def test_fields_and_panels(study, make, draw):
    spec = draw(study.evaluation).to_dict()
    tables = make.tables_of(spec)
    make.check_fields(spec, tables)
    panels = [panel for row in spec["vconcat"] for panel in row["hconcat"]]
    assert len(panels) == 3
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")
    assert len(draw(study.evaluation, width=400).to_dict()["vconcat"]) == 2


def test_title_of_one_class(study):
    given = study.evaluation
    truth = given.labels == 1
    areas = [roc_auc_score(truth, outputs[:, 1]) for outputs in given.prediction]
    text = title(roc_curves(given, "Chinstrap"))
    assert text.startswith(f"Seeds tell “Chinstrap” from the rest with AUC {min(areas):.3f}")
    areas = [average_precision_score(truth, outputs[:, 1]) for outputs in given.prediction]
    text = title(precision_recall_curves(given, "Chinstrap"))
    assert f"average precision {min(areas):.3f} to {max(areas):.3f} by seed" in text


def test_title_names_the_hardest_class(study):
    rng = np.random.default_rng(0)
    noisy = study.evaluation.prediction.copy()
    noisy[..., 2] = rng.random(noisy.shape[:2])
    text = title(roc_curves(replace(study.evaluation, prediction=noisy)))
    assert text.startswith("“Gentoo” is hardest to tell from the rest: AUC 0.")
    perfect = np.tile(np.eye(3)[study.evaluation.labels], (2, 1, 1))
    given = replace(study.evaluation, prediction=perfect, seeds=np.arange(2))
    assert title(roc_curves(given)) == (
        "Seeds tell every class from the rest about equally well: AUC 1.000"
    )


def test_guessing_is_the_share_of_the_class(study, make):
    tables = make.tables_of(precision_recall_curves(study.evaluation, "Gentoo").to_dict())
    share = (study.evaluation.labels == 2).mean()
    assert tables["guess_0"][0]["y"] == pytest.approx(share, rel=1e-4)


def test_classes_without_rows_are_told(study):
    given = study.evaluation
    kept = given.labels != 1
    lacking = replace(
        given,
        labels=given.labels[kept],
        rows=given.rows[kept],
        prediction=given.prediction[:, kept],
    )
    notes = " ".join(roc_curves(lacking).to_dict()["title"]["subtitle"])
    assert "Not drawn, for want of rows: 1 class." in notes


def test_messages(study, make):
    values = make.evaluation_of(
        make.regression_seeds(study.data.X), study.data.X, study.data.X["body_mass_g"]
    )
    with pytest.raises(InputError, match="a classification for curves over thresholds"):
        roc_curves(values)
    with pytest.raises(InputError, match=r"an output of the models .* got 'Emperor'"):
        precision_recall_curves(study.evaluation, "Emperor")
