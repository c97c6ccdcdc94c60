"""What charts are given by mistake is told, not what went wrong inside."""

import numpy as np
import pytest

from xaigeo import viz
from xaigeo.errors import InputError
from xaigeo.geometry import explanatory_modes, grand_tour


@pytest.fixture(scope="module")
def shap(study):
    return study.by_method["kernel_shap"]


def told_by(call):
    with pytest.raises(InputError) as told:
        call()
    return str(told.value)


@pytest.mark.parametrize("given", ["shap", 3])
def test_one_method_cannot_be_compared(shap, given):
    given = shap if given == "shap" else given
    assert told_by(lambda: viz.method_agreement(given)) == (
        "Expected a list of at least two Attributions, of different methods, got "
        f"{type(given).__name__} alone. Pass for example [lime, kernel_shap], explained at the "
        "same rows."
    )


def test_modes_are_no_explanation(shap):
    assert told_by(lambda: viz.modes_map(shap, shap)) == (
        "Expected the modes of an explanation, got Attributions. Find them with "
        "xaigeo.geometry.explanatory_modes(explanation)."
    )


def test_modes_of_another_method_are_refused(study, shap):
    modes = explanatory_modes(shap)
    assert modes.method == "kernel_shap"
    assert told_by(lambda: viz.modes_map(modes, study.by_method["lime"])) == (
        "Expected modes of the explanation that is drawn, got modes of 'kernel_shap' and an "
        "explanation by 'lime'. Find the modes in this explanation with "
        "xaigeo.geometry.explanatory_modes."
    )


@pytest.mark.parametrize("given", ["shap", None])
def test_scores_come_in_a_table(shap, given):
    given = shap if given == "shap" else given
    assert told_by(lambda: viz.agreement_scores(given)) == (
        f"Expected a table of scores, got {type(given).__name__}. Pass the answer of "
        "xaigeo.agreement.summary(explanations)."
    )


@pytest.mark.parametrize("given", ["shap", None])
def test_a_checklist_is_of_an_audit(shap, given):
    given = shap if given == "shap" else given
    assert told_by(lambda: viz.checklist(given)) == (
        f"Expected an audit, got {type(given).__name__}. Pass the answer of "
        "xaigeo.audit(explanations)."
    )


@pytest.mark.parametrize("path", [None, 3])
def test_a_chart_is_saved_under_a_name(shap, path):
    chart = viz.attribution_importance(shap)
    assert told_by(lambda: viz.save(chart, path)) == (
        f"Expected the path of a file to write, got {path!r}. Pass a name such as 'chart.png'."
    )


@pytest.mark.parametrize("limit", [5, -1.1, "low", None])
def test_a_stability_is_at_most_one(shap, limit):
    assert told_by(lambda: viz.divided_rows(shap, stability_below=limit)) == (
        f"Expected stability_below to be a number from -1 to 1, got {limit!r}. "
        "Pass a number such as stability_below=0.5."
    )


@pytest.mark.parametrize("n_frames", [1, 0, 2.5, np.int64(1)])
def test_a_tour_has_two_frames_at_least(shap, n_frames):
    assert told_by(lambda: viz.tour_map(shap, grand_tour(shap), n_frames=n_frames)) == (
        f"Expected n_frames to be a whole number of at least 2, got {n_frames}. "
        "Pass a number such as n_frames=2."
    )


def test_labels_of_numpy_are_told_as_plain_ones(shap):
    told = told_by(lambda: viz.attribution_waterfall(shap, instance=np.int64(9999)))
    assert "got 9999." in told
    assert "np." not in told
