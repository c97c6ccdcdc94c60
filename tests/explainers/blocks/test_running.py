from __future__ import annotations

import joblib
import numpy as np
import pytest
import torch
import xarray as xr
from joblib.parallel import ThreadingBackend
from tqdm import tqdm

import xaigeo as xg
from xaigeo.explainers.blocks.joining import joined, padded
from xaigeo.explainers.blocks.threads import one_thread


@pytest.fixture
def two_threads():
    """Have two torch threads in this process: worker processes have one each."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def networks():
    """Wide float32 networks, whose sums round otherwise in two threads than in one."""
    modules = []
    for seed in range(2):
        torch.manual_seed(seed)
        layers = torch.nn.Linear(6, 512), torch.nn.Tanh(), torch.nn.Linear(512, 3)
        modules.append(torch.nn.Sequential(*layers))
    rows = np.random.default_rng(0).normal(size=(400, 6))
    return xg.SeedEnsemble.wrap(modules, schema=rows), rows


@pytest.fixture
def moves(monkeypatch):
    """Return where the bar stood whenever it was moved."""
    stood = []
    update = tqdm.update

    def noting(self, n=1):
        update(self, n)
        if not self.disable:
            stood.append(self.n)

    monkeypatch.setattr(tqdm, "update", noting)
    return stood


def explained(networks, method="integrated_gradients", n_rows=110, **how):
    ensemble, rows = networks
    return xg.explain(ensemble, rows[:n_rows], method, background=rows[:40], random_state=0, **how)


@pytest.mark.usefixtures("two_threads")
def test_worker_processes_give_the_same_to_the_bit(networks, tmp_path):
    alone = explained(networks)
    spread = explained(networks, n_jobs=2)
    stored = explained(networks, n_jobs=2, store=tmp_path / "s")
    for other in (spread.data, stored.data.load()):
        xr.testing.assert_equal(other, alone.data)
    assert torch.get_num_threads() == 2


@pytest.mark.usefixtures("two_threads")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_dask_cluster_gives_the_same_to_the_bit(networks, tmp_path, moves):
    distributed = pytest.importorskip("distributed")
    alone = explained(networks)
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=":0"
        ) as cluster,
        distributed.Client(cluster) as client,
        joblib.parallel_config("dask"),
    ):
        assert len(client.scheduler_info()["workers"]) == 2
        spread = explained(networks, progress=True)
        stood = list(moves)
        stored = explained(networks, store=tmp_path / "s", progress=True)
    for other in (spread.data, stored.data.load()):
        xr.testing.assert_equal(other, alone.data)
    # Five tasks of 22 rows: the bar moves with each, and does not wait for the last.
    assert stood == [22, 44, 66, 88, 110]


def test_the_bar_starts_where_a_stopped_run_was(networks, tmp_path, moves, capsys, monkeypatch):
    from xaigeo.store.parts import PartFolder

    write = PartFolder.write

    def failing(self, place, arrays):
        if len(self.done()) == 3:
            raise OSError("disk full")
        write(self, place, arrays)

    with monkeypatch.context() as patch:
        patch.setattr(PartFolder, "write", failing)
        with pytest.raises(OSError, match="disk full"):
            explained(networks, store=tmp_path / "s")
    moves.clear()
    explained(networks, store=tmp_path / "s", progress=True)
    assert moves == [88, 110]
    shown = capsys.readouterr().err
    assert "integrated_gradients:  60%" in shown
    assert "66/110" in shown
    assert "instance/s" in shown


class NoStream(ThreadingBackend):
    """Stands for joblib's multiprocessing backend, which returns everything at once."""

    supports_return_generator = False


def test_the_bar_moves_where_a_backend_cannot_stream(networks, moves, monkeypatch):
    monkeypatch.setattr("xaigeo.explainers.blocks.running.TASKS_A_WORKER", 1)
    calls = []
    retrieve = joblib.Parallel.__call__

    def noting(self, tasks):
        answer = retrieve(self, tasks)
        calls.append(len(answer))
        return answer

    monkeypatch.setattr(joblib.Parallel, "__call__", noting)
    with joblib.parallel_config(backend=NoStream(), n_jobs=2):
        explained(networks, "saliency", progress=True)
    assert calls == [2, 2, 1]
    assert moves == [22, 44, 66, 88, 110]


def test_one_thread_lasts_until_the_last_leaves():
    before = torch.get_num_threads()
    outer, inner = one_thread(), one_thread()
    outer.__enter__()
    inner.__enter__()
    outer.__exit__(None, None, None)
    assert torch.get_num_threads() == 1
    inner.__exit__(None, None, None)
    assert torch.get_num_threads() == before


def test_an_error_in_a_worker_process_is_told(networks):
    rows = networks[1]

    def refusing(given):
        if given.shape[0] > 200:
            raise xg.InputError(expected="few rows", arrived="many", do="Pass fewer.")
        return given[:, 0]

    ensemble = xg.SeedEnsemble.wrap([refusing, refusing], schema=rows, task="regression")
    with pytest.raises(xg.InputError, match=r"Expected few rows, got many\. Pass fewer"):
        xg.explain(ensemble, rows[:20], "lime", background=rows[:9], n_samples=300, n_jobs=2)


def test_pieces_of_unlike_length_are_padded():
    names = {"trace": ("seed", "instance", "step"), "steps": ("instance",), "mad": ("feature",)}
    pieces = [
        {"trace": np.ones((2, 3, 1)), "steps": np.array([1, 1, 1]), "mad": np.array([7.0])},
        {"trace": np.zeros((2, 1, 2)), "steps": np.array([2]), "mad": np.array([8.0])},
    ]
    whole = joined(pieces, names)
    assert whole["trace"].shape == (2, 4, 2)
    np.testing.assert_array_equal(whole["trace"][0], [[1, np.nan]] * 3 + [[0, 0]])
    assert whole["steps"].tolist() == [1, 1, 1, 2]
    assert whole["mad"].tolist() == [7.0]
    assert not padded(np.ones((1, 1), dtype=bool), (1, 3), axis=0)[:, 1:].any()
