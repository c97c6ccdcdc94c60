from __future__ import annotations

import numpy as np
import pytest

from xaigeo.ensemble import SeedEnsemble
from xaigeo.ensemble.bare_passes import bare_seconds
from xaigeo.errors import InputError


@pytest.fixture
def asked():
    """The shapes and scales that members were asked for."""
    return []


@pytest.fixture
def ensemble(plane, asked, monkeypatch):
    X, _ = plane
    ensemble = SeedEnsemble.wrap([lambda rows: np.full(len(rows), 0.5)] * 2, schema=X)
    values = type(ensemble.members).values

    def counted(self, rows, scale):
        asked.append((len(rows), scale))
        return values(self, rows, scale)

    monkeypatch.setattr(type(ensemble.members), "values", counted)
    return ensemble


def test_every_repeat_asks_about_exactly_so_many_rows(ensemble, plane, asked, monkeypatch):
    monkeypatch.setattr("xaigeo.ensemble.bare_passes.ROWS_AT_ONCE", 100)
    assert bare_seconds(ensemble, plane[0], 250, repeats=2) >= 0.0
    assert asked == [(100, "probability"), (100, "probability"), (50, "probability")] * 3


def test_no_rows_are_refused(ensemble, plane):
    with pytest.raises(InputError, match="n_rows"):
        bare_seconds(ensemble, plane[0], 0)
