from __future__ import annotations

import json

import numpy as np
import pytest
import xarray as xr
import zarr

import xaigeo as xg
from xaigeo.errors import StoreError
from xaigeo.explanations import Attributions
from xaigeo.schema import FeatureSchema
from xaigeo.store import digest, verify_store
from xaigeo.store.leaf_array import LeafArray


@pytest.fixture
def long(monkeypatch):
    """Attributions of 50 instances, of which a leaf holds seven."""
    monkeypatch.setattr("xaigeo.store.leaves.LEAF_BYTES", 7 * 3 * 4 * 8)
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(50, 4))
    schema = FeatureSchema.from_data(rows)
    data = xr.Dataset(
        {
            "attribution": (
                ("seed", "instance", "feature", "output"),
                rng.normal(size=(3, 50, 4, 1)),
            ),
            "prediction": (("seed", "instance", "output"), rng.normal(size=(3, 50, 1))),
            "input": (("instance", "feature"), rows),
            "background": (("background_row", "feature"), rows[:9]),
            "background_prediction": (
                ("seed", "background_row", "output"),
                rng.normal(size=(3, 9, 1)),
            ),
        },
        coords={
            "seed": [0, 1, 2],
            "instance": np.arange(100, 150),
            "feature": schema.names,
            "output": ["value"],
        },
    )
    return Attributions(
        data=data,
        schema=schema,
        method="lime",
        provenance={
            "parameters": {"scale": "value"},
            "random_state": 0,
            "ensemble": {"task": "regression", "record": {}},
        },
    )


@pytest.fixture
def stored(long, tmp_path):
    return long.save(tmp_path / "s")


@pytest.fixture
def reads(monkeypatch):
    """Return the leaves of each array that were asked for."""
    asked = []
    leaf = LeafArray.leaf

    def noting(self, place):
        asked.append((self.name, place))
        return leaf(self, place)

    monkeypatch.setattr(LeafArray, "leaf", noting)
    return asked


def test_a_leaf_is_a_chunk_and_has_a_hash(stored):
    group = zarr.open_group(str(stored / "arrays.zarr"), mode="r")
    assert group["attribution"].chunks == (3, 7, 4, 1)
    arrays = json.loads((stored / "manifest.json").read_text())["arrays"]
    assert len(arrays["attribution"]["leaves"]) == 8
    assert len(arrays["background"]["leaves"]) == 1


def test_opening_lazily_reads_nothing(stored, reads, long):
    lazy = xg.load(stored, lazy=True)
    assert lazy.is_lazy
    assert lazy.seeds.tolist() == [0, 1, 2]
    assert lazy.instances.tolist() == long.instances.tolist()
    assert repr(lazy) == repr(long)
    assert not reads
    xr.testing.assert_identical(lazy.data.load(), long.data)


def test_only_what_is_asked_for_is_read(stored, reads, long):
    lazy = xg.load(stored, lazy=True)
    part = lazy.at([48, 8])
    assert set(reads) >= {("attribution", 6), ("attribution", 1)}
    assert {place for name, place in reads if name == "attribution"} == {1, 6}
    assert not part.is_lazy
    xr.testing.assert_identical(part.data, long.data.isel(instance=[48, 8]))
    reads.clear()
    one = lazy.sel(seed=1, instance=149)
    assert one.is_lazy
    np.testing.assert_array_equal(one.array("attribution"), long.array("attribution")[1:2, 49:])
    assert reads == [("attribution", 7)]


@pytest.mark.parametrize(
    "index",
    [
        {"instance": slice(None, None, 9)},
        {"instance": [49, 0, 0, 7], "feature": [3, 1]},
        {"seed": 2, "instance": 13},
        {"instance": slice(45, 200), "output": 0},
        {"feature": slice(3, 0, -1)},
        {"instance": -1},
    ],
)
def test_every_way_of_picking_gives_the_same(stored, long, index):
    lazy = xg.load(stored, lazy=True)
    xr.testing.assert_identical(lazy.data.isel(index).load(), long.data.isel(index))


def test_what_is_read_may_be_written_into(stored, long):
    lazy = xg.load(stored, lazy=True)
    lazy.array("attribution")[:] = 0.0
    np.testing.assert_array_equal(lazy.array("attribution"), long.array("attribution"))


def test_batches_cover_every_instance_once(stored, long):
    batches = list(xg.load(stored, lazy=True).batches(20))
    assert [len(batch.instances) for batch in batches] == [20, 20, 10]
    whole = np.concatenate([batch.array("attribution") for batch in batches], axis=1)
    np.testing.assert_array_equal(whole, long.array("attribution"))


def test_the_hash_is_one_on_disk_and_in_memory(stored, long, tmp_path):
    told = json.loads((stored / "manifest.json").read_text())["sha256"]
    lazy = xg.load(stored, lazy=True)
    assert digest(long) == digest(lazy) == told
    copy = lazy.save(tmp_path / "copy")
    assert json.loads((copy / "manifest.json").read_text())["sha256"] == told


@pytest.mark.parametrize("name", ["attribution", "prediction", "input", "background"])
def test_a_change_in_any_leaf_is_noticed(stored, long, name):
    group = zarr.open_group(str(stored / "arrays.zarr"), mode="r+")
    values = group[name][...]
    values.reshape(-1)[-1] += 1e-12
    group[name][...] = values
    with pytest.raises(StoreError, match=rf"contents of {name} in .* altered after it was written"):
        verify_store(stored)
    with pytest.raises(StoreError, match="altered after it was written"):
        xg.load(stored)
    lazy = xg.load(stored, lazy=True)  # opening does not read it
    with pytest.raises(StoreError, match="altered after it was written"):
        lazy.array(name)
    if name != "background":
        lazy.at([0]) if name == "attribution" else lazy.data[name].isel(instance=0).load()
    unchecked = xg.load(stored, lazy=True, verify=False)
    assert unchecked.array(name).shape == long.array(name).shape


def test_a_manifest_whose_leaf_hashes_were_changed_is_noticed(stored):
    path = stored / "manifest.json"
    manifest = json.loads(path.read_text())
    leaves = manifest["arrays"]["input"]["leaves"]
    leaves[0] = "0" * 64
    path.write_text(json.dumps(manifest))
    for call in (verify_store, xg.load, lambda p: xg.load(p, lazy=True)):
        with pytest.raises(StoreError, match="SHA-256"):
            call(stored)


def test_an_array_of_another_shape_is_noticed(stored):
    group = zarr.open_group(str(stored / "arrays.zarr"), mode="r+")
    group.create_array("input", shape=(50, 5), dtype="f8", overwrite=True)
    with pytest.raises(StoreError, match=r"input in .* of shape \(50, 4\).*got shape \(50, 5\)"):
        xg.load(stored, lazy=True)


def test_what_was_added_to_a_store_is_named(stored):
    (stored / ".DS_Store").write_text("")
    verify_store(stored)
    (stored / "x.txt").write_text("")
    with pytest.raises(
        StoreError, match=r"nothing else in .* than what was stored, got also x\.txt"
    ):
        verify_store(stored)
    (stored / "x.txt").unlink()
    (stored / "arrays.zarr" / "more").mkdir()
    with pytest.raises(StoreError, match="got also more"):
        verify_store(stored)
