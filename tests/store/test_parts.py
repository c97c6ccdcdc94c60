from __future__ import annotations

import numpy as np
import pytest

from xaigeo.store.parts import PartFolder


@pytest.fixture
def parts(tmp_path):
    folder = PartFolder(tmp_path / "p")
    folder.begin({"method": "lime"})
    return folder


ARRAYS = {"met": np.ones((2, 3), dtype=bool), "lower": np.arange(6.0).reshape(2, 3)}


def test_a_part_is_read_as_it_was_written(parts):
    parts.write(7, ARRAYS)
    assert parts.done() == {7}
    again = parts.read(7)
    assert set(again) == set(ARRAYS)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(again[name], array)
        assert again[name].dtype == array.dtype
    assert parts.headers(7) == {"met": ((2, 3), np.dtype(bool)), "lower": ((2, 3), np.dtype("f8"))}


def test_a_part_that_was_not_finished_is_not_there(parts, monkeypatch):
    def killed(source, target):
        raise KeyboardInterrupt

    monkeypatch.setattr("xaigeo.store.parts.os.replace", killed)
    with pytest.raises(KeyboardInterrupt):
        parts.write(0, ARRAYS)
    assert parts.done() == set()
    monkeypatch.undo()
    parts.write(0, ARRAYS)
    assert parts.done() == {0}


def test_beginning_anew_empties_the_folder(parts):
    parts.write(0, ARRAYS)
    parts.begin({"method": "kernel_shap"})
    assert parts.done() == set()
    assert parts.job == {"method": "kernel_shap"}


def test_a_folder_in_which_nothing_was_begun(tmp_path):
    assert PartFolder(tmp_path / "none").job is None
