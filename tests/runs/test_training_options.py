"""How a run's configuration names the settings of training."""

from __future__ import annotations

from dataclasses import fields

import pytest

from xaigeo.ensemble.settings import AVERAGING_OPTIONS, TrainingSettings
from xaigeo.errors import ConfigError
from xaigeo.runs.config import ModelSection, config_from_dict, read_config

# Settings that no configuration names.
LEFT_OUT = {"momentum", "split_random_state", "standardise", "dtype"}


def test_all_settings_but_a_few_can_be_named():
    known = {field.name for field in fields(TrainingSettings)}
    assert known & set(ModelSection.model_fields) == known - LEFT_OUT


def test_a_file_without_them_trains_as_always():
    assert TrainingSettings(**ModelSection().training) == TrainingSettings()


def test_averaging_is_read_from_a_file(tmp_path):
    path = tmp_path / "run.toml"
    path.write_text(
        """
        [data]
        dataset = "penguins"
        [model]
        averaging = "ema"
        averaging_start = 0.25
        averaging_every = 2
        ema_decay = 0.9
        ema_bias_correction = false
        """
    )
    settings = TrainingSettings(**read_config(path).model.training)
    assert settings.averaging == "ema"
    assert settings.first_averaged_epoch == 25
    assert (settings.averaging_every, settings.ema_decay) == (2, 0.9)
    assert not settings.ema_bias_correction
    whole = ModelSection(averaging="naswa", naswa_divisor="iterations", restart_optimizer="reset")
    assert TrainingSettings(**whole.training).naswa_divisor == "iterations"


@pytest.mark.parametrize(
    ("given", "listed"),
    [
        ({}, {}),
        (
            {"averaging": "ema", "ema_decay": 0.9},
            {
                "averaging_start": 1,
                "averaging_every": None,
                "ema_decay": 0.9,
                "ema_bias_correction": True,
            },
        ),
        (
            {"averaging": "aswa"},
            {"averaging_order": "after_step", "restart_optimizer": "keep"},
        ),
    ],
)
@pytest.mark.parametrize("dataset", ["penguins", "sentences"])
def test_options_of_averaging_are_listed_where_they_have_use(dataset, given, listed):
    config = config_from_dict({"data": {"dataset": dataset}, "model": given})
    model = config.model_dump(mode="json")["model"]
    assert {name: model[name] for name in AVERAGING_OPTIONS if name in model} == listed
    assert model["averaging"] == given.get("averaging")
    again = config_from_dict(config.model_dump(mode="json"))
    assert again.sha256 == config.sha256


@pytest.mark.parametrize(
    ("model", "text"),
    [
        ({"averaging": "swaa"}, "model.averaging: Input should be 'swa', 'aswa', 'naswa' or 'ema'"),
        ({"averaging": "swa", "averaging_start": 101}, "averaging_start to be an epoch from 1"),
        ({"averaging": "swa", "ema_decay": 0.5}, "ema_decay only with averaging='ema'"),
        (
            {"averaging": "swa", "ema_decay": 0.999},
            "ema_decay only with averaging='ema', got ema_decay=0.999 with averaging='swa'",
        ),
        ({"ema_decay": 1.0}, "ema_decay to be a number of at least 0 and below 1"),
        (
            {"kind": "estimator", "estimator": "a.B", "averaging": "swa"},
            'averaging goes with kind = "network"',
        ),
        ({"patience": 3, "validation_share": 0.0}, "validation_share above 0 with early stopping"),
    ],
)
def test_settings_that_do_not_fit_are_told_before_anything_starts(model, text):
    with pytest.raises(ConfigError) as error:
        config_from_dict({"data": {"dataset": "penguins"}, "model": model})
    assert text in str(error.value)
    assert "Value error" not in str(error.value)
    assert ".." not in str(error.value)


@pytest.mark.parametrize(
    ("model", "entry"),
    [
        (
            {"averaging": "swa", "averaging_start": 101},
            "model.averaging_start: Expected averaging_start to be an epoch from 1 to 100, a whole "
            "number, or a share of the epochs of at least 0 and below 1, got 101. Pass a whole "
            "number such as 1 or a share such as 0.75",
        ),
        (
            {"ema_decay": 0.5},
            "model.ema_decay: Expected ema_decay only with averaging='ema', got ema_decay=0.5 with "
            "averaging=None. Leave ema_decay out, or choose such an averaging",
        ),
        (
            {"kind": "estimator", "estimator": "a.B", "averaging": "swa"},
            'model: averaging goes with kind = "network"',
        ),
    ],
)
def test_the_key_of_a_setting_is_named(model, entry):
    with pytest.raises(ConfigError) as error:
        config_from_dict({"data": {"dataset": "penguins"}, "model": model})
    assert str(error.value) == (
        f"Expected known keys with fitting values in the configuration, got {entry}. "
        "Correct these entries."
    )
