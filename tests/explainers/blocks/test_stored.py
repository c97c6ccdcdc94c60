from __future__ import annotations

import itertools
import json
import os
import runpy
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import xarray as xr

import xaigeo as xg
from xaigeo.errors import InputError, StoreError
from xaigeo.explainers.blocks.cut import Cut
from xaigeo.store.parts import PartFolder

# A run that is slow enough to be killed: every block of one row waits for some milliseconds.
SCRIPT = """
import sys, time
from dataclasses import dataclass
from typing import ClassVar
import numpy as np
import xaigeo as xg
from xaigeo.explainers.base import Explainer
from xaigeo.explanations import Attributions

@dataclass(frozen=True, kw_only=True)
class Slow(Explainer):
    name: ClassVar = "slow"
    result: ClassVar = Attributions
    block_rows: ClassVar = 1
    def explain_batched(self, block):
        time.sleep(0.01)
        shape = (block.ensemble.n_seeds, block.rows.shape[1], block.ensemble.n_outputs)
        return {"attribution": np.stack([block.stream(i).normal(size=shape)
                                         for i in range(len(block.rows))], axis=1)}

def first(rows): return rows[:, 0]
def second(rows): return rows[:, 1] ** 2

if __name__ == "__main__":
    X = np.random.default_rng(0).normal(size=(90, 3))
    ensemble = xg.SeedEnsemble.wrap([first, second], schema=X, task="regression")
    Slow().explain(ensemble, X, background=X, store=sys.argv[1], n_jobs=int(sys.argv[2]),
                   random_state=None if sys.argv[3] == "none" else int(sys.argv[3]))
"""


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "slow.py"
    path.write_text(SCRIPT)

    def start(store, *, n_jobs=1, random_state="0"):
        command = [sys.executable, str(path), str(store), str(n_jobs), random_state]
        return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)

    return start


def kill_all(process):
    """Kill a process and its workers, none of which can do anything about it."""
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def finish(process):
    _, error = process.communicate(timeout=120)
    assert process.returncode == 0, error[-3000:]


def n_parts(store):
    return len(list((store.parent / f".{store.name}.partial" / "parts").glob("*.npz")))


def carry_out(folder, store, random_state="0"):
    """Return what the script finds in this process, where nobody kills it."""
    path = folder / "slow.py"
    path.write_text(SCRIPT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [str(path), str(store), "1", random_state])
        runpy.run_path(str(path), run_name="__main__")
    return xg.load(store)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    return carry_out(folder, folder / "store")


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_killed_run_goes_on_and_gives_the_same(script, whole, tmp_path, n_jobs):
    cut = tmp_path / "cut"
    moments = np.random.default_rng(n_jobs).integers(1, 75, size=2)
    kept = 0
    for moment in np.sort(moments):
        process = script(cut, n_jobs=n_jobs)
        while n_parts(cut) < moment and process.poll() is None:
            time.sleep(0.002)
        kill_all(process)
        assert not cut.exists()  # nothing unfinished is where a result would be
        assert n_parts(cut) >= max(kept, moment)  # what was finished before is still there
        kept = n_parts(cut)
    finish(script(cut, n_jobs=n_jobs))
    xr.testing.assert_identical(xg.load(cut).data, whole.data)
    assert not (tmp_path / ".cut.partial").exists()


def test_a_seed_that_was_drawn_is_taken_up(script, tmp_path):
    store = tmp_path / "store"
    process = script(store, random_state="none")
    while n_parts(store) < 5:
        time.sleep(0.002)
    kill_all(process)
    drawn = PartFolder(tmp_path / ".store.partial").job["random_state"]
    found = carry_out(tmp_path, store, "none")
    assert found.provenance["random_state"] == drawn
    again = carry_out(tmp_path, tmp_path / "again", str(drawn))
    xr.testing.assert_identical(found.data, again.data)


