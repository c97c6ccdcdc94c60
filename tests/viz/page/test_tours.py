import base64

import numpy as np

from xaigeo.geometry import grand_tour
from xaigeo.viz.page.drawing import draw
from xaigeo.viz.page.tours import STEP, tours


def frames_of(tour):
    held = tour["frames"]
    codes = np.frombuffer(base64.b64decode(held["b"]), dtype="<i2").reshape(held["s"])
    return np.array(held["low"]) + (codes.astype(float) + 32766) * np.array(held["step"])


def test_every_kind_of_tour_is_there(study, make):
    found = tours(study.explanations, draw(study.explanations, [make.view]))
    names = [tour["name"] for tour in found]
    assert names[:5] == [
        "Grand tour",
        "Local tour",
        "Little tour",
        "Guided: classes apart",
        "Guided: seeds apart",
    ]
    assert sum(name.startswith("Radial: ") for name in names) == 3


def test_frames_are_those_of_the_tour_over_numeric_columns_and_close_together(study, make):
    found = tours(study.explanations, draw(study.explanations, [make.view]))
    tour, numeric = grand_tour(study.explanations), ~study.model.schema.discrete
    frames = frames_of(found[0])
    assert np.allclose(frames, tour.frames(len(frames))[:, numeric], atol=4e-5)
    for one in found:
        frames = frames_of(one)
        assert np.abs(np.einsum("nij,nik->njk", frames, frames) - np.eye(2)).max() < 2e-4
        cosines = np.linalg.svd(np.einsum("nij,nik->njk", frames[1:], frames[:-1]))[1]
        assert np.degrees(np.arccos(np.clip(cosines.min(), 0, 1))) < 2.5 * STEP


def test_two_numeric_columns_have_one_plane_and_no_tour(study, make):
    X = study.data.X[["bill_length_mm", "flipper_length_mm", "sex"]]
    model = make.linear_seeds(X, study.data.y)
    given = [make.attributions(model, X.iloc[:4], X, "kernel_shap")]
    assert tours(given, draw(given, None)) == []


def test_a_regression_with_one_seed_has_no_guides(study, make):
    X = study.data.X[["bill_length_mm", "bill_depth_mm", "flipper_length_mm"]]
    model = make.regression_seeds(X, n_seeds=1)
    given = [make.attributions(model, X.iloc[:4], X, "kernel_shap")]
    names = [tour["name"] for tour in tours(given, draw(given, None))]
    assert not any(name.startswith("Guided") for name in names)
    assert "Grand tour" in names
