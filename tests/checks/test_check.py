from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr

from xaigeo.checks import KINDS, Check
from xaigeo.checks.check import SHAPES, check_all_belong
from xaigeo.errors import InputError, StoreError
from xaigeo.store import check_digest, load_check, save_check

SIZES = {"seed": 3, "instance": 4, "step": 5, "draw": 2, "layer": 2, "way": 2, "row": 6}


def make_check(kind="deletion", *, seeds=(0, 1, 2), instances=(7, 8, 9, 10), **provenance):
    rng = np.random.default_rng(0)
    shapes = SHAPES[kind]
    arrays = {n: (d, rng.random([SIZES[one] for one in d])) for n, d in shapes.items()}
    used = {one for d in shapes.values() for one in d}
    coords = {"seed": list(seeds), "instance": list(instances)}
    data = xr.Dataset(arrays, coords={n: v for n, v in coords.items() if n in used})
    return Check(kind=kind, method="lime", data=data, seeds=np.array(seeds), provenance=provenance)


@pytest.mark.parametrize("kind", KINDS)
def test_saved_and_loaded(kind, tmp_path):
    check = make_check(kind, parameters={"n_draws": 2})
    again = load_check(save_check(check, tmp_path / "deep" / "check.npz"))
    assert check_digest(again) == check_digest(check)
    assert again.kind == kind
    assert again.provenance == {"parameters": {"n_draws": 2}}
    xr.testing.assert_identical(again.data, check.data)
    assert again.seeds.tolist() == [0, 1, 2]


def test_labels_of_several_levels_come_back_as_tuples(tmp_path):
    labels = np.empty(4, dtype=object)
    labels[:] = [("a", 1), ("a", 2), ("b", 1), ("b", 2)]
    check = make_check("sensitivity")
    check = Check(
        kind="sensitivity",
        method="lime",
        data=check.data.assign_coords(instance=("instance", labels)),
        seeds=check.seeds,
    )
    again = load_check(check.save(tmp_path / "c.npz"))
    assert again.instances.tolist() == labels.tolist()


@pytest.mark.parametrize("kind", KINDS)
def test_frame_holds_every_value_of_the_largest_arrays(kind):
    check = make_check(kind)
    first = next(iter(SHAPES[kind].values()))
    frame = check.to_frame()
    assert len(frame) == np.prod([SIZES[one] for one in first])
    name = next(iter(SHAPES[kind]))
    assert frame[name].tolist() == check.array(name).reshape(-1).tolist()


def test_an_altered_file_is_noticed(tmp_path):
    path = make_check().save(tmp_path / "c.npz")
    with np.load(path) as arrays:
        stored = dict(arrays)
    stored["array.area"][0, 0] += 1e-9
    np.savez_compressed(path, **stored)
    with pytest.raises(StoreError, match="do not trust its numbers"):
        load_check(path)


def test_another_file_is_refused(tmp_path):
    (tmp_path / "c.npz").write_bytes(b"no archive")
    with pytest.raises(StoreError, match="Expected a check written by xaigeo"):
        load_check(tmp_path / "c.npz")
    with pytest.raises(StoreError, match="FileNotFoundError"):
        load_check(tmp_path / "none.npz")


def test_messages():
    check = make_check()
    with pytest.raises(InputError, match="without area"):
        Check(kind="deletion", method="lime", data=check.data.drop_vars("area"), seeds=check.seeds)
    with pytest.raises(InputError, match="curve with dimensions"):
        Check(
            kind="deletion",
            method="lime",
            data=check.data.assign(curve=check.data["curve"].transpose()),
            seeds=check.seeds,
        )
    with pytest.raises(InputError, match="A check of nothing shows nothing"):
        Check(
            kind="deletion",
            method="lime",
            data=check.data.isel(instance=slice(0)),
            seeds=check.seeds,
        )
    with pytest.raises(InputError, match="kind"):
        Check(kind="deletions", method="lime", data=check.data, seeds=check.seeds)


def explained_by(method="lime", instances=(7, 8, 9, 10, 11), seeds=(0, 1, 2), **record):
    return SimpleNamespace(
        method=method,
        instances=np.array(instances),
        seeds=np.array(seeds),
        provenance={"ensemble": {"kind": "torch", "record": record}},
    )


def test_belongs_to_the_models_that_were_explained():
    explained = explained_by(data_sha256="a")
    own, other = ({"kind": "torch", "record": {"data_sha256": digest}} for digest in "ab")
    make_check(ensemble=own).check_belongs(explained)
    with pytest.raises(InputError, match="differ from them in the training data"):
        make_check(ensemble=other).check_belongs([explained])
    with pytest.raises(InputError, match="differ from them in the seeds"):
        make_check(seeds=(3, 4, 5)).check_belongs(explained)


def test_belongs_to_an_explanation_by_its_method_of_its_rows():
    check = make_check()
    shap = explained_by("kernel_shap")
    check.check_belongs([shap, explained_by()])
    with pytest.raises(InputError, match=r"\(kernel_shap\), got a check of deletion of lime"):
        check.check_belongs(shap)
    others = explained_by(instances=(8, 9, 50))
    with pytest.raises(InputError, match=r"instances that lime explains.* of others: 7, 10"):
        check.check_belongs([shap, others])
    check.check_belongs([others, explained_by()])
    surroundings = make_check("off_support")
    replace(surroundings, method="").check_belongs(shap)


def test_one_check_of_each_kind_and_method():
    explained = explained_by()
    check_all_belong([make_check(), make_check("insertion")], explained)
    with pytest.raises(InputError, match="each kind and method, got two of deletion of lime"):
        check_all_belong([make_check(), make_check()], explained)


def test_words():
    assert repr(make_check()) == "Check(deletion of lime, 3 seeds, 4 instances)"
