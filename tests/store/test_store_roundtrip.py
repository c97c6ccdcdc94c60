from __future__ import annotations

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
import zarr

import xaigeo as xg
from xaigeo.ensemble.evaluation import Evaluation
from xaigeo.errors import InputError, StoreError
from xaigeo.store import digest, load_evaluation, save_evaluation


@pytest.mark.parametrize("maker", ["make_attributions", "make_anchors", "make_counterfactuals"])
def test_what_is_saved_is_loaded(maker, tmp_path, request):
    found = request.getfixturevalue(maker)()
    again = xg.load(found.save(tmp_path / "one"))
    assert type(again) is type(found)
    xr.testing.assert_identical(again.data, found.data)
    assert again.schema == found.schema
    assert again.provenance == found.provenance
    assert digest(again) == digest(found)


def test_saving_again_replaces(make_attributions, tmp_path):
    make_attributions().save(tmp_path / "one")
    zeros = np.zeros((3, 4, 5, 2))
    make_attributions(attribution=(("seed", "instance", "feature", "output"), zeros)).save(
        tmp_path / "one"
    )
    assert not xg.load(tmp_path / "one").array("attribution").any()
    assert [path.name for path in tmp_path.iterdir()] == ["one"]


def test_a_folder_with_other_things_is_not_touched(make_attributions, tmp_path):
    (tmp_path / "manifest.json").write_text('{"precious": true}')
    with pytest.raises(StoreError, match=r"a new folder, or one that holds an explanation"):
        make_attributions().save(tmp_path)
    assert json.loads((tmp_path / "manifest.json").read_text()) == {"precious": True}


def test_a_failed_save_leaves_the_old_one(make_attributions, tmp_path, monkeypatch):
    make_attributions().save(tmp_path / "one")

    def fail(*arguments):
        raise OSError("disk full")

    monkeypatch.setattr("xaigeo.store.writing._write_arrays", fail)
    with pytest.raises(OSError, match="disk full"):
        make_attributions().save(tmp_path / "one")
    assert xg.load(tmp_path / "one").seeds.tolist() == [7, 8, 11]
    assert [path.name for path in tmp_path.iterdir()] == ["one"]


def test_a_changed_number_is_noticed(make_attributions, tmp_path):
    make_attributions().save(tmp_path / "one")
    group = zarr.open_group(str(tmp_path / "one" / "arrays.zarr"), mode="r+")
    group["attribution"][0, 0, 0, 0] = 42.0
    with pytest.raises(StoreError, match=r"SHA-256.*altered after it was written"):
        xg.load(tmp_path / "one")
    assert xg.load(tmp_path / "one", verify=False).array("attribution")[0, 0, 0, 0] == 42.0


def test_a_changed_label_is_noticed(make_attributions, tmp_path):
    make_attributions().save(tmp_path / "one")
    manifest = tmp_path / "one" / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"yes"', '"maybe"'))
    with pytest.raises(StoreError, match="altered"):
        xg.load(tmp_path / "one")


def test_missing_parts_are_named(make_attributions, tmp_path):
    with pytest.raises(StoreError, match=r"a folder with manifest.json.*no such folder"):
        xg.load(tmp_path / "nowhere")
    make_attributions().save(tmp_path / "one")
    shutil.rmtree(tmp_path / "one" / "arrays.zarr" / "prediction")
    with pytest.raises(StoreError, match=r"the array .*prediction.*incomplete"):
        xg.load(tmp_path / "one")
    shutil.rmtree(tmp_path / "one" / "arrays.zarr")
    with pytest.raises(StoreError, match=r"arrays.zarr in .*incomplete"):
        xg.load(tmp_path / "one")


def test_a_damaged_chunk_is_told(make_attributions, tmp_path):
    make_attributions().save(tmp_path / "one")
    chunks = tmp_path / "one" / "arrays.zarr" / "attribution" / "c"
    chunk = next(path for path in chunks.rglob("*") if path.is_file())
    chunk.write_bytes(b"\xff" + chunk.read_bytes()[1:])
    with pytest.raises(StoreError, match=r"readable arrays in .*damaged"):
        xg.load(tmp_path / "one")


