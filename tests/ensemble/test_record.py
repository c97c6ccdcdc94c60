from __future__ import annotations

import numpy as np

from xaigeo.ensemble.record import (
    config_digest,
    data_digest,
    make_record,
    select_record,
    training_outcome,
)


def test_digests_see_values_shapes_and_types_and_not_key_order():
    rows, labels = np.arange(6.0).reshape(3, 2), np.arange(3)
    digest = data_digest(rows, labels)
    assert digest == data_digest(np.asfortranarray(rows), labels.copy())
    for other in ((rows + 1e-12, labels), (rows.reshape(2, 3), labels), (rows, labels * 1.0)):
        assert data_digest(*other) != digest
    assert config_digest({"a": 1, "b": 2}) == config_digest({"b": 2, "a": 1})


def test_selecting_seeds_selects_every_list_by_seed():
    record = make_record(
        source="train",
        seeds=[4, 5, 6],
        architectures=["x", "y", "z"],
        data=None,
        config=None,
        packages=("torch", "no-such-package"),
        more={
            "order_seeds": [7, 8, 9],
            "validation": {"name": "v", "scores": {"seed": [4, 5, 6], "accuracy": [0.1, 0.2, 0.3]}},
        },
    )
    assert record["versions"]["no-such-package"] == "not installed"
    assert record["trained_at"]
    chosen = select_record(record, [2, 0])
    assert chosen["seeds"] == [6, 4]
    assert chosen["order_seeds"] == [9, 7]
    assert chosen["architecture_sha256"] == ["z", "x"]
    assert chosen["validation"]["scores"] == {"seed": [6, 4], "accuracy": [0.3, 0.1]}
    assert record["seeds"] == [4, 5, 6]
    assert select_record(record | {"identical": True}, [2, 0])["identical"] is True
    assert "identical" not in select_record(record | {"identical": True}, [2])
    assert select_record({}, [0]) == {}


def test_the_outcome_of_training_is_what_is_known_of_each_seed():
    trained = {"seeds": [3, 5], "epochs_run": [9, 9], "epoch_kept": [7, 8], "validation_loss": None}
    known = {"seeds": [3, 5], "epochs_run": [9, 9], "epoch_kept": [7, 8]}
    assert training_outcome(trained | {"engine": "stacked"}) == known
    averaged = known | {"validation_loss": [0.5, 0.25], "n_averaged": [40, 41]}
    assert training_outcome(averaged | {"config": {}}) == averaged
    assert training_outcome({"seeds": [3, 5], "source": "fit"}) == {}
    assert training_outcome({}) == {}
