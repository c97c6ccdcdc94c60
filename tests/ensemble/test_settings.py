from __future__ import annotations

import json
from dataclasses import fields

import numpy as np
import pytest

from xaigeo.ensemble.settings import AVERAGING_OPTIONS, AVERAGING_SETTINGS, TrainingSettings
from xaigeo.errors import InputError


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"epochs": 0}, "epochs to be a whole number of at least 1, got 0"),
        ({"epochs": True}, "epochs to be a whole number"),
        ({"batch_size": 2.5}, "batch_size to be a whole number of at least 1, got 2.5"),
        ({"learning_rate": 0.0}, "learning_rate to be a number above 0, got 0.0"),
        ({"learning_rate": float("nan")}, "learning_rate to be a number above 0, got nan"),
        ({"weight_decay": -1}, "weight_decay to be a number of at least 0, got -1"),
        (
            {"momentum": 1.0, "optimizer": "sgd"},
            "momentum to be a number of at least 0 and below 1",
        ),
        ({"momentum": 0.5}, "momentum=0 with optimizer='adam' or 'adamw', got momentum=0.5"),
        ({"validation_share": 1}, "validation_share to be a number of at least 0 and below 1"),
        ({"patience": 0}, "patience to be a whole number of at least 1"),
        ({"patience": 3, "validation_share": 0}, "validation_share above 0 with early stopping"),
        ({"split_random_state": -1}, "split_random_state to be a whole number of at least 0"),
        ({"dtype": "float16"}, "dtype to be one of 'float32', 'float64'"),
        ({"optimizer": "lbfgs"}, "optimizer to be one of"),
        ({"class_weight": "balance"}, "Did you mean 'balanced'"),
        (
            {"averaging": "SWA"},
            r"averaging to be one of 'swa', .* got 'SWA'\. Did you mean 'swa'\?",
        ),
        ({"averaging": "awsa"}, "averaging to be one of 'swa', 'aswa', 'naswa', 'ema', got 'awsa'"),
        (
            {"averaging": "swa", "averaging_start": 0},
            "averaging_start to be an epoch from 1 to 100, a whole number, or a share .* below 1, "
            "got 0. Pass a",
        ),
        ({"averaging": "swa", "averaging_start": 101}, "an epoch from 1 to 100, .* got 101"),
        ({"averaging": "ema", "averaging_start": 1.0}, "a share of .* below 1, got 1.0"),
        (
            {"averaging": "ema", "averaging_start": 5.0},
            r"a whole number, .* got 5\.0\. For epoch 5 pass 5, without a decimal point\.",
        ),
        (
            {"averaging": "ema", "averaging_start": np.float32(101)},
            r"got 101\.0\. Pass a whole number such as 1 or a share such as 0\.75\.",
        ),
        ({"averaging": "ema", "averaging_start": True}, "averaging_start to be .* got True"),
        ({"averaging": "swa", "averaging_every": 0}, "averaging_every to be a whole number of at"),
        ({"averaging": "ema", "ema_decay": 1.0}, "ema_decay to be a number .* below 1, got 1.0"),
        ({"averaging": "ema", "ema_bias_correction": 1}, "ema_bias_correction to be True or False"),
        ({"averaging": "naswa", "naswa_divisor": "all"}, "naswa_divisor to be one of 'accepted', "),
        (
            {"averaging": "aswa", "restart_optimizer": "new"},
            "restart_optimizer to be one of 'keep'",
        ),
        (
            {"averaging": "aswa", "averaging_order": "before"},
            "averaging_order to be one of .* Did you mean 'before_step'",
        ),
        (
            {"averaging": "aswa", "averaging_every": 2},
            "averaging_every only with averaging='swa' or 'ema', got averaging_every=2 with "
            "averaging='aswa'. Leave averaging_every out, or choose such an averaging",
        ),
        (
            {"averaging": "aswa", "naswa_divisor": "iterations"},
            "naswa_divisor only with averaging='naswa', got naswa_divisor='iterations'",
        ),
        ({"ema_decay": 0.9}, "ema_decay only with averaging='ema', got .* averaging=None"),
        (
            {"averaging": "swa", "restart_optimizer": "reset"},
            "only with averaging='aswa' or 'naswa'",
        ),
    ],
)
def test_values_out_of_range_are_told(given, message):
    with pytest.raises(InputError, match=message):
        TrainingSettings(**given)


