from dataclasses import replace

from xaigeo.viz.page.provenance import made_tables, training_ranges


def test_hashes_versions_and_parameters_are_told(study):
    tables = {one["title"]: dict(one["rows"]) for one in made_tables(study.explanations)}
    assert tables["Ensemble"]["Data (SHA-256)"] == "d" * 64
    assert tables["Ensemble"]["Architecture (SHA-256)"] == f"{'a' * 64} (all seeds)"
    assert "torch 2.13.0" in tables["Ensemble"]["Versions"]
    assert tables["Settings"] == {"epochs": "80", "optimizer": "adam"}
    assert tables["LIME"]["n_samples"] == "500"
    assert tables["LIME"]["random_state"] == "0"


def test_training_is_told_by_seed(study):
    lime = study.by_method["lime"]
    record = {
        "seeds": [4, 7],
        "epochs_run": [9, 12],
        "epoch_kept": [6, 9],
        "validation_loss": [0.12345, 0.5],
        "n_averaged": [60, 85],
    }

    def tables(record):
        ensemble = lime.provenance["ensemble"] | {"record": record}
        told = replace(lime, provenance=lime.provenance | {"ensemble": ensemble})
        return {one["title"]: dict(one["rows"]) for one in made_tables([told])}

    assert tables(record)["Training of each seed"] == {
        "Seed 4": "9 epochs run, epoch 6 kept, validation loss 0.123, 60 steps averaged",
        "Seed 7": "12 epochs run, epoch 9 kept, validation loss 0.5, 85 steps averaged",
    }
    assert training_ranges(record) == [
        ("Epoch kept", "6 to 9"),
        ("Steps averaged", "60 to 85"),
        ("Validation loss", "0.123 to 0.5"),
    ]
    assert training_ranges(record | {"n_averaged": [60, 60]})[1] == ("Steps averaged", "60")
    assert training_ranges({}) == []
    plain = record | {"validation_loss": None}
    del plain["n_averaged"]
    assert tables(plain)["Training of each seed"]["Seed 7"] == "12 epochs run, epoch 9 kept"
    assert "Training of each seed" not in tables({"seeds": [4, 7]})


def test_what_is_not_recorded_is_said(study):
    lime = study.by_method["lime"]
    ensemble = lime.provenance["ensemble"] | {"record": {"architecture_sha256": ["a", "b"]}}
    bare = replace(lime, provenance=lime.provenance | {"ensemble": ensemble})
    rows = dict(made_tables([bare])[0]["rows"])
    assert rows["Data (SHA-256)"] == "not recorded"
    assert rows["Architecture (SHA-256)"] == "2 different ones"
