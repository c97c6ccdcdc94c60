from dataclasses import replace

from xaigeo.viz.page.provenance import made_tables


def test_hashes_versions_and_parameters_are_told(study):
    tables = {one["title"]: dict(one["rows"]) for one in made_tables(study.explanations)}
    assert tables["Ensemble"]["Data (SHA-256)"] == "d" * 64
    assert tables["Ensemble"]["Architecture (SHA-256)"] == f"{'a' * 64} (all seeds)"
    assert "torch 2.13.0" in tables["Ensemble"]["Versions"]
    assert tables["Settings"] == {"epochs": "80", "optimizer": "adam"}
    assert tables["LIME"]["n_samples"] == "500"
    assert tables["LIME"]["random_state"] == "0"


def test_what_is_not_recorded_is_said(study):
    lime = study.by_method["lime"]
    ensemble = lime.provenance["ensemble"] | {"record": {"architecture_sha256": ["a", "b"]}}
    bare = replace(lime, provenance=lime.provenance | {"ensemble": ensemble})
    rows = dict(made_tables([bare])[0]["rows"])
    assert rows["Data (SHA-256)"] == "not recorded"
    assert rows["Architecture (SHA-256)"] == "2 different ones"