def defaults_without_use():
    for averaging, used in AVERAGING_SETTINGS.items():
        for field in fields(TrainingSettings):
            unused = field.name in AVERAGING_OPTIONS and field.name not in used
            if unused and field.default is not None:
                yield averaging, field.name, field.default


@pytest.mark.parametrize(("averaging", "name", "value"), list(defaults_without_use()))
def test_an_option_without_use_is_refused_even_if_it_says_its_default(averaging, name, value):
    with pytest.raises(InputError) as told:
        TrainingSettings.of(**{"averaging": averaging, name: value})
    assert f"got {name}={value!r} with averaging={averaging!r}. Leave {name} out" in str(told.value)


@pytest.mark.parametrize("averaging", list(AVERAGING_SETTINGS))
def test_options_of_averaging_that_are_not_given_have_their_defaults(averaging):
    left_out = TrainingSettings.of(averaging=averaging, **dict.fromkeys(AVERAGING_OPTIONS))
    assert left_out == TrainingSettings(averaging=averaging)
    used = AVERAGING_SETTINGS[averaging]
    given = {name: getattr(left_out, name) for name in used}
    assert TrainingSettings.of(averaging=averaging, **given) == left_out


def test_numbers_of_numpy_are_kept_as_plain_ones():
    settings = TrainingSettings(
        epochs=np.int64(12),
        batch_size=np.uint8(4),
        learning_rate=np.float32(0.25),
        patience=np.int32(3),
        standardise=np.bool_(False),
        averaging="ema",
        averaging_start=np.int64(3),
        averaging_every=np.int16(2),
        ema_decay=np.float32(0.9),
        ema_bias_correction=np.bool_(True),
    )
    plain = TrainingSettings(
        epochs=12,
        batch_size=4,
        learning_rate=0.25,
        patience=3,
        standardise=False,
        averaging="ema",
        averaging_start=3,
        averaging_every=2,
        ema_decay=float(np.float32(0.9)),
    )
    assert settings == plain
    assert json.dumps(settings.to_dict()) == json.dumps(plain.to_dict())
    share = TrainingSettings(averaging="swa", averaging_start=np.float64(0.5))
    assert share.first_averaged_epoch == 50


def test_settings_are_json():
    described = TrainingSettings(class_weight={0: 1, 1: 2}).to_dict()
    assert json.loads(json.dumps(described))["class_weight"] == {"0": 1.0, "1": 2.0}


@pytest.mark.parametrize(
    ("given", "epoch"),
    [
        ({"averaging": "swa"}, 75),
        ({"averaging": "swa", "epochs": 10}, 8),
        ({"averaging": "swa", "epochs": 1}, 1),
        ({"averaging": "swa", "averaging_start": 3}, 3),
        ({"averaging": "swa", "averaging_start": 0.0}, 1),
        ({"averaging": "ema"}, 1),
        ({"averaging": "ema", "averaging_start": 0.07}, 7),
    ],
)
def test_the_epoch_in_which_averaging_begins(given, epoch):
    settings = TrainingSettings(**given)
    assert settings.first_averaged_epoch == epoch
    assert settings.to_dict()["averaging_start"] == epoch


@pytest.mark.parametrize(
    ("averaging", "names"),
    [
        (None, set()),
        ("swa", {"averaging", "averaging_start", "averaging_every"}),
        ("aswa", {"averaging", "averaging_order", "restart_optimizer"}),
        ("naswa", {"averaging", "averaging_order", "restart_optimizer", "naswa_divisor"}),
    ],
)
def test_only_the_settings_of_averaging_in_use_are_told(averaging, names):
    told = set(TrainingSettings(averaging=averaging).to_dict())
    assert told - set(TrainingSettings().to_dict()) == names
    assert "averaging" not in TrainingSettings().to_dict()
