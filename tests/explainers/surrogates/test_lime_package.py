from __future__ import annotations

import numpy as np
import pytest
from lime.discretize import QuartileDiscretizer
from lime.lime_base import LimeBase

from xaigeo.explainers.background import Background
from xaigeo.explainers.surrogates.lime_package import FitRecorder, _give_values_of_narrow_bins
from xaigeo.explainers.surrogates.neighbourhood import NeighbourhoodSampler


def test_recorder_keeps_every_output_s_score():
    random = np.random.default_rng(0)
    data, distances = random.normal(size=(50, 3)), random.random(50)
    outputs = np.column_stack([data[:, 0], random.random(50), np.full(50, 0.3)])
    recorder = FitRecorder(LimeBase(lambda d: np.exp(-d), random_state=0))
    answers = [
        recorder.explain_instance_with_data(data, outputs, distances, label, 3, "none")
        for label in range(3)
    ]
    kept = recorder.take()
    assert [one[0] for one in kept] == [pytest.approx(answer[0]) for answer in answers]
    assert kept[0][2] == pytest.approx(answers[0][2])
    assert kept[1][2] == pytest.approx(answers[1][2])
    assert kept[0][2] > kept[1][2] + 0.5
    assert kept[2][2] == 1.0  # a constant output: lime scores rounding noise
    assert [one[3] for one in kept] == outputs[0].tolist()
    assert recorder.take() == []


def test_lime_is_made_to_give_the_value_of_a_narrow_bin(cloud, wrap_values):
    rows = np.column_stack([np.where(np.arange(60) < 30, 7.0, 7.0 + cloud[:, 0] ** 2), cloud])
    ensemble = wrap_values(lambda frame: frame[:, 0], rows=rows)
    background = Background.from_frame(ensemble.schema, rows)
    sampler = NeighbourhoodSampler.from_background(background, discretiser="quartile")
    theirs = QuartileDiscretizer(rows, [], list("abcde"), random_state=0)
    places = np.array([0, 1, 0])
    plain = theirs.get_undiscretize_values(0, places)
    theirs.random_state = np.random.RandomState(0)
    _give_values_of_narrow_bins(theirs, sampler)
    mended = theirs.get_undiscretize_values(0, places)
    np.testing.assert_array_equal(plain[[0, 2]], 0.0)
    np.testing.assert_array_equal(mended[[0, 2]], 7.0)
    assert mended[1] == plain[1]
