from __future__ import annotations

import warnings

import numpy as np
import pytest
from torch import nn

import xaigeo as xg
from xaigeo.ensemble.lone_average import note_lone_average
from xaigeo.ensemble.settings import TrainingSettings
from xaigeo.errors import IdenticalModelsWarning, LoneAverageWarning

TEXTS = [f"{'fine' if place % 2 else 'awful'} film {place}" for place in range(40)]
LABELS = ["good" if place % 2 else "bad" for place in range(40)]


def train(kind, plane, **options):
    if kind == "texts":
        options = {"embedding_size": 4, "hidden_size": 4} | options
        return xg.TextEnsemble.train(TEXTS, LABELS, seeds=[0, 1], **options), TEXTS
    return xg.SeedEnsemble.train(lambda: nn.Linear(2, 1), *plane, seeds=[0, 1], **options), plane[0]


@pytest.mark.parametrize("kind", ["texts", "rows"])
def test_an_average_of_one_step_is_told(kind, plane):
    with pytest.warns(LoneAverageWarning) as told:
        averaged, data = train(kind, plane, epochs=3, averaging="swa")
    assert len(told) == 1
    assert told[0].filename == __file__
    assert str(told[0].message) == (
        "averaging='swa' took in 1 step of each seed (from epoch 3 of 3 on), so what is kept is "
        "one state of the weights, as without averaging, and no mean of several. Train for more "
        "epochs than 3, begin earlier, such as averaging_start=1, or average after every step, "
        "averaging_every=1."
    )
    plain, _ = train(kind, plane, epochs=3)
    np.testing.assert_allclose(averaged.logits(data), plain.logits(data))


@pytest.mark.parametrize("kind", ["texts", "rows"])
@pytest.mark.parametrize(
    "options",
    [
        {"averaging": "swa", "epochs": 4},
        {"averaging": "swa", "epochs": 3, "averaging_start": 1},
        {"averaging": "swa", "epochs": 3, "averaging_every": 1, "batch_size": 8},
        {"averaging": "ema", "epochs": 3},
        {"averaging": "aswa", "epochs": 1, "batch_size": 8},
        {"epochs": 1},
    ],
)
def test_an_average_of_several_steps_is_not(kind, options, plane):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", IdenticalModelsWarning)
        assert (train(kind, plane, **options)[0].record.get("n_averaged") or [2])[0] > 1


@pytest.mark.parametrize(
    ("options", "record", "message"),
    [
        ({"averaging": "swa", "epochs": 1}, {}, r"Train for more epochs than 1, or average after"),
        (
            {"averaging": "swa", "epochs": 8, "patience": 2},
            {"epoch_kept": [6, 6], "epochs_run": [8, 8]},
            r"several\. Leave patience out, which kept the first average, begin earlier, such as",
        ),
        (
            {"averaging": "swa", "epochs": 3, "patience": 2},
            {"epoch_kept": [3, 3], "epochs_run": [3, 3]},
            r"several\. Train for more epochs than 3, begin earlier, such as averaging_start=1, or",
        ),
        ({"averaging": "aswa", "epochs": 1}, {}, r"each seed, so what .* more epochs than 1\.$"),
        ({"averaging": "naswa", "epochs": 2}, {}, r"Train for more epochs than 2\.$"),
        (
            {"averaging": "ema", "epochs": 1},
            {},
            r"'ema' took in 1 step of each seed \(from epoch",
        ),
        (
            {"averaging": "ema", "epochs": 3, "averaging_every": 3},
            {"epoch_kept": [3, 3]},
            r"more epochs than 3, or average more often, with a smaller averaging_every\.$",
        ),
    ],
)
def test_what_to_do_is_what_the_average_has(options, record, message):
    record = {"n_averaged": [1, 1], "n_train": 32, "epoch_kept": [1, 1]} | record
    with pytest.warns(LoneAverageWarning, match=message):
        note_lone_average(TrainingSettings(**options), record, stacklevel=1)


@pytest.mark.parametrize(
    ("options", "record"),
    [
        ({"averaging": "swa"}, {"n_averaged": [1, 2]}),
        # The one step lies before the end.
        ({"averaging": "ema", "epochs": 3, "averaging_every": 2}, {"epoch_kept": [3, 3]}),
        ({"averaging": "ema", "epochs": 2, "averaging_every": 2}, {"n_train": 96}),
    ],
)
def test_what_is_an_average_in_some_way_is_not_warned_about(options, record):
    record = {"n_averaged": [1, 1], "n_train": 32, "epoch_kept": [1, 1]} | record
    note_lone_average(TrainingSettings(**options), record, stacklevel=1)
