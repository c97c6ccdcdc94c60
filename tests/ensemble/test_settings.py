from __future__ import annotations

import json

import pytest

from xaigeo.ensemble.settings import TrainingSettings
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
    ],
)
def test_values_out_of_range_are_told(given, message):
    with pytest.raises(InputError, match=message):
        TrainingSettings(**given)


def test_settings_are_json():
    described = TrainingSettings(class_weight={0: 1, 1: 2}).to_dict()
    assert json.loads(json.dumps(described))["class_weight"] == {"0": 1.0, "1": 2.0}