@pytest.fixture
def explain(cloud, wrap_values, linear):
    """Return a call that explains linear models into a store."""

    def call(store, *, slopes=((1, 2, 3, 4), (4, 3, 2, 1)), rows=cloud[:12], **changes):
        ensemble = wrap_values(*(linear(slope) for slope in slopes), rows=cloud)
        arguments = {"background": cloud, "random_state": 0, "n_samples": 30} | changes
        return xg.explain(ensemble, rows, "lime", store=store, **arguments)

    return call


@pytest.fixture
def interrupted(explain, monkeypatch):
    """Return a call as `explain`, which fails when half of its tasks are done."""

    def call(store, **changes):
        write = PartFolder.write

        def failing(self, place, arrays):
            if len(self.done()) == 1:
                raise OSError("disk full")
            write(self, place, arrays)

        with monkeypatch.context() as patch:
            patch.setattr(PartFolder, "write", failing)
            with pytest.raises(OSError, match="disk full"):
                explain(store, **changes)

    return call


def test_a_store_gives_what_a_call_without_one_does(explain, tmp_path):
    stored, plain = explain(tmp_path / "s"), explain(None)
    assert stored.is_lazy
    assert not plain.is_lazy
    xr.testing.assert_identical(stored.data.load(), plain.data)
    assert stored.schema == plain.schema
    told = [dict(one.provenance) for one in (stored, plain)]
    assert all(one.pop("created_at") for one in told)
    assert told[0] == told[1]
    assert [path.name for path in tmp_path.iterdir()] == ["s"]


def test_a_finished_store_is_opened_and_nothing_is_done(explain, tmp_path, monkeypatch):
    first = explain(tmp_path / "s")
    monkeypatch.setattr("xaigeo.explainers.blocks.stored.run_tasks", None)
    again = explain(tmp_path / "s")
    assert again.provenance == first.provenance
    assert explain(tmp_path / "s", random_state=None).provenance == first.provenance


CHANGES = [
    ({"random_state": 1}, "random_state"),
    ({"n_samples": 31}, "parameters"),
    ({"engine": "upstream"}, "engine"),
    ({"max_memory": 2**21}, "max_memory"),
    ({"slopes": ((1, 2, 3, 4), (4, 3, 2, 2))}, "the models' predictions"),
]


@pytest.mark.parametrize(("changes", "text"), CHANGES, ids=lambda value: str(value)[:20])
def test_another_call_is_refused_and_harms_nothing(explain, interrupted, tmp_path, changes, text):
    first = explain(tmp_path / "s").data.load()
    with pytest.raises(StoreError, match=rf"the result of this call .*other in: {text}\. Choose"):
        explain(tmp_path / "s", **changes)
    xr.testing.assert_identical(xg.load(tmp_path / "s").data, first)
    interrupted(tmp_path / "t")
    with pytest.raises(StoreError, match=rf"the unfinished run of .*other in: {text}\. Choose"):
        explain(tmp_path / "t", **changes)
    xr.testing.assert_identical(explain(tmp_path / "t").data.load(), first)


def test_other_rows_and_background_are_refused(explain, tmp_path, cloud):
    explain(tmp_path / "s")
    with pytest.raises(StoreError, match="other in: rows"):
        explain(tmp_path / "s", rows=cloud[12:24])
    with pytest.raises(StoreError, match="other in: background"):
        explain(tmp_path / "s", background=cloud[:50])


def test_overwriting_keeps_the_old_result_until_the_new_is_whole(explain, interrupted, tmp_path):
    store = tmp_path / "s"
    old = explain(store).data.load()
    interrupted(store, random_state=1, overwrite=True)
    xr.testing.assert_identical(xg.load(store).data, old)
    new = explain(store, random_state=1, overwrite=True)
    assert new.provenance["random_state"] == 1
    assert [path.name for path in tmp_path.iterdir()] == ["s"]


def test_a_result_that_was_saved_is_not_taken_for_this_call(explain, tmp_path):
    explain(None).save(tmp_path / "s")
    with pytest.raises(StoreError, match=r"other in: it was written by save\(\)"):
        explain(tmp_path / "s")
    assert explain(tmp_path / "s", overwrite=True).is_lazy


