from datetime import UTC, datetime, timedelta

import pytest

from xaigeo.audit.registration import Registration, read_time, register
from xaigeo.audit.thresholds import read_thresholds
from xaigeo.errors import InputError


def test_register_takes_the_hash_and_the_time():
    found = register({"A1": {"pass": 0.9}})
    assert found.thresholds_sha256 == read_thresholds({"A1": {"pass": 0.9}}).sha256
    age = datetime.now(UTC) - read_time(found.registered_at, "registered_at")
    assert timedelta(0) <= age < timedelta(minutes=1)


def test_round_trip():
    found = register()
    assert Registration.from_dict(found.to_dict()) == found
    started = found.to_dict() | {"started_at": "2030-01-01T00:00:00+00:00"}
    assert Registration.from_dict(started).to_dict() == started


@pytest.mark.parametrize("entry", [{}, {"registered_at": "now"}, {"a": 1}])
def test_other_keys_raise(entry):
    with pytest.raises(InputError, match="a registration with thresholds_sha256, registered_at"):
        Registration.from_dict(entry)


@pytest.mark.parametrize("time", ["yesterday", "2026-01-31T12:00:00", None])
def test_times_need_a_zone(time):
    with pytest.raises(InputError, match="registered_at to be an ISO 8601 time with its zone, got"):
        Registration(thresholds_sha256="0" * 64, registered_at=time)