def test_a_damaged_or_foreign_manifest(make_attributions, tmp_path):
    path = make_attributions().save(tmp_path / "one") / "manifest.json"
    whole = path.read_text()
    path.write_text(whole[:50])
    with pytest.raises(StoreError, match="JSON in"):
        xg.load(tmp_path / "one")
    path.write_text(whole.replace('"format": 2', '"format": 99'))
    with pytest.raises(StoreError, match=r"format 2 at .*got format 99"):
        xg.load(tmp_path / "one")


@pytest.mark.parametrize("lazy", [False, True])
def test_labels_of_several_levels_come_back_as_tuples(make_attributions, tmp_path, lazy):
    found = make_attributions()
    labels = np.empty(4, dtype=object)
    labels[:] = [("a", 1), ("a", 2), ("b", 1), ("b", 2)]
    found = replace(found, data=found.data.assign_coords(instance=labels))
    again = xg.load(found.save(tmp_path / "one"), lazy=lazy)
    assert again.instances.tolist() == labels.tolist()
    assert digest(again) == digest(found)
    labels[0] = ("a", 1j)
    odd = replace(found, data=found.data.assign_coords(instance=labels))
    with pytest.raises(InputError, match="that JSON can hold, got complex such as 1j"):
        odd.save(tmp_path / "two")


def test_labels_that_json_cannot_hold(make_attributions, tmp_path):
    found = make_attributions()
    odd = found.data.assign_coords(instance=[complex(i) for i in range(4)])
    bad = type(found)(data=odd, schema=found.schema, method="x", provenance=found.provenance)
    with pytest.raises(InputError, match="that JSON can hold"):
        bad.save(tmp_path / "one")
    assert list(tmp_path.iterdir()) == []


def test_text_instance_labels_survive(make_attributions, tmp_path):
    found = make_attributions()
    named = found.data.assign_coords(instance=["a", "b", "c", "d</script>"])
    made = type(found)(data=named, schema=found.schema, method="x", provenance=found.provenance)
    assert xg.load(made.save(tmp_path / "one")).instances.tolist() == ["a", "b", "c", "d</script>"]


@pytest.fixture
def evaluation() -> Evaluation:
    rng = np.random.default_rng(0)
    return Evaluation(
        name="test",
        seeds=np.arange(2),
        classes=("a", "b"),
        task="classification",
        rows=rng.normal(size=(5, 3)),
        labels=np.array([0, 1, 1, 0, 1]),
        prediction=rng.dirichlet([1, 1], size=(2, 5)),
    )


def test_evaluation_round_trip(evaluation, tmp_path):
    again = load_evaluation(save_evaluation(evaluation, tmp_path / "e.npz"))
    np.testing.assert_array_equal(again.prediction, evaluation.prediction)
    assert again.scores.equals(evaluation.scores)
    assert (again.name, again.classes) == ("test", ("a", "b"))


@pytest.mark.parametrize(
    "labels", [[37, 5, 9, 2, 5], ["a", "b", "c", "d", "2024-01-01"], [("a", k) for k in range(5)]]
)
def test_an_evaluation_keeps_its_labels_and_fingerprint(evaluation, tmp_path, labels):
    instances = np.empty(5, dtype=object)
    instances[:] = labels
    known = {"kind": "torch", "data_sha256": None, "architecture_sha256": ["a", "b"]}
    given = replace(evaluation, instances=instances, fingerprint=known)
    again = load_evaluation(save_evaluation(given, tmp_path / "e.npz"))
    assert again.instances.tolist() == labels
    assert again.fingerprint == known


def test_an_evaluation_of_an_earlier_version_has_no_labels(evaluation, tmp_path):
    described = {"name": "test", "task": "classification", "classes": ["a", "b"]}
    arrays = {name: getattr(evaluation, name) for name in ("seeds", "rows", "labels", "prediction")}
    np.savez(tmp_path / "e.npz", described=np.array(json.dumps(described)), **arrays)
    again = load_evaluation(tmp_path / "e.npz")
    assert (again.instances, again.fingerprint) == (None, None)
    assert again.row_labels.tolist() == [0, 1, 2, 3, 4]


def test_an_evaluation_that_is_none(tmp_path):
    with pytest.raises(StoreError, match="an evaluation written by xaigeo"):
        load_evaluation(tmp_path / "none.npz")
    (tmp_path / "bad.npz").write_text("no")
    with pytest.raises(StoreError, match="an evaluation written by xaigeo"):
        load_evaluation(tmp_path / "bad.npz")