def test_a_folder_with_other_things_is_not_touched(explain, tmp_path):
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(StoreError, match="a new folder, or one that holds an explanation"):
        explain(tmp_path, overwrite=True)
    assert (tmp_path / "thesis.tex").read_text() == "precious"


def test_a_swap_that_was_stopped_is_finished(explain, tmp_path, monkeypatch):
    expected = explain(tmp_path / "s").data.load()
    partial = tmp_path / ".s.partial"
    partial.mkdir()
    shutil.move(tmp_path / "s", partial / "result")
    monkeypatch.setattr("xaigeo.explainers.blocks.stored.run_tasks", None)
    xr.testing.assert_identical(explain(tmp_path / "s").data.load(), expected)
    assert [path.name for path in tmp_path.iterdir()] == ["s"]


def test_two_processes_do_not_write_one_store(explain, tmp_path):
    with (
        PartFolder(tmp_path / ".s.partial").locked(),
        pytest.raises(StoreError, match="one that another process is carrying out"),
    ):
        explain(tmp_path / "s")


def test_labels_that_cannot_be_stored_are_told_before_the_work(explain, tmp_path, cloud):
    import pandas as pd

    rows = pd.DataFrame(cloud[:2], index=[1j, 2j])
    rows.columns = ["x0", "x1", "x2", "x3"]
    with pytest.raises(InputError, match="that JSON can hold, got complex"):
        explain(tmp_path / "s", rows=rows)
    assert not (tmp_path / ".s.partial" / "parts").exists()


def test_overwrite_without_a_store_raises(explain):
    with pytest.raises(InputError, match=r"a store to replace for overwrite=True, got store=None"):
        explain(None, overwrite=True)


@pytest.mark.parametrize("value", [0, 2**20 - 1, 1e9, "2GB", True])
def test_memory_that_is_no_number_of_bytes_raises(explain, value):
    with pytest.raises(InputError, match="max_memory to be a whole number of at least 1048576"):
        explain(None, max_memory=value)


def test_many_blocks_make_few_parts(tmp_path, cloud, wrap_values, linear, monkeypatch):
    monkeypatch.setattr("xaigeo.explainers.blocks.cut.MOST_TASKS", 4)
    ensemble = wrap_values(linear((1, 2, 3, 4)), rows=cloud)
    found = xg.explain(
        ensemble,
        cloud,
        "lime",
        background=cloud,
        random_state=0,
        n_samples=20,
        store=tmp_path / "s",
    )
    monkeypatch.undo()
    plain = xg.explain(ensemble, cloud, "lime", background=cloud, random_state=0, n_samples=20)
    xr.testing.assert_identical(found.data.load(), plain.data)
    job = json.loads((tmp_path / "s" / "job.json").read_text())
    assert job["blocks"] == [60, 5, 3]


def test_tasks_cover_all_rows_once():
    for n_rows, block_rows in ((1, 5), (53, 5), (1024 * 5 + 3, 5), (1_000_003, 5), (26, 25)):
        cut = Cut(n_rows, block_rows)
        assert cut.n_tasks <= 1024
        blocks = [part for task in range(cut.n_tasks) for part in cut.task_blocks(task)]
        whole = np.array_split(np.arange(n_rows), cut.n_blocks)
        assert [b.start for b in blocks] == [int(part[0]) for part in whole]
        assert [b.stop for b in blocks] == [int(part[-1]) + 1 for part in whole]
        tasks = [cut.task_rows(task) for task in range(cut.n_tasks)]
        assert tasks[0].start == 0
        assert tasks[-1].stop == n_rows
        assert all(a.stop == b.start for a, b in itertools.pairwise(tasks))


def test_a_store_where_nothing_can_be_written_is_refused_before_the_work(mass, birds, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"folder that can be written, and .*Choose another path"):
        xg.explain(
            mass, birds.head(2), "lime", background=birds, store=tmp_path / "file" / "in" / "store"
        )
